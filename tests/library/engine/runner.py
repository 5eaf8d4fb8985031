"""A layer as the library runs it: the one place that knows how keras_by_hand.models is
called."""

import io
import json

import h5py
import numpy as np
from keras.src.saving import saving_lib
from library.engine.cases import Inner, map_arrays

from keras_by_hand.models.budget import Budget
from keras_by_hand.models.files import read_group
from keras_by_hand.models.registry import LAYERS, build_layer
from keras_by_hand.models.tensors import Tensor, tensors_in
from keras_by_hand.names import ACTIVATIONS

# Of what the library computes of Keras; two names of an activation are one function.
NAMES = {*LAYERS, *(function.__name__ for function in ACTIVATIONS.values())}


def layer_by_hand(name, layer, case):
    """Return the library's layer.

    name: of the layer's class; layer: that of Keras, built, with its weights, which pass
    through Keras' own format; case: one that tells the config.
    """
    group = {}
    if layer.weights:
        store = saving_lib.H5IOStore(buffer := io.BytesIO(), mode="w")
        saving_lib._save_state(layer, store, None, "", set())
        store.close()
        with h5py.File(buffer) as file:
            group = read_group(file, Budget(10**9), set(), h5py)
    return build_layer(tell(name, case.config, layer.dtype_policy.name), group)


def prepare_layer(name, layer, case):
    """Return a function of a case: what the library makes of its inputs, by the layer of
    layer_by_hand."""
    by_hand = layer_by_hand(name, layer, case)

    def compute(case):
        inputs = map_arrays(Tensor, list(case.inputs))
        found = tensors_in(by_hand.call(inputs, map_arrays(Tensor, case.call)))
        masks = [tensor.mask for tensor in found[:1] if tensor.mask is not None]
        return [np.asarray(a) for a in [tensor.array for tensor in found] + masks]

    return compute


def tell(name, config, dtype):
    """A layer as config.json tells of it, with only the arguments that are given."""
    plain = {
        key: tell(value.name, value.config, dtype)
        if isinstance(value, Inner)
        else [tell(part.name, part.config, dtype) for part in value]
        if isinstance(value, list) and value and isinstance(value[0], Inner)
        else json.loads(json.dumps(value))
        for key, value in config.items()
    }
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": {"name": "drawn", "dtype": dtype, **plain},
    }
