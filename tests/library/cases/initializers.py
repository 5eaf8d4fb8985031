"""Cases of initializers, in float32, of what Keras draws with the same seed."""

import inspect

import by_hand
import keras
import numpy as np
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import as_array, function

SHAPES = (3, 5), (5, 3), (2, 3, 4), (4, 2, 3, 5), (6,), (1, 1)
SEED = 313
AXES = {"input_axes": [[0], [-1, 0]], "output_axes": [[1], [0, 1]]}
EXACT = 0.0  # tolerance of what is equal to the bit
SCALED = {
    "scale": [0.5, 2.0],
    "mode": ["fan_out", "fan_avg"],
    "distribution": ["uniform", "untruncated_normal"],
}


def initializer(name, compute, tolerance=FLOAT32, shapes=SHAPES, number=8, **pools):
    """Draw for an initializer of Keras: its config, and a shape to fill."""
    target = getattr(keras.initializers, name)
    has_seed = "seed" in inspect.signature(target).parameters
    seed = {"seed": SEED} if has_seed else {}

    def of_keras(shape, **config):
        return target(**{**seed, **config})(shape)

    def in_numpy(shape, **config):
        return compute(shape, **{**seed, **config})

    def generator(draw):
        config = draw.some(**pools, **({"seed": [7, 8]} if has_seed else {}))
        return Case(config, (draw.one_of(*shapes),))

    options = {"target": target, "tolerance": tolerance, "number": number}
    function(of_keras, in_numpy, name, **options)(generator)


DRAWS = {
    "uniform": lambda shape, seed: keras.random.uniform(shape, -1, 1, seed=seed),
    "untruncated_normal": keras.random.normal,
    "truncated_normal": keras.random.truncated_normal,
}


def scaled(shape, seed, **config):
    """Of what is drawn, and of the seed."""
    draw = DRAWS[config.get("distribution", "truncated_normal")](shape, seed=seed)
    of_draw = by_hand.variance_scaling(as_array(draw), **config)
    return [of_draw, by_hand.draw_scaled(shape, **config, seed=seed)]


def variance_scaling_of_keras(shape, seed=SEED, **config):
    return 2 * [keras.initializers.VarianceScaling(seed=seed, **config)(shape)]


@function(
    variance_scaling_of_keras,
    lambda shape, seed=SEED, **config: scaled(shape, seed, **config),
    "VarianceScaling",
    target=keras.initializers.VarianceScaling,
    tolerance=FLOAT32,
)
def variance_scaling(draw):
    config = draw.some(**SCALED, seed=[7, 8])
    if draw.flag():  # Keras takes both, or none
        config |= {name: draw.one_of(*pool) for name, pool in AXES.items()}
    return Case(config, (draw.one_of(*SHAPES[:4]),))


for name, by_seed in {
    "GlorotUniform": by_hand.glorot_uniform,
    "GlorotNormal": by_hand.glorot_normal,
    "HeUniform": by_hand.he_uniform,
    "HeNormal": by_hand.he_normal,
    "LecunUniform": by_hand.lecun_uniform,
    "LecunNormal": by_hand.lecun_normal,
}.items():

    def compute(shape, seed=SEED, by_seed=by_seed, **config):
        return by_seed(shape, **config, seed=seed)

    def generator(draw):
        config = draw.some(seed=[7, 8])
        shapes = SHAPES
        if draw.number and draw.flag():
            config |= {key: draw.one_of(*pool) for key, pool in AXES.items()}
            shapes = SHAPES[:4]
        return Case(config, (draw.one_of(*shapes),))

    target = getattr(keras.initializers, name)

    def of_keras(shape, seed=SEED, target=target, **config):
        return target(seed=seed, **config)(shape)

    function(
        of_keras,
        compute,
        name,
        target=target,
        tolerance=EXACT if name.endswith("Uniform") else FLOAT32,
        number=12,
    )(generator)

initializer(
    "RandomUniform", by_hand.random_uniform, EXACT, minval=[-0.5, -1.0], maxval=[0.5]
)
DEVIATION = {"mean": [0.5, 1.0], "stddev": [0.5, 2.0]}
initializer("RandomNormal", by_hand.random_normal, **DEVIATION)
initializer("TruncatedNormal", by_hand.truncated_normal, **DEVIATION)
initializer("Zeros", by_hand.zeros_initializer, EXACT, number=2)
initializer("Ones", by_hand.ones_initializer, EXACT, number=2)
initializer("Constant", by_hand.constant, EXACT, number=4, value=[0.5, -2.0])
initializer(
    "IdentityInitializer",
    by_hand.identity_initializer,
    EXACT,
    ((3, 5), (5, 3), (4, 4)),
    gain=[0.5, 2.0],
)
initializer(
    "STFT",
    by_hand.stft_initializer,
    shapes=((8, 1, 5), (5, 1, 9), (6, 1, 3)),
    number=16,
    side=["imag"],
    window=["boxcar", "hamming", "blackman", None],
    scaling=["spectrum", None],
    periodic=[True],
)


def at_right_angles(shape, seed=SEED, **config):
    return by_hand.draw_orthogonal(shape, **config, seed=seed)


initializer("Orthogonal", at_right_angles, shapes=SHAPES[:4], gain=[0.5, 2.0])


@function(
    lambda shape, input_axes=None, output_axes=None: np.array(
        keras.src.initializers.random_initializers.compute_fans(
            shape, input_axes, output_axes
        )
    ),
    lambda shape, **config: np.array(by_hand.fans(shape, **config)),
    "fans",
)
def fans(draw):
    if draw.number and draw.flag():
        config = {key: draw.one_of(*pool) for key, pool in AXES.items()}
        return Case(config, (draw.one_of(*SHAPES[:4]),))
    return Case({}, (draw.one_of(*SHAPES, ()),))
