"""Formulas of a user's own layers in a Python file, which --layers names; and those of
Lambda layers."""

import keras
import numpy as np
import pytest
from keras import layers
from old_keras import write_old
from refusals import is_refused

from keras_by_hand import CannotRun, load_model
from keras_by_hand.models.converting import convert

FORMULAS = """
import numpy as np

def scale(x, gain, *, power):
    return x * gain**power

def half(x, *, part=2):
    return x / part

LAYERS = {"Scale": scale, "half": half}
"""


@keras.saving.register_keras_serializable("pack")
class Scale(layers.Layer):
    """A gain that is learned, to a power."""

    def __init__(self, power, **others):
        super().__init__(**others)
        self.power = power

    def build(self, shape):
        self.gain = self.add_weight(shape=shape[-1:], initializer="random_normal")

    def call(self, x):
        return x * self.gain**self.power

    def get_config(self):
        return {**super().get_config(), "power": self.power}


def half(x, part=2):
    return x / part


def own_model(path):
    """Write a model with a class of its own and a Lambda; return its input and output."""
    x = keras.Input((3,), name="x")
    y = layers.Lambda(half, name="half", arguments={"part": 4})(Scale(3)(x))
    inner = keras.Sequential([keras.Input((3,)), Scale(2)], name="inner")
    model = keras.Model(x, inner(y))
    model.save(path)
    array = np.float32([[1, 2, 3], [4, 5, -6]])
    return array, model.predict(array, verbose=0)


@pytest.fixture
def files(tmp_path):
    array, y = own_model(tmp_path / "own.keras")
    np.save(tmp_path / "x.npy", array)
    (tmp_path / "own.py").write_text(FORMULAS)
    return tmp_path, array, y


def test_every_command_takes_a_file_of_layers(command, files):
    folder, x, y = files
    model, inputs = folder / "own.keras", ["--input", folder / "x.npy"]
    given = ["--layers", folder / "own.py"]
    for name, more in (
        ("show", []),
        ("run", [*inputs, "--output", folder / "y.npy"]),
        ("dump", [*inputs, "--output", folder / "golden.npz"]),
        ("convert", [folder / "new.keras"]),
        ("compare", [model, *inputs]),
    ):
        assert command(name, model, *more)[0] != 0
        code, said, errors = command(name, model, *more, *given)
        assert (code, errors) == (0, ""), (name, errors)
    np.testing.assert_allclose(np.load(folder / "y.npy"), y, rtol=1e-5, atol=1e-5)
    assert said.splitlines()[-1] == "no layer differs"


def test_what_is_converted_with_layers_of_its_own_is_loaded_by_keras(files):
    folder, x, y = files
    scale = {"Scale": lambda x, gain, *, power: x * gain**power, "half": half_of}
    notes = convert(folder / "own.keras", folder / "new.keras", layers=scale)
    assert notes == ["Keras loads it with custom_objects={'Scale': ..., 'half': ...}"]
    own = {"Scale": Scale, "half": half}
    new = keras.models.load_model(folder / "new.keras", custom_objects=own)
    np.testing.assert_allclose(new.predict(x, verbose=0), y, rtol=1e-5, atol=1e-5)


def half_of(x, *, part):
    return x / part


@pytest.mark.parametrize(
    "text, said",
    [
        ("LAYERS = {", "own.py, line 1: SyntaxError: "),
        ("\n\n1 / 0", "own.py, line 3: ZeroDivisionError: division by zero"),
        ("def f():\n    raise SystemExit('no\\nway')\nf()", "line 2: SystemExit: no"),
        ("import no_such_module", "line 1: ModuleNotFoundError: No module named"),
        ("layers = {}", 'has no LAYERS: write LAYERS = {"MyLayer": function}'),
        ("LAYERS = {'Scale': 5}", "LAYERS must be {name of a class: its function, or"),
        ("LAYERS = [min]", "LAYERS must be {name of a class: its function, or"),
        ("\0", "own.py: SyntaxError: source code"),
    ],
)
def test_a_file_of_layers_that_is_none_is_refused(command, files, text, said):
    folder, *_ = files
    (folder / "own.py").write_text(text)
    given = ["--layers", folder / "own.py"]
    assert is_refused(command("show", folder / "own.keras", *given), said)
    (folder / "own.py").unlink()
    assert is_refused(command("run", folder / "own.keras", *given), "No such file")
    given = ["--layers", folder]
    assert is_refused(command("run", folder / "own.keras", *given), "is a folder")


def test_help_says_that_the_file_is_run(command):
    for name in ("show", "run", "compare", "dump", "convert"):
        said = " ".join(command(name, "--help")[1].split())
        assert "a .py file of your own, which is run" in said


# -- Lambda


def old_lambda(path, **config):
    """Write an .h5 file with a Lambda of Keras 2."""
    first = {"name": "odd", "batch_input_shape": [None, 3], "dtype": "float32"}
    held = {"arguments": {}, "output_shape": None, **config}
    return write_old(path, [("Lambda", first | held)], {"odd": {}}, "2.3.1")


OF_KERAS_2 = {"function_type": "function", "function": "scaled", "module": "my.own"}
CODE = ["4wEAAAA=", [7, 8], None]


@pytest.mark.parametrize(
    "config, known",
    [
        (OF_KERAS_2, "function 'scaled', module 'my.own'"),
        (
            {"function": CODE, "output_shape": [3]},
            r"defaults \[7, 8\], output_shape \[3",
        ),
        ({"function": CODE, "arguments": {"a": 1}}, r"\[7, 8\], arguments {'a': 1}"),
        ({"function": [*CODE[:1], None, None]}, "known of it is nothing"),
    ],
)
def test_what_is_known_of_a_lambda_is_told(config, known, tmp_path):
    path = old_lambda(tmp_path / "old.h5", **config)
    with pytest.raises(CannotRun, match=known) as refused:
        load_model(path)
    assert "layers={'odd': function})" in str(refused.value)
    assert CODE[0] not in str(refused.value)


@pytest.mark.parametrize("name", ["odd", "Lambda"])
def test_a_lambda_has_the_formula_that_is_given(name, tmp_path):
    path = old_lambda(tmp_path / "old.h5", function=CODE, arguments={"by": 2})
    model = load_model(path, layers={name: lambda x, *, by: x * by})
    np.testing.assert_array_equal(model.predict(np.array([[1, 2, 3]])), [[2, 4, 6]])


def test_the_name_of_a_lambda_goes_before_its_class(tmp_path):
    path = old_lambda(tmp_path / "old.h5", function=CODE)
    model = load_model(path, layers={"Lambda": np.sin, "odd": lambda x: x + 1})
    np.testing.assert_array_equal(model.predict(np.array([[1, 2, 3]])), [[2, 3, 4]])


def test_a_lambda_says_what_keras_3_saved_of_it(tmp_path):
    own_model(tmp_path / "own.keras")
    known = "function 'half', arguments {'part': 4}"
    with pytest.raises(CannotRun, match=known):
        load_model(tmp_path / "own.keras")


# -- Activations of a user's own


def clipped(x):
    return keras.ops.clip(x, 0, 2)


@pytest.mark.parametrize("name", ["<lambda>", "clipped"])
def test_an_activation_of_ones_own_has_the_formula_that_is_given(name, tmp_path):
    kernel, x = np.float32([[1, -1], [0, 3]]), np.float32([[1, 2], [3, -1]])
    config = {"name": "d", "batch_input_shape": [None, 2], "units": 2}
    config |= {"use_bias": False, "activation": name}
    path = write_old(
        tmp_path / "old.h5", [("Dense", config)], {"d": {"d/k:0": kernel}}, "2.3.1"
    )
    with pytest.raises(CannotRun, match=f"layers={{'{name}': function}}"):
        load_model(path)
    own = {name: lambda x: np.clip(x, 0, 2)}
    expected = np.clip(x @ kernel, 0, 2)
    np.testing.assert_array_equal(load_model(path, layers=own).predict(x), expected)
    [note] = convert(path, tmp_path / "new.keras", layers=own)
    assert note == f"Keras loads it with custom_objects={{'{name}': ...}}"
    new = keras.models.load_model(
        tmp_path / "new.keras", custom_objects={name: clipped}
    )
    np.testing.assert_array_equal(new.predict(x, verbose=0), expected)


# -- Classes of a user's own in files of Keras 2


def test_a_class_of_ones_own_may_be_the_first_of_an_old_file(tmp_path):
    config = {"name": "own", "batch_input_shape": [None, 3], "dtype": "float32"}
    gain = np.float32([1, 2, 3])
    path = write_old(
        tmp_path / "old.h5", [("Gain", config)], {"own": {"own/g:0": gain}}, "2.3.1"
    )
    model = load_model(path, layers={"Gain": lambda x, gain: x * gain})
    np.testing.assert_array_equal(model.predict(np.array([[1, 1, 2]])), [[1, 2, 6]])


def test_a_class_that_is_registered_is_not_the_one_of_keras_by_that_name(tmp_path):
    dense = {
        "module": None,
        "class_name": "Dense",
        "config": {"name": "own", "units": 2, "batch_input_shape": [None, 2]},
        "registered_name": "pack>Dense",
    }
    arrays = {"own": {"own/k:0": np.eye(2, dtype="float32"), "own/b:0": np.ones(2)}}
    path = write_old(tmp_path / "old.h5", [dense], arrays, "2.15.0")
    with pytest.raises(CannotRun, match=r"own \(Dense\): a class of your own"):
        load_model(path)
