"""Dense with relu: hints and solutions."""

# %%
# One unit keeps what is above zero. The other should keep what is below zero,
# with its sign turned. The second kernel only adds the two.

t = np.arange(-5.0, 6)[:, np.newaxis]  # (batch, 1)
w = np.array([[1.0, -1.0]])  # (features, units)
v = np.array([[1.0], [1.0]])  # (units, 1)
np.testing.assert_array_equal(np.maximum(0, t @ w) @ v, np.abs(t))

# %%
# The unit is dead if the largest of its sums, bias included, is not above zero.

unit = x @ kernel[:, 1]  # (batch,)
dead = -unit.max()
assert np.all(unit + dead <= 0) and np.any(unit + dead + 1 > 0)
