"""Positional encoding: hints and solutions."""

# %%
# For one pair, the product is sin a sin b + cos a cos b, which is cos(a - b).

products = positions @ positions.T  # (steps, steps)
alike = np.cos(3 / divisors).sum()
assert np.allclose(np.diag(products, 3), alike)

# %%
# The divisor of the first pair is 1, so the angle is one step. Write sin(t + 1)
# and cos(t + 1) as sums of sin t and cos t. Each is a column of the matrix.

pair = positions[:, :2]  # (steps, 2)
turn = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
assert np.allclose(pair[:-1] @ turn, pair[1:], atol=1e-5)
