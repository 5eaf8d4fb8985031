r"""
A neural network from scratch reads handwritten digits
======================================================

Layers, loss, gradients and optimizer, put together: a network of three
``Dense`` layers learns to read digits. Keras and NumPy begin with the same
weights and see the same batches. Up to rounding, they end with the same
weights.

Forward, with :math:`k` for the number of a layer and :math:`h_0` for the
images:

.. math::

   z_k &= h_{k-1} W_k + b_k \\
   h_1 &= \tanh z_1, \quad h_2 = \tanh z_2 \\
   p &= \text{softmax}(z_3)

Backward, with :math:`\delta_k` for :math:`\partial L / \partial z_k`:

.. math::

   \delta_3 &= (p - t) / \text{batch} \\
   \delta_{k-1} &= \delta_k W_k^T \odot (1 - h_{k-1}^2)

The digits are those of scikit-learn, which this page needs, too.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

# %%
# Build it
# --------
# The network learns 1408 of the images, 8 times over in batches of 128. The
# other 389 are kept for a test. ``shuffle=False`` keeps the order.

digits = load_digits()
images = digits.data / 16  # (1797, 64)
target = np.eye(10)[digits.target]  # (1797, 10), one-hot
learn, test = slice(0, 1408), slice(1408, None)

rng = np.random.default_rng(313)
shapes = [(64, 32), (32,), (32, 32), (32,), (32, 10), (10,)]
start = [np.float32(rng.normal(scale=0.2, size=shape)) for shape in shapes]


def keras_network(dtype):
    """The trained network, and the loss of each epoch."""
    layers = [
        keras.Input((64,)),
        keras.layers.Dense(32, activation="tanh", dtype=dtype),
        keras.layers.Dense(32, activation="tanh", dtype=dtype),
        keras.layers.Dense(10, dtype=dtype),
    ]
    model = keras.Sequential(layers)
    model.set_weights(start)
    model.compile(
        keras.optimizers.SGD(learning_rate=0.125, momentum=0.875),
        keras.losses.CategoricalCrossentropy(from_logits=True, dtype=dtype),
    )
    history = model.fit(
        images[learn], target[learn], 128, epochs=8, verbose=0, shuffle=False
    )
    return model, history.history["loss"]


# %%
# From other pages
# ----------------


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


def sgd(
    w, gradient, velocity, learning_rate=0.01, momentum=0.0, nesterov=False
):
    """One step of SGD (Keras documentation, SGD).

    w, gradient and velocity, which begins at 0, have one shape. Returns the new
    w and the new velocity.
    """
    velocity = momentum * velocity - learning_rate * gradient
    if nesterov:
        return w + momentum * velocity - learning_rate * gradient, velocity
    return w + velocity, velocity


# %%
# Compute it
# ----------
# The slope of ``tanh(z)`` is ``1 - tanh(z)**2``, so the way back needs only the
# outputs of the hidden layers.


def forward(weights, x):
    """The outputs of the three layers; weights: W, b, W, b, W, b."""
    kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = weights
    h_1 = np.tanh(x @ kernel_1 + bias_1)  # (batch, 32)
    h_2 = np.tanh(h_1 @ kernel_2 + bias_2)  # (batch, 32)
    logits = h_2 @ kernel_3 + bias_3  # (batch, 10)
    return h_1, h_2, logits


def backward(weights, x, target):
    """The loss, and its gradient for each array of weights."""
    kernel_1, _, kernel_2, _, kernel_3, _ = weights
    h_1, h_2, logits = forward(weights, x)
    loss, z_gradient = softmax_cross_entropy(logits, target)
    h_gradient, *third = dense_gradients(h_2, kernel_3, z_gradient)
    z_gradient = h_gradient * (1 - h_2**2)
    h_gradient, *second = dense_gradients(h_1, kernel_2, z_gradient)
    z_gradient = h_gradient * (1 - h_1**2)
    _, *first = dense_gradients(x, kernel_1, z_gradient)
    return loss, [*first, *second, *third]


def train(weights, images, target, epochs=8, batch_size=128):
    """The trained weights, and the loss of each step."""
    weights, velocities, losses = list(weights), [0.0] * len(weights), []
    for _ in range(epochs):
        for i in range(0, len(images), batch_size):
            batch = slice(i, i + batch_size)
            loss, gradients = backward(weights, images[batch], target[batch])
            losses.append(loss)
            for j, gradient in enumerate(gradients):
                weights[j], velocities[j] = sgd(
                    weights[j], gradient, velocities[j], 0.125, 0.875
                )
    return weights, losses


weights, losses = train(start, images[learn], target[learn])

# %%
# Check it
# --------
# After 88 steps all weights agree, and so do the losses and the logits of the
# images that were kept. Only on TensorFlow does Keras compute in float64
# throughout. (It returns losses in float32.)

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
expected_losses = np.mean(np.reshape(losses, (8, 11)), axis=1)
expected = forward(weights, images[test])[-1]  # logits
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    model, keras_losses = keras_network(dtype)
    for of_keras, of_numpy in zip(model.get_weights(), weights):
        np.testing.assert_allclose(of_keras, of_numpy, tolerance, tolerance)
    np.testing.assert_allclose(keras_losses, expected_losses, rtol=1e-4)
    logits = model.predict(images[test], verbose=0)
    print(f"{dtype}: largest error {np.abs(logits - expected).max():.1e}")
    atol = tolerance * np.abs(expected).max()
    np.testing.assert_allclose(logits, expected, tolerance, atol)

read, digit = np.argmax(expected, axis=1), digits.target[test]
right = np.sum(read == digit)
print(f"{right} of {len(read)} digits are read right, {right / len(read):.0%}")

# %%
# Break it
# --------
# Would you take the slope of tanh at ``h``, which applies tanh twice? Or forget
# the slope? Both give gradients of the right shape, so nothing fails.

_, gradients = backward(start, images[learn], target[learn])
h_1, h_2, logits = forward(start, images[learn])
_, z_gradient = softmax_cross_entropy(logits, target[learn])
h_gradient = z_gradient @ start[4].T
tanh_twice = h_1.T @ (h_gradient * (1 - np.tanh(h_2) ** 2))
forgotten = h_1.T @ h_gradient
for wrong in (tanh_twice, forgotten):
    error = np.linalg.norm(wrong - gradients[2]) / np.linalg.norm(gradients[2])
    print(f"the second kernel's gradient is off by {error:.0%}")
    assert not np.allclose(wrong, gradients[2])

# %%
# See it
# ------
# Keras reports the mean loss of an epoch, which has 11 steps. Below are digits
# that the trained network reads wrongly.

fig, axes = plt.subplot_mosaic(
    "LLLLLL;012345", figsize=(6, 4), height_ratios=[2, 1], layout="constrained"
)
middles = np.arange(5, 88, 11)  # of the epochs
axes["L"].plot(losses, label="NumPy, each step")
axes["L"].plot(middles, keras_losses, "o", label="Keras, each epoch")
axes["L"].set(title="Learning to read digits", xlabel="step", ylabel="loss")
axes["L"].legend()
for place, i in zip("012345", np.flatnonzero(read != digit)):
    axes[place].imshow(digits.images[test][i], cmap="gray_r")
    axes[place].set(title=f"{digit[i]} as {read[i]}", xticks=[], yticks=[])
plt.show()
