"""MultiHeadAttention: on JAX, a value_dim other than key_dim raises a TypeError

Expected: an output, as on TensorFlow and PyTorch, and on JAX if the scores are
returned. value_dim is a documented argument.
"""

import keras
import numpy as np

attention = keras.layers.MultiHeadAttention(1, 4, value_dim=3)
x = np.ones((1, 2, 5), "float32")
attention(x, x, return_attention_scores=True)
try:
    attention(x, x)
except TypeError as error:
    raise AssertionError("got an error, expected an output") from error
