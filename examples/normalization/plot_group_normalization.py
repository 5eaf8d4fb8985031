r"""
GroupNormalization: mean and variance of a group of channels
============================================================

``GroupNormalization`` cuts the channels of a sample into groups of neighbours.
It normalizes each group by its own mean and variance, over all its pixels and
channels. Training and predicting compute the same.

.. math::

   y_{n,p,c} = \gamma_c \; \frac{x_{n,p,c} - \mu_{n,g}}
   {\sqrt{v_{n,g} + \epsilon}} + \beta_c

Here p is a pixel, c a channel of the group g, μ the mean and v the variance.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Six channels in two groups: 0, 1, 2 and 3, 4, 5.

x = rng.normal(size=(2, 3, 4, 6)).astype("float32")
weights = rng.normal(size=(2, 6)).astype("float32")  # gamma and beta


def keras_layer(x, weights, **arguments):
    layer = keras.layers.GroupNormalization(**arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


y = keras_layer(x, weights, groups=2)
print(y[0, 0].round(2))  # (width, channels)

# %%
# Compute it
# ----------
# Give the two groups an axis of their own, with three channels in each. Take
# the mean and the variance over the pixels and channels of a group, and
# normalize. Then put the groups side by side again. gamma and beta have a
# number for each channel, not for each group.

grouped = x.reshape(2, 3, 4, 2, 3)  # (batch, height, width, groups, channels)
mean = np.mean(grouped, axis=(1, 2, 4), keepdims=True)
variance = np.var(grouped, axis=(1, 2, 4), keepdims=True)
normalized = (grouped - mean) / np.sqrt(variance + 0.001)
gamma, beta = weights
y_by_hand = gamma * normalized.reshape(x.shape) + beta

# %%
# The whole function takes any number of groups and pixels, and channels on any
# axis.

from keras_by_hand import group_normalization

# %%
# Check it
# --------
# By default there are 32 groups. With -1, each channel is a group, which is
# called instance normalization. (Only TensorFlow computes a layer in float64.)

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

cases = [  # shape of x, channels, arguments
    ((2, 3, 4, 6), 6, {"groups": 2}),
    ((2, 6, 3, 4), 6, {"groups": 3, "axis": 1}),
    ((2, 3, 6), 6, {"groups": -1}),
    ((2, 6), 6, {"groups": 1, "epsilon": 0.5}),
    ((2, 3, 64), 64, {}),
]
assert keras.layers.GroupNormalization().groups == 32
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for shape, channels, options in cases:
        x_case = rng.normal(size=shape).astype("float32")
        pair = rng.normal(size=(2, channels)).astype("float32")
        y_case = keras_layer(x_case.astype(dtype), pair, dtype=dtype, **options)
        x64 = x_case.astype("float64")
        expected = group_normalization(x64, *pair, **options)
        np.testing.assert_allclose(y_case, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** The documentation of
#    ``GroupNormalization`` lets ``axis`` be a list of axes, but this raises an
#    error.

np.testing.assert_raises(TypeError, keras_layer, x, weights, axis=[1, 2])

# %%
# Break it
# --------
# Would you put every second channel into a group, 0, 2, 4 and 1, 3, 5? Or take
# the epsilon of PyTorch's ``GroupNorm``, 1e-5?

order = [0, 2, 4, 1, 3, 5]
in_turn = group_normalization(x[..., order], *weights[:, order], groups=2)
in_turn = in_turn[..., np.argsort(order)]
of_pytorch = group_normalization(x, *weights, groups=2, epsilon=1e-5)
for wrong in (in_turn, of_pytorch):
    print("largest difference:", np.max(np.abs(wrong - y)))
    assert not np.allclose(y, wrong)

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
