"""hard_sigmoid, whose slope Keras 3 changed."""

import numpy as np

HARD_SIGMOID = "hard_sigmoid_of_keras_2"


def hard_sigmoid_of_keras_2(x):
    """hard_sigmoid before Keras 3 (Keras 2.15 documentation): a line of slope
    0.2, not 1/6.

    x: any shape.
    """
    return np.clip(0.2 * x + 0.5, 0, 1)
