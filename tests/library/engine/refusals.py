"""Calls, each written in a line, with what they say when they are refused:

    sgd(W, W, [0.0]) -> velocity must have the shape (2,), not (1,)

or with the shapes of the arrays that they take beside:

    int8_to_onnx() with kernel_q (4, 3), kernel_scale (3,)

A line goes on in those that are indented; what is said may end early, in "...".
"""

import re
from typing import NamedTuple

import by_hand
import pytest


class Refused(NamedTuple):
    """A call as it is written, what it calls with what, and the error that it raises."""

    call: str
    function: callable
    args: tuple
    keywords: dict
    error: type
    message: str

    def check(self):
        with pytest.raises(self.error) as raised:
            self.function(*self.args, **self.keywords)
        said, begun = str(raised.value), self.message.removesuffix("...")
        assert said.startswith(begun) if begun != self.message else said == begun


class Shaped(NamedTuple):
    """A call as it is written, what it calls with what, and {array: its shape}."""

    call: str
    function: callable
    args: tuple
    keywords: dict
    shapes: dict


def read(text, error, names, by=None):
    """Return what is Refused of a text. names: what arguments may be told by; by: whose
    name messages begin with, where it is not the function's."""
    rows = []
    for call, said in split(text, " -> "):
        message = f"{by or call.partition('(')[0]}: {said}"
        rows.append(Refused(call, *called(call, names), error, message))
    return rows


def read_shapes(text, names):
    """Return what is Shaped of a text. names: as above."""
    rows = []
    for call, arrays in split(text, " with "):
        pairs = re.findall(r"(\w+) (\(.*?\))", arrays)
        shapes = {array: eval(shape) for array, shape in pairs}
        rows.append(Shaped(call, *called(call, names), shapes))
    return rows


def split(text, between):
    """Yield both parts of each line."""
    for line in re.sub(r"\n +", " ", text.strip()).splitlines():
        yield line.split(between)


def called(call, names):
    """Return the function that is called, its arguments by place, and those by name."""
    name, arguments = call.split("(", 1)
    given = {**names, "given": lambda *args, **keywords: (args, keywords)}
    return getattr(by_hand, name), *eval(f"given({arguments}", given)


def for_each(rows):
    return pytest.mark.parametrize("row", rows, ids=[row.call for row in rows])
