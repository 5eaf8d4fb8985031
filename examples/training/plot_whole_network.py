r"""
A whole network learns to read digits
=====================================

Layers, loss, gradients and optimizer put together: a network of three ``Dense``
layers is trained on handwritten digits, in Keras and in NumPy, from the same
weights and with the same batches. Each layer :math:`k` has its input
:math:`h_{k-1}` and its sum :math:`z_k`, and passes back the gradient
:math:`\delta_k` of that sum:

.. math::

   z_k = h_{k-1} W_k + b_k, \quad h_1 = \tanh z_1, \quad h_2 = \tanh z_2, \\
   \delta_3 = \frac{\text{softmax}(z_3) - \text{one hot}}{\text{batch}}, \quad
   \delta_{k-1} = \left(\delta_k W_k^T\right) \odot \left(1 - h_{k-1}^2\right)

The digits are those of scikit-learn, which this page needs, too.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# 11 batches of 128 images are learned, and the other 389 images kept. tanh has
# no kink, at which rounding could decide for one side or the other.

digits = load_digits()
images, labels = digits.data / 16, digits.target  # (1797, 64), (1797,)
learn, keep = slice(0, 1408), slice(1408, None)
batches = [slice(first, first + 128) for first in range(0, 1408, 128)]

model = keras.Sequential(
    [
        keras.Input(shape=(64,)),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(10),
    ]
)
start = [
    np.random.normal(scale=0.2, size=weight.shape).astype("float32")
    for weight in model.weights
]
model.set_weights(start)
hidden = model.layers[0](images[:2].astype("float32"))
np.testing.assert_equal(tuple(hidden.shape), (2, 32))
optimizer = keras.optimizers.SGD(learning_rate=0.125, momentum=0.875)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer, loss)
optimizer.build(model.trainable_variables)

# %%
# Eight times through the batches in order, as ``fit(..., shuffle=False)`` goes.


def everything():
    """Weights and velocities: two lists of six arrays."""
    velocities = map(keras.ops.convert_to_numpy, optimizer.variables[2:])
    return model.get_weights(), [*velocities]


losses, states = [], [everything()]
for batch in batches * 8:
    losses.append(model.train_on_batch(images[batch], labels[batch]))
    states.append(everything())
logits = model.predict(images[keep], verbose=0)  # (389, 10)

# %%
# Compute it
# ----------
# ``weights`` is the list W, b, W, b, W, b; ``outputs`` are the images and what
# each layer makes of them, the last without tanh.


def forward(weights, x):
    outputs = [x]
    for kernel, bias in zip(weights[::2], weights[1::2]):
        outputs.append(outputs[-1] @ kernel + bias)
        if len(outputs) < 4:
            outputs[-1] = np.tanh(outputs[-1])
    return outputs


def softmax(logits):
    exponentials = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return exponentials / np.sum(exponentials, axis=1, keepdims=True)


def loss_and_gradients(weights, x, labels):
    """The cross-entropy, and a gradient for each array of weights."""
    outputs, gradients = forward(weights, x), []
    probability = softmax(outputs[-1])  # (batch, digits)
    delta = (probability - np.eye(10)[labels]) / len(labels)
    for layer in (2, 1, 0):
        inputs, kernel = outputs[layer], weights[2 * layer]
        gradients = [inputs.T @ delta, np.sum(delta, axis=0), *gradients]
        delta = delta @ kernel.T * (1 - inputs**2)
    right = probability[range(len(labels)), labels]
    return -np.mean(np.log(right)), gradients


def step(weights, velocities, x, labels):
    """One step of SGD with momentum: loss, and new weights and velocities."""
    loss, gradients = loss_and_gradients(weights, x, labels)
    velocities = [
        0.875 * velocity - 0.125 * gradient
        for velocity, gradient in zip(velocities, gradients)
    ]
    return loss, [w + v for w, v in zip(weights, velocities)], velocities


def float64(arrays):
    return [array.astype("float64") for array in arrays]


numpy_losses, weights, velocities = [], float64(start), [0] * len(start)
for batch in batches * 8:
    loss, weights, velocities = step(
        weights, velocities, images[batch], labels[batch]
    )
    numpy_losses.append(loss)
numpy_logits = forward(weights, images[keep])[-1]  # (389, 10)

# %%
# Check it
# --------
# Each step from Keras' own state before it. A velocity sums products of sums,
# over 128 images and three layers, whose roundings mostly cancel: 16 rounding
# units of the largest velocity in its array are allowed, which is less than two
# millionths of it. A weight has its own rounding as well. A loss, a mean of
# numbers above zero, gets 8 units of itself.

eps = np.finfo("float32").eps
largest = {"loss": 0, "velocity": 0, "weight": 0}  # error, in its limit


def check(name, found, expected, limit):
    np.testing.assert_equal(np.shape(found), np.shape(expected), name)
    error = np.abs(found - expected)
    np.testing.assert_array_less(error, limit, err_msg=name)
    largest[name] = max(largest[name], np.max(error / limit))


for batch, loss, before, after in zip(batches * 8, losses, states, states[1:]):
    expected = step(*map(float64, before), images[batch], labels[batch])
    check("loss", loss, expected[0], 8 * eps * expected[0])
    for weight, velocity, new_weight, new_velocity in zip(
        *after, *expected[1:]
    ):
        for array in (weight, velocity):
            np.testing.assert_equal(array.dtype, np.float32)
        limit = 16 * eps * np.max(np.abs(new_velocity))
        check("velocity", velocity, new_velocity, limit)
        limit = limit + eps / 2 * np.abs(new_weight)
        check("weight", weight, new_weight, limit)
for name, error in largest.items():
    print(f"{name}: largest error {error:.2f} of its limit")

# %%
# The trained network reads the images that were kept: again 8 rounding units,
# of the largest logit. Wherever the two largest logits of an image are farther
# from each other than two limits, both must read the same digit.

np.testing.assert_equal((logits.shape, logits.dtype), ((389, 10), np.float32))

expected = forward(float64(model.get_weights()), images[keep])[-1]
limit = 8 * eps * np.max(np.abs(expected))
error = np.abs(logits - expected)
print(f"logits: largest error {np.max(error) / limit:.2f} of its limit")
np.testing.assert_array_less(error, limit)

second, first = np.sort(expected, axis=1).T[-2:]
sure = first - second > 2 * limit
read = np.argmax(logits, axis=1)
np.testing.assert_array_equal(read[sure], np.argmax(expected, axis=1)[sure])

# %%
# The network that NumPy trained by itself is another one: each of its steps
# passed its rounding on to the next. Where the two largest logits of Keras are
# more than a tenth apart, it has to read the same.

clear = first - second > 0.1
read_by_numpy = np.argmax(numpy_logits, axis=1)
np.testing.assert_array_equal(read_by_numpy[clear], read[clear])
np.testing.assert_equal(len(numpy_losses), len(losses))

same = np.count_nonzero(read == read_by_numpy)
right = np.count_nonzero(read == labels[keep])
print(
    f"{np.count_nonzero(sure)} of 389 images leave no doubt about what is read"
)
print(f"{same} are read the same by the network that NumPy trained")
print(f"{right} are read right, by Keras")

# %%
# Break it
# --------
# The slope of tanh is :math:`1 - h^2`, where :math:`h` is tanh already. Taken
# of :math:`h` once more, or forgotten, the second layer's first step goes
# astray.

images_1, h_1, h_2, logits_1 = forward(float64(start), images[batches[0]])
delta = (softmax(logits_1) - np.eye(10)[labels[batches[0]]]) / 128
slopes = {
    "1 - h²": 1 - h_2**2,
    "1 - tanh²(h)": 1 - np.tanh(h_2) ** 2,
    "no slope": 1,
}
velocity = states[1][1][2]  # of the second kernel, (32, 32)
for name, slope in slopes.items():
    computed = -0.125 * h_1.T @ (delta @ start[4].T * slope)
    close = np.isclose(velocity, computed, rtol=1e-3)
    print(f"{name}: {np.count_nonzero(close)} of {close.size} are right")
    most, some = np.mean(close) > 0.9, np.mean(close) > 0.1
    np.testing.assert_equal((most, some), (name == "1 - h²",) * 2, name)

# %%
# See it
# ------
# The losses of both lie on each other, jagged, as each batch is another. Below
# are some of the digits that both read wrongly, each with what was read.

both_wrong = (read != labels[keep]) & (read == read_by_numpy)
digits_wrong = np.flatnonzero(both_wrong)[:8]
confusion = np.zeros((10, 10))
np.add.at(confusion, (labels[keep], read), 1)

fig, axes = plt.subplot_mosaic(
    [["loss"] * 4 + ["read"] * 4, [*map(str, range(8))]],
    figsize=(6, 4.6),
    height_ratios=[3, 1],
    layout="constrained",
)
axes["loss"].plot(numpy_losses, linewidth=4, alpha=0.4, label="NumPy")
axes["loss"].plot(losses, linewidth=1, label="Keras")
axes["loss"].set(title="Loss, step by step", xlabel="step", ylim=0)
axes["loss"].legend()
axes["read"].imshow(np.sqrt(confusion), cmap="Purples")
axes["read"].set(title="What is read", xlabel="read as", ylabel="digit")
axes["read"].set(xticks=range(10), yticks=range(10))
for place, index in enumerate(digits_wrong):
    axis = axes[str(place)]
    axis.imshow(images[keep][index].reshape(8, 8), cmap="Purples")
    axis.set(title=f"{labels[keep][index]} as {read[index]}")
    axis.set(xticks=[], yticks=[])
plt.show()
