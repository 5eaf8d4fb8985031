"""GRU, LSTM and SimpleRNN: on JAX, unroll=True ignores zero_output_for_mask

Expected: zeros for masked steps, as without unroll and as on TensorFlow and PyTorch.
unroll only trades memory for speed.
"""

import keras
import numpy as np

x, mask = np.ones((1, 3, 2), "float32"), np.array([[True, True, False]])
options = {"return_sequences": True, "zero_output_for_mask": True}
layer = keras.layers.GRU(2, unroll=True, **options)
got = keras.ops.convert_to_numpy(layer(x, mask=mask))[0, 2]
print("got", got, "expected", [0, 0])
np.testing.assert_array_equal(got, [0, 0])
