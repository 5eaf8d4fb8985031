"""Bias: hints and solutions."""

# %%
# The mean of a sum is the sum of the means. What is the mean of each unit
# without a bias? Mind the axis.

centered = -np.mean(x @ kernel, axis=0)  # (units,)
assert np.allclose((x @ kernel + centered).mean(axis=0), 0)

# %%
# What undoes an addition? Broadcasting works for that, too.

product = y - bias  # (batch, units)
np.testing.assert_array_equal(product, x @ kernel)
