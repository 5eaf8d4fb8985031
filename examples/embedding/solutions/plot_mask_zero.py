"""Embedding mask_zero: hints and solutions."""

# %%
# The sum is right, but it was divided by 4. By what should it be divided?

zeros = words_only.mean(axis=1)
factor = 4 / mask.sum(axis=1, keepdims=True)  # (batch, 1)
np.testing.assert_allclose(factor * zeros, y_mean)

# %%
# Which number is never the largest? ``np.where`` puts it where the padding is.

largest = np.where(mask[..., np.newaxis], y, -np.inf).max(axis=1)
assert np.all(largest == [y[n, mask[n]].max(axis=0) for n in range(3)])
