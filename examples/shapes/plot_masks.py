r"""
Masking: Dense passes the mask on, pooling uses it
==================================================

``Masking`` marks the steps of a sequence that are only padding. ``Dense``
computes the masked steps like all others and hands the mask on, and
``GlobalAveragePooling1D`` leaves them out of its mean.

.. math::

   m_{n,t} &= \text{any}_f \; (x_{n,t,f} \ne v) \\
   \text{mean}_n &= \frac{\sum_t m_{n,t} \, y_{n,t}}{\sum_t m_{n,t}}

The mask :math:`m` is true for the steps to keep, and :math:`v`, the
``mask_value``, is the number that stands for padding.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four sequences of 8, 4, 2 and 2 steps, padded to eight steps with -1. `Masking
# <https://keras.io/api/layers/core_layers/masking/>`__ takes a step for padding
# only if all its features are -1.

is_step = np.arange(8) < np.array([[8], [4], [2], [2]])  # (batch, steps)
x = rng.integers(-9, 10, size=(4, 8, 3))  # (batch, steps, features)
x = np.where(is_step[..., np.newaxis], x, -1)
kernel = np.array([[9, -9], [2, -1], [-1, 1]])  # (features, units)
bias = np.array([40, -80])  # (units,)

inputs = keras.Input(shape=(8, 3))
masked = keras.layers.Masking(mask_value=-1)(inputs)
dense = keras.layers.Dense(2)
outputs = dense(masked)
means = keras.layers.GlobalAveragePooling1D()(outputs)
model = keras.Model(inputs, [outputs, means])
dense.set_weights([kernel, bias])
y, y_mean = model.predict(x, verbose=0)

# %%
# Compute it
# ----------
# A step is kept if any of its features differs from ``mask_value``. ``Masking``
# also sets the masked steps to zero, whatever the ``mask_value``. ``Dense``
# computes them like all others: zero times the kernel, plus the bias.

kept_steps = np.any(x != -1, axis=-1)  # (batch, steps)
zeroed = np.where(kept_steps[..., np.newaxis], x, 0)
y_by_hand = zeroed @ kernel + bias  # (batch, steps, units)

# %%
# The whole function returns the zeroed steps and the mask, for any
# ``mask_value``. ``mean_of_kept`` takes the mean of the kept steps.

from keras_by_hand import masking


def mean_of_kept(y, mask):
    """GlobalAveragePooling1D with a mask; nan for a sequence without steps.

    y: (batch, steps, units), mask: (batch, steps). Returns (batch, units).
    """
    kept = mask[..., np.newaxis]
    return np.sum(np.where(kept, y, 0), axis=1) / np.sum(kept, axis=1)


# %%
# Check it
# --------
# The means divide by 8, 4 or 2, so nothing is rounded: all is equal to the bit.
# A masked step leaves ``Dense`` as the bias, not as zero.

np.testing.assert_array_equal(y, np.float32(y_by_hand), strict=True)

steps, mask = masking(x, mask_value=-1)
np.testing.assert_array_equal(mask, is_step, strict=True)
expected = steps @ kernel + bias
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
expected_mean = np.float32(mean_of_kept(expected, mask))
np.testing.assert_array_equal(y_mean, expected_mean, strict=True)

# %%
# By default, steps of zeros are masked.

keras_mask = keras.layers.Masking().compute_mask(np.float32(steps))
_, default_mask = masking(steps)
np.testing.assert_array_equal(keras_mask, default_mask)

# %%
# The mean of a sequence that is all padding is ``nan``: zero divided by zero
# steps.

_, mean_of_padding = model.predict(np.full((1, 8, 3), -1), verbose=0)
np.testing.assert_array_equal(mean_of_padding, [[np.nan, np.nan]])

# %%
# Break it
# --------
# Would you average over all steps? Then the masked steps count with their bias.

wrong = y.mean(axis=1)
print(f"{np.mean(y_mean == wrong):.0%} of the entries are right")
assert np.any(y_mean != wrong)

# %%
# See it
# ------

first_unit = y[..., 0]  # (batch, steps)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(first_unit, cmap="PuOr", vmin=-300, vmax=300)
for (row, column), value in np.ndenumerate(first_unit):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
row, column = np.nonzero(~mask)
axis.plot(column, row, "x", color="gray", markersize=24)
axis.set(title="Masked steps (crossed out) hold the bias, not zero")
axis.set(xlabel="steps", ylabel="sequences", xticks=[], yticks=[])
plt.show()
