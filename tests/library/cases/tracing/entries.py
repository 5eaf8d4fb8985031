"""Rows of the tape's rules of what works entry by entry."""

import keras
import numpy as np
import tensorflow as tf
from library.engine.rules import Row, alike, compare

ops = keras.ops
KINKS = np.array([[-1.0, 0.0, 1.0, -1.0, 0.0, 1.0]])
AGAINST = np.array([[1.0, 0.0, 0.0, -1.0, -1.0, 1.0], [0.0] * 6])  # and broadcast
OF_ONE = """
    arccos arcsin arcsinh arctan arctanh cos cosh exp expm1 log log10 log1p log2 negative
    reciprocal sin sinh sqrt square tan tanh
""".split()
OF_TWO = "add divide hypot logaddexp multiply power subtract".split()
# Of these the slope is 0, and so TensorFlow has none.
FLAT = "floor ceil sign trunc round".split()

ROWS = [
    *(alike(name, (2, 3)) for name in OF_ONE),
    *(alike(name, (2, 1, 3), (4, 1)) for name in OF_TWO),
    Row("arccosh", lambda x: np.arccosh(1 + x), lambda x: ops.arccosh(1 + x), ((3,),)),
    alike("absolute", KINKS),
    # Of two equal sides, Keras' formula gives the whole slope to the first one.
    alike("hypot", np.array([0.0, 0.0, -3.0]), np.array([0.0, 4.0, 4.0])),
    alike("maximum", KINKS, AGAINST),
    alike("minimum", KINKS, AGAINST),
    # Without 0 to the power of 0, of which TensorFlow's slope is NaN, and the tape's 0.
    alike("power", np.array([3.0, 0, -2, 0, 2]), np.array([0.0, 1, 3, 2, -1])),
    Row("a number to the power of x", lambda x: 2.0**x, lambda x: 2.0**x, ((3,),)),
    Row("clip", lambda x: np.clip(x, 0, None), lambda x: ops.maximum(x, 0.0), (KINKS,)),
    Row(
        "clip between tensors",
        np.clip,
        tf.clip_by_value,
        (np.linspace(-2, 2, 9), np.full(9, -0.5), np.full(9, 1.0)),
    ),
    Row(
        "where",
        lambda x, a, b: np.where(x > 0, a, b),
        lambda x, a, b: tf.where(x > 0, a, b),
        (KINKS, (2, 1), (1, 6)),
    ),
    Row(
        "where, by numbers",
        lambda x, a: np.where(x, a, 2.0),
        lambda x, a: tf.where(x != 0, a, 2.0),
        (KINKS, (1, 6)),
    ),
    Row(
        "a slope that is infinite, where it does not count",
        lambda x: np.where(x > 0, np.sqrt(x), x),
        lambda x: tf.where(x > 0, tf.sqrt(tf.where(x > 0, x, 1)), x),
        (KINKS,),
    ),
    Row(
        "what is flat",
        lambda x: sum(getattr(np, name)(2 * x) for name in FLAT) * x,
        lambda x: (
            sum(getattr(tf.math, name)(2 * x) for name in FLAT[:3]) * x
            + (tf.cast(tf.cast(2 * x, "int64"), "float64") + tf.round(2 * x)) * x
        ),
        (np.linspace(-2.1, 2.1, 6),),
    ),
]


@compare("rules of entries", ROWS)
def entries(draw, shape):
    return draw.rng.uniform(0.1, 0.9, shape)
