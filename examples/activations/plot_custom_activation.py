r"""
Custom activation: activation= takes any function
=================================================

``activation=`` takes a name, a function, a layer, or ``None``. Keras applies it
to ``x @ kernel + bias``, and differentiates it by itself. The square of relu:

.. math:: f(z) = \max(z, 0)^2, \quad f'(z) = 2 \max(z, 0)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Written with ``keras.ops``, a function runs, and trains, on each backend.

x = np.array([[3, -2, 1], [-1, 4, 2]])  # (batch, features)
kernel = np.array([[2, -1, 0, 3], [1, 4, -2, 0], [-3, 1, 2, 1]])
bias = np.array([3, -2, 5, 1])  # (units,)


def keras_squared_relu(z):
    return keras.ops.square(keras.ops.relu(z))


def keras_dense(x, activation):
    layer = keras.layers.Dense(4, activation=activation)
    layer.build((None, 3))
    layer.set_weights([kernel, bias])
    return keras.ops.convert_to_numpy(layer(x))


print(keras_dense(x, keras_squared_relu))

# %%
# Compute it
# ----------
# ``None`` stands for ``linear``.


def squared_relu(z):
    """max(z, 0)**2; z: any shape (So et al., 2021, Primer)."""
    return np.maximum(z, 0) ** 2


from keras_by_hand import linear

# %%
# Check it
# --------
# Whole numbers are equal to the bit.

z = x @ kernel + bias  # (batch, units)
cases = [
    (None, linear(z)),
    ("relu", np.maximum(z, 0)),
    (keras.layers.ReLU(negative_slope=0.5), np.where(z > 0, z, z / 2)),
    (keras_squared_relu, squared_relu(z)),
]
for activation, expected in cases:
    y = keras_dense(x, activation)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Which derivative does training use? A ``Dense`` layer with the input 1, no
# bias and the kernel ``x`` returns ``f(x)``. If the loss is the sum of that,
# the gradient of the kernel is ``f'(x)``, and one step of SGD with learning
# rate 1 subtracts it. (``run_eagerly`` saves compiling for a single step.)

from derivative import derivative_in_training

z = np.arange(-4, 5)
derivative = derivative_in_training(keras_squared_relu, z)
np.testing.assert_array_equal(derivative, 2 * np.maximum(z, 0))
np.testing.assert_array_equal(derivative_in_training(None, z), np.ones(9))

# %%
# Break it
# --------
# What if an activation subtracts the mean of the units, and you forget
# ``axis=-1``? The output for one sample depends on the rest of the batch.


def centred(z):
    return z - keras.ops.mean(z)


in_batch, _ = keras_dense(x, centred)
(alone,) = keras_dense(x[:1], centred)
assert not np.allclose(in_batch, alone)

# %%
# See it
# ------
# ``relu`` has a kink at 0. Its square has none, but its derivative does.

z = np.linspace(-2, 2, 161)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(z, np.maximum(z, 0), ":", label="relu")
axis.plot(z, squared_relu(z), label="squared relu")
axis.plot(z, 2 * np.maximum(z, 0), "--", label="derivative of its square")
axis.set(title="The square of relu has no kink", xlabel="z")
axis.legend()
plt.show()
