r"""
Lost mask: functional models and called layers differ
=====================================================

If you call layers on arrays, as a layer of your own does, padding counts in all
that comes after ``MultiHeadAttention``. In a functional model, the same layers
leave it out. (In Keras 3.16.0.dev, it counts in both.) Pass the mask by hand.

Attention deletes the mask of its input, so ``x + attention(x, x)`` has none.
But a functional model notes when it is built which mask each layer gets. (See
the pages "Mask propagation" and "MultiHeadAttention and padding".)
"""

import keras
import numpy as np
from keras.layers import Add, Embedding, GlobalAveragePooling1D

# %%
# Build it
# --------
# The last layer takes the mean over the steps. Token 0 is padding.

tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
embedding = Embedding(6, 4, mask_zero=True)
attention = keras.layers.MultiHeadAttention(num_heads=1, key_dim=2)
mean = GlobalAveragePooling1D()


def encode(tokens):
    x = embedding(tokens)
    total = Add()([x, attention(x, x)])
    return total, mean(total)


inputs = keras.Input((4,), dtype="int32")
functional = keras.Model(inputs, encode(inputs))
total, of_model = functional.predict(tokens, verbose=0)
of_call = keras.ops.convert_to_numpy(encode(tokens)[1])

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``MultiHeadAttention``
#    deletes the mask of its input. Later layers that are called on arrays have
#    no mask then, and a second attention has none in functional models, either.

mask = tokens != 0
over_words = [steps[kept].mean(axis=0) for steps, kept in zip(total, mask)]
np.testing.assert_allclose(of_model, over_words, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_call, total.mean(axis=1), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Pass the mask by hand: then nothing depends on how a layer is called.

by_hand = keras.ops.convert_to_numpy(mean(encode(tokens)[0], mask=mask))
np.testing.assert_allclose(by_hand, over_words, rtol=1e-4, atol=1e-4)
print("right:", by_hand[1].round(3), "wrong:", of_call[1].round(3))
assert not np.allclose(by_hand, of_call, rtol=1e-4, atol=1e-4)
