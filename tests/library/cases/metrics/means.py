"""Cases of means and sums."""

import by_hand
import keras
import numpy as np
from library.engine.cases import Case
from library.engine.metrics import of_metric
from library.engine.subjects import function


def draw_values(draw):
    """Values of each rank, and weights for some of their axes."""
    shape = draw.one_of((5,), (5, 3, 4), (5, 3, 1), ())
    shapes = [shape, shape[:1], shape[:2], (*shape[:1], 1), ()] if shape else [()]
    weights = [draw.positive(*of_weights) for of_weights in shapes]
    config = draw.some(sample_weight=[*weights, 0 * weights[0]])
    return Case(config, (draw.normal(*shape),))


@function(of_metric(keras.metrics.Mean), by_hand.mean_metric, number=40)
def mean_metric(draw):
    return draw_values(draw)


@function(of_metric(keras.metrics.Sum), by_hand.sum_metric, number=40)
def sum_metric(draw):
    return draw_values(draw)


def added(state, *others):
    """Each entry of states added up: what a metric does with a second batch."""
    return {name: np.sum([s[name] for s in (state, *others)], axis=0) for name in state}


@function(added, by_hand.add_states)
def add_states(draw):
    def state():
        return {"count": draw.positive(3), "total": draw.normal()}

    return Case({}, tuple(state() for _ in range(draw.one_of(2, 1, 3))))
