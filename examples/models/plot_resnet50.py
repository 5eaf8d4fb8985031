r"""
ResNet50: 16 bottleneck blocks and their shortcuts
==================================================

``ResNet50`` is a chain of 16 blocks. Each computes a change to its input, and
adds it. (The page "Residual networks" shows what that is good for.) NumPy
computes the whole model with Keras' weights.

.. math::

   g &= \text{relu}(\text{norm}_1(W_1 * x)) \\
   h &= \text{relu}(\text{norm}_2(W_2 * g)) \\
   y &= \text{relu}(s(x) + \text{norm}_3(W_3 * h))

x is the input of a block, y its output. Each W is the kernel of a convolution
:math:`*`, norm is ``BatchNormalization``. The shortcut s(x) is x itself.
Where y needs another shape, it is :math:`\text{norm}_0(W_0 * x)`. (Biases are
left out.)

Why *bottleneck*? :math:`W_1`, 1 by 1, returns few channels, so :math:`W_2`, 3
by 3, costs little. :math:`W_3`, 1 by 1, returns four times as many channels.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.applications import ResNet50

from keras_by_hand import (
    batch_normalization,
    dense,
    global_average_pooling2d,
    max_pooling2d,
    relu,
    softmax,
    zero_padding2d,
)
from keras_by_hand.layers.convolution import conv

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Random numbers replace biases and statistics, which are 0 or 1 in a new model
# and would hide mistakes. (A variance is positive.)

x = rng.normal(size=(2, 32, 32, 3)).astype("float32")  # (batch, H, W, channels)
model = ResNet50(weights=None, input_shape=x.shape[1:], classes=10)
for variable in model.weights:
    if variable.name != "kernel":
        least = 0.5 if variable.name == "moving_variance" else -2
        variable.assign(rng.uniform(least, 2, size=variable.shape))

# %%
# Compute it
# ----------
# Weights go by the names of layers: conv2_block1_3_conv, conv2_block1_3_bn, ...
# Those of one layer at a time become float64 arrays, which saves memory. A
# block is the formula; ``first`` and ``second`` are the strides of its first
# two convolutions.


def conv_norm(x, weights, name, **options):
    kernel, bias = map(np.float64, weights[f"{name}_conv"])
    statistics = map(np.float64, weights[f"{name}_bn"])
    y = conv(x, kernel, bias, **options)
    return batch_normalization(y, *statistics, epsilon=1.001e-5)


def bottleneck(x, weights, name, first=1, second=1):
    shortcut = x
    if f"{name}_0_conv" in weights:
        shortcut = conv_norm(x, weights, f"{name}_0", strides=first * second)
    y = relu(conv_norm(x, weights, f"{name}_1", strides=first))
    y = zero_padding2d(y, padding=1)
    y = relu(conv_norm(y, weights, f"{name}_2", strides=second))
    return relu(shortcut + conv_norm(y, weights, f"{name}_3"))


# %%
# The model has four stages, of 3, 4, 6 and 3 blocks. All but the first make the
# image smaller, in their first block. We keep the output of each block.


def resnet50(x, weights):
    x = conv_norm(zero_padding2d(x, padding=3), weights, "conv1", strides=2)
    x = max_pooling2d(zero_padding2d(relu(x)), pool_size=3, strides=2)
    outputs = []
    for stage, blocks in [(2, 3), (3, 4), (4, 6), (5, 3)]:
        for block in range(1, blocks + 1):
            first = 2 if stage > 2 and block == 1 else 1
            x = bottleneck(x, weights, f"conv{stage}_block{block}", first)
            outputs.append(x)
    features = global_average_pooling2d(x)
    kernel, bias = map(np.float64, weights["predictions"])
    return [*outputs, softmax(dense(features, kernel, bias))]


# %%
# Check it
# --------
# Compare the output of each block, and the probabilities of the classes. The
# largest error of a block is divided by the block's largest output. eps is the
# distance from 1 to the next float32. A limit of 1000 eps means that about four
# digits agree: see the page "What equal means".

weights = {layer.name: layer.weights for layer in model.layers}
expected = resnet50(x.astype("float64"), weights)
ends = [layer.output for layer in model.layers if "_out" in layer.name]
outputs = keras.Model(model.input, [*ends, model.output])(x)
pairs = zip(map(keras.ops.convert_to_numpy, outputs), expected, strict=True)
errors = [np.max(np.abs(y - z)) / np.max(np.abs(z)) for y, z in pairs]
eps = np.finfo("float32").eps
print(f"largest error {max(errors):.1e}, eps {eps:.1e}")
np.testing.assert_array_less(errors, 1000 * eps)

# %%
# Break it
# --------
# Suppose you load weights of PyTorch's ``resnet50``. It takes the strides in a
# block's second convolution, Keras and the paper in the first. Once the kernels
# are transposed, all shapes agree, so nothing warns you. For such weights, call
# ``bottleneck`` with ``first=1, second=2`` where the image becomes smaller.
# PyTorch adds zeros on all four sides, as ``zero_padding2d`` does here. With
# strides of 2 and even sizes, Keras' ``padding="same"`` would add fewer zeros
# above and on the left.

start, right = expected[6:8]  # of conv4_block1
wrong = bottleneck(start, weights, "conv4_block1", first=1, second=2)
print("strides in the first, right:", right[0, 0, 0, :3].round(2))
print("strides in the second, wrong:", wrong[0, 0, 0, :3].round(2))
assert not np.allclose(wrong, right)

# %%
# See it
# ------
# A block of the last stage, and the errors as multiples of eps. The error of a
# block includes those of all blocks before it.

names = ["x", "1 by 1", "3 by 3", "last 1 by 1", "sum"]
channels = np.array([2048, 512, 512, 2048, 2048])
fig, axes = plt.subplots(1, 2, figsize=(6, 3.2), layout="constrained")
bars = axes[0].barh(names, channels, left=-channels / 2, height=0.5)
axes[0].bar_label(bars, channels, label_type="center", color="w")
axes[0].invert_yaxis()
way = {"arrowstyle": "->", "connectionstyle": "bar,fraction=-0.1"}
axes[0].annotate("", (1024, 4), (1024, 0), arrowprops={**way, "color": "C1"})
axes[0].set(title="Channels in a block", xticks=[], xlim=(-1100, 1600))
axes[1].semilogy(
    range(1, 17), np.divide(errors[:16], eps), "o-", label="float32"
)
axes[1].axhline(1000, color="gray", label="tolerance")
axes[1].set(title="Largest error in eps", xlabel="block", ylim=(0.1, 3e4))
axes[1].legend(loc="upper left", ncols=2)
plt.show()
