r"""
PReLU: the slope below zero is learned
======================================

``LeakyReLU`` asks you to choose a slope for negative numbers. ``PReLU``, the
parametric relu, learns it: the slope is a weight, alpha. By default, each entry
of a sample has its own slope; along ``shared_axes``, entries share one.

.. math::

   y &= \max(x, 0) + \alpha \, \min(x, 0) \\
   \frac{\partial L}{\partial \alpha} &=
   \sum \min(x, 0) \, \frac{\partial L}{\partial y}

:math:`L` is the loss. The sum runs over the batch and the shared axes.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import PReLU

# %%
# Build it
# --------
# After a convolution, the usual choice is one slope for each channel, as with
# ``torch.nn.PReLU(channels)``: share height and width, the axes 1 and 2.

rng = np.random.default_rng(313)
shape = (2, 3, 4, 5)  # (batch, height, width, channels)
x = rng.integers(-9, 10, size=shape).astype("float32")
alpha = np.array([[[2, -1, 3, 0, 1]]])  # (1, 1, channels)
g = rng.integers(-3, 4, size=shape)  # the gradient of the loss at y
layer = PReLU(shared_axes=[1, 2])
layer.build(x.shape)
layer.set_weights([alpha])
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------
# One of ``above`` and ``below`` is 0. Alpha has no axis for the batch, and its
# shared axes have length 1, so NumPy repeats it. ``prelu`` does the same.

above, below = np.maximum(x, 0), np.minimum(x, 0)
prelu_by_hand = above + alpha * below  # (batch, height, width, channels)

from keras_by_hand import prelu

# %%
# With the gradient ``g`` of the loss at ``y``, sum up over the batch, and over
# height and width, which share a slope.

gradient_by_hand = np.sum(below * g, axis=(0, 1, 2)).reshape(1, 1, 5)

# %%
# Check it
# --------
# A step of SGD with a rate of 1 subtracts the gradient of the sum of ``g * y``.

np.testing.assert_array_equal(y, np.float32(prelu_by_hand), strict=True)
np.testing.assert_array_equal(y, np.float32(prelu(x, alpha)), strict=True)
model = keras.Sequential([keras.Input(x.shape[1:]), layer])
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, lambda g, y: keras.ops.sum(g * y), run_eagerly=True)
model.train_on_batch(x, g.astype("float32"))
(after,) = layer.get_weights()
np.testing.assert_array_equal(after, np.float32(alpha - gradient_by_hand))

# %%
# Break it
# --------
# ``shared_axes`` counts the batch as axis 0, and never counts from the end.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``PReLU`` raises no
#    error for ``shared_axes=[0, 1]``, which shares channels and height, or for
#    ``[-1]``, which shares the width.

shapes = []
for axes in ([1, 2], [0, 1], [3], [-1]):
    layer = PReLU(shared_axes=axes)
    layer.build(x.shape)
    shapes.append(tuple(layer.alpha.shape))
np.testing.assert_equal(shapes, [(1, 1, 5), (1, 4, 1), (3, 4, 1), (3, 1, 5)])
print("to share height and width: right", shapes[0], "wrong", shapes[1])
print("to share channels: right", shapes[2], "wrong", shapes[3])
assert shapes[0] != shapes[1] and shapes[2] != shapes[3]

# %%
# See it
# ------
# A row of 4 pixels with 5 channels. Entries with the same number share a slope.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.5), layout="constrained")
fig.suptitle("PReLU: which entries of a row of pixels share a slope")
shown = {"[1]": (4, 5), "[1, 2]": (1, 5), "[1, 3]": (4, 1)}
for axis, (shared_axes, shape) in zip(axes, shown.items()):
    numbers = np.arange(np.prod(shape)).reshape(shape)
    numbers = np.broadcast_to(numbers, (4, 5))  # (width, channels)
    axis.imshow(numbers, cmap="Blues", vmin=0, vmax=1.5 * numbers.max())
    axis.set(title=f"shared_axes={shared_axes}", xticks=[], yticks=[])
    for (pixel, channel), number in np.ndenumerate(numbers):
        axis.text(channel, pixel, number, ha="center", va="center", color="k")
axes[0].set(xlabel="channel", ylabel="pixel")
plt.show()
