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

from keras_by_hand import (
    average_pooling,
    conv,
    conv2d_gradients,
    conv2d_x_gradient,
    dense_gradients,
    softmax_cross_entropy,
)

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
