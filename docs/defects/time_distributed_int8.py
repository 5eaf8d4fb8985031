"""TimeDistributed: after quantize("int8"), the kernel is used without its scale

Expected: about the same output, as quantizing only rounds. The wrapper calls
layer.call, which is for floats, and not layer.quantized_call.
"""

import keras
import numpy as np

dense = keras.layers.Dense(1, kernel_initializer="ones")
model = keras.Sequential([keras.Input((2, 3)), keras.layers.TimeDistributed(dense)])
x = np.ones((1, 2, 3), "float32")
expected = keras.ops.convert_to_numpy(model(x))
model.quantize("int8")
got = keras.ops.convert_to_numpy(model(x))
print("got", got, "expected about", expected)
np.testing.assert_allclose(got, expected, atol=0.1)
