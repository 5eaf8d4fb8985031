r"""
leaky_relu and LeakyReLU: default slopes 0.2, 0.3 and 0.01
==========================================================

Where ``relu`` is 0, its gradient is 0, too, and a unit that gets only negative
numbers learns nothing more. ``leaky_relu`` (LReLU) multiplies negative numbers
by a small slope instead, so that some of the gradient passes.

.. math::

   y = \begin{cases}
   x & x > 0 \\
   s \, x & x \le 0
   \end{cases}
   \qquad
   y' = \begin{cases}
   1 & x > 0 \\
   s & x < 0
   \end{cases}

Here :math:`s` is ``negative_slope``. By default it is 0.2 in Keras' function,
0.3 in Keras' layer ``LeakyReLU``, and 0.01 in PyTorch.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The same numbers through the layer and through the function.

x = np.array([-8, -4, -2, -1, 0, 1, 2, 4], dtype="float32")
of_layer = keras.ops.convert_to_numpy(keras.layers.LeakyReLU()(x))
of_function = keras.ops.convert_to_numpy(keras.activations.leaky_relu(x))

# %%
# Compute it
# ----------
# Only negative numbers are multiplied, by the default slope of each.

layer_by_hand = np.where(x > 0, x, 0.3 * x)
function_by_hand = np.where(x > 0, x, 0.2 * x)

# %%
# Check it
# --------
# Float32 rounds the slopes, so we allow a small difference.

np.testing.assert_allclose(of_layer, layer_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_function, function_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# Both take another slope by its name. So do these functions.

from keras_by_hand import leaky_relu, leaky_relu_layer

quarter = keras.activations.leaky_relu(x, negative_slope=0.25)
np.testing.assert_array_equal(quarter, leaky_relu(x, negative_slope=0.25))
half = keras.layers.LeakyReLU(negative_slope=0.5)(x)
np.testing.assert_array_equal(half, leaky_relu_layer(x, negative_slope=0.5))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Even in float64,
#    ``leaky_relu`` rounds its slope to float32.
#
# (On TensorFlow, that is. On PyTorch, the slope is exact.)

if keras.backend.backend() == "tensorflow":
    doubles = keras.activations.leaky_relu(x.astype("float64"))
    rounded = float(np.float32(0.2))
    expected = np.where(x > 0, x.astype("float64"), rounded * x)
    np.testing.assert_array_equal(doubles, expected)

# %%
# Break it
# --------
# A layer ``LeakyReLU()`` cannot replace ``activation="leaky_relu"``: write
# ``LeakyReLU(0.2)``. For PyTorch's ``LeakyReLU()``, write ``LeakyReLU(0.01)``.

of_pytorch = leaky_relu(x, negative_slope=0.01)
right = keras.ops.convert_to_numpy(keras.layers.LeakyReLU(0.2)(x))
print("right:         ", right)
print("wrong, Keras:  ", of_layer)
print("wrong, PyTorch:", of_pytorch)
np.testing.assert_array_equal(right, of_function)
assert not np.allclose(right, of_layer)
assert not np.allclose(right, of_pytorch)

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
