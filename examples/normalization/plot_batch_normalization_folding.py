r"""
BatchNormalization folding: into the convolution before it
==========================================================

To predict faster, remove a layer: fold, or fuse, batch norm. When it predicts,
``BatchNormalization`` multiplies each channel by a number and adds another. The
``Conv2D`` or ``Dense`` before it can do both.

.. math::

   s &= \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \\
   W' &= s \, W, \qquad
   b' = s \, (b - \mu) + \beta

:math:`W` and :math:`b` are kernel and bias; :math:`\gamma`, :math:`\beta`,
:math:`\mu`, :math:`\sigma^2` are gamma, beta, the moving mean and the moving
variance. :math:`\epsilon` is that of the layer, 0.001 by default. If the
convolution has no bias, :math:`b` is 0; the folded one needs a bias.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A convolution with 2 filters, then ``BatchNormalization``.

rng = np.random.default_rng(313)
x = np.float32(rng.normal(size=(2, 6, 6, 2)))  # (batch, height, width, in)
kernel = rng.normal(size=(3, 3, 2, 2))  # (rows, columns, in, filters)
bias = np.array([3, -2])  # (filters,)
gamma, beta = np.array([1, 2]), np.array([0.5, 3])
mean, variance = np.array([2, -1]), np.array([4, 0.25])


def call(layer, x, weights):
    layer(x)  # which builds it
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


norm = keras.layers.BatchNormalization()
convolved = call(keras.layers.Conv2D(2, 3), x, [kernel, bias])
y = call(norm, convolved, [gamma, beta, mean, variance])

# %%
# Compute it
# ----------
# Multiply each filter, along the last axis of the kernel, by its ``scale``:
# ``fold_batch_normalization`` does it, too. Elsewhere, multiply the kernel by
# ``scale[:, np.newaxis]`` (``Conv2DTranspose``), or by
# ``scale.reshape(kernel.shape[2:])`` (``DepthwiseConv2D``).

scale = gamma / np.sqrt(variance + 0.001)  # (filters,)
new_kernel = kernel * scale  # (rows, columns, in, filters)
new_bias = (bias - mean) * scale + beta

from keras_by_hand.layers.normalization import fold_batch_normalization

# %%
# Check it
# --------
one_layer = call(keras.layers.Conv2D(2, 3), x, [new_kernel, new_bias])
np.testing.assert_allclose(y, one_layer, rtol=1e-4, atol=1e-4)
folded = fold_batch_normalization(kernel, bias, gamma, beta, mean, variance)
np.testing.assert_allclose(folded[0], new_kernel)
np.testing.assert_allclose(folded[1], new_bias)

# %%
# Break it
# --------
# An activation after both layers stays where it is. But do not fold if it comes
# between them, here a relu.

right = call(norm, np.maximum(convolved, 0), [gamma, beta, mean, variance])
wrong = np.maximum(one_layer, 0)
print("right:", right[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
assert not np.allclose(right, wrong)

# %%
# If ``BatchNormalization`` comes first, scale the kernel's input channels, and
# add to the bias what the kernel makes of ``beta - scale * mean``. But with
# ``padding="same"``, keep both layers: they pad the normalized image with
# zeros. The folded one pads ``x``, so its border is wrong.

normalized = call(norm, x, [gamma, beta, mean, variance])
new_bias = bias + (beta - scale * mean) @ kernel.sum(axis=(0, 1))
conv2d = keras.layers.Conv2D(2, 3, padding="same")
right = call(conv2d, normalized, [kernel, bias])
wrong = call(conv2d, x, [kernel * scale[:, np.newaxis], new_bias])
print("right:", right[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
error = np.abs(wrong - right)[0, :, :, 0]
assert error[1:-1, 1:-1].max() < 1e-4 < error.max()

# %%
# See it
# ------
# The last error, in one channel of the first image.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
fig.colorbar(axis.imshow(error, cmap="Blues"), label="error of y")
axis.set(title='Folded into padding="same": wrong at the border')
plt.show()
