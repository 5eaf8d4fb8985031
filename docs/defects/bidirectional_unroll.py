"""Bidirectional: unroll=True changes the output where words are masked

Expected: the same output, as unroll only trades memory for speed. The backward layer
returns zeros for masked steps. In its unrolled loop they stand at the wrong steps on
TensorFlow, as the mask is not reversed with the input. JAX returns none, and PyTorch
raises an error.
"""

import keras
import numpy as np

x, mask = np.ones((1, 3, 2), "float32"), np.array([[True, True, False]])
lstm = keras.layers.LSTM(2, return_sequences=True)
layer = keras.layers.Bidirectional(lstm)
expected = keras.ops.convert_to_numpy(layer(x, mask=mask))
layer.forward_layer.unroll = layer.backward_layer.unroll = True
got = keras.ops.convert_to_numpy(layer(x, mask=mask))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, atol=1e-5)
