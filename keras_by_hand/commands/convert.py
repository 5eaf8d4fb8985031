"""keras-by-hand convert: write an old file as Keras 3 loads it."""

from keras_by_hand.commands.models import add_model, read_layers
from keras_by_hand.models.converting import convert
from keras_by_hand.models.data import read_input
from keras_by_hand.models.errors import shown


def add_convert(parser):
    """Add its arguments to its parser."""
    add_model(parser)
    parser.add_argument("new", help="a new .keras file")
    parser.add_argument(
        "--input",
        help="x, to try both files with: .npy, or .npz with an array for each "
        "input; else numbers are drawn",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a file that is there"
    )


def convert_model(given):
    """Write a .keras file that predicts the same, and say what differs."""
    inputs = read_input(given.input) if given.input else None
    layers = read_layers(given.layers)
    notes = convert(
        given.model, given.new, given.weights, inputs, given.force, layers
    )
    for said in notes:
        print(shown(f"note: {said}"))
    print(shown(f"{given.new}: predicts the same as {given.model}"))
