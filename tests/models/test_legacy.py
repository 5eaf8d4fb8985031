"""Files that Keras 2 wrote: what they say is computed with the meaning that it had."""

import json
import zipfile

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers

from keras_by_hand import load_model
from keras_by_hand.models.errors import CannotRun


def as_keras_2(path, copy, version="2.15.0"):
    """Write a file again as if an older Keras had; what it wrote of these layers is
    otherwise the same."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "metadata.json":
                data = json.dumps({"keras_version": version})
            new.writestr(name, data)
    return copy


def of_slope(slope):
    """Return a hard_sigmoid as a function of Keras' operators."""

    def gate(x):
        return keras.ops.clip(slope * x + 0.5, 0, 1)

    return gate


MODELS = {  # a layer with an activation, by what it is about
    "activation": layers.Activation,
    "dense": lambda gate: layers.Dense(3, activation=gate),
    "lstm": lambda gate: layers.LSTM(3, recurrent_activation=gate),
    "gru": lambda gate: layers.GRU(3, recurrent_activation=gate, reset_after=False),
    "both ways": lambda gate: layers.Bidirectional(MODELS["lstm"](gate)),
    "cell": lambda gate: layers.RNN(layers.GRUCell(3, recurrent_activation=gate)),
    "steps": lambda gate: layers.TimeDistributed(MODELS["dense"](gate)),
    "nested": lambda gate: keras.Sequential([MODELS["dense"](gate)]),
}


@pytest.mark.drawn
@pytest.mark.parametrize("version, slope", [("2.13.1", 0.2), ("3.0.0", 1 / 6)])
@pytest.mark.parametrize("name", MODELS)
def test_hard_sigmoid_has_the_slope_that_it_had(name, version, slope, tmp_path):
    rng = np.random.default_rng(313)
    x = rng.normal(size=(2, 4, 5)).astype("float32")
    gate = of_slope(slope)
    with keras.saving.custom_object_scope({"gate": gate}):
        in_file, expected = (
            keras.Sequential([keras.Input((4, 5)), MODELS[name](activation)])
            for activation in ("hard_sigmoid", gate)
        )
    draw_weights(in_file, rng)
    expected.set_weights(in_file.get_weights())
    in_file.save(tmp_path / "new.keras")
    path = as_keras_2(tmp_path / "new.keras", tmp_path / "old.keras", version)
    model = load_model(path)
    y = expected.predict_on_batch(x)
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-5, atol=1e-5)
    assert bool(model.list_notes()) == (slope == 0.2)


@pytest.mark.parametrize("output_mode", ["int", "one_hot"])
def test_the_dtype_of_a_discretization_was_that_of_its_output(output_mode, tmp_path):
    bins = layers.Discretization([-0.5, 0.0, 0.5], output_mode=output_mode)
    model = keras.Sequential([keras.Input((1,)), bins])
    model.save(tmp_path / "new.keras")
    x = np.float32([[-0.7], [-0.2], [0.2], [0.7]])
    expected = model.predict_on_batch(x)
    bins.get_config = lambda: {**type(bins).get_config(bins), "dtype": "int64"}
    model.save(tmp_path / "new.keras")
    path = as_keras_2(tmp_path / "new.keras", tmp_path / "old.keras")
    np.testing.assert_array_equal(load_model(path).predict(x), expected)


@pytest.mark.parametrize("metadata", ["[]", '{"keras_version": 2}', "{", "[" * 9999])
def test_a_file_with_other_metadata_is_of_today_or_damaged(metadata, good, tmp_path):
    copy = tmp_path / "copy.keras"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = metadata if name == "metadata.json" else old.read(name)
            new.writestr(name, data)
    try:
        y = load_model(copy).predict(np.ones((1, 4)))
    except CannotRun as error:
        assert "is damaged" in str(error) and metadata in ("{", "[" * 9999)
    else:
        np.testing.assert_array_equal(y, load_model(good).predict(np.ones((1, 4))))
