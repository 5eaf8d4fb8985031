"""What Keras and the library returned to a page, changed on purpose: does each comparison
go red?

First all answers of Keras are changed at once, each by another amount, and what functions
of the library return; then, for comparisons that nothing else makes fail, answers one after
another, by more, and in their shape and dtype. The arguments of a comparison are not
touched.
"""

import keras
import numpy as np

PART = 0.01  # of an array's largest number: a hundred times what a page allows
LARGE = 100  # times that, for what is drawn and only near to what is expected


def changed(answer, factor):
    """Return an answer of Keras in which each number, array and text is another, each by
    another amount."""
    parts = [
        move(part, factor + number / 3)
        for number, part in enumerate(keras.tree.flatten(answer))
    ]
    return keras.tree.pack_sequence_as(answer, parts)


def move(part, factor):
    """Return another number, array or text; anything else as it is."""
    if isinstance(part, bool | np.bool_):
        return not part
    if isinstance(part, str | bytes):
        return part + (b" changed" if isinstance(part, bytes) else " changed")
    if isinstance(part, int | np.integer):
        return type(part)(part + round(factor))
    if isinstance(part, float | np.floating):
        return type(part)(move(np.asarray(part, "float64"), factor))
    if keras.ops.is_tensor(part):
        return keras.ops.convert_to_tensor(move(np.array(part), factor))
    if not isinstance(part, np.ndarray) or part.dtype.kind == "V":
        return part
    if part.dtype.kind in "OSU":
        moved = [move(text, factor) for text in part.ravel().tolist()]
        return np.array(moved, part.dtype.kind).reshape(part.shape)
    if part.dtype.kind == "b":
        return ~part
    if part.dtype.kind in "iu":
        return part + part.dtype.type(round(factor))
    finite = np.where(np.isfinite(part), part, 0)
    step = 2 * PART * factor * (np.max(np.abs(finite), initial=0) or 1)
    return (finite * (1 + PART * factor) + step).astype(part.dtype)  # none as before


def retyped(answer):
    """Return an answer of Keras whose arrays have an axis more, and another dtype, a list
    that is longer, or a text for None."""
    if answer is None:
        return "changed"
    if isinstance(answer, list) and answer:
        return [*answer, answer[-1]]
    return keras.tree.map_structure(
        lambda part: (
            part[np.newaxis].astype("complex64")
            if isinstance(part, np.ndarray) and part.dtype.kind in "biuf"
            else part
        ),
        answer,
    )


def measure(replay, known):
    """Return the lines of the checks that changed answers make fail.

    known: the lines that something else makes fail, for which no answer is sought alone.
    """
    record, wanted = replay.clean.record, replay.page.comparisons & replay.clean.reached
    places = [
        place for place, (_, _, answer, *_) in record.items() if has_numbers(answer)
    ]
    factors = {place: 1 + number / len(places) for number, place in enumerate(places)}

    def all_by(size):
        return lambda place, answer: (
            changed(answer, size * factors[place]) if place in factors else answer
        )

    def one(chosen, change):
        return lambda place, answer: change(answer) if place == chosen else answer

    def attempts():
        yield {"change": all_by(1)}
        yield {"of_library": lambda answer: changed(answer, 1)}
        yield {"change": all_by(LARGE)}
        yield {"warns": False}
        yield {"change": lambda place, answer: retyped(answer)}
        left = wanted - fired - known
        near = sorted(record, key=lambda place: min(abs(place[1] - n) for n in left))
        for place in near:
            yield {"change": one(place, lambda answer: changed(answer, LARGE))}
            yield {"change": one(place, retyped)}

    fired = set()
    for attempt in attempts():
        fired |= replay.fired_by(**attempt)
        if fired | known >= wanted:
            break
    return fired


def has_numbers(answer):
    """Whether an answer is, or holds, arrays or numbers with a fraction."""
    return any(
        isinstance(part, np.ndarray | np.number | float) or keras.ops.is_tensor(part)
        for part in keras.tree.flatten(answer)
    )
