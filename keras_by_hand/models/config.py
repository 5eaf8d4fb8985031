"""What config.json tells of layers and their calls."""

import re

import numpy as np

from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.tensors import items

OPERATORS_OF_KERAS = "keras.src.ops."
GROUPS = {  # of model.weights.h5, where they are not called as the class is
    "GroupQueryAttention": "grouped_query_attention"
}
FLOATS = "float64 float32 float16 bfloat16 mixed_float16 mixed_bfloat16".split()
WHOLE = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
NUMBERS = {*WHOLE, "float16", "float32", "float64"}  # of constants and weights


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


def with_dtype(told, dtype):
    """Return what config.json tells, with this dtype in the place of all that
    have a fraction."""
    if isinstance(told, list):
        return [with_dtype(item, dtype) for item in told]
    if not isinstance(told, dict):
        return told
    return {
        key: dtype
        if key.endswith(("dtype", "source_name")) and is_float(value)
        else with_dtype(value, dtype)
        for key, value in told.items()
    }


def is_float(policy):
    """Whether a dtype, or the policy of a layer, has a fraction."""
    if isinstance(policy, dict):
        policy = policy.get("config", {}).get("name")
    return policy in FLOATS


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


def find_value(values, reference):
    """Return the tensor that a reference stands for."""
    try:
        return values[tuple(reference)]
    except KeyError:
        name, call, place = reference
        raise CannotRun(
            f"layer {name}: call {call} has no output {place}"
        ) from None


def revive_call(told, values):
    """Return the arguments of a call, by place and by name. Raises CannotRun
    where it is not told as Keras does."""
    try:
        args = revive(told["args"], values)
        keywords = revive(told["kwargs"], values).items()
        return [*args], {n: v for n, v in keywords if v is not None}
    except CannotRun:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CannotRun(
            "config.json does not tell of its call: "
            f"{type(error).__name__} {first_line(error)}"
        ) from None


def revive(told, values):
    """Return an argument of a call as it was: tensors, constants, slices."""
    if isinstance(told, list):
        return [revive(item, values) for item in told]
    if not isinstance(told, dict):
        return told
    kind, config = told.get("class_name"), told.get("config")
    if kind == "__keras_tensor__":
        return find_value(values, config["keras_history"])
    if kind in ("__numpy__", "__tensor__"):
        return np.array(config["value"], compute_dtype(config["dtype"]))
    if kind == "__slice__":
        ends = [revive(config[n], values) for n in ("start", "stop", "step")]
        return slice(*ends)
    if kind == "__ellipsis__":
        return ...
    return {key: revive(item, values) for key, item in told.items()}
