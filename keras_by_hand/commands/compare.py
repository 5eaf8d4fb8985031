"""keras-by-hand compare: find the layers at which a port differs."""

import json

from keras_by_hand.commands.models import add_model, read_layers
from keras_by_hand.comparing.comparison import TOLERANCE, compare
from keras_by_hand.models.archives import open_file
from keras_by_hand.models.data import read_input
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.load import load_model


def add_compare(parser):
    """Add its arguments to its parser."""
    add_model(parser)
    parser.add_argument(
        "port",
        help="what is to do the same: a .keras, .h5, .tflite or .onnx file; a "
        ".npz file with the output of each layer; or the word keras, for what "
        "Keras makes of the first file",
    )
    parser.add_argument(
        "--input",
        required=True,
        help="x: .npy, or .npz with an array for each input",
    )
    parser.add_argument(
        "--map",
        help='a .json file with the names that differ, {"layer": "tensor"}',
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        help="how far a layer may differ, as a part of the largest number of "
        "its output (%(default)s)",
    )


def compare_models(given):
    """Print what compare() finds; return 1 where a layer differs, 0 where none
    does, 2 where that cannot be told."""
    names = read_names(given.map) if given.map else None
    model, layers = given.model, read_layers(given.layers)
    if given.weights:
        model = load_model(model, layers=layers, weights=given.weights)
    found = compare(
        model,
        given.port,
        read_input(given.input),
        names=names,
        tolerance=given.tolerance,
        layers=layers,
    )
    print(found)
    if found.faulty:
        return 1
    return 2 if found.unmatched else 0


def read_names(path):
    """Return the names in a .json file, {layer: tensor}. Raises CannotRun where
    it holds anything else."""
    file, budget = open_file(path)
    with file:
        try:
            names = json.load(file)
        except (ValueError, RecursionError) as error:
            raise CannotRun(f"{path} is no .json file: {error}") from None
    if not isinstance(names, dict) or not all(
        isinstance(name, str) for name in names.values()
    ):
        raise CannotRun(f'{path} must hold {{"layer": "tensor", ...}}')
    return names
