r"""
relu and relu6: slope, ceiling and threshold
============================================

The activation ``relu`` keeps positive numbers and sets negative ones to zero.
Three arguments change that: ``negative_slope``, the ceiling ``max_value``, and
``threshold``. ``relu6`` is ``relu`` with a ceiling of 6.

.. math::

   y = \begin{cases}
   \min(x, m) & x > \theta \\
   s \, (x - \theta) & x \le \theta
   \end{cases}

Here :math:`s` is ``negative_slope`` (default 0), :math:`m` is ``max_value``
(default: no ceiling), :math:`\theta` is ``threshold`` (default 0), and
:math:`0 \le \theta < m` (for less, see the warning below). The derivative is
:math:`s` below :math:`\theta`, 1 from there to :math:`m`, and 0 above.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# ``activation="relu"`` takes the defaults. For other arguments, write a
# function, and give it to a layer: ``Dense(4, activation=my_relu)``.


def my_relu(x):
    return keras.activations.relu(
        x, negative_slope=0.5, max_value=6, threshold=2
    )


x = np.array([-np.inf, -4, -2, -1, 0, 1, 2, 3, 6, 9, np.inf], "float32")
y = keras.ops.convert_to_numpy(my_relu(x))
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
# The whole function takes any of the three arguments, or none of them.

from keras_by_hand import relu, relu6

# %%
# Check it
# --------
# Whole numbers and halves leave nothing to round: values are equal to the bit.

np.testing.assert_array_equal(y, relu_by_hand, strict=True)

expected = relu(x, negative_slope=0.5, max_value=6, threshold=2)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(keras.activations.relu(x), relu(x))
np.testing.assert_array_equal(keras.activations.relu6(x), relu6(x))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``relu(x, threshold=-3)`` keeps the numbers between -3 and 0. With
#    ``max_value=6``, too, it equals ``relu6``.

kept = keras.activations.relu(x, threshold=-3)
np.testing.assert_array_equal(kept, relu(x, threshold=-3))
capped = keras.activations.relu(x, threshold=-3, max_value=6)
np.testing.assert_array_equal(capped, relu6(x))
np.testing.assert_array_equal(capped, relu(x, threshold=-3, max_value=6))

# %%
# Training uses these derivatives, too. (The page "Custom activation" explains
# how one step of SGD shows them.)

between = np.array([-3.5, 1.5, 2.5, 5.5, 6.5])
slopes = derivative_in_training(my_relu, between)
np.testing.assert_array_equal(slopes, [0.5, 0.5, 1, 1, 0])
slopes = derivative_in_training("relu6", between)
np.testing.assert_array_equal(slopes, [0, 1, 1, 1, 0])

# %%
# Break it
# --------
# Does ``threshold=2`` shift ``relu`` to the right? No: numbers above 2 stay as
# they are. Only the part below is shifted.

shifted = relu(x - 2, negative_slope=0.5, max_value=6)
print(np.stack([x, shifted]))
assert np.any(y != shifted)

# %%
# See it
# ------
# At 2 and at 6 the slope changes. At 2 the value jumps, too.

x = np.linspace(-4, 8, 241)
y = relu(x, negative_slope=0.5, max_value=6, threshold=2)
slope = np.select([x < 2, x < 6], [0.5, 1], default=0)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, y, label="value")
axis.plot(x, slope, "--", label="derivative")
axis.set(title="Slope 0.5 up to 2, then x, then a ceiling of 6", xlabel="x")
axis.legend()
plt.show()
