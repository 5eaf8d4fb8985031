"""What config.json has of layers and their calls.

A layer is saved as a dict of its class_name, its module, its config and others:
this is what is called saved.
"""

import re

import numpy as np

from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.legacy.hard_sigmoid import (
    HARD_SIGMOID,
    hard_sigmoid_of_keras_2,
)
from keras_by_hand.models.tensors import items
from keras_by_hand.names import ACTIVATIONS

OPERATORS_OF_KERAS = "keras.src.ops."
GROUPS = {  # of model.weights.h5, where they are not called as the class is
    "GroupQueryAttention": "grouped_query_attention"
}
FLOATS = "float64 float32 float16 bfloat16 mixed_float16 mixed_bfloat16".split()
WHOLE = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
NUMBERS = {*WHOLE, "float16", "float32", "float64"}  # of constants and weights
IN_FILES = {**ACTIVATIONS, HARD_SIGMOID: hard_sigmoid_of_keras_2}


def is_of_keras(saved):
    """Whether a class is Keras' own, not one that a user registered."""
    return str(saved.get("module")).split(".")[0] == "keras"


def is_operator(saved):
    """Whether it is an operation between tensors, such as +."""
    return str(saved.get("module")).startswith(OPERATORS_OF_KERAS)


def of_class(module, name, config):
    """Return an object of Keras as today's files have it."""
    return {
        "module": module,
        "class_name": name,
        "config": config,
        "registered_name": None,
    }


def snake_case(name):
    """Return the name of a class as files have it: Conv2DTranspose,
    conv2d_transpose."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def named_groups(layers):
    """Return saved layers, each with the name of the group that a file has of
    its weights: that of its class, and a number; None for an operator."""
    found, count = [], {}
    for saved in layers:
        group = None
        if not is_operator(saved):
            kind = saved["class_name"]
            name = GROUPS.get(kind, snake_case(kind))
            number = count[name] = count.get(name, -1) + 1
            group = f"{name}_{number}" if number else name
        found.append((saved, group))
    return found


def with_weights(layers, groups):
    """Return saved layers, each with its weights, of the groups of a file."""
    return [
        (saved, groups.get(name, {})) for saved, name in named_groups(layers)
    ]


# -- Activations


def find_activation(saved, weights, build):
    """Return the function of an activation: of its name, or of a layer that
    stands in its place, built with its weights; None leaves numbers as they
    are. A user's own function has a name, too, for which build knows what is
    given."""
    if isinstance(saved, dict) and saved.get("module") == "keras.layers":
        return build(saved, weights or {}).apply
    is_own = isinstance(saved, dict)
    name = saved.get("config") if is_own else saved
    given = build.keywords["own"] or {}
    if isinstance(name, str) and callable(given.get(name)):
        return given[name]
    if is_own:
        raise CannotRun(
            "its activation is a function of your own, which is never run; "
            f"give its formula: layers={{{name!r}: function}}"
        )
    name = "linear" if saved is None else saved
    if not isinstance(name, str) or name not in IN_FILES:
        raise CannotRun(
            f"no function of this file computes the activation {name}; give "
            f"its formula: layers={{{name!r}: function}}"
        )
    return IN_FILES[name]


# -- Dtypes


def compute_dtype(policy):
    """Return the dtype in which a layer computes that has a policy of Keras:
    float32 where that has 16 bits; None for text. Raises CannotRun."""
    if isinstance(policy, dict):
        config = policy["config"]
        policy = config.get("source_name") or config.get(
            "name", policy["class_name"]
        )
    if policy in (None, *FLOATS):
        return "float64" if policy == "float64" else "float32"
    if policy == "string":
        return None
    if "_from_" in policy:  # such as int8_from_float32
        raise CannotRun("it is quantized; save the model before quantize()")
    if policy not in WHOLE:
        raise CannotRun(f"its dtype {policy} is not known here")
    return policy


def quantization_mode(policy):
    """Return how a layer that has a policy of Keras is quantized, such as int8;
    None where it is not."""
    if not isinstance(policy, dict) or policy["class_name"] == "DTypePolicy":
        return None
    mode = policy["config"].get("mode", policy["class_name"])
    return mode.split("/")[0]  # of int4/128


def with_dtype(saved, dtype):
    """Return what config.json has, with this dtype in the place of all dtypes
    that have a fraction."""
    if isinstance(saved, list):
        return [with_dtype(item, dtype) for item in saved]
    if not isinstance(saved, dict):
        return saved
    return {
        key: dtype
        if key.endswith(("dtype", "source_name")) and is_float(value)
        else with_dtype(value, dtype)
        for key, value in saved.items()
    }


def is_float(policy):
    """Whether a dtype, or the policy of a layer, has a fraction."""
    if isinstance(policy, dict):
        policy = policy.get("config", {}).get("name")
    return policy in FLOATS


# -- Outputs of calls, and the arguments of a call


def is_reference(item):
    """Whether it names an output of a call: [layer, number of the call, place
    among the outputs]."""
    is_triple = isinstance(item, list) and len(item) == 3
    return is_triple and isinstance(item[0], str)


def references(nested):
    """Return the references in nested lists and dicts, in order."""
    if is_reference(nested):
        return [tuple(nested)]
    return [found for item in items(nested) for found in references(item)]


def each_reference(function, nested):
    """Return what a function makes of all references that nested lists and
    dicts hold."""
    if is_reference(nested):
        return function(nested)
    if isinstance(nested, dict):
        return {key: each_reference(function, nested[key]) for key in nested}
    return [each_reference(function, item) for item in nested]


def sources_of(node):
    """Return the references among the arguments of a call."""
    if isinstance(node, dict) and node.get("class_name") == "__keras_tensor__":
        return [tuple(node["config"]["keras_history"])]
    if not isinstance(node, dict | list):
        return []
    return [found for item in items(node) for found in sources_of(item)]


def find_value(values, reference):
    """Return the tensor that a reference stands for."""
    try:
        return values[tuple(reference)]
    except KeyError:
        name, call, place = reference
        raise CannotRun(
            f"layer {name}: call {call} has no output {place}"
        ) from None


def revive_call(node, values):
    """Return the arguments of a call, one of the inbound_nodes of a layer, by
    place and by name. Raises CannotRun where it is not as Keras saves it."""
    try:
        args = revive(node["args"], values)
        keywords = revive(node["kwargs"], values).items()
        return [*args], {n: v for n, v in keywords if v is not None}
    except CannotRun:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CannotRun(
            "config.json does not tell of its call: "
            f"{type(error).__name__} {first_line(error)}"
        ) from None


def revive(saved, values):
    """Return an argument of a call as it was: tensors, constants, slices."""
    if isinstance(saved, list):
        return [revive(item, values) for item in saved]
    if not isinstance(saved, dict):
        return saved
    kind, config = saved.get("class_name"), saved.get("config")
    if kind == "__keras_tensor__":
        return find_value(values, config["keras_history"])
    if kind in ("__numpy__", "__tensor__"):
        return np.array(config["value"], compute_dtype(config["dtype"]))
    if kind == "__slice__":
        ends = [revive(config[n], values) for n in ("start", "stop", "step")]
        return slice(*ends)
    if kind == "__ellipsis__":
        return ...
    return {key: revive(item, values) for key, item in saved.items()}
