"""Which function an activation stands for, as a config names it."""

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.legacy import HARD_SIGMOID, hard_sigmoid_of_keras_2
from keras_by_hand.names import ACTIVATIONS

IN_FILES = {**ACTIVATIONS, HARD_SIGMOID: hard_sigmoid_of_keras_2}


def find_activation(saved, weights, build):
    """Return the function of an activation: of its name, or of a layer that
    stands in its place, built with its weights; None leaves numbers as they
    are."""
    if isinstance(saved, dict):
        if saved.get("module") == "keras.layers":
            return build(saved, weights or {}).apply
        raise CannotRun(
            "its activation is a function of your own, which is never run"
        )
    name = "linear" if saved is None else saved
    if not isinstance(name, str) or name not in IN_FILES:
        raise CannotRun(
            f"no function of this file computes the activation {name}"
        )
    return IN_FILES[name]
