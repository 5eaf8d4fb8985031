"""Cases of regularizers."""

import by_hand
import keras
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import as_tensor, function


def penalty_of(regularizer):
    def penalty(w, **config):
        return regularizer(**config)(as_tensor(w))

    return penalty


def regularizer(name, by_hand, **options):
    """Draw for a regularizer of Keras."""
    target = getattr(keras.regularizers, name)
    options = {"name": name, "target": target, **options}
    return function(penalty_of(target), by_hand, **options)


@regularizer("L1", by_hand.l1)
def l1(draw):
    config = {"l1": draw.one_of(0.25, 0.3)} if draw.number else {}
    return Case(config, (draw.normal(3, 4),))


@regularizer("L2", by_hand.l2)
def l2(draw):
    config = {"l2": draw.one_of(0.25, 0.3)} if draw.number else {}
    return Case(config, (draw.normal(3, 4),))


@regularizer("L1L2", by_hand.l1l2)
def l1l2(draw):
    return Case(draw.some(l1=[0.25, 0.5], l2=[0.25, 0.5]), (draw.normal(3, 4),))


@regularizer("OrthogonalRegularizer", by_hand.orthogonal_regularizer, tolerance=FLOAT32)
def orthogonal_regularizer(draw):
    config = draw.some(factor=[0.5, 2.0], mode=["columns"])
    return Case(config, (draw.normal(3, 4).astype("float32"),))
