r"""
relu, relu6 and ReLU: slope, ceiling and threshold
==================================================

``relu``, the rectified linear unit, is the activation that most networks use:
it keeps positive numbers and sets negative ones to zero. In NumPy this is
``np.maximum(x, 0)``. Three arguments change it. ``relu6`` is ``relu`` with a
ceiling of 6: MobileNet uses it, as a small range suits numbers of few bits.

.. math::

   y = \begin{cases}
   \min(x, m) & x > \theta \\
   s \, (x - \theta) & x \le \theta
   \end{cases}

Here :math:`s` is ``negative_slope`` (default 0), :math:`m` is ``max_value``
(default: no ceiling), and :math:`\theta` is ``threshold`` (default 0). The
formula holds for :math:`0 \le \theta < m`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``activation="relu"`` takes the defaults, and ``"relu6"`` is a name, too. For
# other arguments, add a layer after ``Dense(4)``, such as
# ``ReLU(negative_slope=0.5)``. A saved model keeps them.

options = {"negative_slope": 0.5, "max_value": 6, "threshold": 2}
x = np.array([-np.inf, -4, -2, -1, 0, 1, 2, 3, 6, 9, np.inf], "float32")
y = keras.ops.convert_to_numpy(keras.activations.relu(x, **options))
print(np.stack([x, y]))

# %%
# Compute it
# ----------
# Above the threshold, numbers stay as they are, up to the ceiling. Below it,
# the slope multiplies the distance from the threshold, not the number itself.

above = np.minimum(x, 6)
below = 0.5 * (x - 2)
relu_by_hand = np.where(x > 2, above, below)

# %%
# Check it
# --------
# Halves leave nothing to round: the values are equal to the bit.

np.testing.assert_array_equal(y, relu_by_hand, strict=True)
np.testing.assert_array_equal(keras.activations.relu(x), np.maximum(x, 0))

# %%
# In full
# -------
# ``relu`` takes all three arguments. ``relu_layer`` is the layer ``ReLU``.

from keras_by_hand import relu, relu6, relu_layer

np.testing.assert_array_equal(y, np.float32(relu(x, **options)), strict=True)
np.testing.assert_array_equal(keras.activations.relu6(x), relu6(x))
y_layer = keras.ops.convert_to_numpy(keras.layers.ReLU(6.0)(x))
np.testing.assert_array_equal(y_layer, relu_layer(x, max_value=6), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``relu(x, threshold=-3)`` keeps the numbers between -3 and 0. With
#    ``max_value=6`` added, it sets them to zero: it equals ``relu6``.

kept = keras.activations.relu(x, threshold=-3)
np.testing.assert_array_equal(kept, np.where(x > -3, x, 0))
capped = keras.activations.relu(x, threshold=-3, max_value=6)
np.testing.assert_array_equal(capped, relu6(x))

# %%
# Break it
# --------
# The layer ``ReLU(6.0)`` has a ceiling of 6. But ``relu(x, 6.0)`` has a slope
# of 6: the function takes ``negative_slope`` first. Write
# ``relu(x, max_value=6)``.

steep = keras.ops.convert_to_numpy(keras.activations.relu(x, 6.0))
print("right:", y_layer)
print("wrong:", steep)
np.testing.assert_array_equal(y_layer, relu(x, max_value=6))
assert np.any(y_layer != steep)

# %%
# See it
# ------
# At 2 the value jumps. The derivative is 0.5 below 2, 1 up to 6, and then 0.

x = np.linspace(-4, 8, 241)
slope = np.select([x < 2, x < 6], [0.5, 1], default=0)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, relu(x, **options), label="value")
axis.plot(x, slope, "--", label="derivative")
axis.set(title="Slope 0.5 up to 2, then x, then a ceiling of 6", xlabel="x")
axis.legend()
plt.show()
