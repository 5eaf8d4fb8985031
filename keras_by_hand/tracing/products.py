"""Rules of the tape: products of matrices, and whatever einsum multiplies."""

from string import ascii_letters

import numpy as np

from keras_by_hand.tracing.tape import (
    RULES,
    NoGradient,
    Source,
    Traced,
    plain,
)


def _sources(*pairs):
    return [
        Source(array.node, pull)
        for array, pull in pairs
        if isinstance(array, Traced)
    ]


def _matmul(a, b):
    left, right = plain(a), plain(b)
    if left.ndim == 1:
        if right.ndim == 1:
            return np.sum(a * b)
        return _matmul(a[np.newaxis], b)[..., 0, :]
    if right.ndim == 1:
        return _matmul(a, b[:, np.newaxis])[..., 0]

    def at_b(g):
        if left.ndim > 2 and right.ndim == 2:  # one product for all of a batch
            rows = left.reshape(-1, left.shape[-1])
            return rows.T @ g.reshape(-1, g.shape[-1])
        return left.swapaxes(-1, -2) @ g

    return Traced(
        left @ right,
        _sources((a, lambda g: g @ right.swapaxes(-1, -2)), (b, at_b)),
    )


def _tensordot(a, b, axes=2):
    """One product of two matrices, as NumPy computes it."""
    if np.ndim(axes) == 0:
        axes = range(a.ndim - axes, a.ndim), range(axes)
    summed = [
        [int(n) % array.ndim for n in np.atleast_1d(numbers)]
        for array, numbers in zip((a, b), axes)
    ]
    free = [
        [n for n in range(array.ndim) if n not in numbers]
        for array, numbers in zip((a, b), summed)
    ]
    shapes = [
        [array.shape[n] for n in numbers]
        for array, numbers in zip((a, b), free)
    ]
    length = int(np.prod([a.shape[n] for n in summed[0]]))
    rows = a.transpose(*free[0], *summed[0]).reshape(-1, length)
    columns = b.transpose(*summed[1], *free[1]).reshape(length, -1)
    return (rows @ columns).reshape(*shapes[0], *shapes[1])


def _einsum(*args, **options):
    arrays, terms, output = _read_einsum(args)
    if any(len({*term}) < len(term.replace("...", ".")) for term in terms):
        raise NoGradient("no gradient of a diagonal in numpy.einsum is known")
    values = [plain(array) for array in arrays]
    given = [len(term.replace("...", "")) for term in terms]
    left_out = [value.ndim - n for value, n in zip(values, given)]
    used = {*output, *"".join(terms)}
    free = [letter for letter in ascii_letters if letter not in used]
    more = "".join(free[: max(left_out)])  # what "..." stands for
    terms = [
        term.replace("...", more[len(more) - n :])
        for term, n in zip(terms, left_out)
    ]
    output = output.replace("...", more)

    def pull_of(number):
        others = [n for n in range(len(values)) if n != number]
        known = {*output, *"".join(terms[n] for n in others)}
        wanted = "".join(letter for letter in terms[number] if letter in known)
        summed = [n for n, c in enumerate(terms[number]) if c not in known]
        told = ",".join([output, *(terms[n] for n in others)])

        def pull(g):
            z = np.einsum(
                f"{told}->{wanted}", g, *(values[n] for n in others), **options
            )
            z = np.expand_dims(z, summed)
            shape = np.broadcast_shapes(z.shape, values[number].shape)
            return np.broadcast_to(z, shape)  # the way back sums up

        return pull

    y = np.einsum(f"{','.join(terms)}->{output}", *values, **options)
    pairs = [(array, pull_of(n)) for n, array in enumerate(arrays)]
    return Traced(y, _sources(*pairs))


def _read_einsum(args):
    """Arrays, the axes of each in letters, and those of the result."""
    if isinstance(args[0], str):
        arrays, (inputs, arrow, output) = (
            args[1:],
            args[0].replace(" ", "").partition("->"),
        )
        inputs = inputs.split(",")
    else:
        arrays, arrow = args[:-1:2], len(args) % 2
        *inputs, output = [
            "".join("..." if n is ... else ascii_letters[n] for n in axes)
            for axes in (*args[1::2], args[-1])
        ]
    if not arrow:
        raise NoGradient(
            "no gradient of numpy.einsum is known where the axes of the result "
            "are not told"
        )
    return arrays, inputs, output


def _inv(x):
    y = np.linalg.inv(x.value)
    across = np.swapaxes(y, -1, -2)
    return Traced(y, [Source(x.node, lambda g: -across @ g @ across)])


def _det(x):
    y = np.linalg.det(x.value)

    def pull(g):
        across = np.swapaxes(np.linalg.inv(x.value), -1, -2)
        return (g * y)[..., np.newaxis, np.newaxis] * across

    return Traced(y, [Source(x.node, pull)])


RULES.update(
    {
        np.matmul: _matmul,
        np.tensordot: _tensordot,
        np.einsum: _einsum,
        np.linalg.inv: _inv,
        np.linalg.det: _det,
    }
)
