r"""
Masking layer: mask_value, and what comes of padding
====================================================

Measurements are often padded to one length. ``Masking`` marks the steps that
are only padding: those whose features *all* equal ``mask_value``. It sets them
to 0, and passes the mask on. Later layers may use it: an ``LSTM`` or other
recurrent layer skips the padding, and a mean leaves it out.

.. math::

   m_{n,t} &= \text{any}_f \; (x_{n,t,f} \ne v) \\
   \text{mean}_n &= \frac{\sum_t m_{n,t} \, y_{n,t}}{\sum_t m_{n,t}}

The mask m is true for the steps t to keep in sequence n, f counts the features,
y is a layer's output, and v is the ``mask_value``. Choose one that no real step
has. (The page "Mask propagation" tells what each layer does with a mask.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four sequences of 8, 4, 2 and 2 steps, padded to eight steps with -1. (For a
# list, use ``keras.utils.pad_sequences`` with ``padding="post"``, ``value=-1``
# and ``dtype="float32"``. Its default, integers, cuts decimals off.)
# ``Dense`` passes the mask on, and ``GlobalAveragePooling1D`` uses it.

is_step = np.arange(8) < np.array([[8], [4], [2], [2]])  # (batch, steps)
x = rng.integers(-9, 10, size=(4, 8, 3))  # (batch, steps, features)
x[0, 1] = 0  # a real step of zeros
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
# A step is kept if any of its features differs from ``mask_value``. ``Dense``
# computes masked steps like all others: zero times the kernel, plus the bias.
# ``masking`` returns the zeroed steps and the mask.

mask = np.any(x != -1, axis=-1)  # (batch, steps)
kept = mask[..., np.newaxis]
y_by_hand = np.where(kept, x, 0) @ kernel + bias  # (batch, steps, units)
mean_by_hand = np.sum(kept * y_by_hand, axis=1) / np.sum(kept, axis=1)

from keras_by_hand import masking

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Masking(mask_value=np.nan)`` masks nothing, since NaN is not equal to
#    NaN. Replace it first: ``np.nan_to_num(x, nan=-1)``.
np.testing.assert_array_equal(y, np.float32(y_by_hand), strict=True)
np.testing.assert_array_equal(y_mean, np.float32(mean_by_hand), strict=True)
np.testing.assert_array_equal(masking(x, mask_value=-1)[1], mask, strict=True)
of_nan = keras.layers.Masking(np.nan).compute_mask(np.full((1, 4, 2), np.nan))
assert np.all(keras.ops.convert_to_numpy(of_nan))

# %%
# Break it
# --------
# Suppose you pad with 0, the default: a real step of zeros is masked, too. Or
# you take the mean over all steps: masked steps count with their bias.
#
# Or you pad with 9, and scale then: in float32, 9 times 0.1 is not 0.9, and
# ``Masking(0.9)`` masks nothing. Scale first, and pad then.

of_zeros = keras.layers.Masking().compute_mask(np.where(kept, x, 0))
of_zeros = keras.ops.convert_to_numpy(of_zeros)
print("right:", mask[0], "wrong:", of_zeros[0], sep="\n")
assert np.any(mask != of_zeros)
wrong = y.mean(axis=1)
print("right:", *y_mean[2:], "wrong:", *wrong[2:])
assert np.any(y_mean != wrong)
assert np.float32(9) * np.float32(0.1) != np.float32(0.9)

# %%
# See it
# ------

first_unit = y[..., 0]  # (batch, steps)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(first_unit, cmap="PuOr", vmin=-300, vmax=300)
for (row, column), value in np.ndenumerate(first_unit):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.plot(*np.nonzero(~mask)[::-1], "x", color="gray", markersize=24)
axis.set(title="Masked steps (crossed out) hold the bias, not zero")
axis.set(xlabel="steps", ylabel="sequences", xticks=[], yticks=[])
plt.show()
