r"""
PReLU: the slope below zero is learned
======================================

``PReLU`` is a ``LeakyReLU`` whose slope is a weight. By default, each entry of
a sample has a slope of its own; along ``shared_axes``, entries share one.

.. math::

   y &= \max(x, 0) + \alpha \, \min(x, 0) \\
   \frac{\partial L}{\partial \alpha} &=
   \sum \min(x, 0) \, \frac{\partial L}{\partial y}

The sum runs over the batch and the shared axes.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import PReLU

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# After a convolution, the usual choice is one slope for each channel, as with
# ``torch.nn.PReLU(channels)``: share height and width, the axes 1 and 2.

x = rng.integers(-9, 10, size=(2, 3, 4, 5))  # (batch, height, width, channels)
alpha = np.array([[[2, -1, 3, 0, 1]]])  # (1, 1, channels)

layer = PReLU(shared_axes=[1, 2])
model = keras.Sequential([keras.Input(x.shape[1:]), layer])
layer.set_weights([alpha])
y = model.predict(x, verbose=0)

# %%
# Compute it
# ----------
# Alpha has no axis for the batch, which is axis 0. In alpha, a shared axis has
# length 1, so NumPy repeats it.

above, below = np.maximum(x, 0), np.minimum(x, 0)  # one of them is 0
prelu_by_hand = above + alpha * below  # (batch, height, width, channels)

# %%
# The whole function takes inputs and an alpha of any shapes that fit. Which
# shape alpha has follows from the shared axes.

from keras_by_hand import prelu


def shape_of_alpha(shape, shared_axes):
    """The shape of alpha for inputs of a shape, (batch, ...)."""
    axes = range(1, len(shape))
    return tuple(1 if axis in shared_axes else shape[axis] for axis in axes)


# %%
# Check it
# --------
# Whole numbers are equal to the bit. All slopes start from 0.

np.testing.assert_array_equal(y, np.float32(prelu_by_hand), strict=True)

np.testing.assert_array_equal(y, np.float32(prelu(x, alpha)), strict=True)

for shared_axes in ([], [1], [3], [1, 2], [1, 2, 3]):
    layer = PReLU(shared_axes=shared_axes)
    layer.build(x.shape)
    shape = shape_of_alpha(x.shape, shared_axes)
    print(shared_axes, "alpha:", shape)
    zeros = np.zeros(shape, dtype="float32")
    np.testing.assert_array_equal(layer.get_weights()[0], zeros, strict=True)

# %%
# One step of training subtracts the gradient. The loss is the sum of ``g * y``,
# so its gradient at ``y`` is ``g``. ``L2(0.25)`` adds half of alpha to the
# gradient of alpha. At the end, ``non_neg`` sets negative slopes to 0.

trained = PReLU(
    alpha_initializer=keras.initializers.Constant(3.0),
    alpha_regularizer=keras.regularizers.L2(0.25),
    alpha_constraint="non_neg",
    shared_axes=[1, 2],
)
model = keras.Sequential([keras.Input(x.shape[1:]), trained])
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, lambda g, y: keras.ops.sum(g * y), run_eagerly=True)
g = rng.integers(-3, 4, size=x.shape).astype("float32")
model.train_on_batch(x.astype("float32"), g)

gradient = np.sum(np.minimum(x, 0) * g, axis=(0, 1, 2))
expected = np.maximum(3 - (gradient + 3 / 2), 0).reshape(1, 1, 5)
after = trained.get_weights()[0]
np.testing.assert_array_equal(after, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Do you count axes without the batch: ``[0, 1]`` for height and width? Or from
# the end: ``[-1]`` for the channels?
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``PReLU`` raises no
#    error for ``shared_axes=[0, 1]``, which shares channels and height, or for
#    ``[-1]``, which shares the width.

for given, meant, in_fact in (([0, 1], [1, 2], [1, 3]), ([-1], [3], [2])):
    wrong = PReLU(shared_axes=given)
    wrong.build(x.shape)
    shape = tuple(wrong.alpha.shape)
    np.testing.assert_equal(shape, shape_of_alpha(x.shape, in_fact))
    assert shape != shape_of_alpha(x.shape, meant)

# %%
# See it
# ------
# A row of 4 pixels with 5 channels. Entries with the same number share a slope.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.5), layout="constrained")
fig.suptitle("PReLU: which entries of a row of pixels share a slope")
for axis, shared_axes in zip(axes, ([1], [1, 2], [1, 3])):
    shape = shape_of_alpha(x.shape, shared_axes)
    numbers = np.arange(np.prod(shape)).reshape(shape)
    numbers = np.broadcast_to(numbers, x.shape[1:])[0]  # (width, channels)
    axis.imshow(numbers, cmap="Blues", vmin=0, vmax=1.5 * numbers.max())
    axis.set(title=f"shared_axes={shared_axes}", xticks=[], yticks=[])
    for (pixel, channel), number in np.ndenumerate(numbers):
        axis.text(channel, pixel, number, ha="center", va="center", color="k")
axes[0].set(xlabel="channel", ylabel="pixel")
plt.show()
