"""RNN: on JAX, a masked step returns the first state of the cell, not its output

Expected: the output of the step before, here 2, as on TensorFlow and PyTorch. The
cell's output is twice its state.
"""

import keras
import numpy as np


class Cell(keras.layers.Layer):
    state_size = output_size = 1

    def call(self, inputs, states):
        return 2 * inputs, [inputs]


layer = keras.layers.RNN(Cell(), return_sequences=True)
y = layer(np.ones((1, 2, 1), "float32"), mask=np.array([[True, False]]))
got = np.ravel(keras.ops.convert_to_numpy(y))
print("got", got, "expected", [2, 2])
np.testing.assert_array_equal(got, [2, 2])
