"""How many units Dense(True) has."""

import keras

dense = keras.layers.Dense(True)
dense.build((None, 3))
print(dense.kernel.shape[1])
