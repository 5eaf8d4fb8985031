r"""
soft_shrink and an L1 penalty: shrinking is the best answer
===========================================================

Look for a number near a given one, when every number except zero has a price.
With an L1 penalty, ``soft_shrink`` finds the best one. If all numbers except
zero cost the same, ``hard_shrink`` does.

.. math::

   \text{soft\_shrink}(x) &= \arg\min_v s(v) \\
   s(v) &= \tfrac{1}{2} (v - x)^2 + \lambda \, |v| \\
   \text{hard\_shrink}(x) &= \arg\min_v h(v) \\
   h(v) &= \tfrac{1}{2} (v - x)^2 + \tfrac{1}{2} \lambda^2 \, [v \neq 0]

Here :math:`[v \neq 0]` is 1 for each number except 0. Both activations return
exact zeros, which is what sparse codes and the removal of noise need.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The argument ``threshold`` is :math:`\lambda`.

x = np.arange(-11, 13, 2) / 4  # odd quarters, none of them on a threshold


def keras_values(activation, x, threshold):
    y = activation(x.astype("float32"), threshold=threshold)
    return keras.ops.convert_to_numpy(y)


print(x)
print(keras_values(keras.activations.soft_shrink, x, threshold=0.5))
print(keras_values(keras.activations.hard_shrink, x, threshold=0.5))

# %%
# Compute it
# ----------
# Try many numbers, and take the best for each ``x``. All multiples of 1/8 are
# enough, as the answers here are multiples of 1/4.


def l1_cost(v, x, threshold):
    """What is to be minimised by soft_shrink; v and x are broadcast."""
    return (v - x) ** 2 / 2 + threshold * np.abs(v)


def nonzero_cost(v, x, threshold):
    """What is to be minimised by hard_shrink; v and x are broadcast."""
    return (v - x) ** 2 / 2 + threshold**2 / 2 * (v != 0)


def best_number(cost, x, threshold):
    """The number from -4 to 4 that costs least, for each of x, (numbers,)."""
    tried = np.arange(-32, 33) / 8
    costs = cost(tried[:, np.newaxis], x, threshold)  # (tried, numbers)
    return tried[np.argmin(costs, axis=0)]


# %%
# Check it
# --------
# Multiples of 1/8 are exact in float32, so the answers are equal to the bit.

for threshold in (0.5, 1.5):
    y = keras_values(keras.activations.soft_shrink, x, threshold)
    expected = best_number(l1_cost, x, threshold)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    y = keras_values(keras.activations.hard_shrink, x, threshold)
    expected = best_number(nonzero_cost, x, threshold)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Does an L2 penalty, :math:`\tfrac{1}{2} \lambda v^2`, lead to zeros as well?
# No: the best number is then :math:`x / (1 + \lambda)`. All become smaller, but
# not zero.

with_l2 = x / (1 + 0.5)
with_l1 = keras_values(keras.activations.soft_shrink, x, threshold=0.5)
print("zeros with L2:", np.sum(with_l2 == 0))
print("zeros with L1:", np.sum(with_l1 == 0))
assert np.any(with_l2 != with_l1)

# %%
# See it
# ------
# Near 0, the kink of the L1 penalty holds the minimum at 0.

v = np.linspace(-1, 2, 301)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for number in (0.25, 1.25):
    cost = l1_cost(v, number, threshold=0.5)
    (line,) = axis.plot(v, cost, label=f"x = {number}")
    axis.plot(v[np.argmin(cost)], cost.min(), "o", color=line.get_color())
axis.set(title="The cost is smallest at soft_shrink(x)", xlabel="v")
axis.legend()
plt.show()
