r"""
glu: half of the units gate the other half
==========================================

``glu``, the gated linear unit, splits its input into two halves, and multiplies
the first by the sigmoid of the second. So it returns half as many units.

.. math::

   \text{glu}([a, b]) = a \, \sigma(b)

Its derivatives by :math:`a` and by :math:`b` are :math:`\sigma(b)` and
:math:`a \, \sigma(b) \, (1 - \sigma(b))`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two samples of four units become two samples of two units.

x = np.array([[3, -1, 0, 2], [1, 2, -4, 0.5]])  # (batch, units)


def keras_glu(axis=-1, dtype="float32"):
    y = keras.activations.glu(x.astype(dtype), axis)
    return keras.ops.convert_to_numpy(y)


print(keras_glu())

# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


# %%
# Compute it
# ----------


def glu(x, axis=-1):
    """The first half along an axis, times the sigmoid of the second half.

    x: any shape, with an even length along the axis (Dauphin et al., 2017).
    """
    value, gate = np.split(x, 2, axis)
    return value * sigmoid(gate)


# %%
# Check it
# --------
# First the derivatives. The loss is a weighted sum of the result. A difference
# quotient is right to six digits and more.

weights = np.array([1, 4])
a, b = np.split(x[0], 2)
gate = sigmoid(b)
gradient = np.concatenate([weights * gate, weights * a * gate * (1 - gate)])
nudge = 1e-5 * np.eye(4)  # a row for each unit
quotient = (glu(x[0] + nudge) - glu(x[0] - nudge)) / 2e-5
np.testing.assert_allclose(quotient @ weights, gradient, rtol=1e-6)

# %%
# Training uses these derivatives, too. Give a ``Dense`` layer the input 1 and
# the kernel ``x[0]``: it returns ``glu(x[0])``. One step of SGD with learning
# rate 1 subtracts the gradient of the loss from the kernel. (For one step,
# ``run_eagerly`` is faster than compiling.)


def gradient_in_training(dtype):
    layer = keras.layers.Dense(4, "glu", use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.set_weights([x[:1]])
    sgd = keras.optimizers.SGD(learning_rate=1.0)
    model.compile(sgd, lambda c, y: keras.ops.sum(c * y), run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), weights[np.newaxis])
    return x[0] - layer.get_weights()[0][0]


# %%
# In float64 all agree to twelve digits and more. Only on TensorFlow does Keras
# compute in float64 throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for axis in (-1, 0):
        y = keras_glu(axis, dtype)
        np.testing.assert_allclose(y, glu(x, axis), tolerance, tolerance)
    found = gradient_in_training(dtype)
    np.testing.assert_allclose(found, gradient, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``Dense(4, activation="glu")`` declares
#    four units, but returns two. So a layer after it is built for four.
#
# ``glu`` by itself declares two: call ``keras.activations.glu`` on the output
# of a ``Dense`` layer without an activation.

inputs = keras.Input((3,))
in_layer = keras.layers.Dense(4, activation="glu")(inputs)
by_itself = keras.activations.glu(keras.layers.Dense(4)(inputs))
model = keras.Model(inputs, in_layer)
y = model.predict(np.ones((1, 3)), verbose=0)
np.testing.assert_equal(in_layer.shape, (None, 4))
np.testing.assert_equal(by_itself.shape, (None, 2))
np.testing.assert_equal(y.shape, (1, 2))

# %%
# Break it
# --------
# Is the *first* half the gate? Do neighbours belong together?

value_last = sigmoid(x[:, :2]) * x[:, 2:]
neighbours = x[:, ::2] * sigmoid(x[:, 1::2])
for wrong in (value_last, neighbours):
    print(wrong.round(3))
    assert not np.allclose(wrong, glu(x))

# %%
# See it
# ------
# The gate opens, and lets more and more of the value pass.

gate = np.linspace(-6, 6, 121)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for value in (2, 1, -1):
    pair = np.stack([0 * gate + value, gate], axis=-1)
    axis.plot(gate, glu(pair)[:, 0], label=f"a = {value}")
axis.set(title="glu: the gate b lets a pass", xlabel="b")
axis.legend()
plt.show()
