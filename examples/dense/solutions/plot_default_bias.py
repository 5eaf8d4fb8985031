"""Dense with its default bias: hints and solutions."""

# %%
# What does the layer answer without a bias? What must be added to get zero?


def bias_for_zero(sample):
    return -(sample @ kernel_trained)


for fresh in rng.normal(size=(3, 2)):
    answer = fresh @ kernel_trained + bias_for_zero(fresh)
    assert np.shape(answer) == (5,) and np.allclose(answer, 0)

# %%
# The new feature is the last column of x, so its weights are the last row of
# the kernel. ``np.hstack`` and ``np.vstack`` put arrays side by side, or below.


def widen(x):
    return np.hstack([x, np.ones((len(x), 1))])


def extend(kernel, bias):
    return np.vstack([kernel, bias])


for units in (2, 4):
    fresh, columns = rng.normal(size=(6, 3)), rng.normal(size=(3, units))
    shift = rng.normal(size=units)
    assert widen(fresh).shape == (6, 4) and np.all(widen(fresh)[:, :3] == fresh)
    product = widen(fresh) @ extend(columns, shift)
    np.testing.assert_allclose(product, fresh @ columns + shift)
