"""The examples of what runs and compares whole models, beside the files that they name."""

import doctest

import keras
import numpy as np
import pytest
from keras import layers

import keras_by_hand


@keras.saving.register_keras_serializable("pack")
class Shift(layers.Layer):
    def build(self, shape):
        self.offset = self.add_weight(shape=shape[-1:], name="offset")

    def call(self, x):
        return 10 * x + self.offset

    def get_config(self):
        return {**super().get_config(), "scale": 10}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files that examples name, in the folder where they run."""
    dense = layers.Dense(2, activation="relu", name="dense")
    model, own = (
        keras.Sequential([keras.Input((2,), name="x"), layer], name="my_model")
        for layer in (dense, Shift())
    )
    dense.set_weights([np.array([[1, -1], [3, 0]]), np.array([0, 0.5])])
    model.save(tmp_path / "model.keras")
    own.save(tmp_path / "own.keras")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["load_model", "Model", "compare", "Comparison"])
def test_an_example_is_true(files, name):
    names = {"np": np, **vars(keras_by_hand)}
    find = doctest.DocTestFinder(recurse=False).find
    [test] = find(getattr(keras_by_hand, name), name, globs=names)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
