"""A fault: one way to break Keras, what it covers, and the page that must notice."""

import contextlib
from typing import NamedTuple


class Fault(NamedTuple):
    """One way to break Keras.

    page: "section/stem" of the page that must go red under it.
    covers: what Keras calls the thing that is broken: a class or function, as "Adam" or
        "elu", or an argument, method or property of it, as "Adam.beta_1".
    how: what is wrong with it, in words.
    by: a context manager that can be entered again and again, in which Keras is broken.
    """

    page: str
    covers: str
    how: str
    by: contextlib.AbstractContextManager

    @property
    def name(self):
        return f"{self.covers}: {self.how}"
