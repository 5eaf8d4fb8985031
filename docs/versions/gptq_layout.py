"""The shape in which a Dense layer of 8 features and 6 units in GPTQ stores its
integers."""

import keras

dense = keras.layers.Dense(6, dtype="gptq/4/4_from_float32")
dense.build((None, 8))
print(tuple(dense.quantized_kernel.shape))
