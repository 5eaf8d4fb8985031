"""The shape of the output of DepthwiseConv1D with strides and a dilation rate, on
TensorFlow."""

import keras
import numpy as np

layer = keras.layers.DepthwiseConv1D(2, strides=2, dilation_rate=2)
print(tuple(layer(np.ones((1, 9, 1), "float32")).shape))
