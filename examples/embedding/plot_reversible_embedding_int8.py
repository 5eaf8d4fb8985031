r"""
ReversibleEmbedding in int8: LoRA changes words, not logits
===========================================================

You fine-tune a language model in int8 with LoRA, and its predictions hardly
change. In int8, the product of LoRA's A and B changes the vectors of words, but
not the logits (scores of words). So fine-tune in float32, and quantize then.
(See the pages "ReversibleEmbedding", "Embedding in int8" and "LoRA in
NumPy".)
"""

import keras
import numpy as np

from keras_by_hand.quantization import int8_logits

# %%
# Build it
# --------
# All scales are powers of two, so that dividing by them rounds nothing.

rng = np.random.default_rng(313)
embeddings = rng.integers(-127, 128, size=(6, 4)).astype("float32")
embeddings[:, 0] = [127, -254, 127, 508, 127, -127]  # (input_dim, output_dim)
h = rng.integers(-250, 251, size=(3, 4)).astype("float32") / 4
h[:, 3] = [127, -254, 127]  # (batch, output_dim)
layer = keras.layers.ReversibleEmbedding(6, 4)
layer.build()
layer.set_weights([embeddings])
layer.quantize("int8")
logits = keras.ops.convert_to_numpy(layer(h, reverse=True))
scale = 127 / np.max(np.abs(embeddings), axis=1, keepdims=True)
table = np.rint(scale * embeddings)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    all backends, LoRA in int8 changes the vectors of words of
#    ``ReversibleEmbedding``, but not the logits. In float32, it changes both.

expected = int8_logits(h, np.int8(table), scale[:, 0])
np.testing.assert_array_equal(logits, np.float32(expected), strict=True)
a, b = rng.integers(1, 4, size=(6, 2)), rng.integers(1, 4, size=(2, 4))
layer.enable_lora(rank=2)
layer.lora_embeddings_a.assign(a)
layer.lora_embeddings_b.assign(b)
words = keras.ops.convert_to_numpy(layer(np.arange(6)))
np.testing.assert_array_equal(words, table / scale + a @ b)
after_lora = keras.ops.convert_to_numpy(layer(h, reverse=True))
np.testing.assert_array_equal(after_lora, logits)

# %%
# Break it
# --------
# What the logits should be, with A and B.

right = expected + h @ (a @ b).T
print("right:", right[0].round(), "wrong:", after_lora[0].round())
assert not np.allclose(right, after_lora)
