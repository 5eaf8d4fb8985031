"""Conv2D: hints and solutions."""

# %%
# The kernel subtracts the left column of a patch from its right one. Now the
# upper row is to be subtracted from the lower one.

flat = kernel.swapaxes(0, 1)  # (rows, columns, channels, filters)
turned = y.swapaxes(1, 2)
np.testing.assert_array_equal(convolve(x, flat, bias), turned)

# %%
# ``transpose`` takes the old places of the axes, in their new order. Where does
# PyTorch have the rows? (``reshape`` would leave the numbers in their order.)

of_pytorch = kernels.transpose(3, 2, 0, 1)  # (out, in, rows, columns)
ported = of_pytorch.transpose(2, 3, 1, 0)  # (rows, columns, in, out)
assert np.all(convolve(colour, ported, biases) == y_colour)
