"""What must change an answer: each argument, call keyword, weight and input of a subject,
when Keras ignores or misreads it.

Nothing is listed here: it is read from Keras' signatures, and from what was drawn.
"""

import numpy as np
from library.engine import contract, kinds
from library.engine.answers import differ, record, tolerance_of
from library.engine.cases import find_arrays, put_array
from library.engine.subjects import FunctionSubject, OtherWeights

FACTOR = 10  # by how many tolerances an answer must change


def find_faults(subject, cases):
    """Return {words: {number of a case: the case as it would be misread}}; no case where
    nothing was drawn that could be misread."""
    faults = {}
    skipped = subject.skipped(cases)
    for name, parameter in subject.signature.parameters.items():
        named = parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        if named and name not in skipped and not kinds.find(subject, name):
            faults |= faults_of_argument(name, parameter, cases)
    for name, parameter in list(subject.of_call.parameters.items())[1:]:
        optional = parameter.default is not parameter.empty
        if optional and name not in skipped and not kinds.find(subject, name):
            given = {n: c.call for n, c in enumerate(cases) if name in c.call}
            faults[f"call, {name}: ignored"] = {
                n: cases[n].but(call=without(call, name)) for n, call in given.items()
            }
    for field in ("config", "weights", "inputs", "call"):
        faults |= faults_of_arrays(field, cases)
    return faults


def without(arguments, name):
    return {key: value for key, value in arguments.items() if key != name}


def faults_of_argument(name, parameter, cases):
    """An argument is ignored, read as another value that was drawn, or misread."""
    given = {n: c.config[name] for n, c in enumerate(cases) if name in c.config}
    values = {repr(value): value for value in given.values()}
    values.pop(repr(parameter.default), None)
    given = {n: value for n, value in given.items() if repr(value) in values}
    has_arrays = any(find_arrays(value) for value in values.values())
    if has_arrays:  # which are misread as such
        values = {}

    def changed(change):
        """The cases in which a value is changed, where it can be."""
        new = {n: change(value) for n, value in given.items()}
        return {
            n: cases[n].but(config={**cases[n].config, name: value})
            for n, value in new.items()
            if value is not None
        }

    faults = {}
    if parameter.default is not parameter.empty:
        ignored = {
            n: cases[n].but(config=without(cases[n].config, name)) for n in given
        }
        if all(isinstance(v, str | bool | None) for v in values.values()) and values:
            for told in values:  # each of them by itself
                faults[f"{name}={told}: ignored"] = {
                    n: ignored[n] for n, value in given.items() if repr(value) == told
                }
        else:
            faults[f"{name}: ignored"] = ignored
    if len(values) > 1:
        following = dict(zip(values, [*list(values.values())[1:], *values.values()]))
        faults[f"{name}: read as another value"] = changed(
            lambda value: following[repr(value)]
        )
    is_alone = parameter.default is parameter.empty and len(values) == 1
    if cases_misread := changed(lambda value: misread(value, is_alone)):
        faults[f"{name}: misread"] = cases_misread
    return faults if faults or has_arrays else {f"{name}: ignored": {}}


def misread(value, is_alone):
    """A value read in another order or, where it has none and no other was drawn, as
    another number; None where there is no such value."""
    if isinstance(value, tuple) and all(np.ndim(v) == 0 for v in value):
        return value[::-1] if value[::-1] != value else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value + 1 if is_number and is_alone else None


def faults_of_arrays(field, cases):
    """Each array of these fields of the cases is misread in each way there is."""
    faults = {}
    for number, case in enumerate(cases):
        held = getattr(case, field)
        for path, array in find_arrays(held).items():
            for words, changed in misread_array(array, field == "weights"):
                if not np.array_equal(changed, array):
                    where = ".".join(map(str, path))
                    fault = faults.setdefault(f"{field} {where}: {words}", {})
                    new = put_array(held, path, changed)
                    fault[number] = case.but(**{field: new})
    return faults


def misread_array(x, is_weight):
    """Yield (words, x as it would be misread)."""
    if x.dtype == bool:
        yield "inverted", ~x
    else:
        yield "zeroed", np.zeros_like(x)
    for axis in range(x.ndim):
        yield f"axis {axis} reversed", np.flip(x, axis)
    for axis in range(x.ndim - 1):
        if min(x.shape[axis : axis + 2]) > 1:
            exchanged = np.swapaxes(x, axis, axis + 1).reshape(x.shape)
            yield f"axes {axis} and {axis + 1} exchanged", exchanged
    for gates in (3, 4) if is_weight and x.ndim else ():
        if x.shape[-1] % gates == 0 and x.shape[-1] > gates:
            parts = np.split(x, gates, axis=-1)
            for first in range(gates - 1):
                order = [*parts]
                order[first : first + 2] = parts[first + 1], parts[first]
                words = f"parts {first} and {first + 1} of {gates} exchanged"
                yield words, np.concatenate(order, axis=-1)


def judge(subject, words, fault):
    """What becomes of a fault: "noticed" where an answer changes by ten tolerances, or
    where Keras cannot do without an argument; else "refused", "no effect" or "never
    drawn"."""
    recorded, state = record(subject.name), "no effect" if fault else "never drawn"
    for number in sorted(fault, key=lambda number: recorded[number].seconds):
        try:
            answer = answer_to(subject, recorded[number], fault[number])
        except OtherWeights:
            return "noticed"
        except Exception:
            state = "noticed" if words.endswith("ignored") else "refused"
            continue
        tolerance = FACTOR * tolerance_of(subject.name, fault[number])
        if differ(recorded[number].answer, answer, tolerance):
            return "noticed"
    return state


def answer_to(subject, recorded, case):
    """What is answered to a case as it is misread: by the library, which answers as Keras
    does in less time, unless it would need another layer."""
    before = recorded.case
    if isinstance(subject, FunctionSubject):
        return subject.compute(case)
    if case.config is not before.config:
        return subject.ask(case)
    if case.weights is before.weights:
        return recorded.compute(case)
    if subject.name in contract.called() and contract.can_call(subject, case):
        arrays = contract.call(subject, case)
        return [*arrays, *recorded.answer[len(arrays) :]]  # and a mask
    return subject.ask_again(recorded.layer, case)
