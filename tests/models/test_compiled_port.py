"""A port in C, compiled with the header that dump writes, beside its model."""

import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers

from keras_by_hand import compare

PORT = Path(__file__).with_name("port.c")
RIGHT = {"CANDIDATE": 2, "SECOND_BIAS": 1}  # what PORT takes on its command line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a model of layers that hold layers, its input, and the header."""
    x = keras.Input((5, 3), name="x")
    dense = layers.Dense(4, activation="relu", name="dense")
    y = layers.TimeDistributed(dense, name="steps")(x)
    lstm = layers.LSTM(3, return_sequences=True, name="lstm")
    y = layers.Bidirectional(lstm, name="both")(y)
    y = layers.MultiHeadAttention(2, 3, name="heads")(y, y)
    cells = [layers.GRUCell(4, name="first"), layers.LSTMCell(3, name="second")]
    y = layers.RNN(layers.StackedRNNCells(cells, name="cells"), name="last")(y)
    model = keras.Model(x, layers.Dense(2, name="classes")(y))
    rng = np.random.default_rng(313)
    draw_weights(model, rng)
    path = tmp_path_factory.mktemp("c")
    model.save(path / "model.keras")
    np.save(path / "x.npy", rng.normal(size=(2, 5, 3)).astype("float32"))
    return path


def run_port(folder, **constants):
    """Return what the program prints, {layer: its numbers, flat}."""
    told = [f"-D{name}={value}" for name, value in {**RIGHT, **constants}.items()]
    program = folder / "port"
    strict = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable"]
    include = ["-I", folder, PORT, "-o", program, "-lm"]
    subprocess.run(["cc", *strict, *told, *include], check=True)
    printed = subprocess.run([program], check=True, capture_output=True, text=True)
    lines = map(str.split, printed.stdout.splitlines())
    return {name: np.float32(numbers) for name, *numbers in lines}


def test_a_port_in_c_of_the_dumped_header_is_right(command, folder):
    x = folder / "x.npy"
    given = ("dump", folder / "model.keras", "--input", x, "--force", "--output")
    code, _, errors = command(
        *given, folder / "golden.npz", "--header", folder / "golden.h"
    )
    assert (code, errors) == (0, "")
    found = compare(folder / "model.keras", run_port(folder), np.load(x))
    assert found.faulty == found.unmatched == []
    assert [row.tensor for row in found.rows] == [row.name for row in found.rows]
    gates = "the port takes the gates i, f, o, c for i, f, c, o"
    for constants, faulty, cause in (
        ({"CANDIDATE": 3}, ["both", "last"], gates),
        ({"SECOND_BIAS": 0}, ["last"], None),
    ):
        port = run_port(folder, **constants)
        found = compare(folder / "model.keras", port, np.load(x))
        assert found.faulty == faulty
        for layer in faulty if cause else ():
            assert found.causes[layer][0].text.startswith(cause), found
