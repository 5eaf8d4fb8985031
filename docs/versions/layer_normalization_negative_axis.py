"""The shape of gamma for five steps of three features."""

import keras

layer = keras.layers.LayerNormalization(axis=[1, -1])
layer.build((None, 5, 3))
print(tuple(layer.gamma.shape))
