r"""
soft_shrink and hard_shrink: small numbers go to zero
=====================================================

Noise is often small, and what matters is large. ``hard_shrink`` and
``soft_shrink`` remove noise: they set numbers to zero whose size is at most a
threshold :math:`\lambda`. ``hard_shrink`` keeps the other numbers,
``soft_shrink`` moves them towards zero by :math:`\lambda`, so that nothing
jumps. ``tanh_shrink`` has no threshold. It subtracts :math:`\tanh x`, which
leaves little of a small number.

.. math::

   \text{hard\_shrink}(x) &= x \text{ if } |x| > \lambda \text{, else } 0 \\
   \text{soft\_shrink}(x) &= \text{sign}(x) \, \max(|x| - \lambda, 0) \\
   \text{tanh\_shrink}(x) &= x - \tanh x \\
   \text{threshold}(x) &= x \text{ if } x > \lambda \text{, else } v

By default, the first two have :math:`\lambda` = 0.5. ``threshold`` has no
default. Its :math:`v` is the value that replaces the others.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``activation="soft_shrink"`` takes the default. For another threshold, the
# activation is a function that calls ``keras.activations.soft_shrink(x, 2)``.

x = np.arange(-11, 13, 2, dtype="float32") / 4
of_hard = keras.ops.convert_to_numpy(keras.activations.hard_shrink(x))
of_soft = keras.ops.convert_to_numpy(keras.activations.soft_shrink(x))
of_tanh = keras.ops.convert_to_numpy(keras.activations.tanh_shrink(x))
print(np.stack([x, of_hard, of_soft, of_tanh]).round(2))

# %%
# Compute it
# ----------
# ``soft_shrink`` subtracts from ``x`` what lies between the thresholds: at most
# 0.5, and at least -0.5.

hard_by_hand = np.where(np.abs(x) > 0.5, x, 0)
soft_by_hand = x - np.clip(x, -0.5, 0.5)
tanh_by_hand = x - np.tanh(x)

# %%
# Check it
# --------
# Quarters leave nothing to round.

np.testing.assert_array_equal(of_hard, hard_by_hand)
np.testing.assert_array_equal(of_soft, soft_by_hand)
np.testing.assert_allclose(of_tanh, tanh_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# The functions take any threshold. ``threshold`` compares the number itself,
# not its size, and returns ``default_value`` for those that are not above it.

from keras_by_hand import hard_shrink, soft_shrink, tanh_shrink, threshold

above_2 = keras.activations.threshold(x, 2, -1)
np.testing.assert_array_equal(above_2, threshold(x, 2, default_value=-1))

# %%
# ``soft_shrink(x)`` is also the proximal operator of an L1 penalty (lasso): the
# number :math:`u` that makes :math:`(u - x)^2 / 2 + \lambda |u|` smallest. Of
# all multiples of 1/8 from -4 to 4, it is the best.

tried = np.arange(-32, 33)[:, np.newaxis] / 8  # (numbers, 1)
totals = (tried - x) ** 2 / 2 + 0.5 * np.abs(tried)  # (numbers, entries of x)
best = tried[np.argmin(totals, axis=0), 0]
np.testing.assert_array_equal(of_soft, best)

# %%
# Break it
# --------
# Where all numbers are positive, ``relu(x - 0.5)`` is the same. But it loses
# negative numbers.

wrong = np.maximum(x - 0.5, 0)
print("right:", of_soft)
print("wrong:", wrong)
assert np.any(of_soft != wrong)

# %%
# See it
# ------
# ``hard_shrink`` jumps at the threshold.

x = np.linspace(-2, 2, 160)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, hard_shrink(x), ".", markersize=3, label="hard_shrink")
axis.plot(x, soft_shrink(x), "--", label="soft_shrink")
axis.plot(x, tanh_shrink(x), ":", label="tanh_shrink")
axis.set(title="Small numbers go to zero", xlabel="x")
axis.legend()
plt.show()
