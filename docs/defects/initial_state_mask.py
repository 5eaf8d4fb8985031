"""GRU, LSTM and SimpleRNN: with initial_state, the mask of the input is ignored

Expected: a word of padding, token 0, changes nothing, as without a state. The mask of
Embedding should reach the layer in a decoder, too. Keras passes the mask on by itself
only where a layer is called with a single tensor.
"""

import keras
import numpy as np

embedding = keras.layers.Embedding(4, 3, mask_zero=True)
gru = keras.layers.GRU(2)
state = np.ones((1, 2), "float32")
expected = gru(embedding(np.array([[2, 3]])), initial_state=state)
got = gru(embedding(np.array([[2, 3, 0]])), initial_state=state)
got, expected = map(keras.ops.convert_to_numpy, (got, expected))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
