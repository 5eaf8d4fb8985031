"""Find what a port has in the place of each layer's output.

A layer is fed what the port has for its inputs, so what it makes is in the
port, to rounding, if it is right: whatever was wrong before. What is in no
tensor of the port was fused with what follows, or the layer differs; then its
name tells, or which tensor lets the layers after it agree again.
"""

import contextlib
import itertools
import math
from collections import Counter
from typing import NamedTuple

import numpy as np

from keras_by_hand.activations import linear
from keras_by_hand.comparing.differences import (
    BeforeActivation,
    Flat,
    Layout,
    Unfolded,
    difference,
    layouts,
)
from keras_by_hand.comparing.port import TOLERANCE, measure, owners
from keras_by_hand.comparing.recording import Names, run_calls
from keras_by_hand.models.tensors import Tensor, each, tensors_in

MOST_TRIES = 200  # runs of the model, or of its end, that look for tensors
FAR_BETTER = 3  # times smaller, of an error
MOST_FUSED = 3  # layers, of which a tensor has the name of the first
MOST_REJECTED = 8  # tensors that contradict themselves
MOVED = 0.1  # by which numbers are moved to see whether that shows behind them
NEAREST = 12  # tensors that are tried for one layer
ROUNDED_WEIGHTS = (
    "kernel",
    "embeddings",
)  # names of weights that a file may round
MOSTLY = 0.6  # of its numbers, in which a tensor is equal to what it stands for


class Match(NamedTuple):
    """What a port has for an output of a layer.

    tensor: its name; layout: what brings it into the layout of the layer's, or
    None where its shape does not fit; error: the largest difference of what the
    layer makes of the port's inputs, as a part of the largest number; place:
    where; agrees: whether it is within the tolerance.
    """

    tensor: str
    layout: object
    error: float
    place: tuple
    agrees: bool


class Unlike(Exception):
    """The port has no tensor of the name and shape of a layer's output."""


class Shows(Exception):
    """Whether a difference shows."""


class Call:
    """A call of a layer.

    given: the Tensors that it takes; y: what it returns; outputs: the Tensors
    in y; names: of these; taken: its arguments, [args, keywords], with copies
    of given, as the call may take masks away; matches: for each output, a Match
    or None; is_needed: whether the port needs a tensor for it; is_odd: whether
    it takes numbers that are not finite; has_kernel: whether it has one, or
    takes what was made with one and no tensor stands for; origin: the Match of
    the first of given, or None; activation: what the layer applies in the end,
    or None; is_before: whether a tensor that does not agree is right before
    that; is_behind: whether one before it does not agree.
    """

    def __init__(self, layer, given, y, names, taken):
        self.layer, self.given, self.y, self.names = layer, given, y, names
        self.taken = taken
        self.outputs = tensors_in(y)
        self.matches = [None] * len(names)
        self.origin, self.is_before, self.is_behind = None, False, False
        self.activation = last_activation(layer)
        self.is_needed = not computes_nothing(given, self.outputs)
        self.has_kernel = any(
            name.endswith(ROUNDED_WEIGHTS)
            for la in layer.with_all_inside()
            for name in la.arrays
        )
        with np.errstate(all="ignore"):
            self.is_odd = not all(
                np.isfinite(np.sum(tensor.array))  # without an array of bools
                for tensor in given
                if tensor.array.dtype.kind == "f"
            )

    @property
    def is_matched(self):
        return any(self.matches)

    @property
    def is_settled(self):
        """Whether it agrees, or needs no tensor."""
        return self.agrees and (self.is_matched or not self.is_needed)

    @property
    def error(self):
        """The largest of its matches, and what rounding makes at least."""
        errors = [match.error for match in self.matches if match]
        return max(errors, default=np.inf) + np.finfo("float32").eps

    @property
    def agrees(self):
        return all(match.agrees for match in self.matches if match)


def last_activation(layer):
    """Return the activation that a layer applies in the end, or None."""
    activation, inside = layer.activation, layer.inside()
    has_kernel = any(name.endswith("kernel") for name in layer.arrays)
    if has_kernel and "recurrent_kernel" not in layer.arrays:
        # Its function applies it itself, in the end and not at each step.
        activation = layer.options.get("activation", activation)
    if activation is None and len(inside) == 1:  # as in TimeDistributed
        return last_activation(inside[0])
    return None if activation is linear else activation


def computes_nothing(given, outputs):
    """Whether a layer hands on its input, perhaps in another shape, or makes
    only a mask, which later layers show to be right."""
    if not outputs or outputs[0].array.dtype.kind == "b":
        return True
    if len(given) != 1 or given[0].array.size != outputs[0].array.size:
        return False
    return np.array_equal(given[0].array.ravel(), outputs[0].array.ravel())


class Matching:
    """Matches the calls of a model with the tensors of a port.

    model: one of ours; x: its inputs; port: a Port; names: {name of an output
    of a layer: name of a tensor}; tolerance: of what is not quantized. After
    find(), calls has a Call for each.
    """

    def __init__(self, model, x, port, names, tolerance):
        self.model, self.x, self.port = model, x, port
        self.pins = {name: (tensor, None) for name, tensor in names.items()}
        self.given = set(self.pins)
        self.tolerance = tolerance
        self.tries, self.tried, self.orders = 0, set(), Counter()
        self.is_trying = False
        self.rejected = set()  # (name, tensor) that contradict themselves
        self.returned = []  # the names of what the model returns
        self.places = {name: n for n, name in enumerate(port.arrays)}
        self.by_size = {}
        for name, (*_, size) in port.measures.items():
            self.by_size.setdefault(size, []).append(name)

    def find(self):
        """Match all that can be matched; return the calls."""
        if not self.pins:
            with contextlib.suppress(Unlike):
                self.calls = self.run({}, is_alike=True)
                # Else its tensors may come before the activations.
                if all(c.agrees or not c.activation for c in self.calls):
                    return self.calls
        self.calls = self.run(self.pins)
        self.returned = self.find_returned()
        self.owned = owners(
            self.port.arrays, [call.layer.name for call in self.calls]
        )
        self.find_pins()
        while self.reject() and len(self.rejected) <= MOST_REJECTED:
            self.calls = self.run(self.pins)
            self.find_pins()
        return self.calls

    def find_pins(self):
        while found := self.find_pin():
            index, pin = found
            self.pins |= pin
            self.calls = self.run(self.pins, self.calls[:index])

    def reject(self):
        """Reject the pins of calls that differ where a call that takes their
        outputs differs by itself, and yet what arrives there is right: the
        port went another way. Return whether there were any."""
        makers, wrong = {}, set()
        for call, arrives in zip(self.calls, self.arrivals()):
            if arrives and call.is_matched and not call.agrees:
                wrong |= {makers.get(id(tensor)) for tensor in call.given}
            for tensor in call.outputs:
                before = [makers.get(id(one)) for one in call.given]
                makers[id(tensor)] = (
                    call
                    if call.is_matched
                    else next(filter(None, before), None)
                )
        found = set()
        for call in wrong - {None}:
            name, match = call.names[0], call.matches[0]
            if not call.agrees and name in self.chosen and match:
                found.add((name, match.tensor))
                del self.pins[name]
        self.rejected |= found
        return bool(found)

    def arrivals(self):
        """Return whether each call that is matched agrees in a run of the model
        from its inputs; None for the others."""
        found = []

        def around(layer, args, keywords):
            y = layer.call(args, keywords)
            matches = self.calls[len(found)].matches
            found.append(
                all(
                    self.arrives(t.array, m)
                    for t, m in zip(tensors_in(y), matches)
                )
                if any(matches)
                else None
            )
            return y

        run_calls(self.model, self.x, around)
        return found

    def arrives(self, array, match):
        if match is None:
            return True
        return (
            bool(match.layout)
            and self.judge(array, match.tensor, match.layout).agrees
        )

    def shows(self, index, behind):
        """Whether the match of a call would not agree if the outputs of another
        before it, which no tensor stands for, were moved a little."""
        rng, seen = np.random.default_rng(0), []

        def around(layer, args, keywords):
            call = self.calls[len(seen)]
            y = layer.call(args, keywords)
            outputs = tensors_in(y)
            if len(seen) == behind:
                matches = zip(outputs, call.matches)
                found = [self.arrives(t.array, m) for t, m in matches]
                raise Shows(not all(found))
            for tensor, match in zip(outputs, call.matches):
                if len(seen) == index:
                    tensor.array = moved(tensor.array, rng)
                elif match and match.layout:
                    array = match.layout(self.port.arrays[match.tensor])
                    tensor.array = array.astype(tensor.array.dtype, copy=False)
            seen.append(call)
            return y

        try:
            run_calls(self.model, self.x, around)
        except Shows as found:
            return found.args[0]
        return True

    def find_instead(self):
        """Return {index of a call: tensor} of calls that are compared with a
        later one, and in whose place the port has their numbers in another
        order: a tensor of the size and the norm, between what the call was fed
        and the later one's, that equals no other.

        What makes its tensors itself, as files with operators do, has others on
        the way, and hands on each.
        """
        if self.port.outputs:
            return {}
        used = {m.tensor for call in self.calls for m in call.matches if m}
        measures = self.port.measures  # not of bfloat16
        known = [measures[name] for name in used if name in measures]
        given = tensors_in(self.model.as_inputs(self.x))
        known += [measure(tensor.array) for tensor in given]
        begins, found = self.find_begins(), {}
        for behind, group in find_groups(self.calls).items():
            match = self.calls[behind].matches[0]
            if not match or not self.calls[behind].agrees:
                continue
            end = self.places[match.tensor]
            for index in sorted(group):
                for name in self.find_candidates(self.calls[index]):
                    if not begins[index] < self.places[name] < end:
                        continue
                    made = measure(self.calls[index].outputs[0].array)
                    alike = (
                        np.allclose(made, one, TOLERANCE, 0)
                        for one in [measures[name], *known]
                    )
                    if next(alike) and not any(alike):
                        found.setdefault(index, name)
        return found

    def find_begins(self):
        """Return for each call the place of the last tensor that it was fed, or
        those before it that no tensor stands for."""
        begins, of_tensors = [], {}
        for call in self.calls:
            fed = [of_tensors.get(id(tensor), -1) for tensor in call.given]
            begins.append(max(fed, default=-1))
            for tensor, match in zip(call.outputs, call.matches):
                place = self.places[match.tensor] if match else begins[-1]
                of_tensors[id(tensor)] = place
        return begins

    # -- A run

    def run(self, pins, known=(), is_alike=False):
        """Return the calls of a run in which each layer is fed what the port
        has for its inputs.

        known: the calls before those that are different this time; is_alike:
        whether the port is to have the name and shape of each output, and so
        its order of axes. Raises Unlike where it does not.
        """
        calls, names, origins, rounded = [], Names(), {}, set()
        behind = set()  # ids of Tensors that a difference reaches

        def around(layer, args, keywords):
            if len(calls) < len(known):
                call = known[len(calls)]
                names.of_call(layer.name, len(call.names))
            else:
                given = tensors_in([args, keywords])
                taken = each(copied, [args, keywords])
                y = layer.call(args, keywords)
                named = names.of_call(layer.name, len(tensors_in(y)))
                call = Call(layer, given, y, named, taken)
                call.has_kernel |= any(
                    id(tensor) in rounded for tensor in given
                )
                call.is_behind = any(id(tensor) in behind for tensor in given)
                if is_alike:
                    call.matches = [
                        self.judge_as_it_is(name, tensor, call)
                        for name, tensor in zip(named, call.outputs)
                    ]
                else:
                    self.match(call, pins, origins)
            for tensor, match in zip(call.outputs, call.matches):
                if not match and call.has_kernel:
                    rounded.add(id(tensor))
                if call.is_behind or not call.agrees:
                    behind.add(id(tensor))
                if match and match.layout:
                    origins[id(tensor)] = match
                    array = self.port.arrays[match.tensor]
                    dtype = tensor.array.dtype
                    tensor.array = match.layout(array).astype(dtype, copy=False)
            calls.append(call)
            return call.y

        run_calls(self.model, self.x, around)
        return calls

    def judge_as_it_is(self, name, tensor, call):
        """Return the match of an output of a call with the tensor of its
        name."""
        shape = tensor.array.shape
        if (
            name not in self.port.arrays
            or self.port.arrays[name].shape != shape
        ):
            raise Unlike
        layout = next(layouts(shape, shape))
        return self.judge(tensor.array, name, layout, call)

    def match(self, call, pins, origins):
        """Find what the port has for the outputs of a call."""
        if call.given:
            call.origin = origins.get(id(call.given[0]))
        for place, (name, tensor) in enumerate(zip(call.names, call.outputs)):
            if name in pins or name in self.port.arrays:
                pin = pins.get(name, (name, None))
                match = self.match_named(call, tensor.array, *pin)
                is_doubtful = match.layout and not match.agrees
                if is_doubtful and name not in pins:
                    match = self.find_equal(tensor.array, call) or match
            else:
                match = self.find_equal(tensor.array, call)
            call.matches[place] = match

    def match_named(self, call, array, theirs, order):
        """Return the match of an array, an output of a call, with a tensor in
        an order of axes, or in any."""
        match = self.best(array, [theirs], call, order)
        match = match or Match(theirs, None, np.inf, (), False)
        if not match.agrees:
            judged = (
                self.judge(array, theirs, layout, call)
                for layout in self.list_before(call, theirs)
            )
            before = next((match for match in judged if match.agrees), None)
            call.is_before = before is not None
            may_be = self.is_trying and order is None
            if before and may_be and not self.is_returned(call):
                return before
        return match

    def find_equal(self, array, call):
        """Return the match of an array that is within the tolerance, or
        None."""
        if array.dtype.kind not in "biuf" or array.size < 2:
            return None
        norm = np.linalg.norm(array.astype("float64").ravel())
        tensors = [
            name
            for name in self.by_size.get(array.size, ())
            if self.port.may_agree(name, norm, self.tolerance)
        ]
        match = self.best(array, tensors, call)
        if match and match.agrees:
            return match
        if not self.is_trying or self.is_returned(call):
            return None
        judged = (
            self.judge(array, name, layout, call)
            for name in self.by_size.get(array.size, ())
            for layout in self.list_before(call, name)
        )
        return next((match for match in judged if match.agrees), None)

    def best(self, array, tensors, call, order=None):
        """Return the match of an array, an output of a call, that is nearest of
        those of tensors, in an order of axes or in any; None where none has its
        shape. Where a tensor does not agree in any layout, it is taken in the
        first."""
        found = []
        for name in tensors:
            fitting = self.list_layouts(name, array.shape, call.origin)
            if order and order[0] == "before":
                fitting = self.list_before(call, name)
            matches = (
                self.judge(array, name, layout, call)
                for layout in fitting
                if order in (None, layout.order)
            )
            if first := next(matches, None):
                every = itertools.chain([first], matches)
                found.append(next((m for m in every if m.agrees), first))
        match = min(found, key=lambda match: match.error, default=None)
        if match and match.agrees:
            self.orders[match.layout.order] += 1
        return match

    def judge(self, array, name, layout, call=None):
        """Return the match of an array with a tensor in a layout.

        call: what made the array, of numbers of the port; None where it is of a
        run from the model's inputs. How far numbers spread that are not finite
        differs, so what they made is judged elsewhere alone.
        """
        expected = layout(self.port.arrays[name])
        if call and call.is_behind and name in self.port.ends:
            # What was wrong before may have brought it beyond them.
            array = np.clip(array, *self.port.ends[name])
        if call and call.is_odd:
            is_known = np.isfinite(array) & np.isfinite(expected)
            if is_known.any():
                array = np.where(is_known, array, 0)
                expected = np.where(is_known, expected, 0)
        error, place = difference(array, expected)
        has_kernel = call is None or call.has_kernel
        is_near = self.port.agrees(
            name, array, expected, self.tolerance, error, has_kernel
        )
        return Match(name, layout, error, place, is_near)

    def list_layouts(self, tensor, shape, origin):
        """Return the layouts in which a tensor has a shape, that of the output
        of a call whose first input has the match origin; first that in which
        most tensors agreed, or the one as it is."""
        theirs = self.port.arrays[tensor].shape
        found = list(layouts(theirs, shape))
        layout = origin and origin.layout
        if isinstance(layout, BeforeActivation):
            layout = layout.layout
        if isinstance(layout, Layout):
            before = self.port.arrays[origin.tensor].shape
            sizes = {math.prod(each) for each in (theirs, before, shape)}
            if len(sizes) == 1 and len(theirs) < len(before):
                found.append(Unfolded(before, layout, shape))
        return sorted(found, key=lambda layout: -self.orders[layout.order])

    def list_before(self, call, tensor):
        """Return the layouts in which a tensor may be what a layer makes before
        its activation."""
        if not call.activation or self.port.steps.get(tensor):
            return []
        shape = call.outputs[0].array.shape
        found = self.list_layouts(tensor, shape, call.origin)
        return [BeforeActivation(la, call.activation) for la in found]

    # -- What no tensor equals

    def find_pin(self):
        """Return a call, and what one of its outputs is to be, {name: (tensor,
        order of axes)}, or None where nothing is left to find."""
        stuck = self.find_stuck()
        ways = (
            self.pin_nearly,
            self.pin_by_name,
            self.pin_by_trial,
            self.pin_output,
        )
        pins = (way(index) for way in ways for index in stuck)
        indices = range(len(self.calls))
        layouts = map(self.pin_layout, indices)
        others = (
            way(index)
            for way in (self.pin_nearly, self.pin_handed_on, self.pin_hidden)
            for index in indices
        )
        found = itertools.chain(layouts, pins, others)
        return next(filter(None, found), None)

    def pin_layout(self, index):
        """Return a pin of the layout of a tensor that does not agree, and could
        have several: the one that lets most of the calls after it agree."""
        call = self.calls[index]
        match, name = call.matches[0], call.names[0]
        if match is None or not match.layout:
            return None
        if self.pins.get(name, (name, None))[1]:
            return None
        if not match.agrees:
            return self.pin_best(index, [match.tensor])
        if not isinstance(match.layout, Flat) or (index, name) in self.tried:
            return None
        # It may agree in the wrong layout, and those behind it then do not.
        self.tried.add((index, name))
        if not any(
            not other.agrees and other.given[0] is call.outputs[0]
            for other in self.calls[index + 1 :]
            if other.given
        ):
            return None
        return self.pin_best(index, [match.tensor], at_least=1)

    def find_stuck(self):
        """Return the indices of the calls that no tensor stands for, and that a
        later call does not show to be right, or shows to be wrong."""
        right, wrong = set(), set()
        for index, group in find_groups(self.calls).items():
            (right if self.calls[index].agrees else wrong).update(group)
        unmatched = {
            index
            for index, call in enumerate(self.calls)
            if call.is_needed and not call.is_matched
        }
        return sorted(unmatched - right | wrong)

    def pin_nearly(self, index):
        """Return a pin of a tensor that is equal to a call's output at most
        places."""
        call = self.calls[index]
        if not call.is_needed or call.is_matched:
            return None
        used = {
            self.port.measures[match.tensor]
            for other in self.calls
            for match in other.matches
            if match and match.tensor in self.port.measures
        }
        for name in self.find_candidates(call):
            # One that is equal to another call's, as that of a container of
            # layers is, stands for that.
            is_other = self.port.measures[name] in used
            if is_other or self.port.step_of(name):
                continue
            array = call.outputs[0].array
            fitting = self.list_layouts(name, array.shape, call.origin)
            for layout in self.choose_usual(fitting):
                if self.is_mostly(array, name, layout):
                    return self.pin_best(index, [name])
        return None

    def is_mostly(self, array, name, layout):
        """Whether an array is equal to a tensor at most places where one of
        them is not 0."""
        tensor = layout(self.port.arrays[name])
        largest = np.max(np.abs(array[np.isfinite(array)]), initial=0)
        far = self.port.allowed(name, self.tolerance) * largest
        with np.errstate(invalid="ignore"):
            is_equal = np.abs(tensor - array) <= far
            counts = ~((np.abs(tensor) <= far) & (np.abs(array) <= far))
        many = np.count_nonzero(counts)
        equal = np.count_nonzero(counts & is_equal)
        return equal > 1 and equal >= MOSTLY * many

    def pin_by_name(self, index):
        """Return a pin of a tensor that has the layer's name; for a call whose
        output the model returns, of what the port returns."""
        call = self.calls[index]
        tensors = self.named_tensors(call)
        if tensors and (pin := self.pin_output(index)):
            return pin
        tensors = tensors[::-1]  # what a layer makes on its way comes before
        for other in self.list_fused(index):  # the first gives its name
            if pin := self.pin_best(other, tensors, at_least=1):
                return pin
        is_known = any(index in g for g in find_groups(self.calls).values())
        return None if is_known else self.pin_best(index, tensors)

    def list_fused(self, index):
        """Return the indices of a call and of those behind it with which it may
        have been fused."""
        found = [index]
        for other in range(index + 1, len(self.calls)):
            call, last = self.calls[other], self.calls[found[-1]]
            takes = {id(tensor) for tensor in call.given}
            if id(last.outputs[0]) in takes and call.is_needed:
                if call.is_matched or len(found) == MOST_FUSED:
                    break
                found.append(other)
        return found

    @property
    def chosen(self):
        """The names whose pins were found here, and are no outputs."""
        outputs = set().union(*self.returned)
        return self.pins.keys() - self.given - outputs

    def named_tensors(self, call):
        """Return the tensors that have a layer's name and stand for nothing."""
        taken = {tensor for tensor, _ in self.pins.values()}
        owned = self.owned.get(call.layer.name, ())
        return [tensor for tensor in owned if tensor not in taken]

    def pin_by_trial(self, index):
        """Return a pin that lets more calls agree than do without it."""
        if (index, len(self.pins)) in self.tried:
            return None
        self.tried.add((index, len(self.pins)))
        candidates = self.find_candidates(self.calls[index])
        return self.pin_best(index, candidates, at_least=1)

    def pin_handed_on(self, index):
        """Return a pin for a call that hands on its input where the next one
        differs: the port may have put its numbers into another order."""
        call = self.calls[index]
        if call.is_needed or call.is_matched or not call.outputs:
            return None
        output = call.outputs[0]
        if any(
            not other.agrees and any(given is output for given in other.given)
            for other in self.calls[index + 1 :]
        ):
            return self.pin_by_trial(index)
        return None

    def pin_hidden(self, index):
        """Return a pin of a tensor that has the name of a layer, where it lets
        more calls agree, or as many, and the next one far better: a difference
        may be small beside what is added to it, or in what softmax makes of it.
        """
        groups = find_groups(self.calls)
        behind = next((i for i, g in groups.items() if index in g), None)
        if behind is None or (index, len(self.pins)) in self.tried:
            return None
        self.tried.add((index, len(self.pins)))
        call, error = self.calls[index], self.calls[behind].error
        for pin in self.list_pins(call, self.named_tensors(call)):
            calls = self.try_pin(index, pin)
            if not calls or self.are_one(calls[index], calls[behind]):
                continue
            more = count_agreeing(calls) - count_agreeing(self.calls)
            is_far_better = calls[behind].error < error / FAR_BETTER
            if more > 0 or more == 0 and is_far_better:
                return index, pin
        return None

    def are_one(self, *calls):
        """Whether two calls are matched with the same numbers, as where a later
        ReLU takes what is no output of the layer for its own."""
        first, second = (
            match and self.port.arrays[match.tensor].ravel()
            for match in (call.matches[0] for call in calls)
        )
        return np.array_equal(first, second)

    def try_pin(self, index, pin):
        """Return the calls of a run with one more pin, in which tensors of
        later layers may come before their activations; None where there were
        too many."""
        if self.tries == MOST_TRIES:
            return None
        self.tries, self.is_trying = self.tries + 1, True
        calls = self.run(self.pins | pin, self.calls[:index])
        self.is_trying = False
        return calls

    def pin_best(self, index, tensors, at_least=None):
        """Return a pin of that of the tensors, and that of their layouts, which
        lets most of the calls agree, the first of equals; None where these are
        not so many more than now."""
        call, best, most = self.calls[index], None, -1
        if at_least is not None:
            most = count_agreeing(self.calls) + at_least - 1
        pins = self.list_pins(call, tensors)
        if len(pins) == 1 and at_least is None:
            return index, pins[0]
        for pin in pins:
            calls = self.try_pin(index, pin)
            if calls and count_agreeing(calls) > most:
                best, most = (index, pin), count_agreeing(calls)
                if at_least is not None:
                    best = self.move_behind(index, pin, calls)
                if all(call.is_settled for call in calls[index + 1 :]):
                    break
        return best

    def move_behind(self, index, pin, calls):
        """Return a call, and a pin of what its first output is to be: of a
        later call which changes nothing of the tensor, as a ReLU does nothing
        to its own output, and would change what the model makes."""
        (tensor, order), last = pin[calls[index].names[0]], index
        output = calls[index].outputs[0]
        if order and order[0] == "before":
            return index, pin
        for number in range(index + 1, len(calls)):
            call = calls[number]
            if not any(given is output for given in call.given):
                continue
            if call.is_needed or not self.calls[number].is_needed:
                break
            last, output = number, call.outputs[0]
        return last, {calls[last].names[0]: (tensor, order)}

    def list_pins(self, call, tensors):
        """Return what the first output of a call could be, [{name: (tensor,
        order of axes)}]. It may be what comes before the activation, but for
        what the model returns."""
        shape, found = call.outputs[0].array.shape, []
        tensors = [
            tensor
            for tensor in tensors
            if (call.names[0], tensor) not in self.rejected
        ]
        for tensor in tensors:
            fitting = self.list_layouts(tensor, shape, call.origin)
            found += [(tensor, la) for la in self.choose_usual(fitting)]
        if not self.is_returned(call):
            for tensor in tensors:
                fitting = self.list_before(call, tensor)
                found += [(tensor, la) for la in self.choose_usual(fitting)]
        return [{call.names[0]: (name, la.order)} for name, la in found]

    def choose_usual(self, fitting):
        """Return those of the layouts that ports have, if there are any: a
        transposed image must not pass for a right one."""
        usual = [la for la in fitting if la.is_usual or self.orders[la.order]]
        return usual or fitting

    def pin_output(self, index):
        """Return a pin of what the port returns, or computes last, for a call
        whose output the model returns."""
        call, outputs = self.calls[index], self.port.outputs
        if not outputs and self.is_returned(call):
            last = self.find_candidates(call)[-1:]
            outputs = last * len(self.returned)
        if len(self.returned) != len(outputs):
            return None
        for name, tensor in zip(call.names, call.outputs):
            for names, output in zip(self.returned, outputs):
                if name in names and name not in self.pins:
                    if self.best(tensor.array, [output], call):
                        return index, {name: (output, None)}
        return None

    def is_returned(self, call):
        """Whether the model returns the first output of a call."""
        return any(call.names[0] in names for names in self.returned)

    def find_returned(self):
        """Return the names of each Tensor that the model returns: several where
        layers hand it on, as Dropout does."""
        made = iter(self.calls)
        y = run_calls(self.model, self.x, lambda *_: next(made).y)
        return [
            {
                name
                for call in self.calls
                for name, output in zip(call.names, call.outputs)
                if output is tensor
            }
            for tensor in tensors_in(y)
        ]

    def find_candidates(self, call):
        """Return the tensors that could stand for a call's first output: of its
        size, after what it takes, and equal to no other call's."""
        array = call.outputs[0].array
        used = {
            match.tensor: self.places[match.tensor]
            for other in self.calls
            for match in other.matches
            if match
        }
        takes = {id(tensor) for tensor in call.given}
        begin = max(
            (
                used[match.tensor]
                for other in self.calls
                for tensor, match in zip(other.outputs, other.matches)
                if match and id(tensor) in takes
            ),
            default=-1,
        )
        return [
            name
            for name in self.by_size.get(array.size, ())
            if name not in used
            and self.places[name] > begin
            and any(layouts(self.port.arrays[name].shape, array.shape))
        ][:NEAREST]


def moved(array, rng):
    """Return an array whose numbers are moved by a part of its largest one."""
    if array.dtype.kind != "f":
        return array
    far = MOVED * np.max(np.abs(array), initial=0)
    noise = rng.normal(0, far, array.shape)
    return (array + noise).astype(array.dtype)


def copied(thing):
    """Return a Tensor of the same array and mask; all else as it is."""
    is_tensor = isinstance(thing, Tensor)
    return Tensor(thing.array, thing.mask) if is_tensor else thing


def count_agreeing(calls):
    return sum(call.is_matched and call.agrees for call in calls)


def find_groups(calls):
    """Return {index of a call that is matched: the indices of those before it
    that are not, and whose outputs reach it}: they were fused with it, or it is
    fed what they make of the port's numbers."""
    groups, pending = {}, {}
    for index, call in enumerate(calls):
        before = frozenset().union(
            *(pending.get(id(tensor), ()) for tensor in call.given)
        )
        if call.is_matched:
            groups[index] = before
        elif call.is_needed:
            before |= {index}
        for tensor, match in zip(call.outputs, call.matches):
            pending[id(tensor)] = frozenset() if match else before
    return groups
