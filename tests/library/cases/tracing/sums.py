"""Rows of the tape's rules of sums and extremes."""

import keras
import numpy as np
import tensorflow as tf
from library.engine.rules import Row, alike, compare

ops = keras.ops
EQUALS = np.array(
    [[[3.0, 3.0, 1.0], [1.0, 1.0, 1.0]], [[0.0, 5.0, 1.0], [1.0, 2.0, 3.0]]]
)
AXES = [{}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": (0, -1)}]
PAIR = {"axis": (-1, 0), "keepdims": True}


def refused_norm(order):
    return f"no gradient of numpy.linalg.norm with ord={order} is known"


ROWS = [
    *(
        alike(name, (2, 3, 4), **options)
        for name in ("sum", "mean", "var", "std", "prod")
        for options in (*AXES, PAIR)
    ),
    *(alike(f, EQUALS, **options) for f in ("max", "min") for options in (*AXES, PAIR)),
    *(alike(f, EQUALS) for f in ("amax", "amin")),
    *(alike("norm", (2, 3, 4), of=np.linalg, **options) for options in AXES[1:3]),
    alike("norm", (2, 3, 4), of=np.linalg, theirs=tf.norm),
    alike("norm", (2, 3, 4), of=np.linalg, ord=2, axis=1),
    alike("norm", (2, 3, 4), of=np.linalg, axis=(0, 2), keepdims=True),
    Row("norm of 1", lambda x: np.linalg.norm(x, 1, 0), refused_norm(1), ((3,),)),
    Row("norm, spectral", lambda x: np.linalg.norm(x, 2), refused_norm(2), ((3, 2),)),
    Row(
        "prod of 0",
        np.prod,
        "no gradient of numpy.prod is known where one is 0",
        (np.array([1.0, 0.0]),),
    ),
    alike("cumsum", (2, 3, 4), axis=1),
    alike("cumsum", (2, 3, 4), axis=-1, dtype="float64"),
    alike("cumsum", (2, 3)),
    *(
        Row(
            f"logaddexp.reduce {options or ''}",
            lambda x, options=options: np.logaddexp.reduce(x, **options),
            lambda x, options=options: tf.reduce_logsumexp(x, **{"axis": 0} | options),
            ((2, 3, 4),),
        )
        for options in ({}, {"axis": 1, "keepdims": True}, {"axis": -1})
    ),
    Row(
        "methods",
        lambda x: x.sum(0) * x.mean(1, keepdims=True) + x.max(-1) - x.min(),
        lambda x: (
            ops.sum(x, 0) * ops.mean(x, 1, keepdims=True) + ops.max(x, -1) - ops.min(x)
        ),
        ((3, 3),),
    ),
]


@compare("rules of sums", ROWS)
def sums(draw, shape):
    return draw.rng.uniform(0.1, 0.9, shape)
