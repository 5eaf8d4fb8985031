"""Rules of the tape: what works entry by entry."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from keras_by_hand.tracing.tape import FLAT, RULES, Source, Traced, plain

FLAT.update(
    {
        np.sign,
        np.rint,
        np.round,
        np.floor,
        np.ceil,
        np.trunc,
        np.isnan,
        np.isfinite,
        np.isinf,
        np.isclose,
        np.allclose,
        np.equal,
        np.not_equal,
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
        np.logical_and,
        np.logical_or,
        np.logical_not,
        np.shape,
        np.ndim,
        np.size,
        np.result_type,
        np.any,
        np.all,
        np.argmax,
        np.argmin,
        np.argsort,
        np.searchsorted,
        np.zeros_like,
        np.ones_like,
    }
)


def _or_one(divisor):
    """A divisor, but for 0, by which what is 0 itself is divided."""
    return np.where(divisor == 0, 1, divisor)


# Of each function, for each argument: its part of the gradient g of y, where
# a, b and c are the arguments. At kinks, the slopes are TensorFlow's.
PULLS: dict[Any, list[Callable | None]] = {
    np.add: [lambda g, y, a, b: g, lambda g, y, a, b: g],
    np.subtract: [lambda g, y, a, b: g, lambda g, y, a, b: -g],
    np.multiply: [lambda g, y, a, b: g * b, lambda g, y, a, b: g * a],
    np.divide: [lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b],
    np.power: [
        lambda g, y, a, b: g * b * a ** np.where(b == 0, 1, b - 1),
        lambda g, y, a, b: g * y * np.log(np.where(a > 0, a, 1)),
    ],
    np.maximum: [
        lambda g, y, a, b: g * (a >= b),
        lambda g, y, a, b: g * (b > a),
    ],
    np.minimum: [
        lambda g, y, a, b: g * (a <= b),
        lambda g, y, a, b: g * (b < a),
    ],
    np.hypot: [
        lambda g, y, a, b: g * a / _or_one(y),
        lambda g, y, a, b: g * b / _or_one(y),
    ],
    np.logaddexp: [
        lambda g, y, a, b: g * np.exp(a - y),
        lambda g, y, a, b: g * np.exp(b - y),
    ],
    np.where: [
        None,  # a condition has no slope
        lambda g, y, a, b, c: np.where(a, g, 0),
        lambda g, y, a, b, c: np.where(a, 0, g),
    ],
    np.clip: [
        lambda g, y, a, b, c: g * (y == a),
        lambda g, y, a, b, c: g * (a < b),
        lambda g, y, a, b, c: g * (a > c),
    ],
    np.negative: [lambda g, y, a: -g],
    np.absolute: [lambda g, y, a: g * np.sign(a)],
    np.square: [lambda g, y, a: 2 * g * a],
    np.sqrt: [lambda g, y, a: 0.5 * g / y],
    np.reciprocal: [lambda g, y, a: -g * y * y],
    np.exp: [lambda g, y, a: g * y],
    np.expm1: [lambda g, y, a: g * (y + 1)],
    np.log: [lambda g, y, a: g / a],
    np.log1p: [lambda g, y, a: g / (1 + a)],
    np.log2: [lambda g, y, a: g / (a * np.log(2.0))],
    np.log10: [lambda g, y, a: g / (a * np.log(10.0))],
    np.sin: [lambda g, y, a: g * np.cos(a)],
    np.cos: [lambda g, y, a: -g * np.sin(a)],
    np.tan: [lambda g, y, a: g * (1 + y * y)],
    np.arcsin: [lambda g, y, a: g / np.sqrt(1 - a * a)],
    np.arccos: [lambda g, y, a: -g / np.sqrt(1 - a * a)],
    np.arctan: [lambda g, y, a: g / (1 + a * a)],
    np.sinh: [lambda g, y, a: g * np.cosh(a)],
    np.cosh: [lambda g, y, a: g * np.sinh(a)],
    np.tanh: [lambda g, y, a: g * (1 - y * y)],
    np.arcsinh: [lambda g, y, a: g / np.sqrt(a * a + 1)],
    np.arccosh: [lambda g, y, a: g / np.sqrt(a * a - 1)],
    np.arctanh: [lambda g, y, a: g / (1 - a * a)],
}


def _by_slopes(function: Any, *args: Any) -> Traced:
    """What a function makes of arrays, entry by entry."""
    values = [plain(arg) for arg in args]
    y = function(*values)

    def pull_by(slope):
        return lambda g: slope(g, y, *values)

    return Traced(
        y,
        [
            Source(arg.node, pull_by(slope), True)
            for arg, slope in zip(args, PULLS[function])
            if isinstance(arg, Traced) and slope is not None
        ],
    )


RULES.update({function: partial(_by_slopes, function) for function in PULLS})
