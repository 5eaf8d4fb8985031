r"""
MultiHeadAttention and padding: later layers lose the mask
==========================================================

``MultiHeadAttention`` deletes the mask of its input x. So ``x + attention(x,
x)`` has no mask, and what follows uses the padding. (In a functional model of
Keras 3.15.1, ``Add`` instead of ``+`` keeps it for all layers but attention.)
Make it by ``mask = embedding.compute_mask(tokens)``, and pass it by hand:
``value_mask=mask`` to each attention, ``mask=mask`` to other layers.
"""

import keras
import numpy as np
from keras.layers import Add, Embedding, GlobalAveragePooling1D

# %%
# Build it
# --------
# Token 0 is padding. Two blocks, as in a Transformer, precede a mean.
tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
embedding = Embedding(6, 8, mask_zero=True)
attention = keras.layers.MultiHeadAttention(num_heads=1, key_dim=4)
mean = GlobalAveragePooling1D()


def two_blocks(tokens, **mask):
    x = embedding(tokens)
    for _ in range(2):
        y, scores = attention(x, x, return_attention_scores=True, **mask)
        x = Add()([x, y])
    return x, scores  # the scores of the second block


inputs = keras.Input((4,), dtype="int32")
x, scores = two_blocks(inputs)
functional = keras.Model(inputs, [x, scores, mean(x)])
total, wrong, of_model = functional.predict(tokens, verbose=0)
of_call = keras.ops.convert_to_numpy(mean(two_blocks(tokens)[0]))
mask = tokens != 0
x, scores = two_blocks(tokens, value_mask=mask)
outputs = x, scores, mean(x, mask=mask)
x, right, by_hand = map(keras.ops.convert_to_numpy, outputs)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``MultiHeadAttention``
#    deletes the mask of its input. Later layers that are called on arrays have
#    no mask then, and a second attention has none in functional models, either.
np.testing.assert_allclose(of_call, total.mean(axis=1), rtol=1e-4, atol=1e-4)
for actual, blocks in ((by_hand, x), (of_model, total)):
    of_words = [steps[kept].mean(axis=0) for steps, kept in zip(blocks, mask)]
    np.testing.assert_allclose(actual, of_words, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# The share of each step in the second attention. Two steps are padding.
print("right:", right[1, 0, 0].round(2), "wrong:", wrong[1, 0, 0].round(2))
assert np.all(right[1, ..., 2:] == 0) and np.all(wrong[1, ..., 2:] > 0)
