"""Occurrences: the gradient of an embedding, row by row."""

from typing import NamedTuple

from numpy.typing import ArrayLike


class Occurrences(NamedTuple):
    """The gradient of an embedding, as TensorFlow hands it on.

    values: one for each occurrence of a token, (occurrences, ...); rows: the
    tokens, (occurrences,); shape: of the weight.
    """

    values: ArrayLike
    rows: ArrayLike
    shape: tuple[int, ...]
