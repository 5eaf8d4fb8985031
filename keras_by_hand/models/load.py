"""Run a whole model from its file, in NumPy."""

from keras_by_hand.models.config import is_of_keras
from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.files import read_file
from keras_by_hand.models.registry import MODELS, build_layer


def load_model(path):
    """Return the model of a .keras file. Runs no code of the file.

    Raises CannotRun where it is no such file, is damaged, or has something in
    it that is not known here; OSError where it cannot be read.
    """
    config, weights = read_file(path)
    try:
        kind = config.get("class_name")
        if kind not in MODELS or not is_of_keras(config):
            raise CannotRun(
                f"the model is a {kind}: only its code knows what it computes; "
                "build it from layers, as a functional model"
            )
        return build_layer(config, weights)
    except CannotRun as error:
        raise CannotRun(f"{path}: {error}") from None
    except (
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        why = f"{type(error).__name__} {first_line(error)}"
        raise CannotRun(
            f"{path}: config.json does not tell of a model: {why}"
        ) from None
