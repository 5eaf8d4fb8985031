r"""
ReversibleEmbedding with tie_weights=False: two equal tables
============================================================

With ``tie_weights=False``, a ``ReversibleEmbedding`` computes its logits with a
second table. You would expect it to begin with other random numbers. It begins
with the same, filled in row by row, as the initializer draws both tables with
one seed. (What the layer computes is on the page "ReversibleEmbedding".)
"""

import keras
import numpy as np
from keras.layers import ReversibleEmbedding

# %%
# Build it
# --------
# Six words, with vectors of three numbers. NumPy needs one product.
rng = np.random.default_rng(313)
layer = ReversibleEmbedding(6, 3, tie_weights=False)
layer.build()
first, second = layer.get_weights()  # random numbers
embeddings = rng.integers(-9, 10, size=(6, 3))  # (input_dim, output_dim)
reverse_embeddings = rng.integers(-9, 10, size=(3, 6))
h = rng.integers(-9, 10, size=(2, 3)).astype("float32")  # (batch, output_dim)
layer.set_weights([embeddings, reverse_embeddings])
logits = keras.ops.convert_to_numpy(layer(h, reverse=True))
expected = h @ reverse_embeddings  # (batch, input_dim)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends, both
#    tables of a new ``ReversibleEmbedding`` begin with the same numbers, filled
#    in row by row, because the initializer draws both with the same seed. As
#    ``embeddings_initializer``, pass
#    ``RandomUniform(seed=keras.random.SeedGenerator(1))``: the tables differ.
#
# .. warning:: **Seen in Keras 3.15.1, error:** On all backends,
#    ``ReversibleEmbedding`` refuses ``weights``, and ``lora_rank`` if
#    ``tie_weights=False``. Build the layer, then call ``set_weights`` or
#    ``enable_lora``.

np.testing.assert_array_equal(logits, np.float32(expected), strict=True)
np.testing.assert_array_equal(second, first.reshape(3, 6))
with np.testing.assert_raises(AttributeError):
    ReversibleEmbedding(6, 3, weights=embeddings)
with np.testing.assert_raises(ValueError):
    ReversibleEmbedding(6, 3, tie_weights=False, lora_rank=2).build()
layer.enable_lora(rank=2)
np.testing.assert_equal(len(layer.trainable_weights), 3)  # with A and B

# %%
# Break it
# --------
# PyTorch's ``Linear`` has the transpose. Suppose you reshape it.

wrong = h @ reverse_embeddings.T.reshape(3, 6)
print("right:", logits[0], "wrong:", wrong[0])
assert np.any(logits != wrong)
