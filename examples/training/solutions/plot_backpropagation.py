"""Backpropagation: hints and solutions."""

# %%
# The gradient at ``z`` is 28. How much does ``z`` grow if the 3 grows by 1?

by_pencil = 28 * 2
assert by_pencil == (3 - 2 * 6) ** 2 - (3 - 2 * 4) ** 2

# %%
# Copy the lines under "Compute it". The unit is zero in every sample, and so is
# its slope. Which product makes a zero of which gradient?

bias_1[0] = -100
z = x @ kernel_1 + bias_1  # (batch, hidden)
h = np.maximum(0, z)
y_gradient = 2 * (h @ kernel_2 + bias_2 - target) / target.size
z_gradient = y_gradient @ kernel_2.T * (z > 0)
kernel_1_gradient = x.T @ z_gradient
kernel_2_gradient = h.T @ y_gradient
# Each product has a factor that is zero in every sample: h, or relu's slope.
assert not kernel_1_gradient[:, 0].any() and not kernel_2_gradient[0].any()
