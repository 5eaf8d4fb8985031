"""Compare a model, layer by layer, with its port."""

import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Literal, NamedTuple

import numpy as np

from keras_by_hand.comparing.causes import Cause, find_causes
from keras_by_hand.comparing.differences import correlation, difference
from keras_by_hand.comparing.exercised import (
    Unshown,
    find_unshown,
    list_unshown,
)
from keras_by_hand.comparing.matching import Matching, find_groups
from keras_by_hand.comparing.port import Port, owners
from keras_by_hand.comparing.ports import run_port
from keras_by_hand.comparing.recording import run_calls
from keras_by_hand.comparing.stored_weights import (
    NOT_CHECKED,
    Checked,
    check_weights,
)
from keras_by_hand.comparing.tables import no_spaces, table_lines
from keras_by_hand.models.errors import CannotRun, shown
from keras_by_hand.models.layers.quantized import Quantized
from keras_by_hand.models.load import load_model
from keras_by_hand.models.model import Model
from keras_by_hand.models.tensors import tensors_in
from keras_by_hand.shapes import as_option, quoted

COLUMNS = "", "layer", "class", "shape", "arrived", "at", "corr.", "own", ""
FIRST, FAULTY = ">", "!"  # marks of a row
NOT_COMPARED, HANDED_ON = "not compared", "its input"


class Row(NamedTuple):
    """A call of a layer, beside what the port has in its place.

    name: of the call; kind: the layer's class; shape: of its output; arrived:
    the largest difference of the two outputs, as a part of the largest number
    of the port's; place: where that is; correlation: of the two outputs; own:
    the largest difference where the layer is fed what the port has for its
    inputs; agrees: whether own is within the tolerance; is_first: whether
    arrived is the first that is not; tensor: the port's name for the output;
    together: the calls before it that the port has no tensor for, and that are
    compared with this one; is_before: whether the tensor is right before the
    layer's activation, such as logits; movers: the calls before it that bring
    numbers into another shape, and that the port has no tensor for: they may
    be wrong in its place; instead: a tensor that lies in its place and has
    other numbers, though a later layer shows it to be right. Of a layer that
    was not compared, what it takes a tensor for is None.
    """

    name: str
    kind: str
    shape: tuple
    arrived: float | None = None
    place: tuple | None = None
    correlation: float | None = None
    own: float | None = None
    agrees: bool = True
    is_first: bool = False
    tensor: str | None = None
    together: tuple = ()
    is_before: bool = False
    movers: tuple = ()
    instead: str | None = None


class Comparison:
    """What compare found. Printed, it is a table.

    rows: a Row for each call of a layer, in order; faulty: the names of the
    layers that differ by themselves, those joined by "+" that the port has one
    tensor for; unmatched: the names of the calls that were not compared;
    coarse: the names of those that only numbers too coarse to tell were
    compared with; unused: the tensors of the port that stand for none; unshown:
    what the input cannot show; verdict: "differs", "cannot tell" or "no layer
    differs".

    >>> port = {"dense": np.array([[7, 1]])}  # the outputs of its layers
    >>> compare("model.keras", port, np.array([[1, 2]]))
    <Comparison: 0 of 1 layers agree; differ: dense>
    """

    def __init__(
        self,
        rows: list[Row],
        unmatched: list[str],
        unused: list[str],
        port: Port,
        tolerance: float | None = None,
        causes: Mapping[int, list[Cause]] | None = None,
        unshown: Sequence[Unshown] = (),
        weights: Checked = NOT_CHECKED,
    ) -> None:
        self.rows, self.unmatched = rows, unmatched
        self.unused, self.port, self.tolerance = unused, port, tolerance
        self.unshown, self.weights = list(unshown), weights
        names = ["+".join([*row.together, row.name]) for row in rows]
        self.faulty = self._find_faulty(names)
        self.causes = {
            names[index]: found
            for index, found in (causes or {}).items()
            if names[index] in self.faulty
        }
        for name, text in weights.differ.items():
            self.causes[name] = [Cause(name, text)]
        self.coarse = [
            name for name, row in zip(names, rows) if self._is_coarse(row)
        ]

    def _find_faulty(self, names: list[str]) -> list[str]:
        """Return the names of what differs: of a group, the layers that have
        other weights, where there are such."""
        found = []
        for name, row in zip(names, self.rows):
            members = *row.together, row.name
            others = [
                group
                for group in self.weights.differ
                if not {*members}.isdisjoint(group.split("+"))
            ]
            found += others or [name] * (not row.agrees)
        return list(dict.fromkeys(found))

    def _is_coarse(self, row):
        """Whether a row agrees only as its port's numbers lie far apart."""
        if row.tensor is None or not row.agrees or self.tolerance is not None:
            return False
        is_equal = row.own <= self.port.allowed(row.tensor, None)
        return not is_equal and self.port.is_coarse(row.tensor)

    @property
    def verdict(self) -> str:
        if self.faulty:
            return "differs"
        is_open = self.unmatched or self.coarse
        return "cannot tell" if is_open else "no layer differs"

    def __repr__(self) -> str:
        differing = {
            name
            for row in self.rows
            if not row.agrees
            for name in (row.name, *row.together)
        } | self.weights.others()
        others = len(differing) + len(self.unmatched)
        said = f"{len(self.rows) - others} of {len(self.rows)} layers agree"
        if self.faulty:
            said += f"; differ: {', '.join(self.faulty)}"
        if self.unmatched:
            said += f"; not compared: {', '.join(self.unmatched)}"
        return shown(f"<Comparison: {said}>")

    def __str__(self) -> str:
        return "\n".join([*self.table(), *self.summary()])

    def table(self) -> list[str]:
        """Return the lines of the table."""
        return table_lines(COLUMNS, [self._cells_of(row) for row in self.rows])

    def _cells_of(self, row):
        """Return the cells of a row."""
        words = [shown(row.name), shown(row.kind), no_spaces(row.shape)]
        has_others = row.name in self.weights.others()
        mark = FAULTY * (has_others or not row.agrees)
        said = ["other weights"] * has_others
        if row.instead is not None:
            said.append(f"look at {shown(row.instead)}")
        if row.tensor is None:
            why = self._why_not(row)
            return [mark, *words, "", "", "", why, ", ".join(said)]
        if not row.agrees and row.tensor != row.name:
            said.append(f"beside {shown(row.tensor)}")
        if not row.agrees and row.is_before:
            said.append("equal before its activation")
        if not row.agrees and row.movers:
            said.append(f"or in {', '.join(map(shown, row.movers))}")
        return [
            FIRST * row.is_first + mark,
            *words,
            f"{row.arrived:.1e}",
            no_spaces(row.place),
            f"{row.correlation:.4f}",
            f"{row.own:.1e}",
            ", ".join(said),
        ]

    def _why_not(self, row):
        """Return in words why a row has no numbers."""
        for other in self.rows:
            if row.name in other.together:
                return f"with {other.name}"
        return NOT_COMPARED if row.name in self.unmatched else HANDED_ON

    def summary(self) -> list[str]:
        """Return the lines under the table."""
        matched = sum(row.tensor is not None for row in self.rows)
        reasons = [self._why_not(r) for r in self.rows if r.tensor is None]
        handed_on, unseen = map(reasons.count, (HANDED_ON, NOT_COMPARED))
        together = len(reasons) - handed_on - unseen
        lines = []
        if self.weights.differ or any(row.is_first for row in self.rows):
            lines.append(
                f"{FIRST} the first to differ, {FAULTY} differs by itself"
            )
        lines.append(
            f"compared {matched} of {len(self.rows)} layers by themselves"
        )
        if together:
            lines[-1] += f", {together} with a later one"
        if handed_on:
            lines[-1] += f", {handed_on} hand on their input"
        if unseen:
            lines[-1] += f", {unseen} not at all"
        lines += self.rounding()
        lines += self.weights.lines()
        lines += self.other_names()
        if count := len(self.unused):
            many = count > 1
            lines.append(
                f"{count} tensor{'s' * many} of the port "
                f"stand{'s' * (not many)} for none"
            )
        others = [row for row in self.rows if row.instead is not None]
        instead = {row.name for row in others}
        unknown = ", ".join(
            shown(name) for name in self.unmatched if name not in instead
        )
        coarse = ", ".join(map(shown, self.coarse))
        lines += map(shown, list_unshown(self.unshown))
        if coarse:
            lines.append(
                f"cannot tell, as the port's numbers are too coarse: {coarse}"
            )
        if others:
            pairs = (f"{shown(r.name)} ({shown(r.instead)})" for r in others)
            lines.append(
                "cannot tell, as the port has other numbers in the place of "
                f"what later ones show to be right: {', '.join(pairs)}"
            )
        if self.faulty and unknown:
            lines.append(f"not compared: {unknown}")
        elif unknown:
            lines.append(f"cannot tell, as the port has no tensor: {unknown}")
        if self.faulty:
            lines.append(f"faulty layers: {', '.join(map(shown, self.faulty))}")
            lines += self.cause_lines()
        elif self.verdict == "no layer differs":
            lines.append(self.verdict)
        return lines

    def cause_lines(self) -> list[str]:
        """Return the likely causes in words: of layers with the same ones, in
        one line."""
        alone: dict[str, list[str]] = {}
        several = []
        for causes in self.causes.values():
            if len(causes) == 1:
                (cause,) = causes
                alone.setdefault(cause.text, []).append(shown(cause.layer))
            else:
                said = [f"{cause.layer}: {cause.text}" for cause in causes]
                several += ["causes that all fit:", *(f"- {s}" for s in said)]
        lines = [
            f"cause: {', '.join(layers)}: {shown(text)}"
            for text, layers in alone.items()
        ]
        return lines + list(map(shown, several))

    def as_dict(self) -> dict[str, Any]:
        """Return what was found as a dict that json writes: verdict ("differs",
        "cannot tell" or "no layer differs"), faulty, causes, unmatched, coarse,
        unused, rounding, other_names, unshown, weights (the layers that have
        the model's, those that do not, and why, and those not seen), and of
        each row its fields, but for numbers that are not finite, which are
        texts."""
        return {
            "verdict": self.verdict,
            "faulty": self.faulty,
            "causes": {
                name: [cause._asdict() for cause in causes]
                for name, causes in self.causes.items()
            },
            "unmatched": self.unmatched,
            "coarse": self.coarse,
            "unused": self.unused,
            "rounding": self.rounding(),
            "other_names": self.other_names(),
            "unshown": [each._asdict() for each in self.unshown],
            "weights": self.weights._asdict(),
            "rows": [
                {key: finite(value) for key, value in row._asdict().items()}
                for row in self.rows
            ],
        }

    def other_names(self) -> list[str]:
        """Return in words which tensors have the name of another layer than
        that whose numbers they have, where that one has none of its name."""
        names = [row.name for row in self.rows]
        owned = owners(self.port.arrays, names).items()
        owner = {tensor: name for name, found in owned for tensor in found}
        own = {r.name for r in self.rows if owner.get(r.tensor) == r.name}
        lines = []
        for row in self.rows:
            other = owner.get(row.tensor, row.name)
            if row.agrees and other not in {row.name, *row.together, *own}:
                lines.append(
                    f"{row.name} has the numbers of {row.tensor}, which has "
                    f"the name of {other}"
                )
        return list(map(shown, lines))

    def rounding(self) -> list[str]:
        """Return in words what the port rounds, and what that allows; nothing
        where a tolerance was given."""
        return self.port.rounding() if self.tolerance is None else []

    def plot(self, axis: Any = None) -> Any:
        """Draw both differences of each layer, from the input to the output;
        return the axis of Matplotlib."""
        if axis is None:
            import matplotlib.pyplot as plt  # here, as nothing else needs it

            _, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
        rows = [row for row in self.rows if row.tensor is not None]
        drawn = [value for row in rows for value in (row.arrived, row.own)]
        tiny = float(np.finfo("float32").eps) / 100
        least = min([tiny, *filter(None, drawn)])  # of 0 there is no logarithm
        for key, mark, label in (
            ("arrived", "o-", "as it arrived"),
            ("own", "s", "of the layer itself"),
        ):
            values = [getattr(row, key) or least for row in rows]
            axis.plot(values, mark, markersize=4, linewidth=1, label=label)
        for number, row in enumerate(rows):
            if not row.agrees:
                place = {"xytext": (4, -4), "textcoords": "offset points"}
                axis.annotate(row.name, (number, row.own), **place, va="top")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set(yscale="log", xlabel="layer", ylabel="largest difference")
        axis.legend()
        return axis


def finite(value):
    """Return a value, or its text where it is a number that json lacks."""
    is_odd = isinstance(value, float) and not np.isfinite(value)
    return str(value) if is_odd else value


def compare(
    model: str | os.PathLike[str] | Model,
    port: Any,
    inputs: Any,
    *,
    names: Mapping[str, str] | None = None,
    tolerance: float | None = None,
    dtype: Literal["float32", "float64"] | None = None,
    layers: Mapping[str, Callable[..., Any] | str] | None = None,
) -> Comparison:
    """Compare a Keras model with its port, layer by layer; return a Comparison.

    model: the path of its .keras file, or what load_model returned for it;
    port: the path of another .keras file, of a .tflite or .onnx file, or of a
    .npz, .txt or .json file with the output of each layer; a model that is
    loaded, by Keras or here, or "keras" for what Keras makes of the model's
    file; or a dict {name: array}; inputs: as for predict; names: {layer of the
    model: name in the port}, where names differ and values cannot tell;
    tolerance: how far a layer may differ, as a part of the largest number of
    its output; dtype: "float64" to compute the model's file in that, in the
    place of its layers' own dtypes; the port, too, where it is the path of a
    .keras file; layers: as for load_model, for both.

    Each layer of the model is computed in NumPy twice: from the inputs, and
    from what the port has for the layer's inputs, which shows the difference
    that it makes itself. Whole numbers must be equal. What has 16 bits may
    differ by 16 units of rounding, and what is quantized by two steps, as the
    root of the mean of squares. A port with all names and shapes has the order
    of axes, too.

    Raises CannotRun where a model cannot be run, and for arguments that do not
    fit, such as a dtype beside a model that is loaded.

    >>> port = {"dense": np.array([[7, 1]])}  # the outputs of its layers
    >>> found = compare("model.keras", port, np.array([[1, 2]]))
    >>> found.faulty
    ['dense']
    """
    dtype = as_option(compare, dtype=dtype)
    _check_comparison(model, names, tolerance, dtype)
    path = None
    if not isinstance(model, Model):
        path, model = model, load_model(model, dtype, layers)
    model.as_inputs(inputs)  # refuses these before the port meets them
    port = run_port(port, path, inputs, dtype, layers)
    if any(isinstance(la, Quantized) for la in model.with_all_inside()):
        port.stored = {}  # both have the same whole numbers for weights
    count = check_samples(port, model, inputs)
    check_names(names or {}, port)
    matching = Matching(model, inputs, port, names or {}, tolerance)
    calls = matching.find()
    check_flat(port, calls, count)
    check_used(names or {}, calls)
    rows, unmatched, unused = make_rows(matching, calls)
    causes = find_causes(matching, calls)
    return Comparison(
        rows,
        unmatched,
        unused,
        port,
        tolerance,
        causes,
        unshown=find_unshown(model, inputs),
        weights=check_weights(port.weights, calls),
    )


def _check_comparison(model, names, tolerance, dtype):
    """Each must be of its kind."""
    if not isinstance(model, str | os.PathLike | Model):
        raise CannotRun(
            "compare: model must be the path of a .keras file, or what "
            f"load_model returned for it, not {quoted(model)}"
        )
    if isinstance(model, Model) and dtype:
        raise CannotRun(
            "compare: dtype must be None for a model that is loaded, as it has "
            f"its own, not {dtype!r}"
        )
    pairs = names.items() if isinstance(names, Mapping) else [(names, None)]
    if names is not None and not all(
        isinstance(name, str) for pair in pairs for name in pair
    ):
        raise CannotRun(
            "compare: names must be {layer of the model: name in the port}, "
            f"not {quoted(names)}"
        )
    is_number = isinstance(tolerance, Real) and not isinstance(tolerance, bool)
    if tolerance is not None and not (is_number and 0 <= tolerance < np.inf):
        raise CannotRun(
            "compare: tolerance must be a finite number of at least 0, not "
            f"{quoted(tolerance)}"
        )


def check_samples(port, model, inputs):
    """Return how many samples the inputs have. Raises CannotRun where all
    arrays of a port have another number of them."""
    count = len(tensors_in(model.as_inputs(inputs))[0].array)
    made = {array.shape[0] for array in port.arrays.values() if array.ndim > 1}
    if len(port.arrays) > 1:
        refuse_samples(made, count)
    return count


def check_flat(port, calls, count):
    """Raise CannotRun where all flat arrays that have names of layers would fit
    another number of samples than so many."""
    arrays = {n: a for n, a in port.arrays.items() if a.ndim == 1}
    made = {
        arrays[name].size * count / tensor.array.size
        for call in calls
        for name, tensor in zip(call.names, call.outputs)
        if name in arrays and tensor.array.size
    }
    if len(arrays) > 1 and all(number.is_integer() for number in made):
        refuse_samples(set(map(int, made)), count)


def refuse_samples(made, count):
    """Raise CannotRun where the arrays of a port have one number of samples,
    and the inputs another."""
    if len(made) == 1 and made != {count}:
        raise CannotRun(
            f"the port has arrays of {made.pop()} samples, and the inputs have "
            f"{count}: give both the same"
        )


def check_names(names, port):
    """Raise CannotRun for tensors that the port does not have."""
    for layer, tensor in names.items():
        if tensor not in port.arrays:
            raise CannotRun(
                f"layer {layer} is to be {tensor!r}, which the port does not "
                f"have; it has {', '.join(port.arrays)}"
            )


def check_used(names, calls):
    """Raise CannotRun for layers that the model does not have."""
    known = [name for call in calls for name in call.names]
    for layer in names:
        if layer not in known:
            raise CannotRun(
                f"names: the model has no layer {layer!r}; it has "
                f"{', '.join(known)}"
            )


class Arrived(NamedTuple):
    """How an output of a model differs from its port's, as it arrives."""

    error: float
    place: tuple
    correlation: float
    agrees: bool


def arrive(matching, calls):
    """Return an Arrived for each call that is matched, of a run of the model
    from x: that of the output that differs most; None for the others."""
    found = []

    def around(layer, args, keywords):
        y = layer.call(args, keywords)
        made = [
            differ(matching, tensor.array, match)
            for tensor, match in zip(tensors_in(y), calls[len(found)].matches)
            if match
        ]
        found.append(max(made, key=lambda one: one.error, default=None))
        return y

    run_calls(matching.model, matching.x, around)
    return found


def differ(matching, y, match):
    """Return how an output differs from what the port has for it."""
    if match.layout is None:
        return Arrived(np.inf, (), np.nan, False)
    expected = match.layout(matching.port.arrays[match.tensor])
    error, place = difference(y, expected)
    agrees = matching.port.agrees(
        match.tensor, y, expected, matching.tolerance, error
    )
    return Arrived(error, place, correlation(y, expected), agrees)


def make_rows(matching, calls):
    """Return the rows, the names of what was not compared, and the tensors of
    the port that stand for nothing."""
    groups, movers, rows = find_groups(calls), find_movers(calls), []
    together = set().union(*groups.values())
    arrived = arrive(matching, calls)
    differing = (n for n, one in enumerate(arrived) if one and not one.agrees)
    first = next(differing, None)
    instead = matching.find_instead()
    hidden = find_hidden(matching, calls, groups) | {*instead}
    for index, (call, one) in enumerate(zip(calls, arrived)):
        shape = call.outputs[0].array.shape if call.outputs else ()
        row = Row(
            *(call.names[0], call.layer.kind, shape),
            instead=instead.get(index),
        )
        if one:
            matches = filter(None, call.matches)
            worst = max(matches, key=lambda match: match.error)
            before = sorted(groups[index])
            row = row._replace(
                arrived=one.error,
                place=one.place,
                correlation=one.correlation,
                own=worst.error,
                agrees=call.agrees,
                is_first=index == first,
                tensor=worst.tensor,
                together=tuple(calls[i].names[0] for i in before),
                is_before=call.is_before,
                movers=movers[index],
            )
        rows.append(row)
    unmatched = [
        call.names[0]
        for index, call in enumerate(calls)
        if call.is_needed
        and not call.is_matched
        and (index not in together or index in hidden)
    ]
    rows = [
        row._replace(
            together=tuple(n for n in row.together if n not in unmatched)
        )
        for row in rows
    ]
    used = {m.tensor for call in calls for m in call.matches if m}
    unused = [name for name in matching.port.arrays if name not in used]
    return rows, unmatched, unused


def find_movers(calls):
    """Return for each call the names of those before it that bring numbers into
    another shape, and whose outputs reach it with no tensor in between."""
    found, passed = [], {}
    for call in calls:
        before = {
            name: None
            for tensor in call.given
            for name in passed.get(id(tensor), ())
        }
        found.append(tuple(before))
        shapes = [t.array.shape for t in (*call.given[:1], *call.outputs[:1])]
        if not call.is_needed and len({*shapes}) > 1:
            before[call.names[0]] = None
        for tensor, match in zip(call.outputs, call.matches):
            passed[id(tensor)] = () if match else tuple(before)
    return found


def find_hidden(matching, calls, groups):
    """Return the indices of calls that stand for no tensor, and whose mistakes
    the next tensor would hide, as a softmax in whole numbers does."""
    return {
        index
        for behind, group in groups.items()
        if calls[behind].agrees
        and any(
            matching.port.steps.get(m.tensor)
            for m in calls[behind].matches
            if m
        )
        for index in group
        if not matching.shows(index, behind)
    }
