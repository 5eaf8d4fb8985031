"""Gradient of a Dense layer: hints and solutions."""

# %%
# Of the numbers in "Compute it", only the 32 depends on the sizes. It counts
# the entries of ``error``.


def gradients_of(x, kernel, bias, target):
    error = x @ kernel + bias - target  # (batch, units)
    y_gradient = 2 * error / error.size
    return x.T @ y_gradient, np.sum(y_gradient, axis=0), y_gradient @ kernel.T


for units in (3, 6):
    shapes = [(5, 2), (2, units), (units,), (5, units)]
    x_1, kernel_1, bias_1, target_1 = [rng.normal(size=s) for s in shapes]
    found = gradients_of(x_1, kernel_1, bias_1, target_1)
    error_1 = x_1 @ kernel_1 + bias_1 - target_1
    moved = [1e-3 * rng.normal(size=gradient.shape) for gradient in found]
    moves = moved[2] @ kernel_1 + x_1 @ moved[0] + moved[1]
    change = 2 * np.mean(error_1 * moves)  # of the loss, but for squares
    total = sum(np.sum(g * m) for g, m in zip(found, moved))
    np.testing.assert_allclose(total, change, rtol=1e-9)


# %%
# What is the slope of an absolute value right of 0, and left of 0? ``np.sign``
# knows. And what does a mean divide by?


def mae_gradient(y, target):
    return np.sign(y - target) / y.size


for size in [(8, 4), (3, 5)]:
    for shift in (0.25, -0.25):
        fresh = rng.integers(-9, 10, size=size) + shift
        wanted = np.float32(np.where(fresh > 0, 1, -1) / (size[0] * size[1]))
        np.testing.assert_array_equal(
            np.float32(mae_gradient(fresh + 3, np.full(size, 3))), wanted
        )
