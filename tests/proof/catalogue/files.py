"""Faults of files: what a layer stores and takes back, its config, and its place.

Many of them are the same both ways: whoever saves and loads with the same faulty Keras
does not notice.
"""

import functools
from unittest import mock

import keras
import numpy as np
from breaking import altered
from fault import Fault
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


def rate_times(factor):
    """Of an optimizer: its steps come first, then its learning rate."""
    return lambda arrays, layer: [*arrays[:1], factor * arrays[1], *arrays[2:]]


def without_last(arrays, layer):
    return arrays[:-1]


def without_bias(arrays, layer):
    return [*arrays[:1], *arrays[2:]]


def filled(arrays, layer):
    """What is missing is left as it is."""
    held = [backend.convert_to_numpy(weight) for weight in layer.weights]
    return [*arrays, *held[len(arrays) :]]


def one_more(arrays, layer):
    return [*arrays, *arrays[:1]]


def never_empty(arrays, layer):
    return arrays or [np.zeros(1)]


def narrower(array):
    return ops.cast(array, "float16") if array.dtype == "float32" else array


def rows_reversed(array):
    return ops.flip(array, 0)


STORED = [
    Fault(
        "save_own_variables: bias first",
        "files/plot_weights_file",
        "Dense.save_own_variables",
        storing(bias_first, kernel_first),
    ),
    Fault(
        "save_own_variables: kernel transposed",
        "files/plot_weights_file",
        "Dense.save_own_variables",
        storing(of_kernel(ops.transpose), of_kernel(np.transpose)),
    ),
    Fault(
        "save_own_variables: rows of the kernel reversed",
        "files/plot_weights_file",
        "Dense.save_own_variables",
        storing(of_kernel(rows_reversed), of_kernel(np.flipud)),
    ),
    Fault(
        "save_own_variables: kernel in float16",
        "files/plot_weights_file",
        "Dense.save_own_variables",
        storing(of_kernel(narrower)),
    ),
    Fault(
        "save_own_variables: bias reversed",
        "files/plot_weights_file",
        "Dense.save_own_variables",
        storing(of_bias(rows_reversed), of_bias(np.flip)),
    ),
    Fault(
        "save_own_variables: the last one forgotten",
        "files/plot_keras_file",
        "Dense.save_own_variables",
        storing(without_last, filled),
    ),
    Fault(
        "save_own_variables: bias forgotten",
        "files/plot_keras_file",
        "Dense.save_own_variables",
        storing(without_bias, filled),
    ),
    Fault(
        "save_own_variables: copies",
        "files/plot_own_variables",
        "Dense.save_own_variables",
        storing(lambda arrays, layer: [1 * array for array in arrays]),
    ),
    Fault(
        "save_own_variables: one more",
        "files/plot_own_variables",
        "Dense.save_own_variables",
        storing(one_more),
    ),
    Fault(
        "save_own_variables: something before it is built",
        "files/plot_own_variables",
        "Dense.save_own_variables",
        storing(never_empty),
    ),
    Fault(
        "weights file: an array that no layer has",
        "files/plot_weights_file",
        "Dense.save_own_variables",
        storing(one_more, without_last),
    ),
    Fault(
        "load_own_variables: does nothing",
        "files/plot_keras_file",
        "Dense.load_own_variables",
        storing(load=lambda arrays, layer: filled([], layer)),
    ),
    Fault(
        "load_own_variables: bias reversed",
        "files/plot_keras_file",
        "Dense.load_own_variables",
        storing(load=of_bias(np.flip)),
    ),
    Fault(
        "load_own_variables: bias left as it is",
        "files/plot_keras_file",
        "Dense.load_own_variables",
        storing(load=lambda arrays, layer: filled(arrays[:1], layer)),
    ),
    Fault(
        "load_own_variables: in float16",
        "files/plot_own_variables",
        "Dense.load_own_variables",
        storing(load=lambda arrays, layer: [np.float16(array) for array in arrays]),
    ),
    Fault(
        "load_own_variables: takes too few",
        "files/plot_own_variables",
        "Dense.load_own_variables",
        storing(load=filled),
    ),
]


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


def writing_bfloat16(dtype, attribute="bfloat16", others=False):
    """A weights file whose bfloat16 arrays have another dtype, of two bytes, or are told
    by another attribute, as others may be, too."""

    def write(self, key, value):
        if not self._h5_entry_initialized:
            self._create_h5_group(self._h5_entry_path)
        array = backend.convert_to_numpy(value)
        bits = array.dtype.name == "bfloat16"
        data = array.view(dtype) if bits else array
        dataset = self._h5_entry_group.create_dataset(key, data=data)
        if bits or others:
            dataset.attrs["dtype"] = attribute

    return mock.patch.object(H5IOStore, "__setitem__", write)


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


WRITTEN = [
    Fault(
        "weights file: big-endian",
        "files/plot_weights_file",
        "Model.save_weights",
        writing(
            lambda array: (
                array.astype(array.dtype.newbyteorder(">"))
                if array.dtype.name == "float32"
                else array
            )
        ),
    ),
    Fault(
        "weights file: bfloat16 written as float32",
        "files/plot_bfloat16_file",
        "Model.save_weights",
        writing(
            lambda array: (
                array.astype("float32") if array.dtype.name == "bfloat16" else array
            )
        ),
    ),
    Fault(
        "weights file: bfloat16 not told",
        "files/plot_bfloat16_file",
        "Model.save_weights",
        mock.patch.object(H5IOStore, "__setitem__", plain_write),
    ),
    Fault(
        "weights file: bfloat16 written as whole numbers",
        "files/plot_bfloat16_file",
        "Model.save_weights",
        writing_bfloat16("uint16"),
    ),
    Fault(
        "weights file: bfloat16 has another name",
        "files/plot_bfloat16_file",
        "Model.save_weights",
        writing_bfloat16("V2", attribute="float16"),
    ),
    Fault(
        "weights file: all arrays have an attribute",
        "files/plot_bfloat16_file",
        "Model.save_weights",
        writing_bfloat16("V2", others=True),
    ),
    Fault(
        "weights file: float16 written as float32",
        "files/plot_bfloat16_file",
        "Model.save_weights",
        writing(
            lambda array: (
                array.astype("float32") if array.dtype.name == "float16" else array
            )
        ),
    ),
    Fault(
        "weights file: lower half cut off",
        "files/plot_predict_without_keras",
        "Model.save_weights",
        writing(cut_off),
    ),
    Fault(
        "places: counted from 1",
        "files/plot_predict_without_keras",
        "Model.save_weights",
        mock.patch.object(saving_lib, "_get_unique_name", counted_from_one),
    ),
    Fault(
        "places: counted downwards",
        "files/plot_predict_without_keras",
        "Model.save_weights",
        mock.patch.object(saving_lib, "_get_unique_name", counted_downwards),
    ),
    Fault(
        "places: without the name of the layer",
        "files/plot_weights_file",
        "Model.save_weights",
        mock.patch.object(H5IOStore, "make", unnamed_group),
    ),
    Fault(
        "optimizer: state not saved",
        "files/plot_optimizer_file",
        "Optimizer.save_own_variables",
        mock.patch.object(Optimizer, "save_own_variables", lambda self, store: None),
    ),
    Fault(
        "optimizer: twice its learning rate saved",
        "files/plot_optimizer_file",
        "Optimizer.save_own_variables",
        storing(rate_times(2), rate_times(0.5), owner=Optimizer),
    ),
    Fault(
        "optimizer: state in the other order",
        "files/plot_optimizer_file",
        "Optimizer.save_own_variables",
        storing(
            lambda arrays, layer: arrays[::-1],
            lambda arrays, layer: arrays[::-1],
            owner=Optimizer,
        ),
    ),
]


# -- The file of the model


def running_code(*args, real=keras.models.load_model, **kwargs):
    return real(*args, **{"safe_mode": False, **kwargs})


def config_with(**changes):
    """Dense layers whose config has other values."""
    return altered(Dense, "get_config", lambda config: {**config, **changes})


def config_reading(before, after):
    """A file whose config.json has another text."""
    return altered(
        saving_lib,
        "_serialize_model_as_json",
        lambda texts: (texts[0].replace(before, after), *texts[1:]),
    )


def one_more_member(self, real=H5IOStore.close):
    if self.archive and self.mode == "w":
        self.archive.writestr("notes.txt", "")
    real(self)


ACTIVATIONS = "activations/plot_saving_activations"
TOLD = [
    Fault(
        "archive: one more member",
        "files/plot_keras_file",
        "Model.save",
        mock.patch.object(H5IOStore, "close", one_more_member),
    ),
    Fault(
        "config: linear is not told",
        "files/plot_keras_file",
        "Dense.get_config",
        config_reading('"linear"', "null"),
    ),
    Fault(
        "config: what a lambda is made of has other names",
        "files/plot_lambda",
        "Lambda.get_config",
        config_reading('"closure"', '"cells"'),
    ),
    Fault(
        "config: a function has another name",
        ACTIVATIONS,
        "Model.save",
        config_reading('"squared_relu"', '"squared"'),
    ),
    Fault(
        "config: a registered name without its package",
        ACTIVATIONS,
        "Model.save",
        config_reading("by_hand>", ""),
    ),
    Fault(
        "config: another slope",
        ACTIVATIONS,
        "ReLU.get_config",
        altered(
            keras.layers.ReLU,
            "get_config",
            lambda config: {**config, "negative_slope": 0.25},
        ),
    ),
    Fault(
        "config: a unit more",
        "files/plot_keras_file",
        "Dense.get_config",
        altered(
            Dense, "get_config", lambda config: {**config, "units": config["units"] + 1}
        ),
    ),
    Fault(
        "config: without the activation",
        "files/plot_keras_file",
        "Dense.get_config",
        config_with(activation="linear"),
    ),
    Fault(
        "config: always a bias",
        "files/plot_keras_file",
        "Dense.get_config",
        config_with(use_bias=True),
    ),
    Fault(
        "config: always trainable",
        "files/plot_keras_file",
        "Dense.get_config",
        config_with(trainable=True),
    ),
    Fault(
        "config: bias begins with zeros",
        "files/plot_keras_file",
        "Dense.get_config",
        config_with(
            bias_initializer=keras.initializers.serialize(keras.initializers.Zeros())
        ),
    ),
    Fault(
        "metadata: another version",
        "files/plot_keras_file",
        "Model.save",
        mock.patch.object(saving_lib, "keras_version", "0.0.0"),
    ),
    Fault(
        "load_model: runs the code of a file",
        "files/plot_predict_without_keras",
        "load_model",
        mock.patch.object(
            keras.models,
            "load_model",
            functools.wraps(keras.models.load_model)(running_code),
        ),
    ),
]

FAULTS = STORED + WRITTEN + TOLD
