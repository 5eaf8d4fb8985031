"""What a function refuses: whatever Keras would not take, by name and in one line.

A function is asked, as its users do, for what nobody means: texts that no option is,
numbers out of range, weights of another number or shape, inputs of other shapes. Either
Keras takes it, and the function agrees; or the function refuses it. There is no third.
Nothing is listed here: it is read from signatures, and from what was drawn.
"""

import functools
import inspect
import re
import warnings
from typing import NamedTuple

import numpy as np
from library.engine.answers import differ, record, tolerance_of
from library.engine.cases import find_arrays, map_arrays, put_array
from library.engine.strings import NO_SUCH
from library.engine.subjects import SUBJECTS, FunctionSubject, LayerSubject, arrays_in
from library.reasons import NOT_CALLED

from keras_by_hand.models.registry import LAYERS
from keras_by_hand.shapes import takes_none

NUMBERS = 0, -1, 2, 1.5, "two"  # in the place of a whole number
FRACTIONS = -0.5, 1.5, "half"  # in that of any other
ODD_SHAPES = {  # of an input
    "without its last axis": lambda x: x[..., 0],
    "with one axis more": lambda x: x[np.newaxis],
    "with one sample": lambda x: x[:1],
    "with one channel": lambda x: x[..., :1],
    "with a channel less": lambda x: x[..., :-1],
}
# How a refusal begins: with the function's name; Python itself counts arguments.
NAMED = re.compile(r"\w+( with [^:]*)?: .|\w+\(\) (takes|missing|got) ")
REFUSALS = ArithmeticError, LookupError, TypeError, ValueError


class Odd(NamedTuple):
    """A call that nobody means: what is odd about it, how the library is called, how
    Keras is, where it must be asked whether it takes that, and how far apart their
    answers may be."""

    words: str
    compute: callable
    ask: callable
    tolerance: float


def function_of(subject):
    """The function of the library that users call for a subject; None where a layer in
    training has its own."""
    if isinstance(subject, LayerSubject):
        return LAYERS[subject.name][0]
    return getattr(subject, "function", None)


def speakers(function):
    """The names by which a function refuses: its own, and those of a metric's parts, such
    as the loss that it is the mean of."""
    found, left = set(), [function]
    while left:
        current = left.pop()
        if current.__name__ in found:
            continue
        found.add(current.__name__)
        if current.__module__.startswith("keras_by_hand.metrics."):
            names = current.__code__.co_names
            parts = [current.__globals__.get(name) for name in names]
            left += filter(inspect.isfunction, parts)
    return found


def parameters_of(subject):
    return inspect.signature(function_of(subject)).parameters


@functools.cache
def called():
    """The subjects whose function of the library is called directly, by name."""
    return {
        name: subject
        for name, subject in SUBJECTS.items()
        if name not in NOT_CALLED
        and function_of(subject)
        and function_of(subject).__module__.startswith("keras_by_hand")
    }


def call(subject, case, given_as=np.asarray, function=None):
    """What the function answers to a case when it is called as its users do.

    given_as: what inputs and weights are made of arrays, such as lists; function: another
    one in its place.
    """
    function, parameters = function or function_of(subject), parameters_of(subject)
    inputs, options = list(case.inputs), {**case.config, **case.call}
    if isinstance(subject, LayerSubject):
        if isinstance(inputs[0], list) and "inputs" not in parameters:
            inputs = inputs[0] + inputs[1:]  # query, value and key
            masks = [name for name in parameters if name.endswith("_mask")]
            options |= zip(masks, options.pop("mask", []))
        if any(p.kind is p.VAR_POSITIONAL for p in parameters.values()):
            places = [
                p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
            ]
            inputs += [options.pop(name, None) for name in places[len(inputs) :]]
    if not isinstance(subject, FunctionSubject):
        options = {name: value for name, value in options.items() if name in parameters}
    if case.drawn is not None:
        inputs.append(case.drawn)
    arrays = map_arrays(given_as, [*inputs, *case.weights.values()])
    return arrays_in(function(*arrays, **options))


def can_call(subject, case):
    """Whether the function takes all masks that Keras' layer does: those of its inputs may
    be for allowed_pairs."""
    masks = {name for name in case.call if name.endswith("_mask")}
    return masks <= parameters_of(subject).keys()


def cover(subject):
    """The numbers of cases that have each argument at least once: the first, and few
    others."""
    recorded, chosen = record(subject.name), [0]
    seen = {*recorded[0].case.config}
    for number, (case, *_) in enumerate(recorded):
        if {*case.config} - seen and can_call(subject, case):
            chosen.append(number)
            seen |= {*case.config}
    return chosen


# -- Numbers of few bits

NARROW = {"uint8": (0, 255), "int8": (-128, 127), "bool": (0, 1)}


def narrow_and_wide(case, dtype):
    """The case with whole numbers in the place of its fractions: in this dtype, whose
    ends they reach, and the same in float64."""
    largest = max(NARROW[dtype])

    def whole(array):
        if array.dtype.kind != "f":
            return array
        scaled = np.nan_to_num(array.astype("float64")) * largest / 3
        return np.clip(np.round(scaled), *NARROW[dtype])

    def narrowed(array):
        return array.astype(dtype) if array.dtype.kind == "f" else array

    inputs, weights = map_arrays(whole, (case.inputs, case.weights))
    wide = case.but(inputs=inputs, weights=weights)
    inputs, weights = map_arrays(narrowed, (inputs, weights))
    return case.but(inputs=inputs, weights=weights), wide


# -- What nobody means


@functools.cache
def odd_calls(subject):
    """All calls of a subject that nobody means."""
    return [*odd_options(subject), *odd_weights(subject), *odd_inputs(subject)]


def odd_options(subject):
    """Yield each argument of the function with values of its kind that it cannot have, on
    cases that between them have each argument."""
    recorded = record(subject.name)
    drawn = {}
    for case, *_ in recorded:
        for name, value in case.config.items():
            drawn.setdefault(name, []).append(value)
    for name in subject.signature.parameters.keys() & parameters_of(subject).keys():
        default = subject.signature.parameters[name].default
        for value in odd_values([default, *drawn.get(name, [])]):
            for number in cover(subject):
                case = recorded[number].case
                odd = case.but(config={**case.config, name: value})
                yield odd_call(subject, f"{name}={value!r}", odd, subject.ask)


def odd_values(values):
    """Values that an argument cannot have, judged by those that it may have."""
    kinds = {type(value) for value in values}
    found = []
    if str in kinds:
        texts = sorted({value for value in values if isinstance(value, str)})
        found += [NO_SUCH, 3, *(text.upper() for text in texts[:1])]
    if int in kinds:
        found += NUMBERS
    if float in kinds:
        found += FRACTIONS
    pairs = [v for v in values if isinstance(v, tuple | list) and is_of_numbers(v)]
    if pairs:
        found += [*NUMBERS, (*pairs[0], pairs[0][0]), pairs[0][:-1]]
    return list({repr(value): value for value in found}.values())


def is_of_numbers(value):
    return len(value) and all(type(part) in (int, float) for part in value)


def odd_weights(subject):
    """Yield the weights of a case, one too many, one too few, and each in other shapes,
    but for those that Keras' layer has when other arguments than the function's are told
    otherwise, such as units."""
    seen = set()
    for number in cover(subject):
        case = record(subject.name)[number].case
        weights = case.weights
        if not weights or tuple(weights) in seen:
            continue
        seen.add(tuple(weights))
        right = shapes_of_others(subject, case)
        for words, held in misshapen(weights):
            if tuple(map(np.shape, held.values())) not in right:
                odd = case.but(weights=held)
                yield odd_call(subject, f"weights: {words}", odd, None)


def misshapen(weights):
    """Yield (words, weights, of which one is missing, too many, or of another shape)."""
    *kept, _ = weights
    yield f"{next(iter(weights))} of None", {**weights, next(iter(weights)): None}
    yield "one too many", {**weights, "more": np.ones(1)}
    yield "one too few", {name: weights[name] for name in kept}
    for name, weight in weights.items():
        shapes = {"with one axis more": weight[np.newaxis]}
        if weight.ndim:
            shapes["without its last axis"] = weight[..., 0]
        for axis in range(weight.ndim):
            twice = np.concatenate([weight, weight], axis)
            shapes[f"with axis {axis} twice"] = twice
            shapes[f"with axis {axis} of one"] = weight.take([0], axis)
        for words, other in shapes.items():
            if other.shape != weight.shape:
                yield f"{name} {words}", {**weights, name: other}


def shapes_of_others(subject, case):
    """The shapes of weights that Keras' layer has with other values of one argument that
    the function does not take, as its weights tell it."""
    found, known = set(), parameters_of(subject)
    for name, parameter in subject.signature.parameters.items():
        value = case.config.get(name, parameter.default)
        others = [*others_of(value), *[parameter.default] * (name in case.config)]
        for other in others if name not in known else ():
            try:
                layer = subject.build(
                    case.but(config={**case.config, name: other}, weights={})
                )
            except Exception:
                continue
            found.add(tuple(tuple(weight.shape) for weight in layer.weights))
    return found


def others_of(value):
    """A flag is turned, a number doubled or 1; in a sequence, one number after another."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [2 * value, 1]
    if isinstance(value, tuple | list) and value and is_of_numbers(value):
        return [
            [*value[:n], other, *value[n + 1 :]]
            for n, part in enumerate(value)
            for other in others_of(part)
        ]
    return []


def odd_inputs(subject):
    """Yield the inputs of a case, each in other shapes, and as texts."""
    for number in cover(subject)[:2]:
        recorded = record(subject.name)[number]
        ask = subject.ask
        if recorded.case.weights:  # not of one that merges: it keeps in mind its ranks
            ask = functools.partial(subject.ask_again, recorded.layer)
        for field in ("inputs", "call"):
            held = getattr(recorded.case, field)
            for path, array in find_arrays(held).items():
                where = ".".join(map(str, path))
                shapes = {w: change(array) for w, change in odd_shapes(array)}
                if may_be_none(subject, path[-1]):
                    shapes.pop("of None", None)
                for words, other in shapes.items():
                    odd = recorded.case.but(**{field: put_array(held, path, other)})
                    words = f"{field} {where} {words}"
                    yield odd_call(subject, words, odd, ask)


def may_be_none(subject, place):
    """Whether the function takes None for an input, told by its place or name."""
    names = list(parameters_of(subject))
    name = names[place] if isinstance(place, int) and place < len(names) else place
    return takes_none(function_of(subject), name)


def odd_shapes(array):
    if array.dtype.kind not in "biuf":
        return
    yield "of text", lambda x: np.full(x.shape, "text")
    yield "of None", lambda x: None
    if array.dtype != bool and np.all(array == np.floor(array)):
        yield "of large numbers", lambda x: x + 100
    for words, change in ODD_SHAPES.items():
        if array.ndim or "more" in words:
            if change(array).shape != array.shape:
                yield words, change


def odd_call(subject, words, case, ask):
    tolerance = tolerance_of(subject.name, case)
    return Odd(
        words, lambda: call(subject, case), ask and (lambda: ask(case)), tolerance
    )


# -- What becomes of it


def refusal(compute):
    """What a function answers, and None; or None and the error by which it refuses."""
    try:
        return compute(), None
    except REFUSALS as error:
        return None, error


def judge(subject, odd):
    """How a call that nobody means went wrong, or None: refused by name, or as Keras
    computes it."""
    y, error = refusal(odd.compute)
    if error is not None:
        said, names = str(error), tuple(speakers(function_of(subject)))
        if NAMED.match(said) and said.startswith(names) and "\n" not in said:
            return None
        return f"is not refused by name: {type(error).__name__}: {said}"
    if odd.ask is None:
        return "is computed in silence, and Keras has no such weights"
    try:
        with warnings.catch_warnings(action="ignore"):  # of what it takes all the same
            expected = odd.ask()
    except Exception:
        return "is computed in silence, and Keras refuses it"
    how = differ(expected[: len(y)], y, odd.tolerance)
    return how and f"gives another {how} than Keras"
