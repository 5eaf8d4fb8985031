"""The tape: arrays that note how they came about, and the way back.

NumPy asks an array of another class what its functions shall do with it
(NEP 13 and NEP 18). A Traced array does what NumPy does, and notes what it came
from. What has no rule is refused by its name, and so is what would lose the
gradient: a Traced array never becomes a plain one.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_by_hand.occurrences import Occurrences
from keras_by_hand.optimizers import dense_gradient
from keras_by_hand.shapes import check_functions

_numbers = itertools.count()  # of arrays: none is made before what it is of


class NoGradient(TypeError):
    """Something that the tape has no rule for, by its name."""


class Node:
    """A place on the tape: what an array came from, [Source], and its shape and
    dtype. None has a smaller number than what it came from."""

    __slots__ = "dtype", "number", "shape", "sources"

    def __init__(self, array, sources):
        self.sources, self.number = sources, next(_numbers)
        self.shape, self.dtype = array.shape, array.dtype


class Source(NamedTuple):
    """What an array came from, and what turns a gradient of the array into one
    of the source.

    is_by_entry: whether each entry is multiplied by its slope. Where nothing
    depends on an entry, an infinite slope counts for nothing.
    """

    node: Node
    pull: Callable[[np.ndarray], np.ndarray | Occurrences]
    is_by_entry: bool = False


# By the function of NumPy, or by a ufunc and its method: what it does with
# traced arrays, and what has no slope anywhere, such as np.sign.
RULES: dict[Any, Callable] = {}
FLAT: set[Any] = set()


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of fractions that notes what it came from."""

    __slots__ = "node", "value"

    def __init__(self, value: Any, sources: Sequence[Source] = ()):
        self.value = np.asarray(value)
        self.node = Node(self.value, sources)

    @property
    def shape(self):
        return self.value.shape

    @property
    def dtype(self):
        return self.value.dtype

    @property
    def ndim(self):
        return self.value.ndim

    @property
    def size(self):
        return self.value.size

    @property
    def T(self):
        return np.transpose(self)

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        return (self[place] for place in range(len(self)))

    def __getitem__(self, index):
        return RULES["getitem"](self, index)

    def __setitem__(self, index, new):
        """Fill in a part. What was computed before keeps what it came from."""
        index = map_parts(plain, index)
        value = self.value.copy()
        value[index] = plain(new)

        def outside(g):
            g = g.copy()
            g[index] = 0
            return g

        sources = [Source(self.node, outside)]
        if isinstance(new, Traced):
            sources.append(Source(new.node, lambda g: _filled_in(g, index)))
        self.value, self.node = value, Node(value, sources)

    def __pow__(self, exponent):
        if type(exponent) in (int, float) and exponent in (2, 0.5):
            return (np.square if exponent == 2 else np.sqrt)(self)
        return np.power(self, exponent)  # as NumPy does it

    def __array__(self, *_, **__):
        raise NoGradient("what becomes a plain array loses its gradient")

    __float__ = __array__

    def __bool__(self):
        return bool(self.value)

    def __array_ufunc__(self, ufunc, method, *args, out=None, **options):
        if out is not None:
            if out[0] is not args[0]:  # as it is of +=
                raise NoGradient(f"{ufunc.__name__} writes into another array")
            y = getattr(ufunc, method)(*args, **options)
            y = y.astype(out[0].dtype)
            if isinstance(out[0], Traced):
                out[0].value, out[0].node = y.value, y.node
                return out[0]
            return y
        if ufunc in FLAT:
            return getattr(ufunc, method)(*map(plain, args), **options)
        key = ufunc if method == "__call__" else (ufunc, method)
        if key not in RULES:
            name = ufunc.__name__ + f".{method}" * (method != "__call__")
            raise NoGradient(f"no gradient of numpy.{name} is known")
        return RULES[key](*args, **options)

    def __array_function__(self, function, types, args, options):
        if function in RULES:
            return RULES[function](*args, **options)
        if function in FLAT:
            return function(
                *map_parts(plain, args), **map_parts(plain, options)
            )
        name = f"{function.__module__}.{function.__name__}"
        raise NoGradient(f"no gradient of {name} is known")

    def astype(self, dtype, copy=True):
        if np.dtype(dtype) == self.dtype:
            return self.copy() if copy else self
        value = self.value.astype(dtype)
        if value.dtype.kind != "f":
            return value
        return Traced(value, [Source(self.node, _unchanged)])

    def copy(self):
        """Another array, at the same place of the tape until it is changed."""
        other = Traced(self.value)
        other.node = self.node
        return other

    def reshape(self, *shape):
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes):
        axes = axes[0] if len(axes) == 1 else axes
        return np.transpose(self, axes if np.size(axes) else None)

    def ravel(self):
        return np.ravel(self)

    def swapaxes(self, a, b):
        return np.swapaxes(self, a, b)

    def take(self, indices, axis=None):
        return np.take(self, indices, axis)

    def sum(self, axis=None, keepdims=False):
        return np.sum(self, axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        return np.mean(self, axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        return np.max(self, axis, keepdims=keepdims)

    def min(self, axis=None, keepdims=False):
        return np.min(self, axis, keepdims=keepdims)


def _unchanged(gradient):
    return gradient


def _filled_in(g, index):
    """The gradient of what filled in a part: of a place that is there twice,
    what came last counts."""
    part = g[index]
    if not has_rows(index):
        return part
    numbers, last = np.arange(part.size).reshape(part.shape), np.zeros(g.shape)
    last[index] = numbers
    return np.where(last[index] == numbers, part, 0)


def has_rows(index: Any) -> bool:
    """Whether arrays or lists are in an index, which may meet an entry
    twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray | list) for part in parts)


def plain(thing: Any) -> Any:
    """The plain array of a Traced one; anything else as it is."""
    return thing.value if isinstance(thing, Traced) else thing


def map_parts(function: Callable, thing: Any) -> Any:
    """What a function makes of all that lists, tuples and dicts hold."""
    if isinstance(thing, list | tuple):
        return type(thing)([map_parts(function, part) for part in thing])
    if isinstance(thing, dict):
        return {key: map_parts(function, part) for key, part in thing.items()}
    return function(thing)


# -- The way back


def gradients(
    y: Traced,
    of: Sequence[Traced],
    at_y: np.ndarray | float = 1.0,
    in_occurrences: bool = False,
) -> list[Any]:
    """The gradients of y at other arrays, None where it does not depend on one.

    at_y: the gradient of what y goes into, in its shape or one that broadcasts
    to it. in_occurrences: let that of a table, of which only rows were taken,
    be Occurrences.

    Raises NoGradient for what came about by something that has no rule here.

    >>> x, other = Traced([2.0, 3.0]), Traced([5.0])
    >>> gradients(np.sum(x * x), [x, other])
    [array([4., 6.]), None]
    """
    at_y = np.broadcast_to(np.asarray(at_y, y.dtype), y.shape)
    reached = _all_behind(y.node)
    wanted = {array.node.number for array in of}
    found: dict[int, Any] = {y.node.number: at_y}
    with np.errstate(invalid="raise", divide="ignore", over="ignore"):
        for number in sorted(reached, reverse=True):
            g = found[number] if number in wanted else found.pop(number)
            for source in reached[number].sources:
                node = source.node
                more = _fitted(_pulled(source, g), node)
                is_first = in_occurrences and not node.sources
                if isinstance(more, Occurrences) and not is_first:
                    more = dense_gradient(more)
                known = found.get(node.number)
                more = more if known is None else _total(known, more)
                found[node.number] = more
    return [found.get(array.node.number) for array in of]


def _all_behind(node):
    """All nodes that one came from, itself too, by their numbers."""
    reached, left = {node.number: node}, [node]
    while left:
        for source in left.pop().sources:
            if source.node.number not in reached:
                reached[source.node.number] = source.node
                left.append(source.node)
    return reached


def _pulled(source, g):
    """The gradient of a source. Zero times infinity is zero here: what has no
    effect has no gradient, whatever its slope."""
    try:
        return source.pull(g)
    except FloatingPointError:
        with np.errstate(all="ignore"):
            found = source.pull(g)
            return np.where(g == 0, 0, found) if source.is_by_entry else found


def _fitted(g, node):
    """A gradient in the shape and dtype of a node, which may have been
    broadcast."""
    if isinstance(g, Occurrences):
        return g
    if g.shape != node.shape:
        more = g.ndim - len(node.shape)
        axes = [
            more + axis
            for axis, length in enumerate(node.shape)
            if length == 1 != g.shape[more + axis]
        ]
        g = np.sum(g, (*range(more), *axes), keepdims=True)
        g = g.reshape(node.shape)
    return g.astype(node.dtype, copy=False)


def _total(a, b):
    """The sum of two gradients of one array."""
    if isinstance(a, Occurrences) and isinstance(b, Occurrences):
        values = np.concatenate([a.values, b.values])
        return Occurrences(values, np.concatenate([a.rows, b.rows]), a.shape)
    return dense_gradient(a, np.asarray) + dense_gradient(b, np.asarray)


def gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns the gradient of another at arrays.

    function: of arrays by place, and of anything by keyword, which returns an
    array, computed by NumPy or by functions of this library. The new function
    takes the same, and returns the gradient of the sum of all entries: an array
    in the shape of the one array, or a list of them, one for each. At a kink
    the slope is that of Keras; relu has the slope 0 at 0.

    Raises TypeError for what is no function or no array of fractions, for what
    returns no array that depends on one, and, by its name, for what no gradient
    is known of.

    >>> def error(w, x):
    ...     return np.mean((x @ w - 1) ** 2)
    >>> at_w, at_x = gradient(error)(np.array([2.0, 3.0]), np.eye(2))
    >>> at_w
    array([1., 2.])
    """
    check_functions(gradient, function=function)

    def gradient_at(*arrays, **options):
        traced = [_as_traced(array) for array in arrays]
        y = function(*traced, **options)
        if not isinstance(y, Traced):
            raise NoGradient(
                "gradient: the function must return an array that depends on "
                "those it is given"
            )
        found = gradients(y, traced)
        found = [
            np.zeros_like(array.value) if g is None else g
            for array, g in zip(traced, found)
        ]
        return found[0] if len(found) == 1 else found

    return gradient_at


def _as_traced(array):
    array = np.asarray(array)
    if array.dtype.kind != "f":
        raise TypeError(
            f"gradient: arrays must have fractions, not the dtype {array.dtype}"
        )
    return Traced(array)
