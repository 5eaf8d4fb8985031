"""What the config of a layer may hold: names, values, and lengths of weights.

A key that nothing uses would be dropped without a word, and so would a value
that a function takes for another.
"""

import functools
import inspect

import numpy as np

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.shapes import options_of

# What changes no prediction, beside initializers and their like.
HARMLESS = (
    "name trainable dtype seed batch_input_shape input_length vocabulary_dtype "
    "vocabulary_size salt momentum synchronized renorm_momentum "
    "renorm_clipping recurrent_dropout unroll implementation unit_forget_bias "
    "lora_rank lora_alpha quantization_config tie_weights init_values "
    "projection_dim"
).split()
ENDS = "_initializer", "_regularizer", "_constraint"

# Keys of layers that do something in training alone.
IN_TRAINING = "rate noise_shape stddev l1 l2 data_format drop_path_rate".split()

# Keys that a function may lack, with the values that change nothing then.
WITHOUT_EFFECT = {
    "encoding": ("utf-8",),
    "oov_method": ("floormod", "farmhash"),  # of texts
    "ragged": (False, None),
    "renorm": (False,),
    "rms_scaling": (False,),
    "sparse": (False, None),
    "time_major": (False,),
}


def check_keys(config, known):
    """Raise CannotRun for a key of a config that is neither known nor
    harmless."""
    for key in config.keys() - {*known, *HARMLESS, *WITHOUT_EFFECT}:
        if not key.endswith(ENDS):
            raise CannotRun(f"its config has {key!r}, which is not known here")


def check_values(function, config):
    """Raise CannotRun for a value of a config that is none of those that the
    function of its layer declares."""
    declared = {
        key: options_of(function, key) for key in parameters_of(function)
    }
    for key, allowed in {**WITHOUT_EFFECT, **declared}.items():
        if allowed and key in config and config[key] not in allowed:
            wanted = " or ".join(map(repr, allowed))
            raise CannotRun(f"{key} must be {wanted}, not {config[key]!r}")


@functools.cache  # as a model may have thousands of layers
def parameters_of(function):
    return inspect.signature(function).parameters


# The lengths of weights that a config has: the first weight that a layer has
# of those after the key, and its axes.
LENGTHS = {
    "units": {"recurrent_kernel": 0, "kernel": -1},
    "filters": {"pointwise_kernel": -1, "recurrent_kernel": -2, "kernel": -1},
    "kernel_size": {"depthwise_kernel": slice(-2), "kernel": slice(-2)},
    "depth_multiplier": {"depthwise_kernel": -1, "kernel": -1},
    "input_dim": {"embeddings": 0},
    "output_dim": {"embeddings": 1},
}
TRANSPOSED = {"filters": {"kernel": -2}}  # of a transposed convolution


def check_lengths(kind, config, arrays):
    """Raise CannotRun where weights, by their names, have other lengths than
    the config has."""
    lengths = LENGTHS | (TRANSPOSED if kind.endswith("Transpose") else {})
    for key, places in lengths.items():
        there = [name for name in places if key in config and name in arrays]
        if there:
            shape = arrays[there[0]].shape
            check_length(config, key, shape, shape[places[there[0]]])


def check_length(config, key, shape, found):
    """Raise CannotRun where a weight of this shape has found another length
    than the config has."""
    wanted, found = np.ravel(config[key]), np.ravel(found)
    if len(wanted) not in (1, len(found)) or np.any(wanted != found):
        raise CannotRun(f"{key} is {config[key]!r}, but a weight has {shape}")
