"""Which function an activation stands for, as a config names it."""

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
    sparsemax_of_keras,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from keras_by_hand.models.errors import CannotRun

ACTIVATIONS = {
    "celu": celu,
    "elu": elu,
    "exponential": exponential,
    "gelu": gelu,
    "glu": glu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
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
    "sparsemax": sparsemax_of_keras,
    "squareplus": squareplus,
    "tanh": tanh,
    "tanh_shrink": tanh_shrink,
    "threshold": threshold,
}


def find_activation(told, weights, build):
    """Return the function of an activation: of its name, or of a layer that
    stands in its place, built with its weights; None leaves numbers as they
    are."""
    if isinstance(told, dict):
        if told.get("module") == "keras.layers":
            return build(told, weights or {}).apply
        raise CannotRun(
            "its activation is a function of your own, which is never run"
        )
    name = "linear" if told is None else told
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise CannotRun(
            f"no function of this file computes the activation {name}"
        )
    return ACTIVATIONS[name]
