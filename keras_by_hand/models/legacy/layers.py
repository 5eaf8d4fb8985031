"""Classes of older Keras and their configs, in the words of today."""

from keras_by_hand.models.config import WHOLE, is_of_keras, snake_case
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.legacy.hard_sigmoid import HARD_SIGMOID
from keras_by_hand.models.operators.operator import OPERATORS
from keras_by_hand.models.registry import GONE, LAYERS, MODELS

CLASSES_OF_TODAY = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "Deconvolution2D": "Conv2DTranspose",
    "Model": "Functional",
    "SeparableConvolution2D": "SeparableConv2D",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
    "TimeDistributedDense": "Dense",
    "UnifiedGRU": "GRU",
    "UnifiedLSTM": "LSTM",
}
MERGE_MODES = {  # of Keras 1
    "ave": "Average",
    "concat": "Concatenate",
    "dot": "Dot",
    "max": "Maximum",
    "mul": "Multiply",
    "sum": "Add",
}
KEYS_OF_KERAS_1 = {
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "filter_length": "kernel_size",
    "inner_activation": "recurrent_activation",
    "length": "size",
    "nb_filter": "filters",
    "p": "rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}
KERNEL_SIZES_OF_KERAS_1 = (
    ("nb_row", "nb_col"),
    ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
)
# Of Keras 1, what changes no prediction, or no longer has a place.
DROPPED_OF_KERAS_1 = (
    "consume_less dropout_W dropout_U init inner_init forget_bias_init "
    "W_regularizer U_regularizer b_regularizer W_constraint U_constraint "
    "b_constraint gamma_init beta_init activity_regularizer cache_enabled "
    "output_shape input_dtype"
).split()
# What older Keras saved of layers, and today's has no argument for.
DROPPED = (
    "batch_input_shape build_input_shape input_length query_shape key_shape "
    "value_shape is_graph_network rng_type"
).split()
# The same, where it has this value: with any other, the layer is refused.
DROPPED_IF = {
    "causal": False,
    "ragged": False,
    "softmax_robust_masking": False,
    "sparse": False,
    "time_major": False,
    "weights": None,
}
# What changes no prediction, and Keras 3 refuses.
OF_SEPARABLE = "kernel_initializer", "kernel_regularizer", "kernel_constraint"
DROPPED_OF = {
    **dict.fromkeys(
        ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), ("implementation",)
    ),
    "Discretization": ("trainable",),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), OF_SEPARABLE),
    **dict.fromkeys(
        ("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
        ("trainable", "noise_shape"),
    ),
}
WITH_GROUPS = {"Conv1D", "Conv2D", "Conv3D"}
AXIS_OF_ONE = {"BatchNormalization", "Softmax"}
FORMATS = {"th": "channels_first", "tf": "channels_last"}
INITIALIZERS = (
    "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity "
    "LecunNormal LecunUniform Ones Orthogonal RandomNormal RandomUniform "
    "TruncatedNormal VarianceScaling Zeros"
).split()
REGULARIZERS = "L1 L2 L1L2 OrthogonalRegularizer".split()
CONSTRAINTS = "MaxNorm MinMaxNorm NonNeg UnitNorm".split()
OF_TRAINING = {
    "initializer": ("keras.initializers", INITIALIZERS),
    "regularizer": ("keras.regularizers", REGULARIZERS),
    "constraint": ("keras.constraints", CONSTRAINTS),
}


def class_of_today(saved, is_operator_call=False):
    """Return the class of a saved layer or model by its name of today, and its
    module: that of a user's own class is its own.

    is_operator_call: whether it is called as an operator is, with a tensor for
    each argument.
    """
    name, module = saved["class_name"], saved.get("module")
    if module is not None and not is_of_older_keras(module):
        return name, module  # a user's
    if saved.get("registered_name") not in (None, name):
        return name, None
    if module is None and is_operator_call:
        for home, operators in OPERATORS.items():
            if snake_case(name) in operators:
                return name, home
    if module and module.startswith("keras.src.ops."):
        return name, module
    name = CLASSES_OF_TODAY.get(name, name)
    if name == "Functional":  # the one class that keras itself does not hand on
        return name, "keras.src.models.functional"
    if name in MODELS:
        return name, "keras"
    known = name in LAYERS or name in GONE or module is not None
    return name, "keras.layers" if known else None


def is_of_older_keras(module):
    """Whether a module is one of Keras, wherever that stood."""
    return str(module).split(".")[0] in ("keras", "tf_keras", "tensorflow")


def config_of_today(name, config, writer, note):
    """Return the config of a layer in the words of today.

    name: its class of today; writer: which Keras it is of; note: is told what
    differs since.
    """
    is_first = "batch_input_shape" in config and name != "InputLayer"
    config = {k: v for k, v in config.items() if k not in DROPPED}
    if writer.is_keras_1:
        for key in DROPPED_OF_KERAS_1:
            if key.endswith(("regularizer", "constraint")) and config.get(key):
                note(f"its {key} is left out: Keras 3 names it otherwise")
        config = from_keras_1(name, config)
    for key, value in DROPPED_IF.items():
        if key in config and config[key] == value:
            del config[key]
            if key == "time_major":
                note("Keras 3 refuses its time_major, which does nothing")
    if config.get("groups") == 1 and name not in WITH_GROUPS:
        del config["groups"]
        note("Keras 3 refuses its groups, which do nothing")
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    elif isinstance(axis, list) and name == "Softmax":
        note("Keras 3 drops its list of axes from .h5 files")
    for key in DROPPED_OF.get(name, ()):
        config.pop(key, None)
    if name == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    if name == "ReLU" and "theta" in config:  # of a ThresholdedReLU
        config["threshold"] = config.pop("theta")
    if name == "GRU" or name == "GRUCell":
        if writer.is_before_3 and "reset_after" not in config:
            config["reset_after"] = False
            note("its file has no reset_after, which then was False")
    if name == "RandomCrop" and writer.is_before_3:
        raise CannotRun(
            "before Keras 3 it resized images in predict, and today it leaves "
            "them; write Resizing(height, width, crop_to_aspect_ratio=True)"
        )
    if name == "Discretization" and writer.is_before_3:
        config["dtype"] = "float32"  # and not that of its output
    if isinstance(config.get("dtype"), dict):
        config["dtype"] = policy_of_today(config["dtype"])
    if (is_first or name == "Embedding") and config.get("dtype") in WHOLE:
        config["dtype"] = "float32"  # and not that of its inputs
    for key in [*config]:
        config[key] = value_of_today(key, config[key], writer)
        kind = key.rpartition("_")[2]
        if kind in OF_TRAINING and config[key] is not None:
            config[key] = of_training(kind, config[key])
            if config[key] is None:
                del config[key]
                note(f"its {key} is not known to Keras 3, and left out")
    return config


def value_of_today(key, value, writer):
    """Return the value of a key of a config: activations have other names, or
    other meanings, and numbers may be arrays without axes."""
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":
        number = value["config"]["value"]
        return number if isinstance(number, int | float) else value
    if not key.endswith("activation"):
        return value
    if value == "hard_sigmoid" and writer.is_before_3:
        return HARD_SIGMOID
    return "silu" if value == "swish" else value


def policy_of_today(policy):
    """Return the dtype of a layer, which may be the policy of Keras 2."""
    if policy.get("class_name") in ("Policy", "PolicyV1"):
        return policy["config"]["name"]
    return policy


def of_training(kind, value):
    """Return an initializer, a regularizer or a constraint as today's Keras has
    it; None where it has none such."""
    module, known = OF_TRAINING[kind]
    if not isinstance(value, dict):
        return value if isinstance(value, str) else None
    if is_of_keras(value) and value.get("class_name") in known:
        module = value["module"]
    elif value.get("class_name") not in known or value.get("module"):
        return None
    config = {k: v for k, v in value["config"].items() if k != "dtype"}
    if config.get("distribution") == "normal":
        config["distribution"] = "truncated_normal"
    return {
        "module": module,
        "class_name": value["class_name"],
        "config": config,
        "registered_name": None,
    }


# -- Keras 1


def from_keras_1(name, config):
    """Return the config of a layer of Keras 1 in the words of Keras 2."""
    renamed = {
        KEYS_OF_KERAS_1.get(key, key): value
        for key, value in config.items()
        if key not in DROPPED_OF_KERAS_1
    }
    for keys in KERNEL_SIZES_OF_KERAS_1:
        if keys[0] in config:
            renamed["kernel_size"] = [renamed.pop(key) for key in keys]
    if name != "Embedding":
        renamed.pop("input_dim", None)
        if "output_dim" in renamed:
            renamed["units"] = renamed.pop("output_dim")
    if name == "Embedding":
        renamed.pop("dropout", None)
    data_format = renamed.get("data_format")
    if data_format in FORMATS:
        renamed["data_format"] = FORMATS[data_format]
    if name == "BatchNormalization" and renamed.pop("mode", 0) == 1:
        raise CannotRun("mode=1 of Keras 1's BatchNormalization is not known")
    if name in ("LSTM", "SimpleRNN", "GRU"):
        renamed.setdefault("return_state", False)
    return renamed


def merge_of_today(config):
    """Return the class and config of a Merge of Keras 1."""
    mode = config.get("mode")
    if not isinstance(mode, str) or mode not in MERGE_MODES:
        raise CannotRun(f"mode={mode!r} of Keras 1's Merge is not known here")
    kept = {"name": config.get("name")}
    if mode == "concat":
        kept["axis"] = config.get("concat_axis", -1)
    if mode == "dot":
        kept["axes"] = config.get("dot_axes", -1)
    return MERGE_MODES[mode], kept
