"""Rules of the tape: sums, means and extremes along axes."""

from functools import partial

import numpy as np

from keras_by_hand.tracing.tape import (
    RULES,
    NoGradient,
    Source,
    Traced,
)


def _with_axes(y, x, axis, keepdims):
    """What was summed up along axes, with these in the length 1."""
    if keepdims:
        return y
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis) % x.ndim
    return np.expand_dims(y, tuple(axes))


def _sum(x, axis=None, dtype=None, keepdims=False):
    y = np.sum(x.value, axis, dtype=dtype, keepdims=keepdims)

    def pull(g):
        return np.broadcast_to(_with_axes(g, x, axis, keepdims), x.shape)

    return Traced(y, [Source(x.node, pull)])


def _mean(x, axis=None, dtype=None, keepdims=False):
    y = np.mean(x.value, axis, dtype=dtype, keepdims=keepdims)
    part = y.dtype.type(y.size / x.size)

    def pull(g):
        return np.broadcast_to(part * _with_axes(g, x, axis, keepdims), x.shape)

    return Traced(y, [Source(x.node, pull)])


def _var(x, axis=None, keepdims=False):
    aside = x - np.mean(x, axis, keepdims=True)
    return np.mean(np.square(aside), axis, keepdims=keepdims)


def _std(x, axis=None, keepdims=False):
    return np.sqrt(np.var(x, axis, keepdims=keepdims))


def _prod(x, axis=None, dtype=None, keepdims=False):
    y = np.prod(x.value, axis, dtype=dtype, keepdims=keepdims)
    if not np.all(x.value):
        raise NoGradient("no gradient of numpy.prod is known where one is 0")

    def pull(g):
        return _with_axes(g * y, x, axis, keepdims) / x.value

    return Traced(y, [Source(x.node, pull)])


def _norm(x, ord=None, axis=None, keepdims=False):
    is_of_vectors = ord is None or np.ndim(axis) == 0 and axis is not None
    if not is_of_vectors or ord not in (None, 2):
        raise NoGradient(
            f"no gradient of numpy.linalg.norm with ord={ord} is known"
        )
    return np.sqrt(np.sum(np.square(x), axis, keepdims=keepdims))


def _extreme(function, x, axis=None, keepdims=False, **initial):
    """Equals share the gradient, as in TensorFlow."""
    y = function(x.value, axis, keepdims=keepdims, **initial)
    is_it = x.value == _with_axes(y, x, axis, keepdims)
    number = np.sum(is_it, axis, keepdims=True, dtype=x.dtype)
    number[number == 0] = 1  # where all are beyond what it begins with

    def pull(g):
        return is_it * (_with_axes(g, x, axis, keepdims) / number)

    return Traced(y, [Source(x.node, pull)])


def _logaddexp_reduce(x, axis=0, keepdims=False):
    y = np.logaddexp.reduce(x.value, axis, keepdims=keepdims)

    def pull(g):
        parts = np.exp(x.value - _with_axes(y, x, axis, keepdims))
        return _with_axes(g, x, axis, keepdims) * parts

    return Traced(y, [Source(x.node, pull)])


def _cumsum(x, axis=None, dtype=None):
    def pull(g):
        total = np.flip(np.cumsum(np.flip(g, axis), axis), axis)
        return total.reshape(x.shape)

    return Traced(np.cumsum(x.value, axis, dtype), [Source(x.node, pull)])


RULES.update(
    {
        np.sum: _sum,
        np.mean: _mean,
        np.var: _var,
        np.std: _std,
        np.prod: _prod,
        np.linalg.norm: _norm,
        (np.logaddexp, "reduce"): _logaddexp_reduce,
        np.cumsum: _cumsum,
        np.max: partial(_extreme, np.max),
        np.amax: partial(_extreme, np.max),
        np.min: partial(_extreme, np.min),
        np.amin: partial(_extreme, np.min),
    }
)
