"""Golden vectors: what each layer takes, holds and makes, for tests of embedded
code."""

import itertools
import re
from typing import Any

import numpy as np

from keras_by_hand.comparing.recording import record, weights_of
from keras_by_hand.models.errors import CannotRun, shown
from keras_by_hand.models.model import Model


def golden_vectors(model: Model, x: Any) -> dict[str, np.ndarray]:
    """Return {name: array}: "dense/input" (or "add/input_0", "add/input_1"),
    "dense/output" and "dense/kernel" for a layer named dense; float32, row by
    row, in Keras' order of axes. Weights have the names that weights_of gives,
    and stand with the layer's first call; a second layer named dense is
    "dense#2", as a second call is.

    Raises CannotRun where x does not fit, or something is no number.
    """
    found, seen = {}, set()
    for name, (layer, given, y) in record(model, x).items():
        if "/" not in name:  # its first output
            many = len(given) > 1
            for number, array in enumerate(given):
                key = f"input_{number}" if many else "input"
                found[f"{name}/{key}"] = array
        if id(layer) not in seen:
            seen.add(id(layer))
            for key, array in weights_of(layer).items():
                found[f"{name}/{key}"] = array
        found[f"{name}/output"] = y
    return {name: in_float32(name, array) for name, array in found.items()}


def in_float32(name, array):
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise CannotRun(f"{name} is of {array.dtype}, not of numbers")
    return np.ascontiguousarray(array, "float32")


def write_header(file, vectors):
    """Write vectors to a binary file as a header in C: an array of float for
    each, and its shape, below its name here."""
    lines = ["#pragma once", ""]
    for (name, array), symbol in zip(vectors.items(), c_names(vectors)):
        shape = ", ".join(map(str, array.shape)) or "1"
        values = [c_float(value) for value in array.ravel()]
        rows = [", ".join(values[n : n + 8]) for n in range(0, len(values), 8)]
        lines += [
            f"// {shown(name)}",
            f"static const int {symbol}_shape[] = {{{shape}}};",
            f"static const float {symbol}[] = {{",
            *(f"    {row}," for row in rows),
            "};",
            "",
        ]
    text = "\n".join(lines)
    if "INFINITY" in text or "NAN" in text:
        text = text.replace(
            "#pragma once", "#pragma once\n#include <math.h>", 1
        )
    file.write(text.encode())


def c_names(names):
    """Return a name in C for each name: with _ for what C does not take, and a
    number behind it where another one has that already."""
    found: list[str] = []
    for name in names:
        bare = re.sub(r"\W", "_", name, flags=re.ASCII)
        bare = f"_{bare}" if bare[:1].isdigit() else bare
        tries = itertools.chain(
            [bare], (f"{bare}_{n}" for n in itertools.count(2))
        )
        found.append(next(one for one in tries if one not in found))
    return found


def c_float(value):
    """Return a number as C reads it, without loss."""
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    text = f"{value:.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"
