r"""
LoRA for Conv2D: lora_rank adds a small convolution
===================================================

With ``lora_rank``, a ``Conv2D`` freezes its kernel. It trains two small ones
instead, beside its bias. Their product is added to the kernel, with the factor
:math:`\alpha / r`, which is 1 unless you set ``lora_alpha``.

.. math:: W' = W + \frac{\alpha}{r} \, A B

The kernel :math:`W` is (rows, columns, in, filters), :math:`A` is (rows,
columns, in, :math:`r`), and :math:`B` is (:math:`r`, filters).
"""

import keras
import numpy as np
from keras.layers import Conv2D

# %%
# Build it
# --------
# Fill the weights with whole numbers. (Training begins with a B of zeros.)

layer = Conv2D(4, (3, 2), lora_rank=2, lora_alpha=6)
layer.build((None, 6, 7, 5))  # (batch, height, width, channels)
rng = np.random.default_rng(313)
weights = [rng.integers(-5, 6, size=w.shape) for w in layer.weights]
layer.set_weights(weights)
images = rng.integers(-5, 6, size=(2, 6, 7, 5))
y = keras.ops.convert_to_numpy(layer(images.astype("float32")))
print([w.name for w in layer.trainable_weights])

# %%
# Compute it
# ----------
# The patches go through A, a convolution of two filters. Then B mixes these two
# for each pixel. (The page "Merge LoRA" adds A B to the kernel instead.)

kernel, bias, a, b = weights
windows = np.lib.stride_tricks.sliding_window_view(images, (3, 2), axis=(1, 2))
frozen = np.einsum("bijcuv,uvcf->bijf", windows, kernel) + bias
trained = np.einsum("bijcuv,uvcr->bijr", windows, a) @ b
by_hand = frozen + 6 / 2 * trained  # (batch, rows, columns, filters)

# %%
# Check it
# --------

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
merged = keras.ops.convert_to_numpy(layer.kernel)
np.testing.assert_array_equal(merged, kernel + 6 / 2 * (a @ b))

# %%
# Break it
# --------
# The factor is not alpha alone.

wrong = frozen + 6 * trained
print("right:", y[0, 0, 0], "wrong:", wrong[0, 0, 0])
assert np.any(y != wrong)
