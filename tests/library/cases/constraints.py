"""Cases of constraints."""

import by_hand
import keras
from library.engine.cases import Case
from library.engine.subjects import function


def constrained_by(constraint):
    def constrain(w, **config):
        return constraint(**config)(w)

    return constrain


def constraint(name, by_hand):
    target = getattr(keras.constraints, name)
    return function(constrained_by(target), by_hand, name=name, target=target)


def draw_w(draw):
    return draw.normal(3, 4) * draw.one_of(1, 4, 0.01)


@constraint("NonNeg", by_hand.non_neg)
def non_neg(draw):
    return Case({}, (draw_w(draw),))


@constraint("MaxNorm", by_hand.max_norm)
def max_norm(draw):
    return Case(draw.some(max_value=[0.5, 4.0], axis=[1]), (draw_w(draw),))


@constraint("UnitNorm", by_hand.unit_norm)
def unit_norm(draw):
    return Case(draw.some(axis=[1]), (draw_w(draw),))


@constraint("MinMaxNorm", by_hand.min_max_norm)
def min_max_norm(draw):
    config = draw.some(min_value=[0.5, 0.75], max_value=[0.875, 2.0], rate=[0.25, 0.5])
    return Case(config | draw.some(axis=[1]), (draw_w(draw),))
