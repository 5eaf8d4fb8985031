"""MultiHeadAttention: a query_mask passed by hand is ignored

Expected: the second step of the query attends to nothing, as if its mask came with the
query. query_mask is an argument of call, which overwrites it by the mask that the query
brings, here none.
"""

import keras
import numpy as np

attention = keras.layers.MultiHeadAttention(1, 2)
x = np.ones((1, 2, 3), "float32")
options = {"query_mask": np.array([[True, False]]), "return_attention_scores": True}
_, scores = attention(x, x, **options)
got = keras.ops.convert_to_numpy(scores)[0, 0, 1]
print("got", got, "expected", [0, 0])
np.testing.assert_array_equal(got, [0, 0])
