"""Whole models of older files in the form of today: a config as Keras 3 has it,
and weights as model.weights.h5 has them."""

import json
import re

from keras_by_hand.models.config import named_groups
from keras_by_hand.models.errors import CannotRun, CannotRunLayer
from keras_by_hand.models.legacy.calls import (
    call_of_today,
    keep_masks,
    renumber,
)
from keras_by_hand.models.legacy.layers import (
    class_of_today,
    config_of_today,
    merge_of_today,
)
from keras_by_hand.models.legacy.operators import (
    OPERATIONS,
    operator_of_today,
)
from keras_by_hand.models.legacy.weights import nested_weights, places_of
from keras_by_hand.models.registry import MODELS

IN_OTHERS = "layer", "backward_layer", "cell", "activation"


class Writer:
    """Which Keras wrote a file: its version, "" where it tells none, and its
    backend.

    is_keras_1: whether it was that; is_before_3: Keras 1 or 2; flips_kernels:
    whether its convolutions turn kernels around, as Theano's did;
    clips_all_together: whether clipnorm was of all gradients.
    """

    def __init__(self, version, backend):
        self.version, self.backend = version, backend
        self.is_keras_1 = version.startswith("1")
        # TensorFlow.js computes as Keras 2 does.
        self.is_before_3 = version.startswith(("1", "2", "tfjs"))
        self.flips_kernels = backend == "theano"
        self.clips_all_together = bool(
            re.match(r"1\.|2\.[0-3]\.", version) and "-tf" not in version
        )

    def __str__(self):
        with_backend = f" ({self.backend})" if self.backend else ""
        return f"Keras {self.version or '3'}{with_backend}"


def find_writer(config, attributes):
    """Return the Writer of a model, from what its file tells beside its config.
    Keras 1 told no version in .h5, and Keras 3 tells none in .json."""
    version = attributes.get("keras_version")
    backend = attributes.get("backend", "")
    if version is None:
        version = "" if "module" in config else "1"
    names = [n for _, held in attributes.get("layers") or () for n in held]
    if version.startswith("1") and not backend and names:
        # Those of TensorFlow end in :0.
        has_colons = all(":" in name for name in names)
        backend = "tensorflow" if has_colons else "theano"
    return Writer(str(version), str(backend))


# -- Configs


def model_of_today(saved, writer, notes):
    """Return a saved model, or a layer, in the form of today.

    notes: a list, to which is added what differs since.
    """
    config = saved["config"]
    name, module = class_of_today(saved)
    if name in MODELS and isinstance(config, list):
        config = {"layers": config}
    if saved["class_name"] == "CuDNNGRU":
        config = {"reset_after": True, **config}
    if name == "Merge" and writer.is_keras_1:
        name, config = merge_of_today(config)
    if module is None:  # a user's class
        config = {k: v for k, v in config.items() if k != "batch_input_shape"}
    called = str(saved.get("name") or config.get("name") or name.lower())

    def note(said, of=called):
        notes.append(f"layer {of}: {said}")

    if name in MODELS and "layers" in config:
        config = layers_of_today(name, config, writer, notes)
    elif module and not module.startswith("keras.src.ops."):
        try:
            config = config_of_today(name, config, writer, note)
        except CannotRun as error:
            raise CannotRunLayer(f"layer {called} ({name}): {error}") from None
        for key in IN_OTHERS:
            if isinstance(config.get(key), dict) and "config" in config[key]:
                if isinstance(config[key]["config"], dict):
                    config[key] = model_of_today(config[key], writer, notes)
        if "cells" in config:
            config["cells"] = [
                model_of_today(cell, writer, notes) for cell in config["cells"]
            ]
        if name == "InputLayer":
            config = input_of_today(config, saved["config"])
    registered = saved.get("registered_name")
    today = {
        "module": module,
        "class_name": name,
        "config": {"name": called, **config},
        "registered_name": registered if module is None else None,
        "name": called,
    }
    if "inbound_nodes" in saved:
        today["inbound_nodes"] = saved["inbound_nodes"]
    return today


def input_of_today(config, old):
    """Return the config of an InputLayer."""
    shape = old.get("batch_input_shape", old.get("batch_shape"))
    dtype = config.get("dtype") or old.get("input_dtype") or "float32"
    return {**config, "batch_shape": shape, "dtype": dtype}


def layers_of_today(name, config, writer, notes):
    """Return the config of a model of layers."""
    is_graph = "output_layers" in config
    config = {**config, "layers": [*config["layers"]]}
    if not is_graph:
        config["layers"] = with_input(config, writer)
        config.pop("build_input_shape", None)
    layers = []
    for saved in config["layers"]:
        saved = model_of_saved_call(saved)
        layers.append(model_of_today(saved, writer, notes))
    config["layers"] = layers
    if not is_graph:
        return config
    names = {layer["name"] for layer in layers}
    for layer in layers:
        layer["inbound_nodes"] = [
            call_of_today(node, layer["class_name"], names)
            for node in layer["inbound_nodes"]
        ]
    for layer in layers:
        if layer["class_name"] in OPERATIONS:
            operator_of_today(layer)
    if not writer.is_before_3:
        return config
    config = json.loads(json.dumps(config))  # of its own, to be renumbered
    renumber(
        config,
        {
            layer["name"]: layer["class_name"] == "Functional"
            for layer in layers
            if layer["class_name"] in MODELS
        },
    )
    keep_masks(config, lambda of, said: notes.append(f"layer {of}: {said}"))
    for ends in ("input_layers", "output_layers"):
        if len(config[ends]) == 1:  # the only one stands alone today
            config[ends] = config[ends][0]
    return config


def model_of_saved_call(saved):
    """Return a layer with its module where that is missing: Keras 3 leaves it
    out of .h5, and only its calls tell an operator from a layer."""
    nodes = saved.get("inbound_nodes") or [()]
    if "module" in saved or not all("args" in node for node in nodes):
        return saved
    several = any(len(node["args"]) > 1 for node in nodes)
    name, module = class_of_today(saved, is_operator_call=several)
    return {**saved, "class_name": name, "module": module}


def with_input(config, writer):
    """Return the layers of a Sequential, which begin with its input."""
    layers = config["layers"]
    first = layers[0] if layers else {"class_name": "InputLayer"}
    if first["class_name"] == "InputLayer":
        return layers
    held = first["config"]
    while isinstance(held, list) or "layers" in held:  # of a model in it
        inner = held if isinstance(held, list) else held["layers"]
        held = inner[0]["config"]
    shape = held.get("batch_input_shape") or held.get("batch_shape")
    shape = shape or config.get("build_input_shape")
    if shape is None:
        return layers
    dtype = "string" if held.get("dtype") == "string" else "float32"
    name = f"{held.get('name', 'first')}_input"
    of_input = {"name": name, "batch_input_shape": shape, "dtype": dtype}
    return [{"class_name": "InputLayer", "config": of_input}, *layers]


# -- Weights


def weights_of_today(config, listed, writer):
    """Return the weights of a model, which older files list for each layer.

    config: of today; listed: [(name of a layer, its arrays)].
    """
    layers = named_groups(config["config"]["layers"])
    groups, found = {}, dict(listed)
    having = {name: arrays for name, arrays in listed if arrays}
    names = [saved["name"] for saved, group in layers if group]
    if not having.keys() <= {*names}:
        having = by_order(layers, [*having.values()], [*having])
    for saved, group in layers:
        arrays = having.get(saved["name"], found.get(saved["name"]))
        if group and arrays:
            try:
                groups[group] = nested_weights(saved, arrays, writer)
            except CannotRun as error:
                raise CannotRun(f"layer {saved['name']}: {error}") from None
    return {"layers": groups}


def by_order(layers, lists, names):
    """Return weights of layers that have other names in their file: they stand
    in the same order."""
    takers = [
        saved["name"]
        for saved, group in layers
        if group and any(p.trained + p.others for p in places_of(saved))
    ]
    if len(takers) != len(lists):
        raise CannotRun(
            f"the weights are of layers {', '.join(names)}; the model has "
            f"{', '.join(takers)}"
        )
    return dict(zip(takers, lists))


OPERATION_GROUPS = "tf_op_lambda", "slicing_op_lambda"  # have no weights
DEPENDENCIES = "_layer_checkpoint_dependencies"  # of Keras 2.12 to 2.14


def groups_of_today(saved, groups):
    """Return what model.weights.h5 of Keras 2 has of a model or a layer: the
    groups that 2.13 numbered twice, or that Windows named as one."""
    groups = split_names(groups)
    return renamed_groups(saved, groups)


def split_names(groups):
    r"""Return groups, those nested that have names such as layers\dense."""
    found = {}
    for name, group in groups.items():
        inner = split_names(group) if isinstance(group, dict) else group
        *parts, last = name.split("\\")
        place = found
        for part in parts:
            place = place.setdefault(part, {})
        if isinstance(inner, dict):
            inner = {**place.get(last, {}), **inner}
        place[last] = inner
    return found


def renamed_groups(saved, groups):
    """Return groups by the names of today, of a layer and all in it."""
    config = saved["config"]
    if saved["class_name"] in MODELS and "layers" in config:
        old, ours = groups.get(DEPENDENCIES), groups.get("layers", {})
        layers = [(la, n) for la, n in named_groups(config["layers"]) if n]
        if old is not None:
            ours = in_order(layers, old)
        inner = {
            name: renamed_groups(layer, ours[name])
            for layer, name in layers
            if isinstance(ours.get(name), dict)
        }
        return {"layers": inner}
    for key, group in (("layer", "forward_layer"), ("layer", "layer")):
        layer = config.get(key)
        if isinstance(layer, dict) and isinstance(groups.get(group), dict):
            groups = {**groups, group: renamed_groups(layer, groups[group])}
    return groups


def in_order(layers, old):
    """Return groups by the names of today: those of a class stand in the order
    of its layers, whatever their numbers are."""
    numbered = {}
    for name in old:
        if name.startswith(OPERATION_GROUPS):
            continue
        base, _, number = re.fullmatch(r"(.*?)(_(\d+))?", name).groups()
        numbered.setdefault(base, []).append((int(number or 0), name))
    found = {}
    for base, names in numbered.items():
        ours = [n for _, n in layers if re.fullmatch(rf"{base}(_\d+)?", n)]
        if len(ours) < len(names):
            raise CannotRun(f"weights of more layers than it has: {base}")
        if len(ours) > len(names):
            ours = [n for n in ours if has_weights(layers, n)]
        if len(ours) != len(names):
            raise CannotRun(f"it has weights of {len(names)} layers {base}")
        found |= {
            today: old[name] for today, (_, name) in zip(ours, sorted(names))
        }
    return found


def has_weights(layers, name):
    """Whether the layer of a group has weights."""
    [saved] = [layer for layer, group in layers if group == name]
    places = places_of(saved)
    return any(place.trained + place.others for place in places)
