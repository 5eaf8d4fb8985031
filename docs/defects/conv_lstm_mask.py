"""ConvLSTM1D, 2D and 3D: on JAX, a mask of samples is taken for one of positions

Expected: the second sample is all padding, so its output is 0, as on TensorFlow and
PyTorch. Here the batch is as long as the last axis of space. Where it is not, JAX
raises an error.
"""

import keras
import numpy as np

x = np.ones((2, 1, 2, 1), "float32")  # (batch, steps, width, channels)
mask = np.array([[True], [False]])  # (batch, steps)
layer = keras.layers.ConvLSTM1D(1, 1)
got = keras.ops.convert_to_numpy(layer(x, mask=mask))[..., 0] != 0
expected = [[True, True], [False, False]]
print("got", got, "expected", expected)
np.testing.assert_array_equal(got, expected)
