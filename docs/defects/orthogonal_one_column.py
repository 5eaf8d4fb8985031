"""OrthogonalRegularizer: a kernel of one column has a penalty of NaN

Expected: 0, as there is no other column that it could be parallel to. The sum over no
pairs is divided by their number, 0. So is the loss NaN, and the first step of training
makes all weights NaN.
"""

import keras
import numpy as np

regularizer = keras.regularizers.OrthogonalRegularizer(mode="columns")
got = float(regularizer(keras.ops.ones((3, 1))))
print("got", got, "expected", 0)
np.testing.assert_equal(got, 0)
