r"""
GroupNormalization: mean and variance of a group of channels
============================================================

With small batches, ``BatchNormalization`` is noisy. ``GroupNormalization`` does
not look at the batch: it cuts the channels of a sample into groups of
neighbours, and normalizes each group by its own mean and variance, over all its
pixels and channels. Training and predicting compute the same.

.. math::

   y_{n,p,c} = \gamma_c \; \frac{x_{n,p,c} - \mu_{n,g}}
   {\sqrt{v_{n,g} + \epsilon}} + \beta_c

Here :math:`n` is a sample, :math:`p` a pixel, :math:`c` a channel of the group
:math:`g`, :math:`\mu` the mean and :math:`v` the variance. With a group for
each channel, this is instance normalization (PyTorch's ``InstanceNorm2d``).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Six channels in two groups: 0, 1, 2 and 3, 4, 5.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 4, 6)).astype("float32")
gamma, beta = rng.normal(size=(2, 6))  # (channels,) each
layer = keras.layers.GroupNormalization(groups=2)
layer.build(x.shape)
layer.set_weights([gamma, beta])
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------
# Give the two groups an axis of their own, with three channels in each. Take
# mean and variance over it. gamma and beta have a number for each channel.

grouped = x.reshape(2, 3, 4, 2, 3)  # (batch, height, width, groups, channels)
mean = np.mean(grouped, axis=(1, 2, 4), keepdims=True)
variance = np.var(grouped, axis=(1, 2, 4), keepdims=True)
normalized = (grouped - mean) / np.sqrt(variance + 0.001)
y_by_hand = gamma * normalized.reshape(x.shape) + beta

# %%
# Check it
# --------

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# With ``groups=-1``, each channel is a group.
#
# .. warning:: **Seen in Keras 3.15.1, error:** The documentation of
#    ``GroupNormalization`` lets ``axis`` be a list of axes, but this raises an
#    error.

from keras_by_hand import group_normalization

y_instance = keras.layers.GroupNormalization(groups=-1)(x)
y_instance = keras.ops.convert_to_numpy(y_instance)
expected = group_normalization(x, groups=-1)
np.testing.assert_allclose(y_instance, expected, rtol=1e-4, atol=1e-4)
of_list = keras.layers.GroupNormalization(2, axis=[1, 2])
np.testing.assert_raises(TypeError, of_list, x)

# %%
# Break it
# --------
# Neighbours are a group, not every second channel. And PyTorch's ``GroupNorm``
# and ``InstanceNorm2d`` need ``epsilon=1e-5``: the default of Keras is 1e-3.

order = [0, 2, 4, 1, 3, 5]
in_turn = group_normalization(x[..., order], groups=2)[..., np.argsort(order)]
of_keras = group_normalization(x, groups=2)
of_pytorch = group_normalization(x, groups=2, epsilon=1e-5)
pairs = {"groups": (of_keras, in_turn), "of PyTorch": (of_pytorch, of_keras)}
for name, (right, wrong) in pairs.items():
    print(f"{name}: right", right[0, 0, 0], "wrong", wrong[0, 0, 0])
    assert not np.allclose(right, wrong, 1e-4, 1e-4)

# %%
# See it
# ------
# One pixel of channel 1 changes in one sample. The blue outputs change.

x = rng.normal(size=(3, 8, 6))  # (batch, pixels, channels)
x_changed = x.copy()
x_changed[1, 3, 1] += 1
fig, axes = plt.subplots(1, 3, figsize=(6, 3), layout="constrained")
fig.suptitle("GroupNormalization: what a change of one pixel reaches")
for axis, groups in zip(axes, (1, 2, -1)):
    before = group_normalization(x, groups=groups)
    after = group_normalization(x_changed, groups=groups)
    reached = np.any(before != after, axis=0)
    axis.pcolormesh(reached, cmap="Blues", vmin=0, vmax=1.5, edgecolor="gray")
    axis.set(title=f"groups={groups}", xlabel="channel", xticks=[], yticks=[])
axes[0].set_ylabel("pixel")
plt.show()
