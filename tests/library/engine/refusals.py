"""Calls that are refused, each written in a line, with what it says after its name:

sgd(W, W, [0.0]) -> velocity must have the shape (2,), not (1,)
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


def read(text, error, names, by=None):
    """Return what is Refused of a text. names: what arguments may be told by; by: whose
    name messages begin with, where it is not the function's."""
    rows = []
    for line in re.sub(r"\n +", " ", text.strip()).splitlines():
        call, said = line.split(" -> ")
        name, arguments = call.split("(", 1)
        given = {**names, "given": lambda *args, **keywords: (args, keywords)}
        args, keywords = eval(f"given({arguments}", given)
        function, message = getattr(by_hand, name), f"{by or name}: {said}"
        rows.append(Refused(call, function, args, keywords, error, message))
    return rows


def for_each(rows):
    return pytest.mark.parametrize("refused", rows, ids=[row.call for row in rows])
