r"""
Normalization axes: Batch, Layer, Group, Instance, RMS
======================================================

Normalization layers differ in which entries share a mean and a variance. If you
change one entry, exactly the outputs that share its mean change, too.

.. math::

   y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}

All use this formula except ``RMSNormalization``, which divides by the root of
the mean square and subtracts no mean.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three samples with 4 positions, such as pixels or tokens, and 6 channels.

shape = (3, 4, 6)  # (batch, positions, channels)
entry = (1, 2, 4)  # the one to change
x = rng.uniform(1, 2, size=shape).astype("float32")
changed = x.copy()
changed[entry] += 1


def what_moves(layer, **arguments):
    y = keras.ops.convert_to_numpy(layer(x, **arguments))
    after = keras.ops.convert_to_numpy(layer(changed, **arguments))
    return np.abs(after - y) > 1e-4


moved = what_moves(layers.LayerNormalization())
print(f"LayerNormalization: {np.sum(moved)} of {moved.size} outputs move")

# %%
# Compute it
# ----------
# An entry shares its mean with all entries along some axes. Groups limit this
# to the channels of its group.


def share_a_mean(shape, entry, axes, groups=1):
    """An array of this shape, True where an entry's mean is shared.

    entry: an index for each axis, axes: those that the mean is taken over,
    groups: into how many the last axis, the channels, is split.
    """
    place = [slice(number, number + 1) for number in entry]
    for axis in axes:
        place[axis] = slice(None)
    if groups > 1:
        size = shape[-1] // groups
        first = entry[-1] // size * size
        place[-1] = slice(first, first + size)
    shared = np.zeros(shape, "bool")
    shared[tuple(place)] = True
    return shared


# %%
# Check it
# --------
# By default, ``LayerNormalization`` takes the mean of each position; with
# ``axis=[1, 2]``, of each sample. Instance normalization is
# ``GroupNormalization`` with one channel per group.

training = {"training": True}
of_sample = layers.LayerNormalization(axis=[1, 2])
cases = [  # title, layer, arguments of the call, axes, groups
    ("Batch, training", layers.BatchNormalization(), training, (0, 1), 1),
    ("Batch, predicting", layers.BatchNormalization(), {}, (), 1),
    ("Layer and RMS", layers.LayerNormalization(), {}, (2,), 1),
    ("Layer, axis=[1, 2]", of_sample, {}, (1, 2), 1),
    ("Group, groups=2", layers.GroupNormalization(groups=2), {}, (1, 2), 2),
    ("Instance, groups=-1", layers.GroupNormalization(groups=-1), {}, (1,), 1),
]
for _, layer, arguments, axes, groups in cases:
    shared = share_a_mean(shape, entry, axes, groups)
    np.testing.assert_array_equal(what_moves(layer, **arguments), shared)
moved = what_moves(layers.RMSNormalization())
np.testing.assert_array_equal(moved, share_a_mean(shape, entry, (2,)))

# %%
# Break it
# --------
# In the well-known picture of `Wu and He (2018)
# <https://arxiv.org/abs/1803.08494>`__, layer normalization takes the mean of a
# whole sample. Would you expect this of ``LayerNormalization`` after a
# convolution? By default, it normalizes each pixel.

wrong = share_a_mean(shape, entry, (1, 2))
moved = what_moves(layers.LayerNormalization())
print(f"{np.sum(moved)} outputs move, not {np.sum(wrong)}")
assert np.any(moved != wrong)

# %%
# See it
# ------
# Each column is a channel, and each row a position, with gaps between samples.
# The dot is the changed entry. The orange entries share its mean.

fig, axes = plt.subplots(2, 3, figsize=(6, 4.4))
fig.suptitle("Which entries share a mean in normalization layers")
for axis, (title, _, _, along, groups) in zip(axes.flat, cases):
    shared = share_a_mean(shape, entry, along, groups)
    picture = np.full((14, 6), np.nan)
    for sample in range(3):
        picture[5 * sample : 5 * sample + 4] = shared[sample]
    axis.pcolormesh(picture, cmap="PuOr_r", vmin=-2, vmax=2, edgecolor="w")
    axis.plot(entry[2] + 0.5, 5 * entry[0] + entry[1] + 0.5, "ko")
    axis.set(title=title, ylim=(14, 0), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
axes[1, 0].set(xlabel="channels", ylabel="samples")
plt.show()
