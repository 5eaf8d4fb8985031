r"""
LoRA for Embedding: lora_alpha of the constructor is ignored
============================================================

You give ``Embedding`` a ``lora_rank`` and a ``lora_alpha``, and fine-tuning
acts as if alpha were the rank. Give alpha to ``enable_lora`` instead.

With LoRA, a token picks a row of the table, which is frozen, and a short row of
A. Its product with B is added, times alpha / rank (page "LoRA in NumPy").
"""

import keras
import numpy as np

# %%
# Build it
# --------
# Twelve words, with vectors of four numbers, and a rank of 2.

rng = np.random.default_rng(313)
x = rng.integers(12, size=(2, 5))  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(12, 4))  # (input_dim, output_dim)
a = rng.integers(1, 4, size=(12, 2))  # (input_dim, rank)
b = rng.integers(1, 4, size=(2, 4))  # (rank, output_dim)
layer = keras.layers.Embedding(12, 4)
layer.build()
layer.enable_lora(rank=2, lora_alpha=6)
constructed = keras.layers.Embedding(12, 4, lora_rank=2, lora_alpha=6)
constructed.build()
for each in (layer, constructed):
    each.set_weights([embeddings, a, b])
right, wrong = [keras.ops.convert_to_numpy(e(x)) for e in (layer, constructed)]
by_hand = embeddings[x] + 6 / 2 * (a[x] @ b)  # (batch, steps, output_dim)

# %%
# Check it
# --------

np.testing.assert_array_equal(right, np.float32(by_hand), strict=True)

# %%
# In full
# -------
# Without alpha, ``lora_embedding`` takes the rank for it.

from keras_by_hand.adapters import lora_embedding

expected = lora_embedding(x, embeddings, a, b, lora_alpha=6)
np.testing.assert_array_equal(right, np.float32(expected), strict=True)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``Embedding`` ignores the ``lora_alpha`` of its constructor. Give alpha to
#    ``enable_lora``.

np.testing.assert_array_equal(wrong, lora_embedding(x, embeddings, a, b))
print("right:", right[0, 0], "wrong:", wrong[0, 0])
assert np.any(right != wrong)
