r"""
ReLU, LeakyReLU and ELU: the layers and their arguments
=======================================================

The layers ``ReLU``, ``LeakyReLU`` and ``ELU`` apply the functions ``relu``,
``leaky_relu`` and ``elu``. But ``ReLU`` takes its arguments in another order
than ``relu``, and the default slope of ``LeakyReLU`` is 0.3, not 0.2.

.. math::

   \text{ReLU} &= \begin{cases}
   \min(x, m) & x > \theta \\
   s \, (x - \theta) & x \le \theta
   \end{cases} \\
   \text{LeakyReLU} &= \max(x, 0) + s \, \min(x, 0) \\
   \text{ELU} &= \max(x, 0) + \alpha \, (e^{\min(x, 0)} - 1)

Here m is ``max_value`` (by default, there is no ceiling), θ is ``threshold``,
s is ``negative_slope`` and α is ``alpha``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import ELU, LeakyReLU, ReLU

# %%
# Build it
# --------
# ``ReLU(6.0)``, as in MobileNet. The first argument is ``max_value``.

x = np.array([-np.inf, -8, -4, -1, 0, 1, 2, 3, 4, 6, 9, np.inf], "float32")
x = x.reshape(2, 6)
model = keras.Sequential([keras.Input((6,)), ReLU(6.0)])
y = model.predict(x, verbose=0)
print(y)

# %%
# Compute it
# ----------
# ``ReLU(6.0)`` cuts off at 0 and at 6. ``LeakyReLU()`` multiplies negative
# numbers by its default slope, and ``ELU()`` bends them along an exponential.

relu_by_hand = np.minimum(np.maximum(x, 0), 6)
leaky_by_hand = np.where(x > 0, x, 0.3 * x)
elu_by_hand = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))

# %%
# The whole functions take the arguments of the layers. 0 times minus infinity
# is not a number (NaN), so ``ReLU`` does not multiply by a slope of 0. An input
# that is NaN stays NaN.

from keras_by_hand import elu_layer, leaky_relu_layer, relu_layer

# %%
# Check it
# --------
# Whole numbers and quarters leave nothing to round.

np.testing.assert_array_equal(y, relu_by_hand, strict=True)

options = {"max_value": 4, "negative_slope": 0.25, "threshold": 2}
cases = [
    (y, relu_layer(x, max_value=6.0)),
    (ReLU()(x), relu_layer(x)),
    (ReLU(**options)(x), relu_layer(x, **options)),
    (LeakyReLU(0.25)(x), leaky_relu_layer(x, negative_slope=0.25)),
]
for y_case, expected in cases:
    y_case = keras.ops.convert_to_numpy(y_case)
    np.testing.assert_array_equal(y_case, np.float32(expected), strict=True)

# %%
# Exponentials are rounded, and so is the slope 0.3. (Only on TensorFlow does
# Keras compute layers in float64, and even there it rounds 0.3 to float32.)

for layer, by_hand in [(LeakyReLU(), leaky_by_hand), (ELU(), elu_by_hand)]:
    y_case = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(y_case, by_hand, rtol=1e-4, atol=1e-4)

tolerance = 1000 * np.finfo("float32").eps
expected = leaky_relu_layer(x)
np.testing.assert_allclose(LeakyReLU()(x), expected, tolerance, tolerance)

tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for arguments in ({}, {"alpha": 2.0}):
        y_case = ELU(**arguments, dtype=dtype)(x.astype(dtype))
        expected = elu_layer(x.astype("float64"), **arguments)
        np.testing.assert_allclose(y_case, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Is ``relu(x, 6.0)`` the same as ``ReLU(6.0)``? No: after ``x``, the function
# takes ``negative_slope`` first. Is ``LeakyReLU()`` the same as ``leaky_relu``,
# or as in PyTorch? No: their default slopes are 0.2 and 0.01. To be safe, name
# all arguments.

steep = keras.ops.convert_to_numpy(keras.activations.relu(x, 6.0))
print(steep)
assert np.any(y != steep)
of_function = keras.activations.leaky_relu(x)
of_pytorch = leaky_relu_layer(x, negative_slope=0.01)
expected = leaky_relu_layer(x, negative_slope=0.2)
np.testing.assert_allclose(of_function, expected, 1e-4)
for wrong in (expected, of_pytorch):
    assert not np.allclose(leaky_relu_layer(x), wrong)

# %%
# See it
# ------
# The layer has a ceiling of 6; the function has a slope of 6 below 0.

x = np.linspace(-2, 9, 111)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(x, relu_layer(x, max_value=6.0), label="ReLU(6.0)(x)")
axis.plot(x, relu_layer(x, negative_slope=6.0), "--", label="relu(x, 6.0)")
axis.set(title="ReLU(6.0) has a ceiling, relu(x, 6.0) a slope", xlabel="x")
axis.legend()
plt.show()
