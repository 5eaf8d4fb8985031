r"""
LoRA for Conv2D: a small convolution beside a frozen kernel
===========================================================

With ``lora_rank``, a convolution trains two small kernels in place of its own.
Their product is added to the kernel. It is as if the image also went through
two convolutions in a row: one with few filters, then one of a single pixel.

.. math::

   W' = W + \frac{\alpha}{r} \, A B

The kernel :math:`W` is (rows, columns, in, filters), :math:`A` is (rows,
columns, in, :math:`r`), and :math:`B` is (:math:`r`, filters).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D, Conv2D, Conv3D

from keras_by_hand.adapters import merge_lora

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A kernel of 3 by 3 pixels, 16 channels and 32 filters, and a rank of 2.

layer = Conv2D(32, 3, lora_rank=2, lora_alpha=6)
layer.build((None, 8, 8, 16))  # (batch, height, width, channels)
for weight in layer.weights:
    numbers = f"{np.prod(weight.shape)} numbers"
    print(weight.name, numbers, "trained" if weight.trainable else "frozen")

# %%
# Fill them with whole numbers. (At the beginning of training, B is zero.)

shapes = [weight.shape for weight in layer.weights]
weights = [np.arange(np.prod(s)).reshape(s) % 5 - 2 for s in shapes]
layer.set_weights(weights)
images = np.arange(2048).reshape(2, 8, 8, 16) % 10
of_keras = keras.ops.convert_to_numpy(layer(images.astype("float32")))

# %%
# Compute it
# ----------
# Beside the frozen kernel, the same patches go through A, a convolution of two
# filters. Then B mixes these two for each pixel. Or merge the kernels first:
# ``@`` multiplies the last axis of A by the first of B, for each pixel and
# channel of the kernel. Both ways, the factor is alpha / rank.

kernel, bias, a, b = weights
windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
frozen = np.einsum("bijcuv,uvcf->bijf", windows, kernel) + bias
trained = np.einsum("bijcuv,uvcr->bijr", windows, a) @ b
by_hand = frozen + 6 / 2 * trained  # (batch, rows, columns, filters)

merged_kernel = kernel + 6 / 2 * (a @ b)  # (rows, columns, in, filters)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: a layer with LoRA returns the same as
# one without it that has the merged kernel. ``merge_lora`` takes any alpha and
# rank; by default, alpha is the rank.

np.testing.assert_array_equal(of_keras, np.float32(by_hand), strict=True)
of_layer = keras.ops.convert_to_numpy(layer.kernel)  # Keras merges it, too
np.testing.assert_array_equal(of_layer, np.float32(merged_kernel), strict=True)

cases = [  # layer, shapes of x and kernel, options
    (Conv1D, (2, 7, 4), (3, 4, 6), {}),
    (Conv1D, (2, 7, 4), (3, 4, 6), {"lora_alpha": 6}),
    (Conv2D, (2, 5, 6, 4), (3, 2, 4, 6), {"lora_alpha": 6}),
    (Conv3D, (2, 4, 5, 6, 4), (1, 3, 2, 4, 6), {"lora_alpha": 6}),
]
bias = np.arange(-3, 3)  # (filters,)
for layer_class, x_shape, kernel_shape, options in cases:
    *size, _, filters = kernel_shape
    x = rng.integers(-5, 6, size=x_shape).astype("float32")
    kernel = rng.integers(-5, 6, size=kernel_shape)
    a = rng.integers(-3, 4, size=(*kernel_shape[:-1], 2))
    b = rng.integers(-3, 4, size=(2, filters))
    layer = layer_class(filters, size, lora_rank=2, **options)
    layer.build(x_shape)
    layer.set_weights([kernel, bias, a, b])
    y = keras.ops.convert_to_numpy(layer(x))

    merged = layer_class(filters, size)
    merged.build(x_shape)
    merged.set_weights([merge_lora(kernel, a, b, **options), bias])
    expected = keras.ops.convert_to_numpy(merged(x))
    np.testing.assert_array_equal(y, expected, strict=True)

# %%
# And the same as two convolutions in a row, the second of a single pixel.

narrow, pixel = Conv3D(2, size, use_bias=False), Conv3D(6, 1, use_bias=False)
narrow.build(x.shape)
narrow.set_weights([a])
between = narrow(x)
pixel.build(between.shape)
pixel.set_weights([b.reshape(1, 1, 1, 2, 6)])
plain = Conv3D(6, size)
plain.build(x.shape)
plain.set_weights([kernel, bias])
y_plain = keras.ops.convert_to_numpy(plain(x))
in_a_row = y_plain + 3 * keras.ops.convert_to_numpy(pixel(between))
np.testing.assert_array_equal(y, in_a_row)

# %%
# Break it
# --------
# Would you multiply by alpha alone? The factor is alpha / rank.

merged.set_weights([kernel + 6 * (a @ b), bias])
wrong = keras.ops.convert_to_numpy(merged(x))
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# With rank 1, all filters of A B are the same picture, at different strengths.

a = rng.normal(size=(3, 3, 1, 1))
b = np.array([[1, -1, 0.5, -0.5]])
product = merge_lora(np.zeros((3, 3, 1, 4)), a, b)  # (3, 3, 1, filters)
fig, axes = plt.subplots(1, 4, figsize=(6, 1.9), layout="constrained")
fig.suptitle("What LoRA of rank 1 adds to each of four filters")
for axis, strength, picture in zip(axes, b[0], product[:, :, 0].T):
    axis.imshow(picture.T, cmap="PuOr", vmin=-2, vmax=2)
    axis.set(title=f"B = {strength}", xticks=[], yticks=[])
plt.show()
