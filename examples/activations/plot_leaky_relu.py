r"""
leaky_relu: the default slope is 0.2, in the layer 0.3
======================================================

``leaky_relu`` keeps positive numbers, and multiplies negative ones by a small
slope. The default slope is 0.2 in Keras' function, 0.3 in Keras' layer
``LeakyReLU``, and 0.01 in PyTorch.

.. math::

   y = \begin{cases}
   x & x > 0 \\
   s \, x & x \le 0
   \end{cases}

   y' = \begin{cases}
   1 & x > 0 \\
   s & x < 0
   \end{cases}

Here :math:`s` is ``negative_slope``. Where ``relu`` stops the gradient,
``leaky_relu`` lets a part of it pass.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# ``activation="leaky_relu"`` takes the default. For another slope, write a
# function, and give it to a layer: ``Dense(4, activation=quarter_slope)``.


def quarter_slope(x):
    return keras.activations.leaky_relu(x, negative_slope=0.25)


x = np.array([-8, -4, -2, -1, 0, 1, 2, 4], dtype="float32")
y = keras.ops.convert_to_numpy(quarter_slope(x))
print(y)

# %%
# Compute it
# ----------
# Multiply the negative numbers by the slope: first by 0.25, as above, then by
# the default of the function and by that of the layer.

quarter_by_hand = np.where(x > 0, x, 0.25 * x)
function_by_hand = np.where(x > 0, x, 0.2 * x)
layer_by_hand = np.where(x > 0, x, 0.3 * x)

# %%
# The whole function takes any slope. Without one, it takes 0.2.

from keras_by_hand import leaky_relu

# %%
# Check it
# --------
# A slope of 0.25 leaves nothing to round: the values are equal to the bit.

np.testing.assert_array_equal(y, quarter_by_hand, strict=True)

expected = np.float32(leaky_relu(x, negative_slope=0.25))
np.testing.assert_array_equal(y, expected, strict=True)

# %%
# So are the derivatives that training uses. (The page "Custom activation"
# explains how one step of SGD shows them.)

halves = np.arange(-4, 4) + 0.5
slope = np.where(halves > 0, 1, 0.25)
in_training = derivative_in_training(quarter_slope, halves)
np.testing.assert_array_equal(in_training, slope)

# %%
# Float32 rounds the defaults 0.2 and 0.3, so we allow a small difference.

tolerance = 1000 * np.finfo("float32").eps
of_function = keras.activations.get("leaky_relu")(x)
np.testing.assert_allclose(of_function, leaky_relu(x), tolerance, tolerance)
of_layer = keras.layers.LeakyReLU()(x)
expected = leaky_relu(x, negative_slope=0.3)
np.testing.assert_allclose(of_layer, expected, tolerance, tolerance)
of_function = keras.ops.convert_to_numpy(of_function)
np.testing.assert_allclose(of_function, function_by_hand, tolerance, tolerance)
of_layer = keras.ops.convert_to_numpy(of_layer)
np.testing.assert_allclose(of_layer, layer_by_hand, tolerance, tolerance)

# %%
# Only on TensorFlow does Keras compute in float64, but it rounds the slope:
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Even in float64,
#    ``leaky_relu`` rounds its slope to float32.

if keras.backend.backend() == "tensorflow":
    rounded = float(np.float32(0.2))
    of_function = keras.activations.leaky_relu(x.astype("float64"))
    expected = leaky_relu(x.astype("float64"), negative_slope=rounded)
    np.testing.assert_array_equal(of_function, expected)

# %%
# Break it
# --------
# Can a layer ``LeakyReLU()``, of Keras or of PyTorch, replace
# ``activation="leaky_relu"``? Only if you set its slope.

of_function = keras.ops.convert_to_numpy(keras.activations.leaky_relu(x))
as_keras_layer = leaky_relu(x, negative_slope=0.3)
as_pytorch = leaky_relu(x, negative_slope=0.01)
print("function:", of_function)
print("layer:   ", as_keras_layer)
print("PyTorch: ", as_pytorch)
assert not np.allclose(of_function, as_keras_layer)
assert not np.allclose(of_function, as_pytorch)

# %%
# See it
# ------
# Three default slopes under the same name.

x = np.linspace(-4, 2, 121)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, leaky_relu(x), label="Keras' function: 0.2")
axis.plot(x, leaky_relu(x, 0.3), "--", label="Keras' layer: 0.3")
axis.plot(x, leaky_relu(x, 0.01), ":", label="PyTorch: 0.01")
axis.set(title="leaky_relu with three default slopes", xlabel="x")
axis.legend()
plt.show()
