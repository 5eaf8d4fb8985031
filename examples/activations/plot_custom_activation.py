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
# Training shows the derivative. With the input 1 and numbers as its kernel, a
# ``Dense`` layer returns ``f`` of these numbers. If the loss is ``sum(f)``, a
# step of SGD with a rate of 1 subtracts the derivative from the kernel.

np.testing.assert_array_equal(y, np.float32(squared_relu), strict=True)
numbers = np.array([[-3, -1, 0, 2, 4]])  # (1, units)
of_one = keras.layers.Dense(5, keras_squared_relu, use_bias=False)
model = keras.Sequential([keras.Input((1,)), of_one])
model.set_weights([numbers])
model.compile(keras.optimizers.SGD(1.0), lambda target, f: keras.ops.sum(f))
model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
derivative = numbers - model.get_weights()[0]
np.testing.assert_array_equal(derivative, 2 * np.maximum(numbers, 0))

# %%
# In full
# -------
# ``Activation`` after a layer does the same. ``Identity`` returns its input. (A
# saved model has only the name of your function: to load it, see the page
# "Lambda and custom functions".)
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``keras.layers.Identity`` changes the numbers of a float64 array: like all
#    layers, it first rounds them to its own dtype.

from keras_by_hand import activation_layer, identity_layer

y_abs = keras.layers.Activation(keras.ops.abs)(z)
np.testing.assert_array_equal(y_abs, activation_layer(z, activation=np.abs))
np.testing.assert_array_equal(keras.layers.Identity()(z), identity_layer(z))
third = np.array([1 / 3])  # float64
np.testing.assert_array_equal(keras.layers.Identity()(third), np.float32(third))

# %%
# Break it
# --------
# An activation may look at all units, for example to subtract their mean. But
# without ``axis=-1``, this is the mean of the whole batch: samples are mixed.

mean = keras.ops.mean(z, axis=-1, keepdims=True)  # (batch, 1)
right = keras.ops.convert_to_numpy(keras.ops.subtract(z, mean))
wrong = keras.ops.convert_to_numpy(keras.ops.subtract(z, keras.ops.mean(z)))
print("right:", right[0], "wrong:", wrong[0])
assert np.any(right != wrong)

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
