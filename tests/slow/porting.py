"""What is said of PyTorch, ONNX and TFLite, asked of them: a part of make test-backends.

PyTorch and ONNX stand in an environment of their own, where frameworks.py asks them; the
converter to TFLite is a part of TensorFlow.
"""

import copy
import functools
import json
import os

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


def run_beside_pytorch(script):
    environment = {"PYTHONPATH": str(ROOT), "KERAS_BACKEND": "torch"}
    python = ROOT / ".venv-torch/bin/python"
    return run(python, script, env={**os.environ, **environment})


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
