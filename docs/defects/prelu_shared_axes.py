"""PReLU: a negative number in shared_axes shares another axis

Expected: -1 is the last axis, as in other layers, or an error. It becomes the axis
before the last: alpha's shape has no batch, so 1 is subtracted from each number, and -2
is left.
"""

import keras
import numpy as np

layers = [keras.layers.PReLU(shared_axes=[axis]) for axis in (-1, 3)]
for layer in layers:
    layer.build((None, 5, 6, 7))
got, expected = [tuple(layer.alpha.shape) for layer in layers]
print("got", got, "expected", expected)
np.testing.assert_equal(got, expected)
