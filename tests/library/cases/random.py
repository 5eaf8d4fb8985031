"""Cases of random numbers: what Keras draws with the same seeds, to the bit but for the
rounding of log, sin and cos."""

import random as of_python

import keras
import numpy as np
import tensorflow as tf
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import function

from keras_by_hand import random

SHAPES = (7,), (3, 5), (2, 3, 4), (33, 8)
SEEDS = 313, 0, -1, 2**40 + 1, [313, 1], [2**31 + 5, 7]


def seeded(draw_of_keras):
    """With a state of a SeedGenerator, too."""

    def run(*args, seed, **config):
        if not isinstance(seed, int):
            generator = keras.random.SeedGenerator(seed[0])
            generator.state.assign(seed)
            seed = generator
        return draw_of_keras(*args, seed=seed, **config)

    return run


def drawn(of_keras, by_hand, tolerance=0.0, **pools):
    """Draw for a function of a shape. Where nothing is rounded, the tolerance is 0."""

    def generator(draw):
        config = {"shape": draw.one_of(*SHAPES), "seed": draw.one_of(*SEEDS)}
        return Case(config | draw.some(**pools), ())

    function(
        seeded(of_keras), by_hand, target=of_keras, tolerance=tolerance, number=12
    )(generator)


drawn(
    keras.random.uniform,
    random.draw_uniform,
    minval=[-1.0, 0.25],
    maxval=[0.5, 3.0],
    dtype=["float64"],
)
drawn(
    keras.random.normal,
    random.draw_normal,
    FLOAT32,
    mean=[0.5],
    stddev=[2.0, 0.25],
    dtype=["float64"],
)
drawn(
    keras.random.truncated_normal,
    random.draw_truncated_normal,
    FLOAT32,
    mean=[0.5],
    stddev=[2.0, 0.25],
)


@function(seeded(keras.random.randint), random.draw_whole, tolerance=0.0)
def draw_whole(draw):
    config = {"minval": draw.one_of(0, -5), "maxval": draw.one_of(10, 1000)}
    config |= {"shape": draw.one_of(*SHAPES), "seed": draw.one_of(*SEEDS)}
    return Case(config, ())


@function(seeded(keras.random.shuffle), random.draw_order, tolerance=0.0)
def draw_order(draw):
    config = {"seed": draw.one_of(*SEEDS), **draw.some(axis=[1])}
    return Case(config, (draw.normal(5, 7),))


def order_in_fit(number, seed):
    """As Keras' ArrayDataAdapter shuffles."""
    keras.utils.set_random_seed(seed)

    def permutation(_):
        return tf.random.shuffle(tf.range(number, dtype="int64"))

    return next(iter(tf.data.Dataset.range(1).map(permutation)))


@function(order_in_fit, random.draw_permutation, tolerance=0.0)
def draw_permutation(draw):
    config = {
        "number": draw.one_of(7, 1, 2, 33),
        "seed": draw.one_of(313, 0, 5, 2**31 - 1),
    }
    return Case(config, ())


def kept_by_keras(shape, seed, rate, dtype="float32"):
    return seeded(keras.random.dropout)(np.ones(shape, dtype), rate, seed=seed) != 0


@function(kept_by_keras, random.draw_kept, tolerance=0.0)
def draw_kept(draw):
    config = {"seed": draw.one_of(*SEEDS), "rate": draw.one_of(0.5, 0.25, 0.1, 0.0)}
    config |= {"shape": draw.one_of(*SHAPES), **draw.some(dtype=["float64"])}
    return Case(config, ())


def next_state_of_keras(state):
    seed, count = (state, 0) if isinstance(state, int) else state
    generator = keras.random.SeedGenerator(seed)
    generator.state.assign([seed, count])
    generator.next()
    return generator.state


@function(
    next_state_of_keras, lambda state: np.array(random.next_state(state)), "next_state"
)
def next_state(draw):
    return Case({"state": draw.one_of(313, [313, 4], [7, 2])}, ())


def default_seeds_of_keras(seed, number):
    """Initializers without a seed tell which they took."""
    before = of_python.getstate()
    keras.utils.set_random_seed(seed)
    seeds = [keras.initializers.RandomNormal().seed for _ in range(number)]
    of_python.setstate(before)
    return np.array(seeds)


@function(
    default_seeds_of_keras,
    lambda seed, number: np.array(random.default_seeds(seed, number)),
    "default_seeds",
    tolerance=0.0,
)
def default_seeds(draw):
    return Case({"seed": draw.one_of(313, 7), "number": draw.one_of(3, 5)}, ())
