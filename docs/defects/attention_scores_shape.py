"""MultiHeadAttention: in a functional model, the scores have a wrong shape

Expected: (batch, heads, target, source), which the layer returns for arrays.
compute_output_spec has the target's length for that of the source.
"""

import keras
import numpy as np

query, value = keras.Input((3, 8)), keras.Input((4, 8))
attention = keras.layers.MultiHeadAttention(2, 4)
_, scores = attention(query, value, return_attention_scores=True)
print("got", scores.shape, "expected", (None, 2, 3, 4))
np.testing.assert_equal(tuple(scores.shape), (None, 2, 3, 4))
