"""What the config of a layer may hold: names, values, and lengths of weights.

A key that nothing uses would be dropped without a word, and so would a value
that a function takes for another.
"""

import numpy as np

from keras_by_hand.models.errors import CannotRun

# What changes no prediction, beside initializers and their like.
HARMLESS = (
    "name trainable dtype seed batch_input_shape input_length vocabulary_dtype "
    "vocabulary_size salt momentum synchronized renorm_momentum "
    "renorm_clipping recurrent_dropout unroll implementation unit_forget_bias "
    "lora_rank lora_alpha quantization_config tie_weights init_values "
    "projection_dim"
).split()
ENDS = "_initializer", "_regularizer", "_constraint"

# What layers are told that do something in training alone.
IN_TRAINING = "rate noise_shape stddev l1 l2 data_format drop_path_rate".split()

# The values that a key may have where they are few.
VALUES = {
    "data_format": ("channels_last", "channels_first", None),
    "encoding": ("utf-8",),
    "fill_mode": ("constant",),
    "interpolation": "nearest bilinear bicubic lanczos3 lanczos5".split(),
    "merge_mode": ("concat", "sum", "ave", "mul", None),
    "oov_method": ("floormod", "farmhash"),
    "output_mode": ("int", "one_hot", "multi_hot", "count", "tf_idf"),
    "ragged": (False, None),
    "renorm": (False,),
    "rms_scaling": (False,),
    "score_mode": ("dot", "concat"),
    "sparse": (False, None),
    "split": ("whitespace", "character", None),
    "standardize": (
        "lower_and_strip_punctuation",
        "lower",
        "strip_punctuation",
        None,
    ),
    "time_major": (False,),
}
AT_LEAST_1 = "strides dilation_rate pool_size size groups n".split()


def check_keys(config, known):
    """Raise CannotRun for a key of a config that is neither known nor
    harmless."""
    for key in config.keys() - {*known, *HARMLESS, *VALUES}:
        if not key.endswith(ENDS):
            raise CannotRun(f"its config has {key!r}, which is not known here")


def check_values(kind, config):
    """Raise CannotRun for a value of a config that Keras would not take, or
    that is not known here."""
    values = dict(VALUES)
    if isinstance(config.get("padding"), str):  # else widths
        causal = ["causal"] if kind == "Conv1D" else []
        values["padding"] = "valid", "same", *causal
    for key, allowed in values.items():
        if key in config and config[key] not in allowed:
            raise CannotRun(f"{key}={config[key]!r} is not known here")
    for key in AT_LEAST_1:
        numbers = config.get(key, 1)
        for number in numbers if isinstance(numbers, list) else [numbers]:
            if isinstance(number, int) and number < 1 and number != -1:
                raise CannotRun(f"{key}={numbers!r} is not at least 1")


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
    if np.any(np.ravel(config[key]) != np.ravel(found)):
        raise CannotRun(f"{key} is {config[key]!r}, but a weight has {shape}")
