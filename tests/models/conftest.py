"""What tests of whole models are given."""

import zipfile

import keras
import pytest
from keras import layers
from old_keras import ANSWERS, OLD

from keras_by_hand.__main__ import main


@pytest.fixture
def command(monkeypatch, capsys):
    """The command: a function of its arguments, which returns its exit code and what it
    says on both streams."""

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["keras-by-hand", *map(str, arguments)])
        try:
            code = main() or 0
        except SystemExit as end:
            code = end.code
        said, errors = capsys.readouterr()
        if isinstance(code, str):  # the text with which it exits with 1
            return 1, said, f"{errors}{code}\n"
        return code, said, errors

    return call


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    """The file of a small model: an input, a Dense layer, an operator, and another."""
    path = tmp_path_factory.mktemp("good") / "good.keras"
    x = keras.Input((4,), name="x")
    y = layers.Dense(3, name="first", activation="relu")(x) * 2
    keras.Model(x, layers.Dense(2, name="last")(y)).save(path)
    return path


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """A function of the name of an old file. It returns its path, that of its weights where
    they are apart, its inputs, and what its own Keras predicted."""
    folder = tmp_path_factory.mktemp("old_files")
    for archive in OLD.glob("*.zip"):
        with zipfile.ZipFile(archive) as held:
            held.extractall(folder)

    def find(name):
        *inputs, y = [ANSWERS[key] for key in ANSWERS if key.startswith(f"{name}/")]
        weights = None
        if name.endswith(".json"):
            [weights] = folder.glob(name.replace(".json", "*.h5"))
        return folder / name, weights, inputs, y

    return find
