"""keras-by-hand show: a line for each layer of a model."""

from typing import NamedTuple

import numpy as np

from keras_by_hand.commands.models import add_model, read_layers
from keras_by_hand.comparing.recording import record, weights_of
from keras_by_hand.comparing.tables import no_spaces, table_lines
from keras_by_hand.models.config import with_weights
from keras_by_hand.models.errors import (
    CannotRun,
    CannotRunLayer,
    refusing_config,
    shown,
)
from keras_by_hand.models.files import read_file
from keras_by_hand.models.layers.layer import name_of
from keras_by_hand.models.load import model_of
from keras_by_hand.models.model import Model
from keras_by_hand.models.registry import MODELS, build_layer, stands_for
from keras_by_hand.models.tensors import count_numbers
from keras_by_hand.models.trials import trial_inputs

HEAD_OF_SHOW = "layer", "class", "output", "parameters", "weights"
TRIALS = (1, 32), (2, 48)  # samples, and lengths where a model takes any


def add_show(parser):
    """Add its arguments to its parser."""
    add_model(parser)


class Shown(NamedTuple):
    """What the file tells of a layer, at a depth of models in models; reasons:
    why it cannot be run."""

    depth: int
    name: str
    kind: str
    parameters: int = 0
    weights: str = ""
    reasons: tuple = ()


def show_model(given):
    """Print a line for each layer; return 0, or 1 where one cannot be run."""
    own = read_layers(given.layers)
    saved = read_file(given.model, given.weights)
    with refusing_config(given.model):
        layers = list_layers(saved.config, saved.weights, own)
    refused = [layer for layer in layers if layer.reasons]
    shapes, why = ["-"] * len(layers), ""
    if not refused:
        try:
            shapes = find_shapes(model_of(given.model, saved, layers=own))
        except CannotRun as error:
            why = f"shapes of outputs are not known: {error}"
    print(*table_lines(HEAD_OF_SHOW, map(cells_of, layers, shapes)), sep="\n")
    print(f"{count_parameters(layers):,} parameters in {len(layers)} layers")
    if saved.writer.is_before_3:
        print(shown(f"written by {saved.writer}"))
    for said in saved.notes:
        print(shown(f"note: {said}"))
    if why:
        print(shown(why))
    for layer in refused:
        for reason in layer.reasons:
            print(shown(f"cannot be run: {reason}"))
    if refused:
        print(
            f"{len(layers) - len(refused)} of {len(layers)} layers can be run; "
            f"the first {layers.index(refused[0])} of the file can, "
            f"{shown(refused[0].name)} cannot"
        )
    return int(bool(refused))


def list_layers(saved, weights, own, depth=0):
    """Return a Shown for each layer, those in a model behind it.

    own: what the user gives for classes, or None.
    """
    groups, found = weights.get("layers", {}), []
    for inner, group in with_weights(saved["config"]["layers"], groups):
        kinds = {inner["class_name"], stands_for(inner, own)}
        is_model = bool(kinds & MODELS.keys()) and "layers" in inner["config"]
        row = Shown(depth, name_of(inner), inner["class_name"])
        behind = []
        if is_model:
            behind = list_layers(inner, group, own, depth + 1)
            row = row._replace(parameters=count_parameters(behind, depth + 1))
        else:
            try:
                weights_in = weights_of(build_layer(inner, group, own))
                row = row._replace(
                    parameters=sum(map(np.size, weights_in.values())),
                    weights=in_words(weights_in),
                )
            except CannotRunLayer as error:
                row = row._replace(
                    parameters=count_numbers(group),
                    weights="cannot be run",
                    reasons=error.reasons,
                )
        found += [row, *behind]
    return found


def count_parameters(layers, depth=0):
    """Return how many parameters layers have, those at a depth and in them."""
    return sum(layer.parameters for layer in layers if layer.depth == depth)


def in_words(weights):
    """Return the names and shapes of weights."""
    return ", ".join(
        f"{name} {no_spaces(np.shape(array))}"
        for name, array in weights.items()
    )


def cells_of(layer, shape):
    """Return the cells of a layer's row, with the shape of its output."""
    name = f"{'  ' * layer.depth}{shown(layer.name)}"
    count = f"{layer.parameters:,}"
    return (
        name,
        shown(layer.kind),
        no_spaces(shape),
        count,
        shown(layer.weights),
    )


def find_shapes(model):
    """Return the shapes of what the layers make, in the order of list_layers:
    of the first output of their first call, with None for the samples and for
    lengths that depend on those of the input; "-" for those that make nothing,
    as inputs and models in the model."""
    small, large = (
        first_shapes(record(model, trial_inputs(model, *sizes)))
        for sizes in TRIALS
    )
    return [
        tuple(
            a if a == b else None
            for a, b in zip(small[id(layer)], large[id(layer)])
        )
        if id(layer) in small
        else "-"
        for layer in walk(model)
    ]


def first_shapes(recorded):
    """Return {id of a layer: shape of the first output of its first call}."""
    shapes = {}
    for made in recorded.values():
        shapes.setdefault(id(made.layer), np.shape(made.array))
    return shapes


def walk(model):
    """Yield the layers of a model, those of a model in it behind that."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, Model):
            yield from walk(layer)
