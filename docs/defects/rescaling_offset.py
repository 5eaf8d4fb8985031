"""Rescaling: with channels_first, a list of offsets is added along the width

Expected: scale and offset both belong to the channels. Only scale gets the shape for
that.
"""

import keras
import numpy as np

keras.config.set_image_data_format("channels_first")
layer = keras.layers.Rescaling([1, 1, 1], offset=[10, 20, 30])
y = layer(np.zeros((1, 3, 3, 3), "float32"))  # (batch, channels, height, width)
keras.config.set_image_data_format("channels_last")  # the default again
got = keras.ops.convert_to_numpy(y)[0, :, 0, 0]  # of the first pixel
print("got", got, "expected", [10, 20, 30])
np.testing.assert_array_equal(got, [10, 20, 30])
