"""Write the file of an older Keras as Keras 3 loads it, without Keras."""

import io
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras_by_hand.models.config import (
    is_of_keras,
    is_reference,
    named_groups,
)
from keras_by_hand.models.data import new_file
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.files import read_file, read_keras
from keras_by_hand.models.layers.layer import name_of
from keras_by_hand.models.layers.own import OwnLayer
from keras_by_hand.models.legacy.calls import histories, tensor
from keras_by_hand.models.legacy.compiling import compiled_today
from keras_by_hand.models.legacy.hard_sigmoid import (
    HARD_SIGMOID,
    SLOPES,
    scaled_for_keras_3,
)
from keras_by_hand.models.legacy.weights import IN_CELL
from keras_by_hand.models.load import model_of
from keras_by_hand.models.registry import MODELS
from keras_by_hand.models.saving import write_keras
from keras_by_hand.models.tensors import flat
from keras_by_hand.models.trials import trial_inputs

LENGTHS_TRIED = 32, 256, 2048, 16384  # of axes that may have any
AGREEING = 1e-4  # as a part of the largest number
NESTED = "layer", "backward_layer", "cell", "cells"


def convert(
    path: str | os.PathLike[str],
    new_path: str | os.PathLike[str],
    weights: str | os.PathLike[str] | None = None,
    inputs: Any = None,
    force: bool = False,
    layers: Mapping[str, Callable[..., Any] | str] | None = None,
) -> list[str]:
    """Write the model in a file of an older Keras as a .keras file, which
    Keras 3 loads and which predicts the same; return what differs since, a
    sentence each.

    path, weights, layers: as for load_model; new_path: of a file that is not
    there yet; inputs: as for predict, to try both with; numbers are drawn by
    default; force: replace a file that is there.

    Names of layers stay, but for a / in them, and what is trainable, and what
    the model was compiled with, where Keras 3 has the same; a hard_sigmoid,
    whose slope is another one today, is made up for by weights. To load layers
    of your own, Keras needs custom_objects, of which a sentence tells. Before
    it is written, the new file predicts once more.

    Raises CannotRun where the model cannot be run, or not be said in Keras 3.

    >>> for said in convert("old.h5", "new.keras"):
    ...     print(said)
    layer lstm: Keras 3 refuses its time_major, which does nothing
    """
    saved = read_file(path, weights)
    old = model_of(path, saved, layers=layers)
    data = io.BytesIO()
    config, arrays = said_in_keras_3(saved.config, saved.weights)
    needed = needed_by_keras(old)
    config = with_functions(config, layers or {}, needed)
    names = names_today(config)
    config = renamed(config, names)
    notes = [
        f"layer {name}: Keras 3 allows no / in a name, so it is {new}"
        for name, new in names.items()
    ]
    if saved.training:
        compiled, said = compiled_today(saved.training, saved.writer)
        config = {**config, "compile_config": compiled}
        notes.append(said)
    write_keras(data, config, arrays)
    data.seek(0)
    new = model_of(new_path, read_keras(data), layers=layers)
    check_equal(old, new, inputs, names)
    with new_file(new_path, force) as file:
        file.write(data.getvalue())
    if needed:
        given = ", ".join(f"{name!r}: ..." for name in sorted(needed))
        notes.append(f"Keras loads it with custom_objects={{{given}}}")
    return [*old.list_notes(), *notes]


def needed_by_keras(model):
    """Return the names of what Keras needs to load layers of the user's own."""
    return {
        layer.name if layer.kind == "Lambda" else layer.kind
        for layer in model.with_all_inside()
        if isinstance(layer, OwnLayer)
    }


def with_functions(saved, given, needed):
    """Return a config in which activations of the user's own are functions by
    their names, which are added to what Keras needs."""
    if isinstance(saved, list):
        return [with_functions(item, given, needed) for item in saved]
    if not isinstance(saved, dict):
        return saved
    found = {}
    for key, value in saved.items():
        if key.endswith("activation") and str(value) in given:
            needed.add(value)
            found[key] = function_by_name(value)
        else:
            found[key] = with_functions(value, given, needed)
    return found


def names_today(saved):
    """Return other names for the layers that have a / in theirs, which Keras 3
    refuses: {name: new name}."""
    found, new = set(), {}
    for layer in saved["config"].get("layers", ()):
        found.add(name_of(layer))
        if "layers" in layer["config"]:
            new |= names_today(layer)
    for name in found:
        if "/" in name:
            new[name] = name.replace("/", "_")
            if new[name] in found:
                raise CannotRun(f"layers are named {name} and {new[name]}")
    return dict(sorted(new.items()))


def renamed(saved, names):
    """Return a config in which layers have other names, in calls, too."""
    if isinstance(saved, list):
        if is_reference(saved) and saved[0] in names:
            return [names[saved[0]], *saved[1:]]
        return [renamed(item, names) for item in saved]
    if not isinstance(saved, dict):
        return saved
    return {
        key: names.get(value, value)
        if key == "name" and isinstance(value, str)
        else renamed(value, names)
        for key, value in saved.items()
    }


def function_by_name(name):
    """Return a function as Keras saves it, which a user hands to it by name."""
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def check_equal(old, new, inputs, names):
    """Raise CannotRun where two models do not predict the same; names: of
    layers that are others in the new one."""
    trials = [inputs]
    if inputs is None:
        rng = np.random.default_rng(0)
        trials = [trial_inputs(old, 2, n, rng) for n in LENGTHS_TRIED]
    for number, x in enumerate(trials):
        try:
            expected = flat(old.predict(x))
        except CannotRun:
            if number == len(trials) - 1:
                raise
            continue  # such as of too few steps
        break
    if isinstance(x, dict):
        x = {names.get(name, name): array for name, array in x.items()}
    for a, b in zip(flat(new.predict(x)), expected, strict=True):
        largest = max(np.nanmax(np.abs(b), initial=0), 1e-6)
        allowed = AGREEING * largest
        if not np.allclose(a, b, rtol=0, atol=allowed, equal_nan=True):
            raise CannotRun("what was written predicts otherwise")


# -- What Keras 3 says otherwise


def said_in_keras_3(saved, weights):
    """Return the config and the weights of a layer, or a model, without
    anything that Keras 3 does not have. Raises CannotRun with the layer that
    cannot be said."""
    config = dict(saved["config"])
    if saved["class_name"] in MODELS and "layers" in config:
        return of_model(saved, config, weights)
    if saved["class_name"] == "Lambda" and is_of_keras(saved):
        return {**saved, "config": without_code(saved)}, weights
    held = [key for key in NESTED if isinstance(config.get(key), dict | list)]
    if holds_hard_sigmoid({key: config[key] for key in held}):
        return {**saved, "config": config}, of_nested(saved, config, weights)
    if HARD_SIGMOID not in (
        config.get("activation"),
        config.get("recurrent_activation"),
    ):
        return saved, weights
    kind = saved["class_name"]
    group = weights.get("cell", {}) if kind in IN_CELL else weights
    scaled = scaled_for_keras_3(kind, config, group.get("vars", []))
    if scaled is None:
        raise CannotRun(
            f"layer {saved['name']} ({kind}): Keras 3 has no hard_sigmoid of "
            "slope 0.2; write it as keras.ops.clip(0.2 * x + 0.5, 0, 1)"
        )
    config, arrays = scaled
    group = {**group, "vars": arrays}
    groups = {**weights, "cell": group} if kind in IN_CELL else group
    return {**saved, "config": config}, groups


def without_code(saved):
    """Return the config of a Lambda whose function has the layer's name."""
    config = saved["config"]
    kept = {"name", "trainable", "dtype", "arguments"} & config.keys()
    function = function_by_name(name_of(saved))
    return {**{key: config[key] for key in kept}, "function": function}


def holds_hard_sigmoid(nested):
    """Whether a hard_sigmoid of Keras 2 is anywhere in it."""
    if isinstance(nested, dict | list):
        inner = nested.values() if isinstance(nested, dict) else nested
        return any(map(holds_hard_sigmoid, inner))
    return nested == HARD_SIGMOID


def of_nested(saved, config, weights):
    """Change the layers in the config of one to those that Keras 3 has; return
    its weights."""
    kind, weights = saved["class_name"], dict(weights)
    if kind == "Bidirectional":
        one = config["layer"]
        other = config.get("backward_layer")
        config["layer"], weights["forward_layer"] = said_in_keras_3(
            one, weights["forward_layer"]
        )
        backward, weights["backward_layer"] = said_in_keras_3(
            other or one, weights["backward_layer"]
        )
        if other:
            config["backward_layer"] = backward
    elif kind == "StackedRNNCells":
        cells = dict(weights.get("cells", {}))
        pairs = named_groups(config["cells"])
        config["cells"] = []
        for cell, name in pairs:
            today, cells[name] = said_in_keras_3(cell, cells.get(name, {}))
            config["cells"].append(today)
        weights["cells"] = cells
    else:
        key = "cell" if kind == "RNN" else "layer"
        config[key], weights[key] = said_in_keras_3(
            config[key], weights.get(key, {})
        )
    return weights


def of_model(saved, config, weights):
    """Return the config and the weights of a model of layers."""
    groups, layers = dict(weights.get("layers", {})), []
    for layer, name in named_groups(config["layers"]):
        alone = layer["class_name"] == "Activation"
        if alone and layer["config"].get("activation") == HARD_SIGMOID:
            layers += rescaled(layer)
            continue
        layer, group = said_in_keras_3(layer, groups.get(name, {}))
        layers.append(layer)
        if group:
            groups[name] = group
    config["layers"] = layers
    return {**saved, "config": config}, {**weights, "layers": groups}


def rescaled(layer):
    """Return an activation layer behind one that makes up for its slope."""
    name = f"{layer['name']}_slope"
    before = {
        "module": "keras.layers",
        "class_name": "Rescaling",
        "config": {"name": name, "scale": SLOPES, "offset": 0.0},
        "registered_name": None,
        "name": name,
    }
    config = {**layer["config"], "activation": "hard_sigmoid"}
    after = {**layer, "config": config}
    if "inbound_nodes" in layer:
        before["inbound_nodes"] = layer["inbound_nodes"]
        after["inbound_nodes"] = [
            {"args": [tensor([name, number, 0])], "kwargs": {}}
            for number, node in enumerate(layer["inbound_nodes"])
            if histories(node)
        ]
    return [before, after]
