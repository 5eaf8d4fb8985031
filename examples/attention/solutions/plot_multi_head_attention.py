"""MultiHeadAttention: hints and solutions."""

# %%
# The product of two such numbers has a variance of 1, too. Variances of numbers
# that do not depend on each other add up. Take the root at the end.


def spread(size):
    return np.sqrt(size)


for size in (4, 64, 256):
    of_query, of_key = np.random.default_rng(0).normal(size=(2, 10_000, size))
    measured = np.std(np.sum(of_query * of_key, axis=-1))
    np.testing.assert_allclose(spread(size), measured, rtol=0.1)

# %%
# ``np.concatenate`` along the last axis puts them side by side. The kernels of
# all heads must then stand on top of each other.


def side_by_side(heads, W, b):
    together = np.concatenate(
        heads, axis=-1
    )  # (batch, target, heads * key_dim)
    return together @ np.reshape(W, (-1, W.shape[-1])) + b


for count in (2, 3):
    W = np.sin(np.arange(count * 4 * 6)).reshape(count, 4, 6)
    heads = [np.cos(h + np.arange(24)).reshape(2, 3, 4) for h in range(count)]
    added = sum(head @ kernel for head, kernel in zip(heads, W)) + np.arange(6)
    np.testing.assert_allclose(side_by_side(heads, W, np.arange(6)), added)
