"""Embedding mask_zero: hints and solutions."""

# %%
# The sum is right, but it was divided by all steps. By what should it be
# divided?


def mended(means, mask):
    steps = mask.shape[1]
    return means * steps / mask.sum(axis=1, keepdims=True)


for steps, lengths in [(4, [4, 2, 1]), (6, [1, 5, 3])]:
    some_mask = np.arange(steps) < np.array(lengths)[:, np.newaxis]
    some = rng.normal(size=(3, steps, 2))
    means_of_zeros = np.mean(some * some_mask[..., np.newaxis], axis=1)
    for n, length in enumerate(lengths):
        mean = some[n, :length].mean(axis=0)
        np.testing.assert_allclose(mended(means_of_zeros, some_mask)[n], mean)

# %%
# Which number is never the largest? ``np.where`` puts it where the padding is.


def largest(y, mask):
    return np.where(mask[..., np.newaxis], y, -np.inf).max(axis=1)


for steps, lengths in [(4, [4, 2, 1]), (6, [1, 5, 3])]:
    some_mask = np.arange(steps) < np.array(lengths)[:, np.newaxis]
    some = rng.normal(-3, 1, size=(3, steps, 2))
    for n, length in enumerate(lengths):
        most = some[n, :length].max(axis=0)
        np.testing.assert_array_equal(largest(some, some_mask)[n], most)
