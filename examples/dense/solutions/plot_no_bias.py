"""Dense without a bias: hints and solutions."""

# %%
# ``x[3]`` and ``kernel[:, 4]`` have two entries each. Multiply the first by the
# first and the second by the second; then add the two products.

products = x[3] * kernel[:, 4]
yours = products[0] + products[1]
assert yours == y[3, 4]

# %%
# The two layers are one formula, ``(x @ kernel) @ second``. Where else may the
# brackets stand?

second = rng.integers(-9, 9, size=(5, 3))  # (units of the first, of the second)
both = kernel @ second  # (features, units of the second)
np.testing.assert_array_equal(x @ both, y @ second)
