"""The names of what a Dense layer in int4, in blocks, stores."""

import keras

dense = keras.layers.Dense(2, use_bias=False, dtype="int4/4_from_float32")
dense.build((None, 8))
print(", ".join(weight.name for weight in dense.weights))
