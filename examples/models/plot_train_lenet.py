r"""
Training a CNN in NumPy: the loss curves of a LeNet
===================================================

``fit`` reports two losses for each epoch: ``loss``, of the images it learns
from (training loss), and ``val_loss``, of new ones (validation loss). A loop in
NumPy, without a framework, trains the same small LeNet, a convolutional
network, and gets the same losses.

.. math::

   h &= \text{pool}(\text{relu}(x * W_1 + b_1)) \\
   k &= \text{relu}(h * W_2 + b_2) \\
   z &= \text{flat}(k) \, W_3 + b_3

x are the images, z the logits of the digits. W and b are kernels and biases,
:math:`*` is a convolution, "pool" takes the largest of 2 by 2 pixels, and
"flat" puts the numbers of an image in a row. The page "LeNet on handwritten
digits, trained in NumPy and in Keras" has ``tanh`` and means instead, and reads
digits that it has not seen. The images need scikit-learn.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from sklearn.datasets import load_digits

from keras_by_hand import max_pooling2d
from keras_by_hand.gradients import (
    conv2d_gradients,
    conv2d_x_gradient,
    dense_gradients,
    max_pooling_gradient,
    softmax_cross_entropy,
)
from keras_by_hand.layers.convolution import conv

# %%
# Build it
# --------
# 80 digits to learn in batches of 32, so that the last batch has only 16; and
# 80 others, which training never sees.

digits = load_digits()
pixels = digits.images[:160, ..., np.newaxis] / 16  # (batch, rows, columns, 1)
images, new_images = np.split(pixels, 2)
targets, new_targets = np.split(np.eye(10)[digits.target[:160]], 2)  # one-hot
rng = np.random.default_rng(313)
shapes = [(3, 3, 1, 4), (4,), (2, 2, 4, 8), (8,), (32, 10), (10,)]
start = [rng.normal(scale=0.3, size=shape) for shape in shapes]
model = keras.Sequential([keras.Input((8, 8, 1))])
model.add(Conv2D(4, 3, activation="relu"))
model.add(MaxPooling2D(2))
model.add(Conv2D(8, 2, activation="relu"))
model.add(Flatten())
model.add(Dense(10))
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.5), loss)
model.set_weights(start)
options = {"epochs": 12, "shuffle": False, "verbose": 0}
options["validation_data"] = (new_images, new_targets)
fit = model.fit(images, targets, batch_size=32, **options)

# %%
# Compute it
# ----------
# The way forward, layer by layer, and the backward pass, from the loss to the
# first kernel. The slope of ``relu`` is the sign of its output, 1 or 0. The
# pages "MaxPooling2D gradient" and "Gradient of Conv2D" derive the rest.


def backpropagate(weights, x, target, slope):
    W_1, b_1, W_2, b_2, W_3, b_3 = weights
    h = np.maximum(conv(x, W_1, b_1), 0)  # 6 by 6 by 4
    pooled = max_pooling2d(h, pool_size=2)  # 3 by 3 by 4
    flat = np.maximum(conv(pooled, W_2, b_2), 0).reshape(-1, 32)
    loss, back = softmax_cross_entropy(flat @ W_3 + b_3, target)
    back, *of_dense = dense_gradients(flat, W_3, back)
    back = np.reshape(back * slope(flat), (-1, 2, 2, 8))
    of_second = conv2d_gradients(pooled, (2, 2), back)
    back = conv2d_x_gradient(pooled.shape, W_2, back)
    back = max_pooling_gradient(h, back, 2, 2) * slope(h)
    return loss, [*conv2d_gradients(x, (3, 3), back), *of_second, *of_dense]


# %%
# The loop. The loss of an epoch is the mean of its batches' losses, weighted by
# their sizes. Each loss is taken *before* the step. The loss of the new images
# is taken *after* the epoch.


def train(slope):
    weights, losses = start, []
    for _ in range(12):
        total = 0
        for first in range(0, 80, 32):
            x, target = images[first : first + 32], targets[first : first + 32]
            loss, gradients = backpropagate(weights, x, target, slope)
            weights = [w - 0.5 * g for w, g in zip(weights, gradients)]
            total += loss * len(x)
        new_loss, _ = backpropagate(weights, new_images, new_targets, slope)
        losses.append([total / 80, new_loss])
    return weights, *np.transpose(losses)


# %%
# Check it
# --------
# Both curves, and all weights after 12 * 3 steps. In the first epoch, the
# training loss is higher than the validation loss: it is measured before each
# step, the other after the epoch, with better weights.

weights, losses, new_losses = train(np.sign)
np.testing.assert_allclose(fit.history["loss"], losses, rtol=1e-4)
np.testing.assert_allclose(fit.history["val_loss"], new_losses, rtol=1e-4)
for of_keras, of_numpy in zip(model.get_weights(), weights, strict=True):
    np.testing.assert_allclose(of_keras, of_numpy, rtol=1e-4, atol=1e-4)
np.testing.assert_array_less(new_losses[0], losses[0])

# %%
# To train the model in a ``.keras`` file, you need no ``backpropagate`` of your
# own: use ``load_model(path).fit(...)`` of keras_by_hand.
#
# Break it
# --------
# Suppose you forget the slope of ``relu``. All shapes fit, and at first the
# loss falls. Later it grows.

_, wrong, _ = train(np.ones_like)
print("right:", np.round(losses, 2))
print("wrong:", np.round(wrong, 2))
assert losses[-1] < losses[0] / 2 and wrong[5] < wrong[0] < wrong[-1]

# %%
# See it
# ------
# The loss of new images falls, too, but less.

epochs = range(1, 13)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(epochs, losses, label="loss")
axis.plot(epochs, new_losses, label="loss of new images")
axis.plot(epochs, wrong, "--", color="gray", label="without the slope of relu")
axis.plot(epochs, fit.history["loss"], "C0o")
axis.plot(epochs, fit.history["val_loss"], "C1o")
axis.set(title="LeNet's losses: NumPy (lines) and Keras (dots)", xlabel="epoch")
axis.legend()
plt.show()
