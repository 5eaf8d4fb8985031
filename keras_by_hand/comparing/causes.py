"""Which mistake makes a layer compute what a port has in its place.

Each layer that differs is computed again with each of the usual mistakes, from
what the port has for its inputs. A mistake that makes the port's numbers is
likely the cause.
"""

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from keras_by_hand.comparing.arguments import mistaken_inputs
from keras_by_hand.comparing.gates import (
    mistaken_directions,
    mistaken_gates,
    mistaken_heads,
    mistaken_steps,
)
from keras_by_hand.comparing.matching import copied, find_groups
from keras_by_hand.comparing.mistakes import (
    Scene,
    altered,
    mistaken_activations,
    mistaken_arguments,
    mistaken_functions,
    mistaken_weights,
)
from keras_by_hand.comparing.places import mistaken_places
from keras_by_hand.models.layers.layer import Layer
from keras_by_hand.models.layers.recurrent import StackedCells
from keras_by_hand.models.layers.wrappers import Bidirectional
from keras_by_hand.models.limits import limited
from keras_by_hand.models.tensors import each, tensors_in

MOST_CAUSES = 4  # that fit, of one layer; of more, none is likely
CLEARLY = 3  # times smaller is the error with a mistake
AS_GOOD = 3  # times larger may be the error with another one
SAME = 1e-6  # by which rounding may move it, a part of the largest number
MOST_SECONDS = 1.0  # that all may take, as estimated below
PRODUCTS, ENTRIES, CALLS = 4e9, 1e8, 2e4  # in a second

FINDERS = (
    mistaken_arguments,
    mistaken_activations,
    mistaken_weights,
    mistaken_gates,
    mistaken_steps,
    mistaken_heads,
    mistaken_places,
    mistaken_functions,
)
HELD = "layer", "cell"  # attributes of a layer in another


class Cause(NamedTuple):
    """A mistake that makes the port's numbers.

    layer: the name of the layer that has it; text: what the port does, and what
    to do.
    """

    layer: str
    text: str


class Fit(NamedTuple):
    """A mistake that fits: the row of its table, the Cause, and how far the
    layer's numbers are from the port's."""

    row: tuple
    cause: Cause
    error: float


def find_causes(matching: Any, calls: list) -> dict[int, list[Cause]]:
    """Return {index of a call: its Causes, the best first} of those that differ
    from the port and where at most MOST_CAUSES fit."""
    groups, found, left = find_groups(calls), {}, MOST_SECONDS
    used = {m.tensor for call in calls for m in call.matches if m}
    unused = [name for name in matching.port.arrays if name not in used]
    for index, call in enumerate(calls):
        has_shape = all(match.layout for match in call.matches if match)
        if call.agrees or not call.matches[0] or not has_shape:
            continue
        group = Group(matching, calls, [*sorted(groups[index]), index])
        tries = list_tries(group, unused)
        seconds = len(tries) * group.seconds
        if seconds > left:
            continue
        left -= seconds
        if causes := choose_causes(group.try_all(tries)):
            found[index] = causes
    return found


def choose_causes(fits):
    """Return the Causes of the mistakes that fit as well as the best one, the
    best of each row; none where there are many."""
    least = min((fit.error for fit in fits), default=0)
    best: dict = {}
    for fit in sorted(fits, key=lambda fit: fit.error):
        if fit.error <= AS_GOOD * least + SAME:
            best.setdefault(fit.row, fit.cause)
    causes = list(dict.fromkeys(best.values()))
    return causes if len(causes) <= MOST_CAUSES else []


def list_tries(group, unused):
    """Return (index of a call, Mistake, whether it is in what the call is
    given) of all that may be wrong in a group."""
    found, members = [], set(group.members)
    match = group.last.matches[0]
    expected = match.layout(group.matching.port.arrays[match.tensor])
    for index in reversed(group.members):
        call = group.calls[index]
        before = [
            c for n, c in enumerate(group.calls[:index]) if n not in members
        ]
        layers = [other.layer for other in group.calls]
        if index != group.members[-1]:
            expected = call.outputs[0].array
        scene = Scene(
            call, before, layers, group.matching.port, expected, unused
        )
        found += [(index, m, False) for m in mistakes_in(call.layer, scene)]
        given = mistaken_inputs(call.layer, scene)
        found += [(index, mistake, True) for mistake in given]
    return found


def mistakes_in(layer, scene):
    """Yield the Mistakes in a layer, and in those that it holds; their change
    takes and returns the layer."""
    for find in FINDERS:
        yield from find(layer, scene)
    for key in HELD:
        inner = vars(layer).get(key)
        if isinstance(inner, Layer):
            for mistake in mistakes_in(inner, scene):
                change = change_held(key, mistake.change)
                yield mistake._replace(change=change)
    if isinstance(layer, StackedCells):
        for place, cell in enumerate(layer.cells):
            for mistake in mistakes_in(cell, scene):
                change = functools.partial(change_cell, place, mistake.change)
                text = f"{mistake.text} (in the cell {cell.name})"
                yield mistake._replace(text=text, change=change)
    if isinstance(layer, Bidirectional):
        yield from mistaken_directions(layer, mistakes_in, scene)


def change_cell(place, change, layer):
    """Return stacked cells of which one is changed."""
    cells = [*layer.cells]
    cells[place] = change(cells[place])
    return altered(layer, cells=cells)


def change_held(key, change):
    """Return what changes a layer that another one holds."""

    def change_layer(layer):
        return altered(layer, **{key: change(getattr(layer, key))})

    return change_layer


class Group:
    """Calls that are judged as one: the last has a tensor that differs, and
    those before it have none.

    members: their indices, in order.
    """

    def __init__(self, matching, calls, members):
        self.matching, self.calls, self.members = matching, calls, members
        self.last = calls[members[-1]]
        self.followers = find_followers(calls, members[-1])

    @property
    def seconds(self):
        """About how long it takes to compute all of them."""
        calls = [self.calls[n] for n in self.members] + self.followers
        return sum(map(estimate_seconds, calls))

    def try_all(self, tries):
        """Return a Fit of each mistake that makes the port's numbers."""
        fits = []
        for index, mistake, is_given in tries:
            error = self.try_one(index, mistake.change, is_given)
            if error is not None:
                name = self.calls[index].names[0]
                cause = Cause(name, mistake.text)
                fits.append(Fit((name, mistake.row), cause, error))
        return fits

    def try_one(self, index, change, is_given):
        """Return how far the last call's output is from the port's if a call
        has a mistake; None where it does not agree."""
        call = self.calls[index]
        try:
            with np.errstate(all="ignore"), limited(self.count_numbers()):
                layer = call.layer if is_given else change(call.layer)
                taken = each(copied, call.taken)
                taken = change(taken) if is_given else taken
                y = self.run(index, layer, taken)
                return self.judge(y)
        except (ArithmeticError, IndexError, ValueError):
            # So NumPy, and layers by CannotRun, say that a mistake does not fit
            # the shapes. Anything else is a defect of these modules.
            return None

    def count_numbers(self):
        calls = [self.calls[n] for n in self.members]
        return sum(count_taken(call) for call in calls)

    def run(self, index, layer, taken):
        """Return what the last call makes, a list of Tensors, if one has
        another layer and arguments."""
        new, y = {}, []
        for number in range(index, self.members[-1] + 1):
            call = self.calls[number]
            is_changed = any(id(tensor) in new for tensor in call.given)
            is_last = call is self.last
            if number != index and not is_changed:
                continue
            if call.is_matched and not is_last:
                continue  # the port has what it makes
            if number != index:
                layer, taken = call.layer, replaced(call, new)
            y = tensors_in(altered(layer).call(*taken))
            new |= {id(old): one for old, one in zip(call.outputs, y)}
        return y

    def judge(self, y):
        """Return the largest difference of Tensors from the port's, or None; or
        that of what the layers behind make of them, which the port may have
        taken for one with the last."""
        error = judge_outputs(self.matching, self.last, y)
        for call in self.followers:
            if error is not None:
                break
            taken = replaced(call, {id(call.given[0]): y[0]})
            y = tensors_in(altered(call.layer).call(*taken))
            error = judge_outputs(self.matching, self.last, y)
        return error


def replaced(call, new):
    """Return what a call takes, with other Tensors by the ids of its own."""
    pairs = zip(tensors_in(call.taken), call.given)
    new = {id(copy): new.get(id(old), copy) for copy, old in pairs}
    return each(lambda thing: copied(new.get(id(thing), thing)), call.taken)


def judge_outputs(matching, call, y):
    """Return the largest difference of Tensors from what the port has for a
    call's outputs, or None where one does not agree, or it is not clearly
    smaller than the call's own."""
    errors = []
    for tensor, match in zip(y, call.matches):
        if match is None:
            continue
        expected = match.layout(matching.port.arrays[match.tensor])
        if getattr(tensor.array, "shape", None) != expected.shape:
            return None
        judged = matching.judge(tensor.array, match.tensor, match.layout, call)
        if not judged.agrees:
            return None
        errors.append(judged.error)
    if not errors or not max(errors) < call.error / CLEARLY:
        return None
    return max(errors)


def find_followers(calls, index):
    """Return the calls behind one that change none of the port's numbers, as a
    ReLU does of its own output."""
    found: list = []
    tensor = calls[index].outputs[0]
    for call in calls[index + 1 :]:
        if any(given is tensor for given in call.given):
            if call.is_needed or len(call.given) > 1 or not call.outputs:
                break
            found.append(call)
            tensor = call.outputs[0]
    return found


# -- How long it takes


def count_taken(call):
    """Return how many numbers a call takes and makes, with its weights."""
    arrays = [tensor.array for tensor in [*call.given, *call.outputs]]
    weights = [
        array
        for layer in call.layer.with_all_inside()
        for array in layer.arrays.values()
    ]
    return sum(array.size for array in [*arrays, *weights])


def estimate_seconds(call):
    """Return about how long a call takes: each number of a kernel is multiplied
    at each position."""
    layers = call.layer.with_all_inside()
    arrays = [pair for layer in layers for pair in layer.arrays.items()]
    kernels = sum(a.size for name, a in arrays if name.endswith("kernel"))
    has_steps = any(name == "recurrent_kernel" for name, _ in arrays)
    given, made = (
        [tensor.array.shape for tensor in tensors]
        for tensors in (call.given, call.outputs)
    )
    positions, made_at = (
        max((math.prod(shape[:-1]) for shape in shapes), default=1)
        for shapes in (given, made)
    )
    steps = max((shape[1] for shape in given if len(shape) > 1), default=1)
    scores = 0
    if call.layer.kind.endswith("Attention"):
        scores = 10 * positions * steps
    elif not has_steps:
        positions = min(positions, made_at)
    return (
        positions * kernels / PRODUCTS
        + (4 * count_taken(call) + scores) / ENTRIES
        + (1 + 3 * has_steps * steps) / CALLS
    )
