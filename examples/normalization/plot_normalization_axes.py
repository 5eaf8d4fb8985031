r"""
Normalization axes: Batch, Layer, Group, Instance, RMS
======================================================

Which normalization layer do you need? For images, take ``BatchNormalization``,
or with small batches ``GroupNormalization``. For tokens, as in a transformer,
take ``LayerNormalization`` or ``RMSNormalization``. The layers differ in which
entries share a mean and a variance.

.. math::

   y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}

:math:`\mu` and :math:`\sigma^2` are mean and variance of these entries; RMS has
the mean square instead, and subtracts nothing. If an entry changes, exactly the
outputs that share its mean change. Samples mix only in batch norm, in training.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# Three samples with 4 positions, such as pixels or tokens, and 6 channels.

rng = np.random.default_rng(313)
x = rng.uniform(1, 2, size=(3, 4, 6))  # (batch, positions, channels)
changed = x.copy()
changed[1, 2, 4] += 1


def what_moves(layer, **arguments):
    y = keras.ops.convert_to_numpy(layer(x, **arguments))
    after = keras.ops.convert_to_numpy(layer(changed, **arguments))
    return np.abs(after - y) > 1e-4


# %%
# Compute it
# ----------
# Mark the entries that share a mean with the one that changes, ``[1, 2, 4]``. A
# colon takes all along an axis. With two groups, channels 3 to 5 are a group.
# When it predicts, ``BatchNormalization`` uses stored means.

cases = ["training", "predicting", "layer", "sample", "group", "instance"]
shared = {case: np.zeros(x.shape, bool) for case in cases}
shared["training"][:, :, 4] = True  # of a channel, in the whole batch
shared["predicting"][1, 2, 4] = True  # alone
shared["layer"][1, 2, :] = True  # of a position
shared["sample"][1, :, :] = True
shared["group"][1, :, 3:6] = True  # of a group in a sample
shared["instance"][1, :, 4] = True  # of a channel in a sample

# %%
# Check it
# --------
# Six layers, and ``RMSNormalization``, which is like ``LayerNormalization``.

moved = {
    "training": what_moves(layers.BatchNormalization(), training=True),
    "predicting": what_moves(layers.BatchNormalization()),
    "layer": what_moves(layers.LayerNormalization()),
    "sample": what_moves(layers.LayerNormalization(axis=[1, 2])),
    "group": what_moves(layers.GroupNormalization(groups=2)),
    "instance": what_moves(layers.GroupNormalization(groups=-1)),
}
for case, entries in shared.items():
    np.testing.assert_array_equal(moved[case], entries)
moved_by_rms = what_moves(layers.RMSNormalization())
np.testing.assert_array_equal(moved_by_rms, shared["layer"])

# %%
# Break it
# --------
# In the well-known picture of `Wu and He (2018)
# <https://arxiv.org/abs/1803.08494>`__, layer normalization takes the mean of a
# whole sample. In Keras, that is ``LayerNormalization(axis=[1, 2])``.

right, wrong = moved["layer"], moved["sample"]
print("LayerNormalization() moves: right", right.sum(), "wrong", wrong.sum())
assert np.any(right != wrong)

# %%
# See it
# ------
# Each column is a channel, and each row a position, with gaps between samples.
# The dot is the changed entry. The orange entries share its mean.

titles = ["Batch, training", "Batch, predicting", "Layer and RMS"]
titles += ["Layer, axis=[1, 2]", "Group, groups=2", "Instance, groups=-1"]
fig, axes = plt.subplots(2, 3, figsize=(6, 4.4))
fig.suptitle("Which entries share a mean in normalization layers")
for axis, title, entries in zip(axes.flat, titles, shared.values()):
    picture = np.full((14, 6), np.nan)
    for sample in range(3):
        picture[5 * sample : 5 * sample + 4] = entries[sample]
    axis.pcolormesh(picture, cmap="PuOr_r", vmin=-2, vmax=2, edgecolor="w")
    axis.plot(4.5, 7.5, "ko")
    axis.set(title=title, ylim=(14, 0), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
axes[1, 0].set(xlabel="channels", ylabel="samples")
plt.show()
