r"""
hard_shrink, soft_shrink and tanh_shrink: small numbers go to zero
==================================================================

These activations pull small numbers to zero. ``hard_shrink`` keeps the others,
``soft_shrink`` moves them towards zero by a threshold, and ``tanh_shrink`` by
their hyperbolic tangent. ``threshold`` replaces small numbers by any value.

.. math::

   \text{hard\_shrink}(x) &= x \text{ if } |x| > \lambda \text{, else } 0 \\
   \text{soft\_shrink}(x) &= \text{sign}(x) \, \max(|x| - \lambda, 0) \\
   \text{tanh\_shrink}(x) &= x - \tanh x \\
   \text{threshold}(x) &= x \text{ if } x > \lambda \text{, else } v

The derivative of ``tanh_shrink`` is :math:`\tanh^2 x`. Those of the others are
1 where :math:`x` is kept or moved, and 0 where it is replaced.
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# By name, an activation has its default arguments, here ``threshold=0.5``.
# ``partial`` sets others. (To save a model, write a function instead of it.)

x = np.arange(-6, 7) / 2


def keras_activation(activation, x, dtype="float32"):
    y = keras.activations.get(activation)(x.astype(dtype))
    return keras.ops.convert_to_numpy(y)


print(keras_activation("hard_shrink", x))

# %%
# Compute it
# ----------
# A number on the threshold counts as small. ``soft_shrink(x)`` is ``x`` minus
# ``x`` clipped to the thresholds.

hard_by_hand = np.where(np.abs(x) > 0.5, x, 0)
soft_by_hand = x - np.clip(x, -0.5, 0.5)
tanh_by_hand = x - np.tanh(x)

# %%
# The whole functions take any threshold. ``threshold`` compares the number
# itself, not its size, and replaces what is small by a value of your choice.

from keras_by_hand import hard_shrink, soft_shrink, tanh_shrink, threshold

# %%
# Check it
# --------
# First the lines above. Training uses the derivatives, too (the page "Custom
# activation" explains the function). Only on TensorFlow does Keras compute in
# float64 throughout.

lines = [
    ("hard_shrink", hard_by_hand),
    ("soft_shrink", soft_by_hand),
    ("tanh_shrink", tanh_by_hand),
]
for name, by_hand in lines:
    y = keras_activation(name, x)
    np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)

hard = partial(keras.activations.hard_shrink, threshold=1.5)
soft = partial(keras.activations.soft_shrink, threshold=1.5)
above_2 = partial(keras.activations.threshold, threshold=2, default_value=-1)
between = x + 0.25  # away from the thresholds
cases = [
    ("hard_shrink", hard_shrink(x), np.where(np.abs(between) > 0.5, 1, 0)),
    ("soft_shrink", soft_shrink(x), np.where(np.abs(between) > 0.5, 1, 0)),
    ("tanh_shrink", tanh_shrink(x), np.tanh(between) ** 2),
    (hard, hard_shrink(x, 1.5), np.where(np.abs(between) > 1.5, 1, 0)),
    (soft, soft_shrink(x, 1.5), np.where(np.abs(between) > 1.5, 1, 0)),
    (above_2, threshold(x, 2, -1), np.where(between > 2, 1, 0)),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for activation, expected, derivative in cases:
        y = keras_activation(activation, x, dtype)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
        slope = derivative_in_training(activation, between, dtype)
        np.testing.assert_allclose(slope, derivative, tolerance, tolerance)

# %%
# Break it
# --------
# Is ``soft_shrink`` the same as ``relu(x - threshold)``? No: ``relu`` loses
# what is negative.

wrong = np.maximum(x - 0.5, 0)
print(f"{np.mean(soft_shrink(x) == wrong):.0%} are right")
assert np.any(soft_shrink(x) != wrong)

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
