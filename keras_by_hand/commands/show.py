"""keras-by-hand show: a line for each layer of a model."""

import numpy as np

from keras_by_hand.comparing.recording import outputs_of, record
from keras_by_hand.comparing.tables import no_spaces, table_lines
from keras_by_hand.models.config import references, with_weights
from keras_by_hand.models.errors import CannotRun, CannotRunLayer, shown
from keras_by_hand.models.files import count_numbers, read_file
from keras_by_hand.models.layer import name_of
from keras_by_hand.models.load import load_model
from keras_by_hand.models.model import InputLayer
from keras_by_hand.models.registry import MODELS, build_layer

SHOWN = "layer", "class", "output", "parameters", "weights"
TRIALS = (1, 32), (2, 48)  # samples, and lengths where a model takes any


def add_show(parser):
    """Add its arguments to its parser."""
    parser.add_argument("model", help="the .keras file")


def show_model(given):
    """Print a line for each layer; return 0, or 1 where one cannot be run."""
    refused = []
    config, weights = read_file(given.model)
    rows = list(list_layers(config, weights, refused))
    shapes, why = {}, ""
    if not refused:
        try:
            shapes = find_shapes(load_model(given.model))
        except CannotRun as error:
            why = f"shapes of outputs are not known: {error}"
    print(
        *table_lines(SHOWN, [cells_of(row, shapes) for row in rows]), sep="\n"
    )
    print(f"{count_numbers(weights):,} parameters in {len(rows)} layers")
    if why:
        print(shown(why))
    if not refused:
        return 0
    names = [name.strip() for name, *_ in rows]
    first = min(names.index(name) for name, _ in refused)
    for _, reason in refused:
        print(shown(f"cannot be run: {reason}"))
    print(
        f"{len(rows) - len(refused)} of {len(rows)} layers can be run; the "
        f"first {first} of the file can, {names[first]} cannot"
    )
    return 1


def list_layers(told, weights, refused, depth=0):
    """Yield (name, class, parameters, names and shapes of weights) of each
    layer, those in a model further in; add to refused what cannot be run,
    (name, reason)."""
    groups = weights.get("layers", {})
    for inner, held in with_weights(told["config"]["layers"], groups):
        name, kind = name_of(inner), inner["class_name"]
        is_model = kind in MODELS and "layers" in inner["config"]
        said = ""
        if not is_model:
            try:
                said = weights_of(build_layer(inner, held))
            except CannotRunLayer as error:
                refused += [(name, reason) for reason in error.reasons]
                said = "cannot be run"
        yield f"{'  ' * depth}{name}", kind, count_numbers(held), said
        if is_model:
            yield from list_layers(inner, held, refused, depth + 1)


def weights_of(layer):
    """Return the names and shapes of a layer's weights, in words."""
    arrays = getattr(layer, "arrays", None) or {}
    if not arrays and hasattr(layer, "list_weights"):
        arrays = dict(enumerate(layer.list_weights()))
    return ", ".join(
        f"{name} {no_spaces(np.shape(array))}" for name, array in arrays.items()
    )


def cells_of(row, shapes):
    """Return the cells of a row, with the shape of the layer's output."""
    name, kind, count, held = row
    shape = shapes.get(name.strip(), "-")
    return shown(name), shown(kind), no_spaces(shape), f"{count:,}", shown(held)


def find_shapes(model):
    """Return {name: shape} of what each layer makes, with None for the samples
    and for lengths that depend on those of the input."""
    small, large = (
        outputs_of(record(model, zeros_for(model, *sizes))) for sizes in TRIALS
    )
    return {
        name: tuple(
            a if a == b else None for a, b in zip(y.shape, large[name].shape)
        )
        for name, y in small.items()
    }


def zeros_for(model, samples, length):
    """Return inputs of zeros for a model, by their names.

    length: of axes that may have any.
    """
    inputs = {}
    for name, _, _ in references(model.inputs):
        layer = model.by_name[name]
        shape = layer.config.get("batch_shape")
        if not isinstance(layer, InputLayer) or shape is None:
            raise CannotRun("the file does not tell the shape of its input")
        batch, *lengths = shape
        shape = [batch or samples, *(known or length for known in lengths)]
        is_text = layer.config.get("dtype") == "string"
        inputs[name] = np.zeros(shape, "U1" if is_text else "float32")
    return inputs
