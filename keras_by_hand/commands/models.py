"""What the commands have in common: the file of a model, and its weights."""

from keras_by_hand.models.load import load_model


def add_model(parser):
    """Add the arguments that name a model to the parser of a command."""
    parser.add_argument(
        "model",
        help="the .keras file, the .h5 file of an older Keras, or a .json file",
    )
    parser.add_argument(
        "--weights", help="the .h5 file of its weights, where it has none"
    )


def load_given(given, dtype=None):
    """Return the model that a command was given."""
    return load_model(given.model, dtype, weights=given.weights)
