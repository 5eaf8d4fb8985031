"""CategoryEncoding: a number that is out of range raises no error

Expected: an error, as on PyTorch. The documentation: inputs must be "in the range 0 <=
value < num_tokens, or an error will be thrown". On TensorFlow and JAX, the number is
left out.
"""

import keras
import numpy as np

layer = keras.layers.CategoryEncoding(num_tokens=5, output_mode="count")
try:
    got = layer(np.array([[0, 5, 5]]))
except Exception:
    got = None
print("got", got, "expected an error")
assert got is None
