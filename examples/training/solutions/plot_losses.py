"""MSE and MAE: hints and solutions."""

# %%
# The derivative of the mean squared error by the guess is twice the mean error.
# How far is it from the guess to the mean of the targets?


def mse_step(guess, targets, rate):
    return guess - rate * 2 * np.mean(guess - targets)


for fresh in rng.normal(size=(3, 6)):  # a rate of 1/2 leads to the mean
    assert np.isclose(mse_step(7, fresh, 0.5), np.mean(fresh))
    assert np.isclose(mse_step(7, fresh, 0.25), (7 + np.mean(fresh)) / 2)

# %%
# Where the error is positive, the cost is three times the error; else it is the
# error with its sign turned. ``np.maximum`` finds the larger of the two. Try
# all guesses at once, as in the figure, and take ``np.argmin`` of the sums.


def best_of(t):
    errors = t[:, np.newaxis] - t  # (guesses, targets)
    costs = np.maximum(3 * errors, -errors)
    return t[np.argmin(np.sum(costs, axis=1))]


# A target below the guess pulls three times as hard as one above it, so at the
# best guess a quarter of the others are below.
for size in (9, 13):
    fresh = rng.normal(size=size)
    assert np.sum(fresh < best_of(fresh)) == (size - 1) / 4
    assert best_of(fresh) in fresh
