"""Resizing: pad_to_aspect_ratio stretches an image if the padding is odd

Expected: an image of 4 by 7 gets three rows of padding to fill 7 by 7, and keeps its
four rows. It gets one above and one below, and is stretched.
"""

import keras
import numpy as np

layer = keras.layers.Resizing(7, 7, pad_to_aspect_ratio=True)
y = keras.ops.convert_to_numpy(layer(np.ones((4, 7, 1), "float32")))
got = y[:, 0, 0]
print("got", got, "expected four ones and three zeros")
np.testing.assert_array_equal(np.sort(got), [0, 0, 0, 1, 1, 1, 1])
