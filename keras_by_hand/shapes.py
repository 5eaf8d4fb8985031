"""What functions take in: arrays, their shapes, options and numbers.

Each function here takes first the function that asks, whose name the message
begins with, and then what it was given, by name. What Keras would not take is
refused in one line that says what is allowed: by ValueError, or by TypeError
where it is of another kind. Arrays of fractions, and texts as they are
spelled, come out as they went in: pages link functions without these calls.
"""

import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence, Sized
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.occurrences import Occurrences
from keras_by_hand.pairs import of_one_rank

DataFormat = Literal["channels_last", "channels_first"]
Padding = Literal["valid", "same"]
OneOrMore = int | Sequence[int]  # a number for all axes of space, or for each
Weights = list[np.ndarray]  # of a layer, in the order of get_weights()

LOWERED = "data_format", "distribution", "padding"  # Keras lowers them first


def _said_by(function):
    """What a message begins with: the name of a function."""
    return getattr(function, "__name__", function)


def quoted(value: Any) -> str:
    """A wrong value as a message has it, in one line that is not long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


# -- Arrays


def as_arrays(function: Callable | str, **given: Any) -> list[np.ndarray]:
    """Arrays of what a function was given, to compute with.

    given: by their names, arrays, lists, numbers, or None, which stays where
    the function's annotation has it. Dtypes stay, but that booleans and whole
    numbers of fewer than 64 bits become int64: their sums would wrap, and
    their fractions be of float16. What speaks NumPy's protocols (NEP 18) is
    handed on untouched. Raises TypeError for anything but numbers and booleans,
    and for an array with a mask, which would be lost; ValueError for one that
    has no entries, such as a batch of no samples, which predict refuses, too.
    """
    arrays = as_raw_arrays(function, **given)
    return [x.astype(np.int64) if _is_small(x) else x for x in arrays]


def as_array(function: Callable | str, **given: Any) -> np.ndarray:
    """The same, of one array."""
    return as_arrays(function, **given)[0]


def as_raw_arrays(function: Callable | str, **given: Any) -> list[np.ndarray]:
    """As as_arrays, in the dtypes that they have: masks, and what is moved or
    packed and not added."""
    return [_as_array(function, *item) for item in given.items()]


def as_raw_array(function: Callable | str, **given: Any) -> np.ndarray:
    """The same, of one array."""
    return as_raw_arrays(function, **given)[0]


def _is_small(x):
    """Whether it is an array of booleans, or of whole numbers of fewer than 64
    bits."""
    is_array = isinstance(x, np.ndarray)
    return is_array and x.dtype.kind in "biu" and x.dtype.itemsize < 8


def _is_of_another_library(x):
    """Whether it speaks NumPy's protocols, and is none of its arrays."""
    is_of_numpy = isinstance(x, np.ndarray | np.generic)
    return hasattr(x, "__array_function__") and not is_of_numpy


def _as_array(function, name, x):
    is_plain = type(x) is np.ndarray and x.dtype.kind in "biuf" and x.size
    if is_plain:  # at once
        return x
    if x is None and takes_none(function, name):
        return x
    if _is_of_another_library(x):
        return x
    said = f"{_said_by(function)}: {name} must be an array of numbers, not "
    _check_unmasked(said, x)
    try:
        array = np.asarray(x)  # of a matrix, too
    except (TypeError, ValueError):
        raise TypeError(f"{said}{_kind_of(x)}") from None
    if array.dtype.kind in NOT_NUMBERS:
        raise TypeError(f"{said}{_kind_of(x, array)}")
    if not array.size:
        raise ValueError(
            f"{_said_by(function)}: {name} must have at least one entry, "
            f"not the shape {array.shape}"
        )
    return array


NOT_NUMBERS = {
    "S": "of text",
    "U": "of text",
    "c": "of complex numbers",
    "M": "of dates",
    "m": "of durations",
    "O": "of objects",
}  # of arrays that nothing is computed with, by their dtypes


def _kind_of(x, array=None):
    """What something is that is no array of numbers."""
    if isinstance(x, list | tuple) and array is None:
        return "rows of different lengths"
    if array is None or array.dtype.kind == "O" and array.ndim == 0:
        return "None" if x is None else f"of type {type(x).__name__}"
    others = [entry for entry in array.flat if not isinstance(entry, Real)]
    if array.dtype.kind == "O" and others:
        return f"one with {quoted(others[0])} in it"
    return NOT_NUMBERS[array.dtype.kind]


def _check_unmasked(said, x):
    """The mask of an array, or of one in a list, would be lost without a
    word."""
    arrays = x if isinstance(x, list | tuple) else [x]
    if any(isinstance(array, np.ma.MaskedArray) for array in arrays):
        raise TypeError(f"{said}one with a mask: x.filled(...) has none")


@functools.cache
def _annotation_of(function, name):
    """What the signature of a function has for an argument."""
    return inspect.signature(function).parameters[name].annotation


@functools.cache
def takes_none(function: Callable | str, name: str) -> bool:
    """Whether an argument of a function may be None: its annotation says so."""
    if isinstance(function, str):  # a name alone
        return False
    parameter = inspect.signature(function).parameters.get(name)
    annotation = parameter and parameter.annotation
    return type(None) in typing.get_args(annotation)


def as_list(
    function: Callable, names: Sequence[str] | None = None, **given: Any
) -> list[np.ndarray]:
    """Several arrays that a function was given as a list, by its name, or None
    where its annotation has that.

    names: what each of them is, by default any number, as inputs[0]. Raises
    TypeError for what is no list, ValueError for more or fewer.
    """
    [(name, arrays)] = given.items()
    is_lacking = arrays is None and takes_none(function, name)
    if is_lacking:
        return arrays
    if not isinstance(arrays, list | tuple):
        raise TypeError(
            f"{_said_by(function)}: {name} must be a list of arrays, "
            f"not {type(arrays).__name__}"
        )
    if names is None:
        names = [f"{name}[{n}]" for n in range(len(arrays))]
    check_count(function, f"arrays in {name}", names, arrays)
    return as_arrays(function, **dict(zip(names, arrays)))


def as_gradient(
    function: Callable, shape: Sequence[int], **given: Any
) -> np.ndarray | Occurrences:
    """The gradient that a function was given, by its name, of a weight of this
    shape: an array or Occurrences."""
    [(name, gradient)] = given.items()
    if not isinstance(gradient, Occurrences):
        gradient = as_array(function, **given)
        check_shapes(function, **{name: (gradient, shape)})
        return gradient
    gradient = _as_occurrences(function, name, gradient)
    if gradient.shape != tuple(shape):
        raise ValueError(
            f"{_said_by(function)}: {name} must be that of a weight of the "
            f"shape {tuple(shape)}, not {gradient.shape}"
        )
    return gradient


def as_gradients(
    function: Callable, **given: Any
) -> list[np.ndarray | Occurrences]:
    """The same, of a list of them, of any shapes."""
    [(name, gradients)] = given.items()
    if not isinstance(gradients, list | tuple):
        raise TypeError(
            f"{_said_by(function)}: {name} must be a list of arrays, "
            f"not {type(gradients).__name__}"
        )
    names = [f"{name}[{n}]" for n in range(len(gradients))]
    return [
        _as_occurrences(function, name, gradient)
        if isinstance(gradient, Occurrences)
        else as_array(function, **{name: gradient})
        for name, gradient in zip(names, gradients)
    ]


def _as_occurrences(function, name, gradient):
    """Occurrences as arrays that fit each other."""
    parts = {"values": gradient.values, "rows": gradient.rows}
    values, rows = as_arrays(
        function, **{f"{name}.{part}": x for part, x in parts.items()}
    )
    shape = entries_of(gradient.shape)
    if not shape or not are_whole(shape):
        raise TypeError(
            f"{_said_by(function)}: {name}.shape must be whole numbers, "
            f"not {quoted(gradient.shape)}"
        )
    check_shapes(function, **{f"{name}.rows": (rows, ("occurrences",))})
    fitting = (len(rows), *shape[1:])
    check_shapes(function, **{f"{name}.values": (values, fitting)})
    if rows.dtype.kind != "i" or not (-1 < rows.min() <= rows.max() < shape[0]):
        raise ValueError(
            f"{_said_by(function)}: {name}.rows must be whole numbers from 0 "
            f"to {shape[0] - 1}"
        )
    return Occurrences(values, rows, tuple(shape))


def as_slots(
    function: Callable, new: dict[str, np.ndarray], **given: Any
) -> dict[str, np.ndarray] | None:
    """The slots of an optimizer that a function was given, by its name, or
    None. new: those that it begins with."""
    [(name, slots)] = given.items()
    if slots is None:
        return None
    if not isinstance(slots, dict):
        raise TypeError(
            f"{_said_by(function)}: {name} must be a dict of arrays, or None, "
            f"not {quoted(slots)}"
        )
    if list(slots) != list(new):
        wanted = f"the arrays {', '.join(new)}" if new else "no arrays"
        raise ValueError(
            f"{_said_by(function)}: {name} must be None, or have {wanted}, "
            f"not {quoted(list(slots))}"
        )
    arrays = as_arrays(function, **slots)
    shapes = [(x, start.shape) for x, start in zip(arrays, new.values())]
    check_shapes(function, **dict(zip(slots, shapes)))
    return dict(zip(slots, arrays))


def as_array_or_texts(function: Callable, **given: Any) -> np.ndarray:
    """What a function was given, by its name, as an array, of texts, too.
    Raises TypeError for rows of different lengths, and what is no array."""
    [(name, x)] = given.items()
    if _is_of_another_library(x):
        return x
    said = f"{_said_by(function)}: {name} must be an array, not "
    _check_unmasked(said, x)
    try:
        array = np.asarray(x)
    except (TypeError, ValueError):
        raise TypeError(f"{said}{_kind_of(x)}") from None
    if array.dtype.kind == "O":
        raise TypeError(f"{said}{_kind_of(x, array)}")
    return array


# -- Shapes


def check_shapes(function: Callable | str, **arrays: Any) -> None:
    """Raise ValueError for an array of the wrong shape.

    arrays: by its name, each array, or None, and its shape, where None stands
    for any length, and a text for an axis of that name of any length.
    """
    for name, (array, shape) in arrays.items():
        if array is None:
            continue
        found = tuple(np.shape(array))
        fits = [
            n in (None, m) or isinstance(n, str) for n, m in zip(shape, found)
        ]
        if len(found) != len(shape) or not all(fits):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            comma = "," * (len(shape) == 1)
            raise ValueError(
                f"{_said_by(function)}: {name} must have the shape "
                f"({wanted}{comma}), not {found}"
            )


def check_broadcasts(function: Callable | str, **arrays: Any) -> None:
    """Raise ValueError for an array that does not broadcast to a shape.

    arrays: by its name, each array, or None, and the shape, which it may not
    enlarge.
    """
    for name, (array, shape) in arrays.items():
        found = () if array is None else tuple(np.shape(array))
        pairs = zip(found[::-1], shape[::-1])
        if len(found) > len(shape) or any(n not in (1, m) for n, m in pairs):
            raise ValueError(
                f"{_said_by(function)}: {name} must broadcast to the shape "
                f"{tuple(shape)}, which {found} does not"
            )


def check_rank(
    function: Callable | str,
    least: int,
    most: int | None = None,
    **arrays: Any,
) -> None:
    """Raise ValueError for an array of fewer axes than least, or more than
    most: by default, of any number more."""
    for name, array in arrays.items():
        rank = np.ndim(array)
        if rank < least or most is not None and rank > most:
            wanted = (
                f"{least} axes" if most == least else f"{least} axes or more"
            )
            if most not in (None, least):
                wanted = f"{least} to {most} axes"
            raise ValueError(
                f"{_said_by(function)}: {name} must have {wanted}, "
                f"not the shape {np.shape(array)}"
            )


def check_pair(function: Callable | str, least: int = 1, **pair: Any) -> None:
    """Raise ValueError for two arrays that do not broadcast, or have fewer
    than least axes. Where one has one axis more, of length 1, the other gets
    it, too, if it has only one, or else it is left out."""
    (name, a), (other, b) = pair.items()
    check_rank(function, least, **{name: a, other: b})
    try:
        np.broadcast_shapes(*_shapes_of_one_rank(a, b))
    except ValueError:
        raise ValueError(
            f"{_said_by(function)}: {name} and {other} must have one shape, "
            f"not {np.shape(a)} and {np.shape(b)}"
        ) from None


def _shapes_of_one_rank(a, b):
    """The shapes of two arrays, as check_pair says."""
    blank = [np.broadcast_to(0, np.shape(x)) for x in (a, b)]
    return [np.shape(x) for x in of_one_rank(*blank)]


def check_counted(
    function: Callable,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    sample_weight: np.ndarray | None,
    class_id: int | None = None,
) -> None:
    """Raise for what is not of one shape, for a class that there is not, and
    for weights that do not fit: one for each sample, or for each entry."""
    check_pair(function, y_true=y_true, y_pred=y_pred)
    shape, other = _shapes_of_one_rank(y_pred, y_true)
    if shape != other:
        raise ValueError(
            f"{_said_by(function)}: y_true and y_pred must have one shape, "
            f"not {np.shape(y_true)} and {np.shape(y_pred)}"
        )
    if class_id is not None:
        check_rank(function, 2, y_pred=y_pred)
        check_axes(function, shape[-1], one=True, class_id=class_id)
        shape = (*shape[:-1], 1)
    if sample_weight is not None:
        more = [1] * (np.ndim(sample_weight) < len(shape))
        weights = np.reshape(sample_weight, (*np.shape(sample_weight), *more))
        check_broadcasts(function, sample_weight=(weights, shape))


def check_one_rank(
    function: Callable | str, y_true: np.ndarray, y_pred: np.ndarray
) -> None:
    """Raise ValueError for arrays that do not broadcast, or differ in the
    number of axes."""
    if np.ndim(y_true) != np.ndim(y_pred):
        raise ValueError(
            f"{_said_by(function)}: y_true must have as many axes as y_pred, "
            f"{np.ndim(y_pred)}, not the shape {np.shape(y_true)}"
        )
    check_pair(function, y_true=y_true, y_pred=y_pred)


def check_entries(
    function: Callable | str, names: Sequence[str], **given: Any
) -> None:
    """Raise for what is no dict with these names."""
    [(name, value)] = given.items()
    said = f"{_said_by(function)}: {name} must be a dict of "
    said += f"{', '.join(names)}, not "
    if not isinstance(value, dict):
        raise TypeError(f"{said}{quoted(value)}")
    if value.keys() != {*names}:
        raise ValueError(f"{said}of {', '.join(map(str, value))}")


def check_states(
    function: Callable, names: Sequence[str], states: Any, shape: Sequence
) -> None:
    """All states that were given must have this shape."""
    for name, state in zip(names, states or ()):
        check_shapes(function, **{name: (state, shape)})


def check_count(
    function: Callable | str,
    kind: str,
    names: Sequence[str],
    arrays: Sized,
) -> None:
    """Raise ValueError where there are more or fewer arrays than names.

    kind: what they are, such as "weights".
    """
    if len(arrays) != len(names):
        listed = f" ({', '.join(names)})" if names else ""
        raise ValueError(
            f"{_said_by(function)}: the number of {kind} must be "
            f"{len(names)}{listed}, not {len(arrays)}"
        )


# -- Images

SPACE = {
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}  # what axes of space are called, by how many there are


def check_images(
    function: Callable, rank: int, x: np.ndarray, data_format: DataFormat | None
) -> None:
    """Images must have rank axes of space, beside samples and channels."""
    names = ["batch", *SPACE[rank], "channels"]
    if data_format == "channels_first":
        names.insert(1, names.pop())
    check_shapes(function, x=(x, names))


def check_fits(
    function: Callable,
    x: np.ndarray,
    size: OneOrMore,
    padding: str,
    data_format: DataFormat | None,
    dilation_rate: OneOrMore = 1,
) -> None:
    """Without padding, a window must not be longer than the images."""
    space = x.shape[2:] if data_format == "channels_first" else x.shape[1:-1]
    span = [int(n) for n in (np.array(size) - 1) * dilation_rate + 1]
    if padding == "valid" and any(n > m for n, m in zip(span, space)):
        raise ValueError(
            f"{_said_by(function)}: x must not be shorter than a window of "
            f"{tuple(span)}, as {tuple(space)} is; padding='same' takes it"
        )


def check_steps(
    function: Callable, rank: int, strides: OneOrMore, dilation_rate: OneOrMore
) -> None:
    """Both must be numbers of steps, and not both of them more than 1."""
    check_sizes(function, rank, strides=strides, dilation_rate=dilation_rate)
    if np.max(strides) > 1 and np.max(dilation_rate) > 1:
        raise ValueError(
            f"{_said_by(function)}: strides or dilation_rate must be 1, "
            f"not {quoted(strides)} and {quoted(dilation_rate)}"
        )


# -- Options


@functools.cache
def options_of(function: Callable, name: str) -> tuple:
    """The values that an argument may have: those of the Literal, and the None,
    in its annotation; () where that has no Literal."""
    annotation = _annotation_of(function, name)
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    parts = typing.get_args(annotation) if is_union else (annotation,)
    values = [
        value
        for part in parts
        if typing.get_origin(part) is Literal
        for value in typing.get_args(part)
    ]
    return (*values, *[None] * (type(None) in parts)) if values else ()


def as_option(
    function: Callable, lowered: Sequence[str] = LOWERED, **given: Any
) -> Any:
    """The one option that a function was given, by its name, as it is spelled
    in the Literal of its annotation; options in lowered may have capitals, too.
    Raises ValueError for any other."""
    [(name, value)] = given.items()
    allowed = options_of(function, name)
    if name in lowered and isinstance(value, str):
        value = value.lower()
    if not isinstance(value, str | None) or value not in allowed:
        raise ValueError(
            f"{_said_by(function)}: {name} must be {_in_words(allowed)}, "
            f"not {quoted(given[name])}"
        )
    return value


def _in_words(values):
    """Values as a sentence has them: 'a', 'b' or None."""
    *others, last = map(repr, values)
    return f"{', '.join(others)} or {last}" if others else last


def check_functions(function: Callable, /, **functions: Any) -> None:
    """Raise TypeError for what is neither a function nor, where the annotation
    has it, None."""
    for name, value in functions.items():
        if value is None and takes_none(function, name):
            continue
        if not callable(value):
            raise TypeError(
                f"{_said_by(function)}: {name} must be a function, "
                f"not {quoted(value)}"
            )


def check_flags(function: Callable, **flags: Any) -> None:
    """Raise ValueError for what is neither True nor False."""
    for name, value in flags.items():
        if not isinstance(value, bool | np.bool_):
            raise ValueError(
                f"{_said_by(function)}: {name} must be True or False, "
                f"not {quoted(value)}"
            )


def check_sparse(function: Callable, sparse: bool) -> None:
    """Raise ValueError where Keras would return a sparse tensor."""
    if sparse is not False:
        raise ValueError(
            f"{_said_by(function)}: sparse must be False, "
            f"not {quoted(sparse)}: "
            "NumPy has no sparse arrays"
        )


def check_shape(
    function: Callable, least: int = 0, most: int | None = None, **shapes: Any
) -> None:
    """Raise TypeError for what is no shape, ValueError for one of numbers below
    1, or of fewer axes than least, or more than most."""
    for name, value in shapes.items():
        entries = entries_of(value)
        said = f"{_said_by(function)}: {name} must be "
        if entries is None or not are_whole(entries):
            raise TypeError(f"{said}whole numbers above 0, not {quoted(value)}")
        if min(entries, default=1) < 1:
            raise ValueError(
                f"{said}whole numbers above 0, not {quoted(value)}"
            )
        rank = len(entries)
        if rank < least or most is not None and rank > most:
            wanted = f"{least}" if most == least else f"{least} or more"
            raise ValueError(f"{said}{wanted} numbers, not {quoted(value)}")


def check_seed(function: Callable, **seeds: Any) -> None:
    """Raise TypeError for what is neither a whole number nor the state of a
    SeedGenerator, two of them."""
    for name, value in seeds.items():
        entries = entries_of(value)
        numbers = [value] if entries is None else entries
        if not are_whole(numbers) or entries is not None and len(numbers) != 2:
            raise TypeError(
                f"{_said_by(function)}: {name} must be a whole number, or the "
                f"state [seed, count] of a SeedGenerator, not {quoted(value)}"
            )


def check_patterns(function: Callable, **texts: Any) -> None:
    """Raise TypeError for what is no text, nor, where the annotation has it, a
    list of texts or None; ValueError for what is no regular expression."""
    for name, value in texts.items():
        if value is None and takes_none(function, name):
            continue
        is_one = _annotation_of(function, name) is str
        found = [value] if is_one else value
        said = f"{_said_by(function)}: {name} must be "
        said += "a text" if is_one else "a list of texts"
        is_list = isinstance(found, list | tuple)
        if not is_list or not all(isinstance(text, str) for text in found):
            raise TypeError(f"{said}, not {quoted(value)}")
        for text in () if is_one else found:
            try:
                re.compile(text)
            except re.error as error:
                raise ValueError(
                    f"{said} that are regular expressions, not {quoted(text)}: "
                    f"{error}"
                ) from None


# -- Numbers

LARGEST = np.finfo("float64").max  # of all that are finite


def are_whole(numbers: Iterable) -> bool:
    """Whether all are whole numbers, of which a boolean is none."""
    return all(
        isinstance(n, Integral) and not isinstance(n, bool) for n in numbers
    )


def entries_of(value: Any) -> list | None:
    """The entries of a list, a tuple or an array of one axis; None where it is
    none of them."""
    is_array = isinstance(value, np.ndarray) and value.ndim == 1
    return list(value) if is_array or isinstance(value, list | tuple) else None


def check_sizes(
    function: Callable | str,
    number: int | None = None,
    /,
    least: int = 1,
    **sizes: Any,
) -> None:
    """Raise for what is no whole number of at least least.

    number: how many axes there are: one number stands for all of them, or a
    sequence has one for each; None where there is no sequence.
    """
    for name, value in sizes.items():
        entries = entries_of(value) if number else None
        found = [value] if entries is None else entries
        wanted = f"a whole number of at least {least}"
        if number and number > 1:
            wanted += f", or {number} of them"
        said = f"{_said_by(function)}: {name} must be {wanted}, "
        said += f"not {quoted(value)}"
        if not are_whole(found):
            raise TypeError(said)
        is_other = entries is not None and len(entries) != number
        if is_other or min(found, default=0) < least:
            raise ValueError(said)


def check_numbers(
    function: Callable | str,
    least: float = -np.inf,
    most: float = np.inf,
    **numbers: Any,
) -> None:
    """Raise for what is no number from least to most, nor, where the annotation
    has it, None."""
    for name, value in numbers.items():
        if value is not None or not takes_none(function, name):
            check_each(function, least, most, **{name: [value]})


def check_each(
    function: Callable | str, least: float, most: float, **several: Sequence
) -> None:
    """Raise for an entry of a sequence that is no number from least to most."""
    for name, values in several.items():
        wanted = f"a number of at least {least:g}"
        if least == -np.inf:
            wanted = "a number" if most == np.inf else f"at most {most:g}"
        elif most == LARGEST:
            wanted = f"a finite number of at least {least:g}"
        elif most != np.inf:
            wanted = f"a number from {least:g} to {most:g}"
        for value in values:
            said = f"{_said_by(function)}: {name} must be {wanted}, "
            said += f"not {quoted(value)}"
            is_array = type(value) is np.ndarray and value.ndim == 0
            is_number = is_array and value.dtype.kind in "iuf"
            if not is_number and not isinstance(value, Real):
                raise TypeError(said)
            if not least <= value <= most:
                raise ValueError(said)


def check_positive(function: Callable | str, **numbers: Any) -> None:
    """Raise for what is no number above 0."""
    for name, value in numbers.items():
        check_numbers(function, **{name: value})
        if value <= 0:
            raise ValueError(
                f"{_said_by(function)}: {name} must be above 0, "
                f"not {quoted(value)}"
            )


def check_tokens(function: Callable, x: ArrayLike, number: int) -> None:
    """Raise ValueError for tokens that are no row of a table of number rows."""
    x = np.asarray(x)
    if x.size and not (-1 < x.min() and x.max() < number):
        raise ValueError(
            f"{_said_by(function)}: x must have tokens from 0 to {number - 1}, "
            f"not from {x.min()} to {x.max()}"
        )


def check_booleans(function: Callable, **masks: np.ndarray | None) -> None:
    """Raise ValueError for a mask, or None, of other numbers than 0 and 1."""
    for name, mask in masks.items():
        if mask is None or mask.dtype == bool:
            continue
        if not np.all((mask == 0) | (mask == 1)):
            raise ValueError(f"{_said_by(function)}: {name} must be booleans")


def check_axes(
    function: Callable | str, rank: int, one: bool = False, **axes: Any
) -> None:
    """Raise for what is no axis, or no sequence of different axes, of an array
    of this rank. one: a sequence is none, either."""
    for name, value in axes.items():
        if not rank:
            raise ValueError(
                f"{_said_by(function)}: a single number has no {name} "
                f"{quoted(value)}"
            )
        entries = None if one else entries_of(value)
        found = [value] if entries is None else entries
        wanted = f"an axis from {-rank} to {rank - 1}"
        wanted += "" if entries is None else ", or several"
        said = f"{_said_by(function)}: {name} must be {wanted}, "
        said += f"not {quoted(value)}"
        if not are_whole(found):
            raise TypeError(said)
        if not found or not all(-rank <= n < rank for n in found):
            raise ValueError(said)
        if len({n % rank for n in found}) < len(found):
            raise ValueError(f"{said}: one is there twice")
