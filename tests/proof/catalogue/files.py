"""Faults of files: what is stored, told in the config, and taken back. A page reads such a
file itself, so no answer of Keras can be changed in its place; and whoever saves and loads
with the same faulty Keras does not notice.
"""

import functools
from unittest import mock

import keras
import numpy as np
from breaking import altered
from fault import Fault
from keras.layers import Dense
from keras.optimizers import Optimizer
from keras.src import backend
from keras.src.saving import saving_lib
from keras.src.saving.saving_lib import H5IOStore

# -- What a layer stores, and takes


def unchanged(arrays):
    return arrays


def arrays_of(store):
    """What a store has, in the order of its numbers."""
    return [store[number] for number in sorted(store.keys(), key=int)]


def storing(save, load=unchanged, owner=Dense):
    """Layers that change the list of arrays that they save, and that which they load."""
    real_save, real_load = owner.save_own_variables, owner.load_own_variables

    @functools.wraps(real_save)
    def save_own_variables(self, store):
        real_save(self, own := {})
        for number, array in enumerate(save(arrays_of(own))):
            store[str(number)] = array

    @functools.wraps(real_load)
    def load_own_variables(self, store):
        arrays = load(arrays_of(store))
        real_load(self, {str(number): array for number, array in enumerate(arrays)})

    changed = {
        "save_own_variables": save_own_variables,
        "load_own_variables": load_own_variables,
    }
    return mock.patch.multiple(owner, **changed)


def rate_times(factor):
    """Of an optimizer: its steps come first, then its learning rate."""
    return lambda arrays: [*arrays[:1], factor * arrays[1], *arrays[2:]]


def one_more(arrays):
    return [*arrays, *arrays[:1]]


def without_last(arrays):
    return arrays[:-1]


def in_reverse(arrays):
    return arrays[::-1]


# -- The file of weights


def widened(array):
    return array.astype("float32") if array.dtype.name == "float16" else array


def writing(change):
    """A weights file whose arrays are changed when they are written: NumPy arrays."""
    real = H5IOStore.__setitem__

    def write(self, key, value):
        real(self, key, change(backend.convert_to_numpy(value)))

    return mock.patch.object(H5IOStore, "__setitem__", write)


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


def unnamed_group(self, path, metadata=None, real=H5IOStore.make):
    return real(self, path, {"name": "layer"})


# -- The file of the model


def config_with(layer=Dense, **changes):
    """Layers whose config has other values."""
    return altered(layer, "get_config", lambda config: {**config, **changes})


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


WEIGHTS = "files/plot_weights_file"
BFLOAT16 = "files/plot_bfloat16_file"
OPTIMIZER = "files/plot_optimizer_file"
KERAS = "files/plot_keras_file"
LAMBDA = "files/plot_lambda"
SAVE = "Dense.save_own_variables"
ZEROS = keras.initializers.serialize(keras.initializers.Zeros())

FAULTS = [
    Fault(WEIGHTS, SAVE, "before it is built", storing(lambda a: a or [np.zeros(1)])),
    Fault(WEIGHTS, SAVE, "one that no layer has", storing(one_more, without_last)),
    Fault(
        WEIGHTS,
        "Model.save_weights",
        "without the name of the layer",
        mock.patch.object(H5IOStore, "make", unnamed_group),
    ),
    *(
        Fault(BFLOAT16, "Model.save_weights", how, by)
        for how, by in [
            ("bfloat16 as whole numbers", writing_bfloat16("uint16")),
            ("bfloat16 by another name", writing_bfloat16("V2", "float16")),
            ("all arrays have a dtype", writing_bfloat16("V2", others=True)),
            ("float16 as float32", writing(widened)),
        ]
    ),
    *(
        Fault(OPTIMIZER, "Optimizer.save_own_variables", how, by)
        for how, by in [
            ("nothing", storing(lambda a: [], owner=Optimizer)),
            ("twice the rate", storing(rate_times(2), rate_times(0.5), Optimizer)),
            ("another order", storing(in_reverse, in_reverse, Optimizer)),
        ]
    ),
    Fault(
        KERAS,
        "Model.save",
        "one more member",
        mock.patch.object(H5IOStore, "close", one_more_member),
    ),
    Fault(
        KERAS,
        "Model.save",
        "another version",
        mock.patch.object(saving_lib, "keras_version", "0.0.0"),
    ),
    *(
        Fault(KERAS, "Dense.get_config", how, by)
        for how, by in [
            ("linear is not told", config_reading('"linear"', "null")),
            ("linear for each activation", config_with(activation="linear")),
            ("always trainable", config_with(trainable=True)),
            ("bias begins with zeros", config_with(bias_initializer=ZEROS)),
        ]
    ),
    Fault(
        LAMBDA,
        "Model.save",
        "another name of a function",
        config_reading('"negative"', '"minus"'),
    ),
    Fault(
        LAMBDA,
        "Model.save",
        "a function without its package",
        config_reading("by_hand>", ""),
    ),
    Fault(
        LAMBDA,
        "Lambda.get_config",
        "other names for what it is made of",
        config_reading('"closure"', '"cells"'),
    ),
]
