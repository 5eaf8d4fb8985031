"""LeNet on handwritten digits: hints and solutions."""

# %%
# An image has 4 * 4 * 6 numbers in ``pooled`` and 2 * 2 * 16 in ``k``. Don't
# forget the biases. On images as small as these, ``Dense`` layers read as well;
# the larger the image, the more their weights cost.

of_dense = (4 * 4 * 6) * (2 * 2 * 16) + 2 * 2 * 16
of_convolution = 3 * 3 * 6 * 16 + 16
times = of_dense / of_convolution
assert round(times, 2) == 7.05

# %%
# Begin with ``weights``, and run the loop under "Check it" once more.

longer = weights
for first in list(range(0, 1408, 32)) * 5:
    batch = slice(first, first + 32)
    longer = train_step(longer, images[batch], target[batch])
better = forward(longer, new_images)[-1]
assert share_right(better) > share_right(expected)
