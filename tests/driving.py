"""What compares the functions of keras_by_hand with Keras."""

import keras
import numpy as np


def assert_equal(of_keras, expected, dtype="float64"):
    """The same up to the tolerance of the gallery, of which the largest entry is part."""
    expected = np.asarray(expected, "float64")
    tolerance = 1000 * np.finfo(dtype).eps
    largest = max(1, np.max(np.abs(expected[np.isfinite(expected)]), initial=0))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(of_keras), expected, tolerance, tolerance * largest
    )
