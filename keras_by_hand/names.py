"""Names as values: which function a text such as "relu" stands for."""

from collections.abc import Callable
from typing import Any

from keras_by_hand.activations import (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from keras_by_hand.shapes import quoted

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "celu": celu,
    "elu": elu,
    "exponential": exponential,
    "gelu": gelu,
    "glu": glu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_silu,
    "hard_tanh": hard_tanh,
    "leaky_relu": leaky_relu,
    "linear": linear,
    "log_sigmoid": log_sigmoid,
    "log_softmax": log_softmax,
    "mish": mish,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "sigmoid": sigmoid,
    "silu": silu,
    "soft_shrink": soft_shrink,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
    "sparsemax": sparsemax,
    "squareplus": squareplus,
    "swish": silu,
    "tanh": tanh,
    "tanh_shrink": tanh_shrink,
    "threshold": threshold,
}

ALONE = [name for name in ACTIVATIONS if name != "threshold"]  # of x alone

Activation = (
    str | Callable[[Any], Any] | None
)  # None leaves numbers as they are


def as_function(function: Callable, **given: Any) -> Callable[[Any], Any]:
    """The activation that a function was given, by its name: a function, that
    of a text, or None. Raises ValueError for a text that is no activation's,
    TypeError for anything else."""
    [(name, value)] = given.items()
    if value is None or callable(value):
        return value
    said = f"{function.__name__}: {name} must be a function, None, or one of "
    said += f"{', '.join(map(repr, ALONE))}, not {quoted(value)}"
    if not isinstance(value, str):
        raise TypeError(said)
    if value not in ALONE:
        raise ValueError(said)
    return ACTIVATIONS[value]
