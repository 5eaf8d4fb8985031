r"""
BatchNormalization folding: into the convolution before it
==========================================================

When it predicts, ``BatchNormalization`` multiplies each channel by a number and
adds another. The ``Conv2D`` or ``Dense`` before it can do both.

.. math::

   s &= \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \\
   W' &= s \, W, \qquad
   b' = s \, (b - \mu) + \beta

The results stay the same, with one layer less.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A convolution with 2 filters, then ``BatchNormalization``.

x = np.float32(rng.normal(size=(2, 6, 6, 2)))  # (batch, height, width, in)
kernel = rng.normal(size=(3, 3, 2, 2))  # (rows, columns, in, filters)
bias = np.array([3, -2])  # (filters,)
gamma, beta = np.array([1, 2]), np.array([0.5, 3])
mean, variance = np.array([2, -1]), np.array([4, 0.25])
statistics = [gamma, beta, mean, variance]


def keras_conv(x, kernel, bias, padding="valid"):
    layer = keras.layers.Conv2D(2, 3, padding=padding, dtype=x.dtype)
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return keras.ops.convert_to_numpy(layer(x))


def keras_batch_normalization(x, **arguments):
    layer = keras.layers.BatchNormalization(dtype=x.dtype, **arguments)
    layer.build(x.shape)
    layer.set_weights(statistics)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# ``BatchNormalization`` multiplies what each filter returns by ``scale``.
# Multiply the weights of the filter instead: the filters are the last axis of
# the kernel. Normalize the bias like an output: subtract the mean, multiply by
# ``scale``, and add beta.

scale = gamma / np.sqrt(variance + 0.001)  # (filters,)
new_kernel = kernel * scale  # (rows, columns, in, filters)
new_bias = (bias - mean) * scale + beta

# %%
# The whole function takes the kernel of any convolution or of ``Dense``. For a
# layer without a bias, ``bias`` is 0. Take ``epsilon`` from the layer.

from keras_by_hand.layers.normalization import fold_batch_normalization

# %%
# Check it
# --------
# In float32 and in float64 (only TensorFlow computes a whole layer in float64):
# the convolution with other weights gives what the two layers give.

y = keras_batch_normalization(keras_conv(x, kernel, bias))
one_layer = keras_conv(x, new_kernel, new_bias)
np.testing.assert_allclose(y, one_layer, rtol=1e-4, atol=1e-4)

weights = [kernel, bias, *statistics]
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for arguments in ({}, {"epsilon": 0.5}):
        y = keras_conv(x.astype(dtype), kernel, bias)
        y = keras_batch_normalization(y, **arguments)
        folded = fold_batch_normalization(*weights, **arguments)
        expected = keras_conv(x.astype(dtype), *folded)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# The same for a matrix product, as in a ``Dense`` layer without a bias.

matrix = kernel[0, 0]  # (features, units)
y = keras_batch_normalization(np.float32(x @ matrix))
folded = fold_batch_normalization(matrix, 0, *statistics)
np.testing.assert_allclose(y, x @ folded[0] + folded[1], 1e-4, 1e-4)

# %%
# Break it
# --------
# Would you fold if the convolution has an activation, here relu?

folded = fold_batch_normalization(*weights)
y = keras_conv(x, kernel, bias)
with_relu = keras_batch_normalization(np.maximum(y, 0))
wrong = np.maximum(keras_conv(x, *folded), 0)
assert not np.allclose(with_relu, wrong, 1e-4, 1e-4)

# %%
# Or if ``BatchNormalization`` comes before the convolution? Then scale the
# kernel's input channels, and add the rest to the bias. But ``padding="same"``
# pads with zeros that are not normalized: the border is wrong.

scale = gamma / np.sqrt(variance + 0.001)
shift = np.einsum("uvcf,c->f", kernel, beta - scale * mean)
folded = [kernel * scale[:, np.newaxis], bias + shift]
normalized = keras_batch_normalization(x)
y = keras_conv(normalized, kernel, bias)
np.testing.assert_allclose(y, keras_conv(x, *folded), 1e-4, 1e-4)

y = keras_conv(normalized, kernel, bias, "same")
wrong = keras_conv(x, *folded, "same")
print(f"wrong by up to {np.max(np.abs(wrong - y)):.1f}, at the border")
assert not np.allclose(y, wrong, 1e-4, 1e-4)

# %%
# See it
# ------
# The last error, in one channel of the first image.

error = np.abs(wrong - y)[0, :, :, 0]
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
fig.colorbar(axis.imshow(error, cmap="Blues"), label="error of y")
axis.set(title='Folded into padding="same": wrong at the border')
plt.show()
