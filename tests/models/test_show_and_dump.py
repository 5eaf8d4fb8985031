"""What the commands show, run to a layer, and dump."""

import re

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers

from keras_by_hand import load_model
from keras_by_hand.comparing.golden import golden_vectors, write_header
from keras_by_hand.comparing.recording import record, weights_of


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


def test_names_in_c_are_valid_and_unique(tmp_path):
    names = [
        "a.b/kernel",
        "a_b/kernel",
        "a-b/kernel",
        "a_b/kernel_2",
        "1st/bias",
        "\u00e9/\u00fc",
    ]
    vectors = {name: np.float32([number]) for number, name in enumerate(names)}
    with open(tmp_path / "golden.h", "wb") as file:
        write_header(file, vectors)
    text = (tmp_path / "golden.h").read_text()
    arrays = re.findall(
        r"// (.*)\nstatic const int (\w+)_shape.*\nstatic const float (\w+)\[\]", text
    )
    assert [name for name, *_ in arrays] == names
    symbols = [symbol for _, symbol, _ in arrays]
    assert symbols == [symbol for *_, symbol in arrays]
    assert len(set(symbols)) == len(names)
    assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", symbol) for symbol in symbols)


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


def heads(kind, *sizes, **config):
    """A layer of attention of its input to itself."""
    layer = kind(*sizes, **config, name="it")
    return lambda x: layer(x, x)


def scores(kind, **config):
    """The same, of attention that takes a list."""
    layer = kind(**config, name="it")
    return lambda x: layer([x, x])


def cells(kind, names):
    return layers.RNN([kind(2, name=name) for name in names], name="it")


GATES = "kernel (3,8), recurrent_kernel (2,8), bias (8,)"
NESTED = {  # a layer named "it", of inputs (4, 3), and its weights as they are shown
    "heads": (
        lambda: heads(layers.MultiHeadAttention, 2, 5),
        "query_kernel (3,2,5), query_bias (2,5), key_kernel (3,2,5), key_bias (2,5), "
        "value_kernel (3,2,5), value_bias (2,5), output_kernel (2,5,3), "
        "output_bias (3,)",
    ),
    "heads and a gate": (
        lambda: heads(layers.MultiHeadAttention, 2, 5, use_bias=False, use_gate=True),
        "query_kernel (3,2,5), key_kernel (3,2,5), gate_kernel (3,2,5), "
        "value_kernel (3,2,5), output_kernel (2,5,3)",
    ),
    "groups": (
        lambda: heads(layers.GroupQueryAttention, 5, 4, 2, use_bias=False),
        "query_kernel (3,4,5), key_kernel (3,2,5), value_kernel (3,2,5), "
        "output_kernel (4,5,3)",
    ),
    "scores": (
        lambda: scores(layers.Attention, use_scale=True, score_mode="concat"),
        "scale (), concat_score_weight ()",
    ),
    "additive scores": (lambda: scores(layers.AdditiveAttention), "scale (3,)"),
    "both directions": (
        lambda: layers.Bidirectional(layers.LSTM(2, name="lstm"), name="it"),
        ", ".join(
            f"{way}_lstm/{weight}"
            for way in ("forward", "backward")
            for weight in GATES.split(", ")
        ),
    ),
    "each step": (
        lambda: layers.TimeDistributed(layers.Dense(2, name="dense"), name="it"),
        "dense/kernel (3,2), dense/bias (2,)",
    ),
    "cells": (
        lambda: cells(layers.SimpleRNNCell, ["first", "second"]),
        "stacked_rnn_cells/first/kernel (3,2), "
        "stacked_rnn_cells/first/recurrent_kernel (2,2), "
        "stacked_rnn_cells/first/bias (2,), stacked_rnn_cells/second/kernel (2,2), "
        "stacked_rnn_cells/second/recurrent_kernel (2,2), "
        "stacked_rnn_cells/second/bias (2,)",
    ),
    "an activation": (
        lambda: layers.Dense(2, activation=layers.PReLU(name="slope"), name="it"),
        "kernel (3,2), bias (2,), slope/alpha (4,2)",
    ),
    "a normalized kernel": (
        lambda: layers.SpectralNormalization(layers.Dense(2, name="dense"), name="it"),
        "vector_u (1,2), dense/kernel (3,2), dense/bias (2,)",
    ),
}


@pytest.mark.parametrize("name", NESTED)
def test_weights_in_a_layer_are_shown_and_dumped(name, command, tmp_path):
    make, expected = NESTED[name]
    keras.utils.set_random_seed(313)
    x = keras.Input((4, 3))
    model = keras.Model(x, make()(x))
    model(np.ones((2, 4, 3)))  # which builds a layer that is an activation
    draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    code, said, errors = command("show", tmp_path / "model.keras")
    assert (code, errors) == (0, "")
    (row,) = (line for line in said.splitlines() if line.startswith("it "))
    assert re.sub(r"stacked_rnn_cells_\d+", "stacked_rnn_cells", row).endswith(
        f"  {expected}"
    )
    assert said.endswith(f"{model.count_params()} parameters in 2 layers\n")
    vectors = golden_vectors(load_model(tmp_path / "model.keras"), np.ones((2, 4, 3)))
    dumped = [
        array
        for key, array in vectors.items()
        if not re.search(r"/(in|out)put(_\d)?$", key)
    ]
    # Keras has those of a normalization behind those of its layer: those of one shape
    # are in one order.
    pairs = zip(*(sorted(a, key=np.shape) for a in (dumped, model.get_weights())))
    assert len(dumped) == len(model.get_weights())
    for array, weight in pairs:
        np.testing.assert_array_equal(array, weight)


def test_cells_of_one_name_are_told_apart(tmp_path):
    x = keras.Input((4, 3))
    model = keras.Model(x, cells(layers.GRUCell, ["cell", "cell"])(x))
    model.save(tmp_path / "model.keras")
    weights = weights_of(load_model(tmp_path / "model.keras").by_name["it"])
    assert len(weights) == len(model.get_weights()) == 6
    assert sum("/cell#2/" in name for name in weights) == 3
