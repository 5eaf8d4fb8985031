"""The files that the examples of what runs and compares whole models name."""

import json

import h5py
import keras
import numpy as np
from keras import layers


@keras.saving.register_keras_serializable("pack")
class Shift(layers.Layer):
    def build(self, shape):
        self.offset = self.add_weight(shape=shape[-1:], name="offset")

    def call(self, x):
        return 10 * x + self.offset

    def get_config(self):
        return {**super().get_config(), "scale": 10}


def write_examples(folder):
    """Write them into a folder, where these examples run."""
    dense = layers.Dense(2, activation="relu", name="dense")
    model, own = (
        keras.Sequential([keras.Input((2,), name="x"), layer], name="my_model")
        for layer in (dense, Shift())
    )
    dense.set_weights([np.array([[1, -1], [3, 0]]), np.array([0, 0.5])])
    model.save(folder / "model.keras")
    own.save(folder / "own.keras")
    (folder / "model.json").write_text(model.to_json())
    write_old(folder / "old.h5")


def write_old(path):
    """Write an LSTM as Keras 2 did, in HDF5 and with an argument that has gone."""
    model = keras.Sequential([keras.Input((None, 1)), layers.LSTM(1, name="lstm")])
    model.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][-1]["config"]["time_major"] = False
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.12.0"
