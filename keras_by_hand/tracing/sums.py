"""Rules of the tape: sums, means and extremes along axes."""

import numpy as np

from keras_by_hand.tracing.tape import (
    NoGradient,
    Source,
    Traced,
    rule,
)


def _with_axes(y, x, axis, keepdims):
    """What was summed up along axes, with these in the length 1."""
    if keepdims:
        return y
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis) % x.ndim
    return np.expand_dims(y, tuple(axes))


@rule(np.sum, (np.add, "reduce"))
def _sum(x, axis=None, dtype=None, keepdims=False):
    y = np.sum(x.value, axis, dtype=dtype, keepdims=keepdims)

    def pull(g):
        return np.broadcast_to(_with_axes(g, x, axis, keepdims), x.shape)

    return Traced(y, [Source(x.node, pull)])


@rule(np.mean)
def _mean(x, axis=None, dtype=None, keepdims=False):
    y = np.mean(x.value, axis, dtype=dtype, keepdims=keepdims)
    part = y.dtype.type(y.size / x.size)

    def pull(g):
        return np.broadcast_to(part * _with_axes(g, x, axis, keepdims), x.shape)

    return Traced(y, [Source(x.node, pull)])


@rule(np.var)
def _var(x, axis=None, keepdims=False):
    aside = x - np.mean(x, axis, keepdims=True)
    return np.mean(np.square(aside), axis, keepdims=keepdims)


@rule(np.std)
def _std(x, axis=None, keepdims=False):
    return np.sqrt(np.var(x, axis, keepdims=keepdims))


@rule(np.prod)
def _prod(x, axis=None, keepdims=False):
    y = np.prod(x.value, axis, keepdims=keepdims)
    if not np.all(x.value):
        raise NoGradient("no gradient of numpy.prod is known where one is 0")

    def pull(g):
        return _with_axes(g * y, x, axis, keepdims) / x.value

    return Traced(y, [Source(x.node, pull)])


@rule(np.linalg.norm)
def _norm(x, ord=None, axis=None, keepdims=False):
    is_of_vectors = ord is None or np.ndim(axis) == 0 and axis is not None
    if not is_of_vectors or ord not in (None, 2):
        raise NoGradient(
            f"no gradient of numpy.linalg.norm with ord={ord} is known"
        )
    return np.sqrt(np.sum(np.square(x), axis, keepdims=keepdims))


def _extreme(function):
    """Equals share the gradient, as in TensorFlow."""

    def largest(x, axis=None, keepdims=False):
        y = function(x.value, axis, keepdims=keepdims)
        is_it = x.value == _with_axes(y, x, axis, keepdims)
        number = np.sum(is_it, axis, keepdims=True, dtype=x.dtype)

        def pull(g):
            return is_it * (_with_axes(g, x, axis, keepdims) / number)

        return Traced(y, [Source(x.node, pull)])

    return largest


rule(np.max, (np.maximum, "reduce"))(_extreme(np.max))
rule(np.min, (np.minimum, "reduce"))(_extreme(np.min))


@rule((np.logaddexp, "reduce"))
def _logaddexp_reduce(x, axis=0, keepdims=False):
    y = np.logaddexp.reduce(x.value, axis, keepdims=keepdims)

    def pull(g):
        parts = np.exp(x.value - _with_axes(y, x, axis, keepdims))
        return _with_axes(g, x, axis, keepdims) * parts

    return Traced(y, [Source(x.node, pull)])


@rule(np.cumsum)
def _cumsum(x, axis):
    def pull(g):
        return np.flip(np.cumsum(np.flip(g, axis), axis), axis)

    return Traced(np.cumsum(x.value, axis), [Source(x.node, pull)])
