"""Which function stands for which class of Keras, and how a model calls it."""

import functools

from keras_by_hand.models.config import (
    is_of_keras,
    is_operator,
    quantization_mode,
)
from keras_by_hand.models.errors import CannotRunLayer
from keras_by_hand.models.layers.activation import ACTIVATION_LAYERS
from keras_by_hand.models.layers.applications import APPLICATION_LAYERS
from keras_by_hand.models.layers.attention import ATTENTION_LAYERS
from keras_by_hand.models.layers.augmentation import AUGMENTATION_LAYERS
from keras_by_hand.models.layers.convolution import CONVOLUTION_LAYERS
from keras_by_hand.models.layers.dense import DENSE_LAYERS
from keras_by_hand.models.layers.embedding import EMBEDDING_LAYERS
from keras_by_hand.models.layers.input import INPUT_LAYERS
from keras_by_hand.models.layers.layer import LayerTable, name_of
from keras_by_hand.models.layers.merging import MERGING_LAYERS
from keras_by_hand.models.layers.normalization import NORMALIZATION_LAYERS
from keras_by_hand.models.layers.own import OwnLayer, call_for, with_arguments
from keras_by_hand.models.layers.pooling import POOLING_LAYERS
from keras_by_hand.models.layers.preprocessing import PREPROCESSING_LAYERS
from keras_by_hand.models.layers.quantized import QUANTIZED
from keras_by_hand.models.layers.recurrent import RECURRENT_LAYERS
from keras_by_hand.models.layers.regularization import REGULARIZATION_LAYERS
from keras_by_hand.models.layers.reshaping import RESHAPING_LAYERS
from keras_by_hand.models.layers.text import TEXT_LAYERS
from keras_by_hand.models.layers.wrappers import WRAPPER_LAYERS
from keras_by_hand.models.model import Functional, Sequential
from keras_by_hand.models.operators.operator import Operator

LAYERS: LayerTable = {
    **ACTIVATION_LAYERS,
    **APPLICATION_LAYERS,
    **ATTENTION_LAYERS,
    **AUGMENTATION_LAYERS,
    **CONVOLUTION_LAYERS,
    **DENSE_LAYERS,
    **EMBEDDING_LAYERS,
    **INPUT_LAYERS,
    **MERGING_LAYERS,
    **NORMALIZATION_LAYERS,
    **POOLING_LAYERS,
    **PREPROCESSING_LAYERS,
    **RECURRENT_LAYERS,
    **REGULARIZATION_LAYERS,
    **RESHAPING_LAYERS,
    **TEXT_LAYERS,
    **WRAPPER_LAYERS,
}

# What Keras 3 no longer has, and what does the same, as far as any layer does.
GONE = {
    "Highway": "write it with Dense and Multiply",
    "LocallyConnected1D": "give its formula by layers=",
    "LocallyConnected2D": "give its formula by layers=",
    "MaxoutDense": "write it with Dense, Reshape and keras.ops.max",
    "RandomHeight": "leave it out: in predict, it does nothing",
    "RandomWidth": "leave it out: in predict, it does nothing",
    "TensorFlowOpLayer": "it holds a node of a graph of TensorFlow; use "
    "keras.ops",
}

MODELS = {
    "Functional": Functional,
    "Pipeline": Sequential,
    "Sequential": Sequential,
}


def stands_for(saved, own):
    """Return what a user gives for the class of a saved layer, or None: by its
    registered name, such as package>Shift, or the class's alone; for a Lambda,
    by the layer's name first."""
    own = own or {}
    kind = saved["class_name"]
    if kind == "Lambda" and name_of(saved) in own:
        return own[name_of(saved)]
    return own.get(saved.get("registered_name"), own.get(kind))


def build_layer(saved, weights, own=None):
    """Return a layer, an operator or a model, as config.json has it, with its
    weights, as read_file found them. Raises CannotRun.

    own: by the names of classes of a user, the function that computes such a
    layer, or the name of Keras' class that does the same.
    """
    build = functools.partial(build_layer, own=own)
    given = stands_for(saved, own)
    if callable(given):
        if saved["class_name"] == "Lambda":
            saved = with_arguments(saved)
        return OwnLayer(saved, weights, build, given)
    if given is not None:
        saved = {**saved, "module": "keras", "class_name": given}
    name = saved["class_name"]
    function, kind = LAYERS.get(name, (None, None))
    mode = quantization_mode(saved["config"].get("dtype"))
    if not is_of_keras(saved):
        why = (
            "a class of your own, whose formula is not in the file; give its "
            f"function: {call_for(name)}"
        )
    elif name in MODELS and "layers" not in saved["config"]:
        why = "the file does not tell which layers it has"
    elif name in MODELS:
        return MODELS[name](saved, weights, build)
    elif is_operator(saved):
        return Operator(saved, weights, build)
    elif mode and (mode not in ("int8", "int4") or name not in QUANTIZED):
        why = f"quantized to {mode}: not known here; save it before quantize()"
    elif mode:
        return QUANTIZED[name](saved, weights, build, function)
    elif kind:
        return kind(saved, weights, build, function)
    elif name in GONE:
        why = f"Keras 3 has no such layer; {GONE[name]}"
    else:
        why = "no function of this file computes it"
    raise CannotRunLayer(f"layer {name_of(saved)} ({name}): {why}")
