"""The shape of the output of a stateful Bidirectional with return_state."""

import keras
import numpy as np

rnn = keras.layers.SimpleRNN(2, stateful=True, return_state=True)
y, *states = keras.layers.Bidirectional(rnn)(np.ones((1, 3, 1), "float32"))
print(tuple(y.shape))
