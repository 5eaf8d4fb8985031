"""What config.json tells of layers and their calls."""

import re

import numpy as np

from keras_by_hand.models.tensors import items

OPERATORS_OF_KERAS = "keras.src.ops."
GROUPS = {  # of model.weights.h5, where they are not called as the class is
    "GroupQueryAttention": "grouped_query_attention"
}


def is_of_keras(told):
    """Whether a class is Keras' own, not one that a user registered."""
    return str(told.get("module")).split(".")[0] == "keras"


def is_operator(told):
    """Whether it is an operation between tensors, such as +."""
    return str(told.get("module")).startswith(OPERATORS_OF_KERAS)


def snake_case(name):
    """Return the name of a class as files have it: Conv2DTranspose,
    conv2d_transpose."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def with_weights(told, groups):
    """Return the layers of a list, each with its weights: the groups of the
    file have the names of the classes, and numbers."""
    found, count = [], {}
    for of_layer in told:
        group = {}
        if not is_operator(of_layer):
            kind = of_layer["class_name"]
            name = GROUPS.get(kind, snake_case(kind))
            number = count[name] = count.get(name, -1) + 1
            group = groups.get(f"{name}_{number}" if number else name, {})
        found.append((of_layer, group))
    return found


# -- Outputs of calls, and the arguments of a call


def is_reference(told):
    """Whether it names an output of a call: [layer, number of the call, place
    among the outputs]."""
    is_triple = isinstance(told, list) and len(told) == 3
    return is_triple and isinstance(told[0], str)


def references(told):
    """Return the references in nested lists and dicts, in order."""
    if is_reference(told):
        return [tuple(told)]
    return [found for item in items(told) for found in references(item)]


def each_reference(function, told):
    """Return what a function makes of all references that nested lists and
    dicts hold."""
    if is_reference(told):
        return function(told)
    if isinstance(told, dict):
        return {key: each_reference(function, told[key]) for key in told}
    return [each_reference(function, item) for item in told]


def arguments_in(told):
    """Return the references among the arguments of a call."""
    if isinstance(told, dict) and told.get("class_name") == "__keras_tensor__":
        return [tuple(told["config"]["keras_history"])]
    if not isinstance(told, dict | list):
        return []
    return [found for item in items(told) for found in arguments_in(item)]


def revive(told, values):
    """Return an argument of a call as it was: tensors, constants, slices."""
    if isinstance(told, list):
        return [revive(item, values) for item in told]
    if not isinstance(told, dict):
        return told
    kind, config = told.get("class_name"), told.get("config")
    if kind == "__keras_tensor__":
        return values[tuple(config["keras_history"])]
    if kind in ("__numpy__", "__tensor__"):
        return np.array(config["value"], config["dtype"])
    if kind == "__slice__":
        ends = [revive(config[n], values) for n in ("start", "stop", "step")]
        return slice(*ends)
    if kind == "__ellipsis__":
        return ...
    return {key: revive(item, values) for key, item in told.items()}
