"""Faults of files: what a layer stores and takes back, its config, and its place.

Many of them are the same both ways: whoever saves and loads with the same faulty Keras
does not notice.
"""

import functools
from unittest import mock

import keras
import numpy as np
from breaking import altered
from keras import ops
from keras.layers import Dense
from keras.optimizers import Optimizer
from keras.src import backend
from keras.src.saving import saving_lib
from keras.src.saving.saving_lib import H5IOStore

# -- What a layer stores, and takes


def unchanged(arrays, layer):
    return arrays


def arrays_of(store):
    """What a store has, in the order of its numbers."""
    return [store[number] for number in sorted(store.keys(), key=int)]


def storing(save=unchanged, load=unchanged, owner=Dense):
    """Layers that change what they save, and what they load: each change takes a list
    of arrays and the layer, and returns another list."""
    real_save, real_load = owner.save_own_variables, owner.load_own_variables

    @functools.wraps(real_save)
    def save_own_variables(self, store):
        real_save(self, own := {})
        for number, array in enumerate(save(arrays_of(own), self)):
            store[str(number)] = array

    @functools.wraps(real_load)
    def load_own_variables(self, store):
        arrays = load(arrays_of(store), self)
        real_load(self, {str(number): array for number, array in enumerate(arrays)})

    changed = {
        "save_own_variables": save_own_variables,
        "load_own_variables": load_own_variables,
    }
    return mock.patch.multiple(owner, **changed)


def of_kernel(change):
    return lambda arrays, layer: [*map(change, arrays[:1]), *arrays[1:]]


def of_bias(change):
    return lambda arrays, layer: [
        *arrays[:1],
        *map(change, arrays[1:2]),
        *arrays[2:],
    ]


def bias_first(arrays, layer):
    return [*arrays[1::-1], *arrays[2:]]


def kernel_first(arrays, layer):
    """Undo it, if it was done."""
    exchanged = arrays and np.ndim(arrays[0]) == 1
    return bias_first(arrays, layer) if exchanged else arrays


def without_last(arrays, layer):
    return arrays[:-1]


def without_bias(arrays, layer):
    return [*arrays[:1], *arrays[2:]]


def filled(arrays, layer):
    """What is missing is left as it is."""
    held = [backend.convert_to_numpy(weight) for weight in layer.weights]
    return [*arrays, *held[len(arrays) :]]


def scale_second(spec):
    return {**spec, "int8": ["kernel", "kernel_scale", "bias"]}


def narrower(array):
    return ops.cast(array, "float16") if array.dtype == "float32" else array


def rows_reversed(array):
    return ops.flip(array, 0)


STORED = {
    "save_own_variables: bias first": storing(bias_first, kernel_first),
    "save_own_variables: kernel transposed": storing(
        of_kernel(ops.transpose), of_kernel(np.transpose)
    ),
    "save_own_variables: rows of the kernel reversed": storing(
        of_kernel(rows_reversed), of_kernel(np.flipud)
    ),
    "save_own_variables: kernel in float16": storing(of_kernel(narrower)),
    "save_own_variables: bias reversed": storing(
        of_bias(rows_reversed), of_bias(np.flip)
    ),
    "save_own_variables: the last one forgotten": storing(without_last, filled),
    "save_own_variables: bias forgotten": storing(without_bias, filled),
    "save_own_variables: copies": storing(
        lambda arrays, layer: [1 * array for array in arrays]
    ),
    "load_own_variables: does nothing": storing(
        load=lambda arrays, layer: filled([], layer)
    ),
    "load_own_variables: bias reversed": storing(load=of_bias(np.flip)),
    "load_own_variables: bias left as it is": storing(
        load=lambda arrays, layer: filled(arrays[:1], layer)
    ),
    "load_own_variables: in float16": storing(
        load=lambda arrays, layer: [np.float16(array) for array in arrays]
    ),
    "load_own_variables: takes too few": storing(load=filled),
    "variable_serialization_spec: scale before the bias": altered(
        Dense, "variable_serialization_spec", scale_second
    ),
}


# -- The file of weights


def writing(change):
    """A weights file whose arrays are changed when they are written: NumPy arrays."""
    real = H5IOStore.__setitem__

    def write(self, key, value):
        real(self, key, change(backend.convert_to_numpy(value)))

    return mock.patch.object(H5IOStore, "__setitem__", write)


def plain_write(self, key, value):
    """As the real one, without its attribute for bfloat16."""
    if not self._h5_entry_initialized:
        self._create_h5_group(self._h5_entry_path)
    self._h5_entry_group[key] = backend.convert_to_numpy(value)


def cut_off(array):
    if array.dtype.name != "float32":
        return array
    return (array.view("uint32") & 0xFFFF0000).view("float32")


def counted_from_one(name, used):
    used[name] = used.get(name, 0) + 1
    return f"{name}_{used[name]}"


def counted_downwards(name, used):
    used[name] = used.get(name, 100) - 1
    return f"{name}_{used[name]}"


def unnamed_group(self, path, metadata=None, real=H5IOStore.make):
    return real(self, path, {"name": "layer"})


WRITTEN = {
    "weights file: big-endian": writing(
        lambda array: (
            array.astype(array.dtype.newbyteorder(">"))
            if array.dtype.name == "float32"
            else array
        )
    ),
    "weights file: bfloat16 written as float32": writing(
        lambda array: (
            array.astype("float32") if array.dtype.name == "bfloat16" else array
        )
    ),
    "weights file: bfloat16 not told": mock.patch.object(
        H5IOStore, "__setitem__", plain_write
    ),
    "weights file: float16 written as float32": writing(
        lambda array: (
            array.astype("float32") if array.dtype.name == "float16" else array
        )
    ),
    "weights file: lower half cut off": writing(cut_off),
    "places: counted from 1": mock.patch.object(
        saving_lib, "_get_unique_name", counted_from_one
    ),
    "places: counted downwards": mock.patch.object(
        saving_lib, "_get_unique_name", counted_downwards
    ),
    "places: without the name of the layer": mock.patch.object(
        H5IOStore, "make", unnamed_group
    ),
    "optimizer: state not saved": mock.patch.object(
        Optimizer, "save_own_variables", lambda self, store: None
    ),
    "optimizer: state in the other order": storing(
        lambda arrays, layer: arrays[::-1],
        lambda arrays, layer: arrays[::-1],
        owner=Optimizer,
    ),
}


# -- The file of the model


def running_code(*args, real=keras.models.load_model, **kwargs):
    return real(*args, **{"safe_mode": False, **kwargs})


def config_with(**changes):
    """Dense layers whose config has other values."""
    return altered(Dense, "get_config", lambda config: {**config, **changes})


TOLD = {
    "config: a unit more": altered(
        Dense, "get_config", lambda config: {**config, "units": config["units"] + 1}
    ),
    "config: without the activation": config_with(activation="linear"),
    "config: always a bias": config_with(use_bias=True),
    "config: always trainable": config_with(trainable=True),
    "config: bias begins with zeros": config_with(
        bias_initializer=keras.initializers.serialize(keras.initializers.Zeros())
    ),
    "metadata: another version": mock.patch.object(
        saving_lib, "keras_version", "0.0.0"
    ),
    "load_model: runs the code of a file": mock.patch.object(
        keras.models,
        "load_model",
        functools.wraps(keras.models.load_model)(running_code),
    ),
}

FAULTS = STORED | WRITTEN | TOLD

LAST = "the last of two axes is axis 1"
POWERS = "powers = np.exp(z - z.max(axis=-1, keepdims=True))"
PARTS = "return powers / powers.sum(axis=-1, keepdims=True)"
EQUIVALENT = {
    "plot_3_predict_without_keras": {
        (POWERS, POWERS.replace("-1", "1")): LAST,
        (PARTS, PARTS.replace("-1", "1")): LAST,
    },
}
