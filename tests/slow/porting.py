"""What is said of PyTorch, ONNX and TFLite, asked of them: a part of make test-backends.

PyTorch and ONNX stand in an environment of their own, where frameworks.py asks them; the
converter to TFLite is a part of TensorFlow.
"""

import ast
import copy
import functools
import json
import math
import os
import re
import subprocess

import keras
import numpy as np
import pytest
import tensorflow
from library.engine.cases import map_arrays
from library.engine.subjects import SUBJECTS, read_cases
from project import ROOT, run
from stated import stated_defaults
from tensorflow.lite.python import schema_py_generated as schema

from gallery.elsewhere import read_elsewhere

SINGLE = ("int8", "HardSwish", "Selu")  # ONNX' specification rounds their constants
OPERATORS = {
    number: name
    for name, number in vars(schema.BuiltinOperator).items()
    if not name.startswith("_")
}
CONVERTED = [name for name, entry in read_elsewhere().items() if entry["tflite"]]
read_cases()


# -- PyTorch and ONNX


PYTHON = ROOT / ".venv-torch/bin/python"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "torch"}


def run_beside_pytorch(script):
    return run(PYTHON, script, env=ENVIRONMENT)


@functools.cache
def answers():
    said = run_beside_pytorch(ROOT / "tests/slow/frameworks.py")
    return json.loads(said.splitlines()[-1])


def test_the_frameworks_answer_as_the_library_does():
    errors = answers()["errors"]
    assert len(errors) > 200
    wrong = {
        name: error
        for name, error in errors.items()
        if not error < (1e-6 if any(word in name for word in SINGLE) else 1e-12)
    }
    assert wrong == {}


def test_each_function_that_carries_weights_is_tried():
    carried = {f for entry in read_elsewhere().values() for f in entry["carried_by"]}
    assert carried - set(answers()["called"]) == set()


@pytest.mark.parametrize("framework", ["pytorch", "onnx"])
def test_each_name_exists(framework):
    known = answers()[framework]
    assert len(known) > 40
    assert [name for name, defaults in known.items() if defaults is None] == []


@pytest.mark.parametrize(
    "framework, name, argument, value",
    [
        (framework.lower(), *stated)
        for framework in ("PyTorch", "ONNX")
        for stated in stated_defaults(framework)
    ],
)
def test_a_default_is_that_of_the_framework(framework, name, argument, value):
    known = answers()[framework]
    found = {known[other].get(argument) for other in read_elsewhere()[name][framework]}
    assert value in found


def test_a_projection_is_refused():
    assert answers()["proj_size"].endswith("the state must not have weight_hr_l0")


def test_the_snippet_of_the_porting_index_runs():
    run_beside_pytorch(ROOT / "docs/from_pytorch.py")


# -- The page on ports to PyTorch that give another output

ROUNDING = r"(\d\.\de-(0[6-9]|[1-9]\d)|0\.0e\+00)"  # differs from machine to machine


def words_of(text):
    """Return the words of each line, of rounding without the place where it is most."""
    text = re.sub(rf"{ROUNDING} +\(\S*\)", "rounding", text)
    text = re.sub(ROUNDING, "rounding", text)
    return [line.split() for line in text.splitlines()]


def is_alike(word, expected):
    try:
        return math.isclose(float(word), float(expected), rel_tol=0.1)
    except ValueError:
        return word == expected


def are_alike(said, expected):
    said, expected = words_of(said), words_of(expected)
    return list(map(len, said)) == list(map(len, expected)) and all(
        map(is_alike, sum(said, []), sum(expected, []))
    )


def test_the_page_shows_what_its_script_prints(tmp_path):
    """If it prints other numbers now, copy these to docs/compare_with_pytorch.txt."""
    script = ROOT / "docs/compare_with_pytorch.py"
    done = subprocess.run(
        [PYTHON, script], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert are_alike(done.stdout, script.with_suffix(".txt").read_text()), done.stdout


PACKED = """
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import keras
import numpy as np
from keras import layers

from keras_by_hand import compare
from keras_by_hand.porting.pytorch import lstm_to_pytorch, stack_to_pytorch

{record}

{padded}


class Port(nn.Module):
    def __init__(self, both):
        super().__init__()
        self.words = nn.Embedding(20, 4)
        self.lstm = nn.LSTM(4, 3, batch_first=True, bidirectional=both)

    def forward(self, words):
        lengths = (words != 0).sum(1)
        y = pack_padded_sequence(
            self.words(words), lengths, batch_first=True, enforce_sorted=False
        )
        return self.lstm(y)[0]


words = np.random.default_rng(313).integers(1, 20, size=(3, 6))
words[0, 2:] = words[2, 4:] = 0
for both in (False, True):
    lstm = layers.LSTM(3, return_sequences=True, name="lstm")
    if both:
        lstm = layers.Bidirectional(lstm, name="lstm")
    model = keras.Sequential([keras.Input((6,), dtype="int32")])
    model.add(layers.Embedding(20, 4, mask_zero=True, name="words"))
    model.add(lstm)
    model.save("model.keras")
    table, *weights = model.get_weights()
    port = Port(both).eval()
    state = stack_to_pytorch([weights], lstm_to_pytorch)
    state = {{name: torch.tensor(array) for name, array in state.items()}}
    for factor in (1, 1.1):
        state["weight_hh_l0"] *= factor
        port.lstm.load_state_dict(state)
        port.words.load_state_dict({{"weight": torch.tensor(table)}})
        made = record(port, torch.tensor(words))
        print(*sorted(made), compare("model.keras", made, words).faulty)
"""


def test_the_hook_records_packed_sequences(tmp_path):
    tree = ast.parse(source := (ROOT / "docs/compare_with_pytorch.py").read_text())
    defined = {
        part.name: ast.get_source_segment(source, part)
        for part in tree.body
        if isinstance(part, ast.FunctionDef)
    }
    (tmp_path / "packed.py").write_text(PACKED.format_map(defined))
    done = subprocess.run(
        [PYTHON, "packed.py"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    right, wrong = ["lstm output words []", "lstm output words ['lstm']"]
    assert done.stdout.splitlines() == [right, wrong] * 2


@pytest.mark.parametrize(
    "said, alike",
    [
        ("dense  (2,3)  3.7e-01  (0,0)  0.8614  2.6e-08", True),
        ("dense  (2,3)  3.6e-01  (0,0)  0.8613  0.0e+00  ", True),
        ("dense  (2,3)  2.7e-01  (0,0)  0.8614  2.6e-08", False),
        ("dense  (2,3)  3.7e-01  (1,0)  0.8614  2.6e-08", False),
        ("dense  (2,3)  3.7e-01  (0,0)  0.8614  2.6e-04", False),
        ("dense  (2,3)  3.7e-01  (0,0)  0.8614  2.6e-08  beside fc", False),
        ("dense  (2,3)  3.7e-08  (0,0)  0.8614  2.6e-08", False),
    ],
)
def test_only_rounding_may_differ(said, alike):
    assert are_alike(said, "dense  (2,3)  3.7e-01  (0,0)  0.8614  1.1e-07") == alike
    places = [f"relu  2.1e-07  {place}  1.0000" for place in ("(0,1)", "(1,0)")]
    assert are_alike(*places)


# -- TFLite


def convert(layer, inputs):
    """Return the operators that TensorFlow's converter makes of a layer, and the shapes of
    all tensors."""
    dtypes = {"f": "float32", "U": "string"}

    def as_input(array):
        dtype = dtypes.get(array.dtype.kind, array.dtype.name)
        return keras.Input(batch_shape=array.shape, dtype=dtype)

    given = map_arrays(as_input, inputs)
    model = keras.Model(keras.tree.flatten(given), layer(*given))
    converted = tensorflow.lite.TFLiteConverter.from_keras_model(model).convert()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(converted, 0))
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    return {OPERATORS[code] for code in codes}, [tuple(t.shape) for t in tensors]


@pytest.mark.parametrize("name", CONVERTED)
def test_the_converter_makes_these_operators(name):
    """Of the first case of a layer, which has Keras' defaults."""
    if hasattr(keras.activations, name):
        layer, inputs = keras.layers.Activation(name), (np.zeros((3, 4)),)
    else:
        subject = copy.copy(SUBJECTS[name])
        subject.dtype = subject.dtype and {"dtype": "float32"}
        case = subject.generator(subject.draws()[0])
        layer, inputs = subject.make(case), case.inputs
    operators, _ = convert(layer, inputs)
    assert set(read_elsewhere()[name]["tflite"]) - operators == set()


@pytest.mark.parametrize(
    "layer, x, kernel",
    [
        (keras.layers.Dense(3), (2, 4), (3, 4)),  # (units, features)
        (keras.layers.Conv2D(6, (3, 2)), (1, 7, 8, 4), (6, 3, 2, 4)),
    ],
)
def test_the_converter_moves_the_axes_of_kernels(layer, x, kernel):
    assert kernel in convert(layer, (np.zeros(x),))[1]
