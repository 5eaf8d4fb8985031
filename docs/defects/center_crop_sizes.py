"""CenterCrop: on TensorFlow, predict returns too small an image

Expected: an image of 4 by 4, as on JAX and PyTorch, and as the layer returns when it is
called itself. For images of unknown size the layer always crops, also where it should
enlarge, from a negative start.

Since keras#22020; what is wrong was said in its review.
"""

import keras
import numpy as np

model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.CenterCrop(4, 4)])
model.predict_on_batch(np.zeros((1, 6, 6, 1)))
got = model.predict_on_batch(np.zeros((1, 3, 8, 1))).shape
print("got", got, "expected", (1, 4, 4, 1))
np.testing.assert_equal(got, (1, 4, 4, 1))
