"""Where Keras 3.15.1 itself departs from mathematics: what a run says of it."""

from keras_by_hand.models.legacy.hard_sigmoid import HARD_SIGMOID

SPARSEMAX = (
    "the sparsemax of Keras 3.15.1 is computed, whose results need not add up "
    "to 1"
)
BICUBIC = (
    "TensorFlow rounds distances to 1/1024 in bicubic interpolation without "
    "antialias; here they are exact, and results may differ by some 0.001"
)
OLD_HARD_SIGMOID = (
    "Keras 2 saved the file: its hard_sigmoid, of slope 0.2, is computed; that "
    "of Keras 3 has 1/6"
)
OF_CONFIG = (  # a key, its value, what is said
    ("activation", "sparsemax", SPARSEMAX),
    ("recurrent_activation", "sparsemax", SPARSEMAX),
    ("activation", HARD_SIGMOID, OLD_HARD_SIGMOID),
    ("recurrent_activation", HARD_SIGMOID, OLD_HARD_SIGMOID),
    ("interpolation", "bicubic", BICUBIC),
)
ROUNDED = (
    "whole numbers become floats, as in predict; Keras rounds them where a "
    "model is called"
)
LARGER = (
    "larger images are made in float64; Keras 3.15.1 makes them in float32, as "
    "its CenterCrop has a Resizing of its own"
)
BIAS = (
    "on TensorFlow, Keras 3.15.1 may add {} along the last axis, as that is as "
    "long; here it goes along its own"
)


def notes_of_config(config):
    """Return what is to be said of a layer, or of an operator, by its
    config."""
    return [
        said
        for key, value, said in OF_CONFIG
        if config.get(key) == value and not config.get("antialias")
    ]


def is_taken_for_bias(x, other):
    """Whether TensorFlow adds an array to x as a bias, along another axis than
    its own (Keras' source code, add)."""
    axes = [axis for axis, n in enumerate(other.shape, -other.ndim) if n > 1]
    if len(axes) != 1 or x.ndim < 2:
        return False
    length = other.shape[axes[0]]
    along = [axis for axis in (-1, 1 - x.ndim) if x.shape[axis] == length]
    return bool(along) and along[0] != axes[0]
