r"""
LeNet on handwritten digits, trained in NumPy and in Keras
==========================================================

A small LeNet learns to read digits. Its training steps in NumPy give the same
weights as in Keras, up to rounding.

.. math::

   h &= \tanh(x * W_1 + b_1) \\
   k &= \tanh(\text{pool}(h) * W_2 + b_2) \\
   z &= \text{flat}(k) \, W_3 + b_3

Here :math:`*` is a convolution, "pool" takes the mean of 2 by 2 pixels, and
"flat" puts the numbers of an image in a row. The images need scikit-learn.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AveragePooling2D, Conv2D, Dense, Flatten
from sklearn.datasets import load_digits

# %%
# Build it
# --------
# Smaller than LeNet-5. ``from_logits=True`` puts the softmax into the loss.

digits = load_digits()
images = digits.images[..., np.newaxis] / 16  # (batch, rows, columns, 1)
target = np.eye(10)[digits.target]  # one-hot
rng = np.random.default_rng(313)
shapes = [(5, 5, 1, 6), (6,), (3, 3, 6, 16), (16,), (64, 10), (10,)]
start = [np.float32(rng.normal(scale=0.2, size=shape)) for shape in shapes]


def keras_lenet(dtype):
    model = keras.Sequential()
    model.add(keras.Input((8, 8, 1), dtype=dtype))
    model.add(Conv2D(6, 5, padding="same", activation="tanh", dtype=dtype))
    model.add(AveragePooling2D(2, dtype=dtype))
    model.add(Conv2D(16, 3, activation="tanh", dtype=dtype))
    model.add(Flatten(dtype=dtype))
    model.add(Dense(10, dtype=dtype))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, dtype=dtype)
    model.compile(keras.optimizers.SGD(learning_rate=0.5), loss)
    return model


# %%
# Compute it
# ----------
# ``np.kron`` gives each of 2 by 2 pixels a quarter of their mean's gradient.


def forward(weights, x):
    """The outputs of all layers (LeCun et al., 1998); x: (batch, 8, 8, 1)."""
    kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = weights
    h = np.tanh(conv(x, kernel_1, bias_1, padding="same"))
    pooled = average_pooling(h, pool_size=2)
    k = np.tanh(conv(pooled, kernel_2, bias_2))
    flat = k.reshape(len(x), -1)
    return h, pooled, k, flat, flat @ kernel_3 + bias_3


def train_step(weights, x, target, learning_rate=0.5):
    """The weights after a step of SGD; target: one-hot, (batch, classes)."""
    h, pooled, k, flat, logits = forward(weights, x)
    _, gradient = softmax_cross_entropy(logits, target)
    gradient, *dense = dense_gradients(flat, weights[4], gradient)
    gradient = gradient.reshape(k.shape) * (1 - k**2)  # the slope of tanh
    conv_2 = conv2d_gradients(pooled, (3, 3), gradient)
    gradient = conv2d_x_gradient(pooled.shape, weights[2], gradient)
    gradient = np.kron(gradient, np.ones((1, 2, 2, 1)) / 4) * (1 - h**2)
    conv_1 = conv2d_gradients(x, (5, 5), gradient, padding="same")
    gradients = [*conv_1, *conv_2, *dense]
    return [w - learning_rate * g for w, g in zip(weights, gradients)]


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


def average_pooling(
    x, *, pool_size, strides=None, padding="valid", data_format="channels_last"
):
    """AveragePooling1D, 2D or 3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; strides: pool_size by default. Returns (batch, *positions,
    channels), or channels first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    size = np.broadcast_to(pool_size, rank)
    strides = size if strides is None else strides
    axes = tuple(range(rank + 1, 2 * rank + 1))  # those of a window
    total = np.sum(patches(x, size, strides, padding), axes)
    count = np.sum(patches(np.ones_like(x), size, strides, padding), axes)
    y = total / count
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def conv2d_gradients(x, size, y_gradient, strides=1, padding="valid"):
    """Gradients of the kernel and the bias of a Conv2D.

    x: (batch, height, width, channels), size: (rows, columns) of the kernel,
    y_gradient: of the loss at y (Goodfellow et al., Deep Learning, 2016, 9.5).
    """
    axes = (0, 1, 2)  # batch, rows and columns of y, to sum over
    cut = patches(x, size, strides, padding)
    kernel_gradient = np.tensordot(cut, y_gradient, (axes, axes))
    return kernel_gradient, np.sum(y_gradient, axes)


def conv2d_x_gradient(shape, kernel, y_gradient, strides=1, padding="valid"):
    """The gradient of the input of a Conv2D.

    shape: of x, (batch, height, width, channels); kernel: (rows, columns,
    channels, filters); y_gradient: the gradient of the loss at y, of y's shape.
    (Dumoulin and Visin, A guide to convolution arithmetic, 2016, chapter 4.)
    """
    length = np.array(y_gradient.shape[1:3])
    size = np.array(kernel.shape[:2])
    least = transposed_size(length, size, strides, padding, output_padding=0)
    options = {"strides": strides, "padding": padding}
    options["output_padding"] = np.array(shape[1:3]) - least
    return conv_transpose(y_gradient, kernel, **options)


def conv_transpose(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format="channels_last",
    dilation_rate=1,
):
    """Conv1DTranspose to Conv3DTranspose, no activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, filters, channels); bias: (filters,).
    Returns (batch, *larger, filters), or with filters first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    *size, filters, _ = kernel.shape
    strides = np.broadcast_to(strides, len(size))
    length = np.array(x.shape[1:-1])
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    full = (length - 1) * strides + span  # all copies, not cropped
    kept = transposed_size(length, span, strides, padding, output_padding)
    y = np.zeros((len(x), *np.maximum(full, kept), filters))
    for entry in np.ndindex(*size):
        start = np.array(entry) * dilation_rate
        stop = start + length * strides
        places = [slice(*ends) for ends in zip(start, stop, strides)]
        y[:, *places] += x @ kernel[entry].T
    first = np.maximum(full - kept, 0) // 2  # an odd pixel is cropped last
    places = [slice(*ends) for ends in zip(first, first + kept)]
    y = y[:, *places]
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def transposed_size(length, span, strides, padding, output_padding):
    """The length of a transposed convolution's output along an axis.

    length: of the input; span: of the kernel, (size - 1) * dilation_rate + 1.
    Numbers, or arrays with a number for each axis (Keras' source code).
    """
    last = (length - 1) * strides  # where the last copy of the kernel begins
    if padding == "valid" and output_padding is None:
        return last + np.maximum(span, strides)
    if padding == "valid":
        return last + span + output_padding
    if output_padding is None:
        return length * strides
    return last + span % 2 + output_padding


def dense_gradients(x, kernel, y_gradient):
    """Gradients of the input, kernel and bias of y = x @ kernel + bias.

    x: (batch, features), kernel: (features, units), y_gradient: (batch,
    units), the gradient of the loss at y. (Goodfellow, Bengio and Courville,
    Deep Learning, 2016, section 6.5.)
    """
    x_gradient = y_gradient @ kernel.T  # (batch, features)
    kernel_gradient = x.T @ y_gradient  # (features, units)
    bias_gradient = np.sum(y_gradient, axis=0)  # (units,)
    return x_gradient, kernel_gradient, bias_gradient


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def log_softmax(x, axis=-1):
    """log(softmax(x)) without underflow; x: any shape."""
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


def softmax_cross_entropy(logits, target):
    """The mean loss, and its gradient at the logits.

    logits, target and the gradient: (batch, classes). (Bishop, Pattern
    Recognition and Machine Learning, 2006, section 4.3.4.)
    """
    loss = -np.sum(target * log_softmax(logits)) / len(logits)
    gradient = (softmax(logits) - target) / len(logits)
    return loss, gradient


# %%
# Check it
# --------
# All weights agree after two steps of 8 digits; on TensorFlow also in float64.

weights = train_step(start, images[:8], target[:8])
weights = train_step(weights, images[8:16], target[8:16])
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    model = keras_lenet(dtype)
    model.set_weights(start)
    model.fit(images[:16], target[:16], batch_size=8, shuffle=False, verbose=0)
    tolerance = 1000 * np.finfo(dtype).eps
    for y, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# PyTorch flattens (channels, rows, columns). Would you copy the kernel of the
# ``Dense`` layer from there, with its rows in that order?

order = np.arange(64).reshape(2, 2, 16).transpose(2, 0, 1).ravel()
wrong = forward([*weights[:4], weights[4][order], weights[5]], images[:8])
assert not np.allclose(forward(weights, images[:8])[-1], wrong[-1])

# %%
# See it
# ------
# Keras trains with 1408 digits, and NumPy reads the others. An error is the
# largest difference between a layer's outputs, divided by the largest output.

model.fit(images[:1408], target[:1408], shuffle=False, verbose=0)
layers = keras.Model(model.inputs, [layer.output for layer in model.layers])
y = layers.predict(images[1408:], verbose=0)
expected = forward(model.get_weights(), images[1408:])
right = np.argmax(expected[-1], axis=1) == digits.target[1408:]
print(f"NumPy reads {np.sum(right)} of {len(right)} new digits right")

fig, axes = plt.subplots(1, 2, figsize=(6, 3), sharey=True)
fig.suptitle("LeNet: from an image to logits, and rounding errors by depth")
style = {"ha": "center", "va": "center", "bbox": {"fc": "none", "ec": "C0"}}
style["arrowprops"] = {"arrowstyle": "<-", "color": "C0"}
for depth, (layer, a, b) in enumerate(zip(model.layers, y, expected)):
    text = f"{type(layer).__name__}: {' × '.join(map(str, b.shape[1:]))}"
    axes[0].annotate(text, (0.5, depth - 0.8), (0.5, depth), **style)
    error = np.max(np.abs(a - b)) / np.max(np.abs(b))
    axes[1].semilogx(error, depth, "C0o")
axes[0].axis("off")
axes[1].set(xlabel="error in float32", xlim=(1e-8, 1e-5), ylim=(4.4, -0.9))
plt.show()
