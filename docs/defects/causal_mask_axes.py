"""MultiHeadAttention: use_causal_mask only knows axis 1

Expected: along axis 2, of length 4, the mask is 4 by 4, as np.tri(4) is. It is 3 by 3,
so the layer raises an error.
"""

import keras
import numpy as np

attention = keras.layers.MultiHeadAttention(1, 2, attention_axes=2)
x = np.ones((1, 3, 4, 2), "float32")
attention(x, x, attention_mask=np.tri(4, dtype=bool))
try:
    attention(x, x, use_causal_mask=True)
except Exception as error:
    raise AssertionError("got an error, expected attention along axis 2") from error
