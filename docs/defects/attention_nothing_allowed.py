"""MultiHeadAttention: return_attention_scores=True changes the output

Expected: asking for the scores changes nothing else. Where a step may attend to
nothing, its output is the mean of all values, masked ones included. With the scores, or
with dropout, it is the bias alone.
"""

import keras
import numpy as np

attention = keras.layers.MultiHeadAttention(1, 2)
x = np.random.default_rng(0).normal(size=(1, 2, 3)).astype("float32")
mask = np.array([[[True, True], [False, False]]])  # (batch, target, source)
got = attention(x, x, attention_mask=mask)
expected, _ = attention(x, x, attention_mask=mask, return_attention_scores=True)
got, expected = map(keras.ops.convert_to_numpy, (got, expected))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, atol=1e-4)
