"""Calls of layers as older Keras saved them, in the form of today."""

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import DoesNothing, KeepsMask
from keras_by_hand.models.layers.merging import MERGING_LAYERS
from keras_by_hand.models.layers.recurrent import Recurrent
from keras_by_hand.models.registry import LAYERS

CONSTANT = "_CONSTANT_VALUE"  # stands in the place of a layer's name


def tensor(reference):
    """Return an output of a call as config.json has it in a call. Keras finds
    it by its history alone."""
    config = {"shape": [None], "dtype": "float32"}
    config["keras_history"] = [*reference]
    return {"class_name": "__keras_tensor__", "config": config}


def is_tensor(item, names):
    """Whether it stands for a tensor in an older call: [layer, call, output],
    and its keywords behind."""
    return (
        isinstance(item, list)
        and len(item) in (3, 4)
        and isinstance(item[0], str)
        and (item[0] in names or item[0] == CONSTANT)
        and isinstance(item[1], int)
    )


def has_old_calls(config):
    """Whether a model tells of its calls as Keras 2 did."""
    layers = config.get("layers") if isinstance(config, dict) else ()
    nodes = [
        node for la in layers or () for node in la.get("inbound_nodes", ())
    ]
    return any(isinstance(node, list) for node in nodes)


def call_of_today(node, kind, names):
    """Return a call, {"args": ..., "kwargs": ...}; one of today stays.

    kind: the class of the layer; names: of all layers.
    """
    if isinstance(node, dict) and "args" in node:
        return node
    keywords = {}

    def revived(item):
        if is_tensor(item, names):
            for key, value in (item[3] if len(item) == 4 else {}).items():
                keywords[key] = revived(value)
            return item[2] if item[0] == CONSTANT else tensor(item[:3])
        if isinstance(item, list):
            return [revived(inner) for inner in item]
        if isinstance(item, dict):
            return {key: revived(inner) for key, inner in item.items()}
        return item

    inputs = revived(node)
    if is_tensor(node, names) or isinstance(node, dict):
        args = [inputs]
    elif issubclass(class_of_call(kind), Recurrent) and len(inputs) > 1:
        args = inputs[:1]
        keywords["initial_state"] = inputs[1:]
    elif len(inputs) == 1 and kind not in MERGING_LAYERS:
        args = inputs
    else:
        args = [inputs]
    return {"args": args, "kwargs": keywords}


def class_of_call(kind):
    """Return how a model calls a layer of a class."""
    return LAYERS.get(kind, (None, object))[1]


# -- Numbers of calls


def renumber(config, functional):
    """Count the calls of models in a model from 0 where they were counted from
    1, as they made themselves a call; in its outputs Keras 3 still counts
    those of a functional one so.

    functional: {name of a model in it: whether it is functional}.
    """
    of_calls = histories([la["inbound_nodes"] for la in config["layers"]])
    of_outputs = triples(config["output_layers"])
    calls = {la["name"]: len(la["inbound_nodes"]) for la in config["layers"]}
    for name, is_functional in functional.items():
        found = [h for h in of_calls + of_outputs if h[0] == name]
        before = int(max([h[1] for h in found], default=0) == calls[name])
        for history in found:
            history[1] -= before
        for history in of_outputs if is_functional else ():
            history[1] += history[0] == name


def histories(nested):
    """Return the histories of tensors in calls, lists that may be changed."""
    if isinstance(nested, dict):
        if nested.get("class_name") == "__keras_tensor__":
            return [nested["config"]["keras_history"]]
        nested = [*nested.values()]
    if not isinstance(nested, list):
        return []
    return [found for item in nested for found in histories(item)]


def triples(nested):
    """Return the references in nested lists and dicts, lists that may be
    changed."""
    if isinstance(nested, dict):
        nested = [*nested.values()]
    if len(nested) == 3 and isinstance(nested[0], str):
        return [nested]
    return [found for item in nested for found in triples(item)]


# -- Masks beside initial states


def keep_masks(config, note):
    """Hand recurrent layers that are called with states the mask of their
    input, as an argument: Keras 2 kept it there, and Keras 3 does not."""
    by_name = {layer["name"]: layer for layer in config["layers"]}
    for layer in [*config["layers"]]:
        if not issubclass(class_of_call(layer["class_name"]), Recurrent):
            continue
        for node in layer["inbound_nodes"]:
            keywords = node["kwargs"]
            has_states = keywords.get("initial_state") is not None
            if has_states and keywords.get("mask") is None:
                [history] = histories(node["args"])
                mask = find_mask(history, by_name, config["layers"])
                if mask is not None:
                    keywords["mask"] = mask
                    note(
                        layer["name"],
                        "it has a mask beside initial states, which Keras 3 "
                        "would drop",
                    )


def find_mask(history, by_name, layers):
    """Return the mask of a tensor, of an operator that is put among the layers;
    None where it has none. Raises CannotRun where only a run can tell."""
    name, number, place = history
    layer = by_name[name]
    kind = layer["class_name"]
    how, config = class_of_call(kind), layer["config"]
    nodes = layer["inbound_nodes"]
    inputs = histories(nodes[number]["args"]) if nodes else []
    if kind == "Embedding":
        if not config.get("mask_zero"):
            return None
        return not_equal(inputs[0], 0, f"{name}_mask_{number}", layers)
    if kind == "Masking":
        value = config.get("mask_value", 0.0)
        mask = not_equal(inputs[0], value, f"{name}_kept_{number}", layers)
        return operator(
            "Any", [mask], {"axis": -1}, f"{name}_mask_{number}", layers
        )
    is_recurrent = issubclass(how, Recurrent) and kind != "Bidirectional"
    if is_recurrent and place == 0 and config.get("return_sequences"):
        return find_mask(inputs[0], by_name, layers)
    if issubclass(how, KeepsMask | DoesNothing) and inputs:
        return find_mask(inputs[0], by_name, layers)
    if is_recurrent or not inputs or issubclass(how, DoesNothing):
        return None
    if any(find_mask(h, by_name, layers) is not None for h in inputs):
        raise CannotRun(
            f"layer {name} ({kind}): which mask it hands on to a layer with "
            "initial states is not known here"
        )
    return None


def not_equal(history, value, name, layers):
    return operator("NotEqual", [tensor(history), value], {}, name, layers)


def operator(kind, args, config, name, layers):
    """Return the output of an operator, which is put among the layers once."""
    if all(layer["name"] != name for layer in layers):
        layers.append(
            {
                "module": "keras.src.ops.numpy",
                "class_name": kind,
                "config": {"name": name, **config},
                "registered_name": kind,
                "name": name,
                "inbound_nodes": [{"args": args, "kwargs": {}}],
            }
        )
    return tensor([name, 0, 0])
