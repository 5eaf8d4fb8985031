"""MultiHeadAttention: hints and solutions."""

# %%
# The product of two independent numbers, each with a mean of 0 and a variance
# of 1, has a variance of 1. Variances add up: a sum of 64 products has one of
# 64. Its standard deviation is the root. Large scores make softmax pick a
# single key; the layer divides by the root to keep them small.

q = rng.normal(size=(10_000, 64))
k = rng.normal(size=(10_000, 64))
products = (q * k).sum(axis=-1)
guess = 8
assert abs(products.std() - guess) < 0.5

# %%
# The bias adds the same number, ``Q @ b_k[1]`` over the root, to all scores of
# a query. Softmax divides by the sum, and in a quotient a factor of all powers
# cancels.

S_b = Q @ (K + b_k[1]).swapaxes(1, 2) / np.sqrt(4)
A_b = np.exp(S_b) / np.exp(S_b).sum(axis=-1, keepdims=True)
assert not np.allclose(S_b, S) and np.allclose(A_b, A, atol=1e-5)
