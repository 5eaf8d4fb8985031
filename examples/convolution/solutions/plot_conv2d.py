"""Conv2D: hints and solutions."""

# %%
# The kernel subtracts the left column of a patch from its right one. Now the
# upper row is to be subtracted from the lower one.

flat = kernel.swapaxes(0, 1)  # (rows, columns, channels, filters)
for seed in range(3):
    any_image = np.random.default_rng(seed).integers(-9, 10, (1, 8, 6, 1))
    turned = convolve(any_image.swapaxes(1, 2), kernel, bias).swapaxes(1, 2)
    np.testing.assert_array_equal(convolve(any_image, flat, bias), turned)

# %%
# One layer sees ``size`` pixels. How many more does each further layer add?
# Draw two layers with kernels of 3 along a line.


def seen(layers, size):
    return layers * (size - 1) + 1


for layers, size in [(1, 3), (2, 3), (3, 5)]:
    row = np.ones((1, seen(layers, size), seen(layers, size), 1))
    for _ in range(layers):
        row = convolve(row, np.ones((size, size, 1, 1)), bias)
    assert row.shape[1:3] == (1, 1)  # a single pixel is left
