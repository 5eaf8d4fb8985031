"""Residual networks: hints and solutions."""

# %%
# The output of a block is x + t. When is t zero, whatever x is?

idle = np.zeros((20, 64, 64))  # (layers, features, units)
rest = np.zeros((20, 64))  # (layers, units)
np.testing.assert_array_equal(forward(idle, rest, x, s=1)[-1], x)

# %%
# Each of twenty blocks multiplies by 0.9. (So does the way of the gradient
# back: a shortcut has to add the input as it is.)

idle = np.zeros((20, 64, 64))  # (layers, features, units)
rest = np.zeros((20, 64))  # (layers, units)
left = 0.9**20
assert np.allclose(forward(idle, rest, x, s=0.9)[-1], left * x)
