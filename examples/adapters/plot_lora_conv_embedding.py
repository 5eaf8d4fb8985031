r"""
LoRA for Conv2D and Embedding: shapes of A and B, and lora_alpha
================================================================

With LoRA, ``Conv2D`` freezes its kernel, but not its bias, and ``Embedding``
freezes its table. Each adds A times B, times alpha / rank, to what it froze.
For ``Embedding``, set alpha with ``enable_lora``.
"""

import keras
import numpy as np

from keras_by_hand import conv2d

# %%
# Build it
# --------
# Both get a rank of 2 and an alpha of 6. (Training begins with a B of zeros.)

rng = np.random.default_rng(313)
images = rng.integers(-5, 6, size=(2, 6, 7, 5))  # (batch, height, width, in)
kernel = rng.integers(-5, 6, size=(3, 2, 5, 4))  # (rows, columns, in, filters)
kernel_a = rng.integers(-5, 6, size=(3, 2, 5, 2))  # (rows, columns, in, rank)
table = rng.integers(-9, 10, size=(12, 4))  # (input_dim, output_dim)
table_a = rng.integers(1, 4, size=(12, 2))  # (input_dim, rank)
kernel_b, table_b = rng.integers(1, 4, size=(2, 2, 4))  # each (rank, outputs)
conv_layer = keras.layers.Conv2D(4, (3, 2), use_bias=False)
embedding_layer = keras.layers.Embedding(12, 4)
for layer in (conv_layer, embedding_layer):
    layer.build(images.shape)
    layer.enable_lora(rank=2, lora_alpha=6)
conv_layer.set_weights([kernel, kernel_a, kernel_b])
embedding_layer.set_weights([table, table_a, table_b])
y = keras.ops.convert_to_numpy(conv_layer(images.astype("float32")))
right = keras.ops.convert_to_numpy(embedding_layer(np.arange(12)))

# %%
# Compute it
# ----------
# For ``Conv2D``, A is a convolution of two filters, and B mixes these at each
# pixel. For ``Embedding``, each of 12 tokens has a row of its table and of A.
by_hand = conv2d(images, kernel) + 6 / 2 * conv2d(images, kernel_a) @ kernel_b
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
by_hand = table + 6 / 2 * table_a @ table_b
np.testing.assert_array_equal(right, np.float32(by_hand), strict=True)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``Embedding`` ignores the ``lora_alpha`` of its constructor. Give it no
#    ``lora_rank`` either: build it, and then call ``enable_lora``, as above.

layer = keras.layers.Embedding(12, 4, lora_rank=2, lora_alpha=6)
layer.build()
layer.set_weights([table, table_a, table_b])
wrong = keras.ops.convert_to_numpy(layer(np.arange(12)))
np.testing.assert_array_equal(wrong, table + table_a @ table_b)
print("right:", right[0], "wrong (as if alpha were 2):", wrong[0])
assert np.any(right != wrong)
