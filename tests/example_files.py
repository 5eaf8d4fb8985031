"""The files that the examples of what runs and compares whole models name."""

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
