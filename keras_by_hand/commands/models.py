"""What the commands have in common: the file of a model, its weights, and the
formulas of layers of the user's own."""

import runpy
import traceback

from keras_by_hand.models.archives import open_file
from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.load import OWN_LAYERS, are_own_layers, load_model
from keras_by_hand.shapes import quoted


def add_model(parser):
    """Add the arguments that name a model to the parser of a command."""
    parser.add_argument(
        "model",
        help="the .keras file, the .h5 file of an older Keras, or a .json file "
        "(of TensorFlow.js, too)",
    )
    parser.add_argument(
        "--weights", help="the .h5 file of its weights, where it has none"
    )
    parser.add_argument(
        "--layers",
        help="a .py file of your own, which is run; its LAYERS = {name: "
        "function} computes classes of your own, and Lambda layers by their "
        "names",
    )


def load_given(given, dtype=None):
    """Return the model that a command was given."""
    layers = read_layers(given.layers)
    return load_model(given.model, dtype, layers, given.weights)


def read_layers(path):
    """Return the LAYERS of a Python file, which is run: the user gave it on
    purpose. None where there is no path. Raises CannotRun."""
    if path is None:
        return None
    open_file(path)[0].close()  # refuses what is no file
    try:
        found = runpy.run_path(path)
    except (Exception, SystemExit) as error:  # of all kinds: it is the user's
        why = f"{type(error).__name__}: {first_line(error)}"
        raise CannotRun(f"{path}{line_of(error, path)}: {why}") from None
    if "LAYERS" not in found:
        raise CannotRun(
            f'{path} has no LAYERS: write LAYERS = {{"MyLayer": function}}'
        )
    layers = found["LAYERS"]
    if not are_own_layers(layers):
        raise CannotRun(
            f"{path}: LAYERS must be {OWN_LAYERS}, not {quoted(layers)}"
        )
    return layers


def line_of(error, path):
    """Return at which line of a file an error came up, in words; nothing where
    it was at none."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == path
    ]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines.append(error.lineno)
    return f", line {lines[-1]}" if lines else ""
