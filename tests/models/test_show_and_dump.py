"""What the commands show, run to a layer, and dump."""

import re

import keras
import numpy as np
import pytest
from keras import layers

from keras_by_hand import load_model
from keras_by_hand.comparing.golden import golden_vectors
from keras_by_hand.comparing.recording import record


@pytest.fixture
def model(tmp_path):
    """A model with a shared layer, a model in it, and a layer of two outputs; the path of
    its file, and its input."""
    x = keras.Input((4, 3), name="x")
    inner_x = keras.Input((4, 3))
    inner = keras.Model(inner_x, layers.Dense(3, name="deep")(inner_x), name="inner")
    shared = layers.Dense(3, name="shared")
    y = shared(inner(shared(x)))
    y, state = layers.SimpleRNN(2, return_state=True, name="rnn")(y)
    whole = keras.Model(x, layers.Add(name="sum")([y, state]))
    whole.save(tmp_path / "model.keras")
    array = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.save(tmp_path / "x.npy", array)
    return whole, tmp_path / "model.keras", tmp_path / "x.npy"


def test_show_tells_shapes_weights_and_parameters(command, model):
    whole, path, _ = model
    code, said, errors = command("show", path)
    assert (code, errors) == (0, "")
    rows = {line.split()[0]: line for line in said.splitlines()}
    assert re.search(
        r"Dense +\(None,4,3\) +12  kernel \(3,3\), bias \(3,\)", rows["deep"]
    )
    assert "kernel (3,2), recurrent_kernel (2,2), bias (2,)" in rows["rnn"]
    assert said.splitlines()[-1] == f"{whole.count_params()} parameters in 7 layers"


def test_show_tells_what_cannot_be_run(command, tmp_path):
    x = keras.Input((4,))
    y = layers.Lambda(lambda x: x + 1, name="odd")(layers.Dense(2, name="first")(x))
    keras.Model(x, layers.Dense(1, name="last")(y)).save(tmp_path / "odd.keras")
    code, said, _ = command("show", tmp_path / "odd.keras")
    assert code == 1
    assert re.search(r"^cannot be run: layer odd \(Lambda\): it holds code", said, re.M)
    *_, last = said.splitlines()
    assert last == ("3 of 4 layers can be run; the first 2 of the file can, odd cannot")


def test_show_tells_why_there_are_no_shapes(command, tmp_path):
    x = keras.Input((None, None, 1))
    y = layers.Conv2D(1, 40, name="wide")(x)
    keras.Model(x, y).save(tmp_path / "wide.keras")
    code, said, _ = command("show", tmp_path / "wide.keras")
    assert code == 0 and "shapes of outputs are not known: layer wide" in said


def test_show_leaves_lengths_open_that_the_input_decides(command, tmp_path):
    x = keras.Input((None, 6, 1))
    y = layers.Conv2D(2, 3, strides=2, name="half")(x)
    keras.Model(x, y).save(tmp_path / "open.keras")
    code, said, _ = command("show", tmp_path / "open.keras")
    assert code == 0 and re.search(r"half +Conv2D +\(None,None,2,2\) ", said)


def test_each_call_and_output_has_a_name(model):
    whole, path, x = model
    recorded = record(load_model(path), np.load(x))
    assert list(recorded) == ["shared", "deep", "shared#2", "rnn", "rnn/1", "sum"]
    y = whole.predict(np.load(x), verbose=0)
    np.testing.assert_allclose(recorded["sum"].array, y, rtol=1e-5, atol=1e-5)


def test_run_stops_at_a_layer(command, model, tmp_path):
    _, path, x = model
    y, dump = tmp_path / "y.npy", tmp_path / "dump.npz"
    given = ("run", path, "--input", x, "--layer", "shared#2")
    code, said, _ = command(*given, "--output", y, "--dump", dump)
    assert code == 0 and "dump.npz: shared#2 (2, 4, 3) float32" in said
    dumped = np.load(dump)
    assert list(dumped) == ["shared", "deep", "shared#2"]
    np.testing.assert_array_equal(dumped["shared#2"], np.load(y))
    expected = record(load_model(path), np.load(x))["shared#2"].array
    np.testing.assert_array_equal(np.load(y), expected)


def test_a_layer_that_is_not_called_is_refused(command, model, tmp_path):
    _, path, x = model
    y = tmp_path / "y.npy"
    given = ("run", path, "--input", x, "--layer", "none", "--output", y)
    code, _, errors = command(*given)
    assert code == 1 and "no layer none was called; those that were: shared, " in errors
    assert not y.exists()
    for wrong in (["--layer", "rnn"], ["--dump", "d.npz"], ["--input", x]):
        assert command("run", path, *wrong)[0] == 2


def test_golden_vectors(command, model, tmp_path):
    whole, path, x = model
    golden, header = tmp_path / "golden.npz", tmp_path / "golden.h"
    given = ("dump", path, "--input", x, "--output", golden)
    code, said, _ = command(*given, "--header", header)
    assert code == 0 and said.count(" arrays, ") == 2
    vectors = dict(np.load(golden))
    assert {array.dtype.name for array in vectors.values()} == {"float32"}
    np.testing.assert_array_equal(vectors["shared/input"], np.load(x))
    np.testing.assert_array_equal(vectors["deep/input"], vectors["shared/output"])
    np.testing.assert_array_equal(vectors["sum/input_1"], vectors["rnn/1/output"])
    kernel, bias = whole.get_layer("shared").get_weights()
    np.testing.assert_array_equal(vectors["shared/kernel"], kernel)
    np.testing.assert_array_equal(vectors["shared/bias"], bias)
    for name, array in read_header(header.read_text()).items():
        of_golden = {re.sub(r"\W", "_", n): a for n, a in vectors.items()}[name]
        np.testing.assert_array_equal(array, of_golden)
    assert command(*given)[0] == 1  # they are there already


@pytest.fixture
def twins(tmp_path):
    """The path of a model with two models in it, each with a layer named dense."""
    x = keras.Input((2,), name="x")
    y = x
    for units in (3, 4):
        inner = keras.Input((y.shape[-1],))
        dense = layers.Dense(units, name="dense", bias_initializer="normal")
        y = keras.Model(inner, dense(inner), name=f"part_{units}")(y)
    keras.Model(x, y).save(tmp_path / "twins.keras")
    return tmp_path / "twins.keras"


def test_layers_of_one_name_are_told_apart(command, twins):
    code, said, _ = command("show", twins)
    rows = [line.split() for line in said.splitlines() if " dense " in line]
    assert code == 0 and [row[2] for row in rows] == ["(None,3)", "(None,4)"]
    vectors = golden_vectors(load_model(twins), np.ones((1, 2), "float32"))
    for name, units in (("dense", 3), ("dense#2", 4)):
        x, kernel, bias, y = (
            vectors[f"{name}/{key}"] for key in ("input", "kernel", "bias", "output")
        )
        assert y.shape == (1, units)
        np.testing.assert_allclose(x @ kernel + bias, y, rtol=1e-6, atol=1e-6)


def read_header(text):
    """Return the arrays in a header of C, by their names."""
    found = re.findall(
        r"static const int (\w+)_shape\[\] = \{(.*?)\};\n"
        r"static const float (\w+)\[\] = \{(.*?)\};",
        text,
        re.S,
    )
    arrays = {}
    for name, shape, same, values in found:
        assert name == same
        numbers = [
            float(value[:-1]) for value in re.split(r",\s+", values.strip(", \n"))
        ]
        assert all(
            value.endswith("f") for value in re.split(r",\s+", values.strip(", \n"))
        )
        arrays[name] = np.float32(numbers).reshape([int(n) for n in shape.split(",")])
    assert len(arrays) == text.count("static const float") > 10
    return arrays
