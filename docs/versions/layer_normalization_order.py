"""The shape of gamma for five steps of three features, with the last axis first."""

import keras

layer = keras.layers.LayerNormalization(axis=[2, 1])
layer.build((None, 5, 3))
print(tuple(layer.gamma.shape))
