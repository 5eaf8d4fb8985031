r"""
ResNet50: 16 bottleneck blocks and their shortcuts
==================================================

``ResNet50`` is a chain of 16 blocks. Each computes a change to its input, and
adds it. NumPy computes the whole model with Keras' weights.

.. math::

   g &= \text{relu}(\text{norm}_1(W_1 * x)) \\
   h &= \text{relu}(\text{norm}_2(W_2 * g)) \\
   y &= \text{relu}(s(x) + \text{norm}_3(W_3 * h))

Here norm is ``BatchNormalization``. The shortcut s(x) is x itself, or a
convolution of it where y needs another shape. (Biases are left out.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.applications import ResNet50

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Random numbers replace biases and statistics, which are 0 or 1 in a new model
# and would hide mistakes. (A variance is positive.) Only TensorFlow computes a
# whole model in float64.

x = rng.normal(size=(2, 32, 32, 3)).astype("float32")  # (batch, H, W, channels)
dtype = "float64" if keras.backend.backend() == "tensorflow" else "float32"
keras.config.set_dtype_policy(dtype)
model = ResNet50(weights=None, input_shape=x.shape[1:], classes=10)
for variable in model.weights:
    if variable.name != "kernel":
        least = 0.5 if variable.name == "moving_variance" else -2
        variable.assign(rng.uniform(least, 2, size=variable.shape))
keras.config.set_dtype_policy("float32")

# %%
# Compute it
# ----------
# Weights go by the names of layers: conv2_block1_3_conv, conv2_block1_3_bn, ...

RESNET50 = [(3, 1), (4, 2), (6, 2), (3, 2)]  # blocks of a stage, first strides


def conv_norm(x, weights, name, **options):
    """Conv2D and BatchNormalization; options: of the convolution."""
    y = conv(x, *weights[f"{name}_conv"], **options)
    return batch_normalization(y, *weights[f"{name}_bn"], epsilon=1.001e-5)


def bottleneck(x, weights, name, first=1, second=1):
    """A block; first, second: strides of its 1 by 1 and 3 by 3 convolution."""
    shortcut = x
    if f"{name}_0_conv" in weights:
        shortcut = conv_norm(x, weights, f"{name}_0", strides=first * second)
    y = relu(conv_norm(x, weights, f"{name}_1", strides=first))
    y = relu(conv_norm(y, weights, f"{name}_2", strides=second, padding="same"))
    return relu(shortcut + conv_norm(y, weights, f"{name}_3"))


def resnet50(x, weights, stages=RESNET50):
    """ResNet50 (He et al., 2015); ResNet101 has 23 blocks in the third stage.

    x: (batch, height, width, 3), weights: the arrays of each layer by its name.
    Returns a list: the output of each block, and the probabilities.
    """
    x = conv_norm(zero_padding(x, padding=3), weights, "conv1", strides=2)
    x = max_pooling(zero_padding(relu(x)), pool_size=3, strides=2)
    outputs = []
    for stage, (blocks, strides) in enumerate(stages, start=2):
        for block in range(1, blocks + 1):
            name = f"conv{stage}_block{block}"
            x = bottleneck(x, weights, name, strides if block == 1 else 1)
            outputs.append(x)
    features = global_average_pooling(x)
    return [*outputs, softmax(dense(features, *weights["predictions"]))]


# %%
# From other pages
# ----------------


def patches(x, size, strides=1, padding="valid", dilation_rate=1, value=0):
    """The patches of x, (batch, *space, channels), that a kernel meets.

    size: of the kernel, an entry for each axis of space; value: what x is
    padded with. Returns (batch, *positions, *size, channels).
    """
    rank = len(size)
    strides = np.broadcast_to(strides, rank)
    dilation_rate = np.broadcast_to(dilation_rate, rank)
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    before = after = np.zeros(rank, int)
    if padding == "same":
        positions = -(-np.array(x.shape[1:-1]) // strides)  # rounded up
        needed = (positions - 1) * strides + span - x.shape[1:-1]
        before = np.maximum(needed, 0) // 2
        after = np.maximum(needed, 0) - before
    elif padding == "causal":
        before = span - 1
    widths = [(0, 0), *zip(before, after), (0, 0)]
    x = np.pad(x, widths, constant_values=value)
    axes = tuple(range(1, rank + 1))
    windows = np.lib.stride_tricks.sliding_window_view(x, span, axes)
    windows = np.moveaxis(windows, rank + 1, -1)  # channels last
    steps = [slice(None, None, step) for step in (*strides, *dilation_rate)]
    return windows[:, *steps]


def conv(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
    groups=1,
):
    """Conv1D, Conv2D or Conv3D without activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, channels // groups, filters); bias:
    (filters,). Returns (batch, *positions, filters), or with filters first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    *size, _, _ = kernel.shape
    cut = patches(x, size, strides, padding, dilation_rate)
    groups = zip(np.split(cut, groups, -1), np.split(kernel, groups, -1))
    axes = len(size) + 1  # the last axes of a patch and the first of the kernel
    y = np.concatenate([np.tensordot(*pair, axes) for pair in groups], -1)
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def batch_normalization(
    x,
    gamma=1,
    beta=0,
    moving_mean=0,
    moving_variance=1,
    *,
    axis=-1,
    epsilon=0.001,
):
    """BatchNormalization when predicting (Ioffe and Szegedy, 2015).

    x: any shape. The others: (channels,), with x.shape[axis] channels, or one
    number. Returns the shape of x.
    """
    shape = [1] * x.ndim
    shape[axis] = -1  # all channels
    scale = gamma / np.sqrt(moving_variance + epsilon)
    centered = x - np.reshape(moving_mean, shape)
    return np.reshape(scale, shape) * centered + np.reshape(beta, shape)


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """x above the threshold, negative_slope * (x - threshold) up to it.

    x: any shape. With max_value, no result is larger, and numbers between a
    negative threshold and 0 become 0, as in Keras (Keras documentation, relu).
    """
    y = np.where(x <= threshold, 0, x)
    if max_value is not None:
        y = np.clip(y, 0, max_value)  # as in Keras, not below 0 either
    if negative_slope != 0:  # 0 times minus infinity is not a number
        y = y + negative_slope * np.minimum(x - threshold, 0)
    return y


def max_pooling(
    x,
    *,
    pool_size=2,
    strides=None,
    padding="valid",
    data_format="channels_last",
):
    """MaxPooling1D, MaxPooling2D or MaxPooling3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first". Returns (batch, *positions, channels), or channels first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    size = np.broadcast_to(pool_size, rank)
    strides = size if strides is None else strides
    axes = tuple(range(rank + 1, 2 * rank + 1))  # those of a window
    x = x.astype("float64")  # whole numbers have no infinity
    y = np.max(patches(x, size, strides, padding, value=-np.inf), axes)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def before_and_after(amount, rank):
    """An int, tuple or pairs, as Keras has it for padding and cropping, as a
    pair (before, after) for each of rank axes."""
    if rank == 1 or isinstance(amount, int):
        amount = [amount] * rank
    return [tuple(np.broadcast_to(pair, 2)) for pair in amount]


def zero_padding(x, *, padding=1, data_format="channels_last"):
    """ZeroPadding1D, ZeroPadding2D or ZeroPadding3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; padding: for all sides, or one entry for each axis of
    space, an int or (before, after). In 1D it is an int or (before, after).
    """
    pairs = before_and_after(padding, x.ndim - 2)
    if data_format == "channels_first":
        return np.pad(x, [(0, 0), (0, 0), *pairs])
    return np.pad(x, [(0, 0), *pairs, (0, 0)])


def axes_of_space(x, data_format):
    """The axes of x that are neither the batch nor the channels."""
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + x.ndim - 2))


def global_average_pooling(x, *, data_format="channels_last", keepdims=False):
    """GlobalAveragePooling1D, 2D or 3D; as global_max_pooling."""
    return np.mean(x, axes_of_space(x, data_format), keepdims=keepdims)


def dense(x, kernel, bias=None, *, activation=None):
    """A Dense layer (Keras documentation, Dense).

    x: (..., features), kernel: (features, units), bias: (units,), activation: a
    function of the sum, such as np.tanh. Returns (..., units).
    """
    y = x @ kernel
    if bias is not None:
        y = y + bias
    return y if activation is None else activation(y)


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


# %%
# Check it
# --------
# The output of each block, and the probabilities of the classes.

weights = {layer.name: layer.weights for layer in model.layers}
weights = keras.tree.map_structure(np.float64, weights)
expected = resnet50(x.astype("float64"), weights)
ends = [layer.output for layer in model.layers if "_out" in layer.name]
outputs = keras.Model(model.input, [*ends, model.output])(x)
pairs = zip(map(keras.ops.convert_to_numpy, outputs), expected, strict=True)
errors = [np.max(np.abs(y - z)) / np.max(np.abs(z)) for y, z in pairs]
eps = np.finfo(dtype).eps
print(f"{dtype}: largest error {max(errors):.1e}, eps {eps:.1e}")
np.testing.assert_array_less(errors, 1000 * eps)

# %%
# Break it
# --------
# Do you take the strides in a block's first convolution, as Keras and the paper
# do, or in its second, as PyTorch's ``resnet50`` does? All shapes agree.

start, right = expected[6:8]  # of conv4_block1
wrong = bottleneck(start, weights, "conv4_block1", first=1, second=2)
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
axes[1].semilogy(range(1, 17), np.divide(errors[:16], eps), "o-", label=dtype)
axes[1].axhline(1000, color="gray", label="tolerance")
axes[1].set(title="Largest error in eps", xlabel="block", ylim=(0.1, 3000))
axes[1].legend(loc="center right")
plt.show()
