"""Answers: those of Keras, recorded once a process, and whether two are the same."""

import time
from typing import NamedTuple

import numpy as np
from library.engine.cases import Case
from library.engine.subjects import SUBJECTS


class Recorded(NamedTuple):
    """A case, and what Keras answers; a function of the case, or one with other inputs,
    that computes it in NumPy; Keras' layer, with its weights, or None. seconds: of CPU that
    the case took."""

    case: Case
    answer: list
    compute: callable
    layer: callable
    seconds: float


RECORDED = {}  # {name of a subject: what is Recorded of its cases}


def record(name):
    """Return what is Recorded of all cases of a subject."""
    if name not in RECORDED:
        RECORDED[name] = list(record_cases(SUBJECTS[name]))
    return RECORDED[name]


def record_cases(subject):
    for draw in subject.draws():
        start = time.process_time()
        told = subject.record(draw)
        yield Recorded(*told, time.process_time() - start)


def tolerance_of(name, case):
    return case.tolerance or SUBJECTS[name].tolerance


def differ(before, after, tolerance):
    """How two answers differ: "shape", "value" or, if they do not, None."""
    if len(before) != len(after):
        return "shape"
    for a, b in zip(before, after):
        if a.shape != b.shape:
            return "shape"
        if not is_close(a, b, tolerance):
            return "value"
    return None


def is_close(a, b, tolerance):
    """Whether two arrays are the same, up to a part of the largest entry; text must be
    the same letter by letter."""
    if not {a.dtype.kind, b.dtype.kind} <= set("biuf"):
        return bool(np.all(a == b))
    a, b = a.astype("float64"), b.astype("float64")
    largest = np.max(np.abs(a[np.isfinite(a)]), initial=1)
    return np.allclose(b, a, tolerance, tolerance * largest, equal_nan=True)
