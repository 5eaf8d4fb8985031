"""Attention: hints and solutions."""

# %%
# All scores are zero, so all keys get the same share of 1.

same = value.mean(axis=1, keepdims=True)  # the same for each query
assert np.allclose(layer([0 * query, value, key]), same)

# %%
# It does not. ``key[:, order]`` has the keys in another order. Each score moves
# with its key, and a sum does not depend on the order of its terms.

order = [4, 2, 0, 1, 3]
K = key[:, order]
V = value[:, order]
Y = layer([query, V, K])
assert np.any(K != key) and np.allclose(Y, y, atol=1e-4)
