r"""
GlobalAveragePooling1D with a mask: the mean of the real steps
==============================================================

Sequences of different lengths are padded to one length, and a mask says which
steps are real. ``GlobalAveragePooling1D`` averages those alone. It is the only
pooling layer that uses a mask.

.. math::

   y_{n,c} = \frac{\sum_t m_{n,t} \; x_{n,t,c}}{\sum_t m_{n,t}}

The mask :math:`m` is 1 for a step to keep, and 0 for padding.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Sequences of 8, 4 and 2 steps. ``Masking`` masks the steps of zeros.

is_step = np.arange(8) < np.array([[8], [4], [2]])  # (batch, steps)
x = rng.integers(-99, 0, size=(3, 8, 3))  # (batch, steps, channels)
x = np.where(is_step[..., np.newaxis], x, 0).astype("float32")
masked = layers.Masking()(x)
y = keras.ops.convert_to_numpy(layers.GlobalAveragePooling1D()(masked))
print(y)

# %%
# Compute it
# ----------
# Give the mask an axis for the channels. Put 0 in the place of masked steps, so
# that only real steps are added up. Then divide by their number, not by 8.

kept = is_step[:, :, np.newaxis]  # (batch, steps, 1)
total = np.sum(np.where(kept, x, 0), axis=1)  # (batch, channels)
means = total / np.sum(kept, axis=1)

# %%
# The whole function also works without a mask. It can keep the axis of steps,
# and take the channels first.

from keras_by_hand import global_average_pooling1d

# %%
# Check it
# --------
# Dividing whole numbers by 8, 4 or 2 rounds nothing: equal to the bit.

np.testing.assert_array_equal(y, np.float32(means), strict=True)
expected = global_average_pooling1d(x, is_step)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# You can also pass a mask. It may leave out any step.

mask = np.array([[1, 0, 1, 0], [0, 1, 1, 1]])  # (batch, steps)
x_any = rng.normal(size=(2, 4, 4)).astype("float32")
for options in ({}, {"keepdims": True}, {"data_format": "channels_first"}):
    layer = layers.GlobalAveragePooling1D(**options)
    for given in (None, mask):
        y_any = keras.ops.convert_to_numpy(layer(x_any, mask=given))
        expected = global_average_pooling1d(x_any, given, **options)
        np.testing.assert_allclose(y_any, expected, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** If all steps of a
#    sequence are masked, ``GlobalAveragePooling1D`` returns ``nan``: zero
#    divided by zero.

of_nothing = layers.GlobalAveragePooling1D()(x[:1], mask=np.zeros((1, 8)))
np.testing.assert_array_equal(of_nothing, [[np.nan, np.nan, np.nan]])

# %%
# Break it
# --------
# Would you expect ``GlobalMaxPooling1D`` to use the mask? Where all numbers are
# negative, it returns the zeros. Put minus infinity in their place first.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``GlobalMaxPooling1D``,
#    ``MaxPooling1D`` and ``AveragePooling1D`` drop the mask, with a warning.

with warnings.catch_warnings(record=True, action="always") as caught:
    largest = keras.ops.convert_to_numpy(layers.GlobalMaxPooling1D()(masked))
    layers.MaxPooling1D(2)(masked)
    layers.AveragePooling1D(2)(masked)
dropped = ["destroy the mask" in str(w.message) for w in caught]
np.testing.assert_equal(sum(dropped), 3)
filled = np.where(is_step[..., np.newaxis], x, -np.inf).astype("float32")
of_steps = keras.ops.convert_to_numpy(layers.GlobalMaxPooling1D()(filled))
np.testing.assert_array_equal(of_steps, np.max(filled, axis=1), strict=True)
print(largest, of_steps, sep="\n")
assert np.any(largest != of_steps)

# %%
# See it
# ------
# One channel of the three sequences.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.8), sharey=True)
fig.suptitle("The zeros of padding pull the mean of all steps towards 0")
for axis, steps, mean in zip(axes, x, y):
    axis.bar(np.arange(8), steps[:, 0], color="lightgray")
    axis.axhline(mean[0], color="C0", label="with the mask")
    axis.axhline(np.mean(steps[:, 0]), color="C1", ls="--", label="all steps")
    axis.set(xlabel="steps", xticks=[])
axes[2].legend(loc="lower right")
plt.show()
