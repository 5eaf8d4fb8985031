r"""
Custom activation: activation= takes any function
=================================================

You want an activation that Keras does not have, such as the square of relu.
``activation=`` takes a name, a function, a layer, or ``None``. Keras applies it
to ``x @ kernel + bias``, and finds its derivative by itself.

.. math:: f(z) = \max(z, 0)^2, \quad f'(z) = 2 \max(z, 0)

Here :math:`z` is what the layer computes before its activation :math:`f`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# A function of ``keras.ops`` runs, and trains, on each backend.

x = np.float32([[3, -2, 1], [-1, 4, 2]])  # (batch, features)
kernel = np.array([[2, -1, 0, 3], [1, 4, -2, 0], [-3, 1, 2, 1]])
bias = np.array([3, -2, 5, 1])  # (units,)


def keras_squared_relu(z):
    return keras.ops.square(keras.ops.relu(z))


layer = keras.layers.Dense(4, activation=keras_squared_relu)
layer.build(x.shape)
layer.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------
# First the sum, then the activation.

z = x @ kernel + bias  # (batch, units)
squared_relu = np.maximum(z, 0) ** 2

# %%
# Check it
# --------
# For the derivative, give a ``Dense`` layer the input 1 and the kernel ``z``.
# If the loss is the sum of ``f(z)``, a step of SGD with a rate of 1 subtracts
# ``f'(z)``.

np.testing.assert_array_equal(y, np.float32(squared_relu), strict=True)
numbers = np.arange(-4, 5)
derivative = derivative_in_training(keras_squared_relu, numbers)
np.testing.assert_array_equal(derivative, 2 * np.maximum(numbers, 0))

# %%
# In full
# -------
# ``Activation`` after a layer does the same. ``Identity`` returns its input. (A
# saved model has only the name of your function: to load it, see the page
# "Lambda and custom functions".)

from keras_by_hand import activation_layer, identity_layer

y_abs = keras.layers.Activation(keras.ops.abs)(z)
np.testing.assert_array_equal(y_abs, activation_layer(z, activation=np.abs))
np.testing.assert_array_equal(keras.layers.Identity()(z), identity_layer(z))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``keras.layers.Identity`` changes the numbers of a float64 array: like all
#    layers, it first rounds them to its own dtype.

third = np.array([1 / 3])  # float64
rounded = keras.ops.convert_to_numpy(keras.layers.Identity()(third))
np.testing.assert_array_equal(rounded, np.float32(third), strict=True)

# %%
# Break it
# --------
# An activation may look at all units, for example at their mean. But without
# ``axis=-1``, the mean runs over the batch, too: samples are mixed.

centred = lambda z: keras.ops.subtract(z, keras.ops.mean(z))
in_batch = keras.ops.convert_to_numpy(centred(z))[0]
alone = keras.ops.convert_to_numpy(centred(z[:1]))[0]
print("alone:   ", alone)
print("in batch:", in_batch)
assert not np.allclose(in_batch, alone)

# %%
# See it
# ------
# The square has no kink at 0, but its derivative has.

z = np.linspace(-2, 2)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(z, np.maximum(z, 0), ":", label="relu")
axis.plot(z, np.maximum(z, 0) ** 2, label="squared relu")
axis.plot(z, 2 * np.maximum(z, 0), "--", label="its derivative")
axis.set(title="The square of relu has no kink", xlabel="z")
axis.legend()
plt.show()
