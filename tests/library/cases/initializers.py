"""Cases of initializers, in float32, of what Keras draws with the same seed."""

import by_hand
import keras
import numpy as np
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import as_array, function

SHAPES = (3, 5), (5, 3), (2, 3, 4), (4, 2, 3, 5)
SEED = 313


def initializer(of_keras, by_hand):
    """Draw for an initializer of Keras: its config, and a shape to fill."""

    def fill(shape, **config):
        return of_keras(**{"seed": SEED, **config})(shape)

    name = of_keras.__name__
    return function(fill, by_hand, name, target=of_keras, tolerance=FLOAT32)


DRAWS = {
    "uniform": lambda shape, seed: keras.random.uniform(shape, -1, 1, seed=seed),
    "untruncated_normal": keras.random.normal,
    "truncated_normal": keras.random.truncated_normal,
}


def scaled(shape, seed=SEED, **config):
    draw = DRAWS[config.get("distribution", "truncated_normal")](shape, seed=seed)
    return by_hand.variance_scaling(as_array(draw), **config)


@initializer(keras.initializers.VarianceScaling, scaled)
def variance_scaling(draw):
    config = draw.some(
        scale=[0.5, 2.0],
        mode=["fan_out", "fan_avg"],
        distribution=["uniform", "untruncated_normal"],
        seed=[7, 8],
    )
    return Case(config, (draw.one_of(*SHAPES),))


def at_right_angles(shape, seed=SEED, **config):
    """As Keras does, of the matrix that has the last axis of the shape for its columns,
    drawn so that it has at least as many rows as columns."""
    rows, columns = int(np.prod(shape[:-1])), shape[-1]
    size = max(rows, columns), min(rows, columns)
    draw = as_array(keras.random.normal(size, seed=seed))
    draw = draw if rows >= columns else draw.T
    return by_hand.orthogonal(draw, **config).reshape(shape)


@initializer(keras.initializers.Orthogonal, at_right_angles)
def orthogonal(draw):
    config = draw.some(gain=[0.5, 2.0], seed=[7, 8])
    return Case(config, (draw.one_of(*SHAPES),))
