"""MSE and MAE: hints and solutions."""

# %%
# Where the error is positive, the cost is ``high`` times the error; else it is
# the error with its sign turned. ``np.maximum`` finds the larger of the two.
# Try all guesses at once, as in the figure, and take ``np.argmin`` of the sums.


def best_guess(targets, high):
    errors = targets[:, np.newaxis] - targets  # (guesses, targets)
    costs = np.maximum(high * errors, -errors)
    return targets[np.argmin(np.sum(costs, axis=1))]


# A target below the guess pulls ``high`` times as hard as one above it. So they
# balance where 1 / (1 + high) of the others are below it: half of them for MAE.
for high, below in [(1, 4), (3, 2), (7, 1), (1 / 3, 6)]:
    wanted = np.sort(rng.normal(size=9))
    shuffled = rng.permutation(wanted)
    assert best_guess(shuffled, high) == wanted[below]

# %%
# The mean of ``start - targets`` is ``start - np.mean(targets)``: the whole way
# to go. Which part of twice the way is it?

rate = 1 / 2
for start in (-40, 0, 7.5):
    fresh = rng.normal(size=6)
    after = start - rate * np.mean(2 * (start - fresh))
    np.testing.assert_allclose(after, np.mean(fresh), atol=1e-9)
