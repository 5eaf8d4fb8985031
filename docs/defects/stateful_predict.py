"""GRU, LSTM and SimpleRNN: on JAX, stateful=True has no effect on predict

Expected: the second call goes on from the state that the first one left, as it does if
the model is called itself, and as predict does on TensorFlow and PyTorch.
"""

import keras
import numpy as np

layer = keras.layers.GRU(1, stateful=True)
model = keras.Sequential([keras.Input(batch_shape=(1, 2, 1)), layer])
x = np.ones((1, 2, 1), "float32")
_, got = [model.predict_on_batch(x) for _ in range(2)]
layer.reset_state()
_, expected = [keras.ops.convert_to_numpy(model(x)) for _ in range(2)]
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
