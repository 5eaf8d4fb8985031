"""LSTM and GRU: recurrent_dropout=1.0 drops nothing

Expected: nothing of the state is left, as after Dropout(1.0), so the output is that
without a recurrent kernel. The argument is a "fraction of the units to drop", a "float
between 0 and 1". The cells only drop where it is less than 1. So do those of ConvLSTM
with dropout.

Related: keras#9141 (2018), where the same was said to be meant so for Dropout. Now
Dropout(1.0) drops everything.
"""

import keras
import numpy as np

layer = keras.layers.LSTM(2, recurrent_dropout=1.0)
x = np.ones((1, 3, 2), "float32")
got = keras.ops.convert_to_numpy(layer(x, training=True))
kernel, recurrent_kernel, bias = layer.get_weights()
layer.set_weights([kernel, 0 * recurrent_kernel, bias])
expected = keras.ops.convert_to_numpy(layer(x))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, atol=1e-5)
