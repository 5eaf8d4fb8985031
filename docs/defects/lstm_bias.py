"""LSTM: a random bias_initializer gives the input gate and the candidate equal biases

Expected: they differ, as with unit_forget_bias=False. By default, the bias is put together
of two draws around the forget gate's ones. An initializer has one seed, so both draws
begin with the same numbers. ConvLSTM1D, ConvLSTM2D and ConvLSTM3D do the same.
"""

import keras
import numpy as np

layer = keras.layers.LSTM(2, bias_initializer="random_normal")
layer.build((None, 3, 3))
bias = layer.get_weights()[2].reshape(4, 2)  # gates i and f, candidate, gate o
print("got", bias, "expected", "four rows that differ")
assert not np.allclose(bias[0], bias[2])
