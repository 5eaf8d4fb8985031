r"""
Normalization layers: center, scale, initializers, regularizers
===============================================================

``BatchNormalization``, ``LayerNormalization`` and ``GroupNormalization`` share
their arguments for gamma and beta. ``scale=False`` leaves out gamma, and
``center=False`` leaves out beta.

.. math::

   y &= \gamma \, \hat{x} + \beta \\
   \text{penalty} &= \text{L2}(\gamma) + \text{L1}(\beta)

Here :math:`\hat{x}` is the normalized x. The penalty is added to the loss.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from keras.initializers import RandomUniform
from keras.regularizers import L1, L2

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A dense layer or a convolution that follows can do what gamma and beta do.

x = rng.normal(2, 3, size=(5, 8)).astype("float32")  # (batch, channels)
uniform = [RandomUniform(low, 2, seed=7 + low) for low in (-2, -1, 0, 1)]
arguments = {
    "gamma_initializer": uniform[0],
    "beta_initializer": uniform[1],
    "gamma_regularizer": L2(0.5),
    "beta_regularizer": L1(0.25),
    "gamma_constraint": "non_neg",
    "beta_constraint": "non_neg",
}
moving = {  # BatchNormalization alone has these
    "moving_mean_initializer": uniform[2],
    "moving_variance_initializer": uniform[3],  # positive
}


def call(layer):
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------


def scale_and_center(normalized, gamma=1, beta=0):
    """The last step of a normalization layer; gamma, beta: (channels,)."""
    return gamma * normalized + beta


# %%
# Check it
# --------
tolerance = 1000 * np.finfo("float32").eps
for layer_class, more in (
    (layers.BatchNormalization, moving),
    (layers.LayerNormalization, {}),
    (layers.GroupNormalization, {"groups": 2}),
):
    layer = layer_class(**arguments, **more)
    layer.build(x.shape)
    gamma, beta = layer.get_weights()[:2]
    # Initializers
    for weight, initializer in zip(layer.get_weights(), uniform):
        expected = keras.ops.convert_to_numpy(initializer((8,)))
        np.testing.assert_array_equal(weight, expected)
    # Regularizers
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    expected = 0.5 * np.sum(gamma**2) + 0.25 * np.sum(np.abs(beta))
    np.testing.assert_allclose(loss, expected, tolerance)
    # scale and center
    normalized = call(layer_class(scale=False, center=False, **more))
    no_gamma = layer_class(scale=False, **arguments, **more)
    no_beta = layer_class(center=False, **arguments, **more)
    for layer_y, expected in (
        (call(layer), scale_and_center(normalized, gamma, beta)),
        (call(no_gamma), scale_and_center(normalized, beta=beta)),
        (call(no_beta), scale_and_center(normalized, gamma=gamma)),
    ):
        np.testing.assert_allclose(layer_y, expected, tolerance, tolerance)
    # Constraints, after a training step with a gradient of 0
    gradients = [keras.ops.zeros(8), keras.ops.zeros(8)]
    keras.optimizers.SGD().apply(gradients, layer.trainable_variables)
    for new, old in zip(layer.get_weights(), [gamma, beta]):
        np.testing.assert_array_equal(new, np.maximum(old, 0))

# %%
# ``synchronized=True`` is for training on several devices. On one, it changes
# nothing. Keras allows it only on TensorFlow.

if keras.backend.backend() == "tensorflow":
    expected = layers.BatchNormalization()(x, training=True)
    y = layers.BatchNormalization(synchronized=True)(x, training=True)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
else:
    with np.testing.assert_raises(ValueError):
        layers.BatchNormalization(synchronized=True)

# %%
# Break it
# --------
# A gamma of 1 changes nothing. Does its regularizer pull it towards 1? No, it
# pulls it towards 0, like any weight.

wrong = 0.5 * np.sum((gamma - 1) ** 2) + 0.25 * np.sum(np.abs(beta))
print(f"penalty: {loss:.3f}, not {wrong:.3f}")
assert not np.allclose(loss, wrong)

# %%
# See it
# ------
# One channel of 20 samples, with a gamma of 2 and a beta of 3.

normalized = rng.normal(size=20)
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
for height, (gamma, beta) in enumerate([(1, 0), (2, 0), (1, 3), (2, 3)]):
    y = scale_and_center(normalized, gamma, beta)
    axis.plot(y, np.full(20, -height), "o", alpha=0.5)
axis.set_yticks([0, -1, -2, -3], ["neither", "scale", "center", "both"])
axis.set(title="scale multiplies by gamma, center adds beta", ylim=(-3.5, 0.5))
plt.show()
