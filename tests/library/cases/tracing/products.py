"""Rows of the tape's rules of products of matrices."""

import keras
import numpy as np
from library.engine.rules import Row, alike, compare

ops = keras.ops
EINSUMS = {  # shapes by what is summed up
    "ij,jk->ik": ((2, 3), (3, 4)),
    "ij, kj -> ki": ((2, 3), (4, 3)),
    "ij->j": ((2, 3),),
    "ijk,k->ji": ((2, 3, 4), (4,)),
    "ij,kl->il": ((2, 3), (4, 5)),
    "i,j,k->kji": ((2,), (3,), (4,)),
    "bnm,bmd,bnd->bd": ((2, 3, 4), (2, 4, 5), (2, 3, 5)),
    "...ij,...jk->...ik": ((5, 2, 3), (5, 3, 4)),
    "...ij,jk->i...k": ((5, 6, 2, 3), (3, 4)),
    "ij,...jk->...ki": ((2, 3), (5, 3, 4)),
    "...ij,j->...i": ((5, 2, 3), (3,)),
    "...j,...j->...": ((5, 2, 1, 3), (4, 3)),
}


def in_lists(x, kernel):
    return np.einsum(x, [0, 1, ...], kernel, [1, 4], [..., 4, 0], optimize=True)


def refused(equation, words, *shapes):
    ours = lambda *xs: np.einsum(equation, *xs)
    return Row(f"einsum {equation}", ours, f"no gradient of {words}", shapes)


ROWS = [
    *(
        alike("matmul", *shapes)
        for shapes in (
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 4)),
            ((3,), (5, 3, 4)),
            ((2, 3), (3,)),
            ((5, 2, 3), (3,)),
            ((5, 2, 3), (3, 4)),
            ((2, 3), (5, 3, 4)),
            ((5, 1, 2, 3), (6, 3, 4)),
        )
    ),
    Row(
        "of an array that is not traced",
        lambda x: np.ones((4, 2)) @ x @ np.arange(3),
        lambda x: ops.matmul(np.ones((4, 2)) @ x, np.arange(3.0)),
        ((2, 3),),
    ),
    alike("tensordot", (2, 3, 4), (3, 4, 5)),
    alike("tensordot", (2, 3), (3, 4), given=(1,)),
    alike("tensordot", (2, 3), (4,), given=(0,)),
    alike("tensordot", (2, 3, 4), (4, 5), given=((-1, 0),)),
    alike("tensordot", (2, 3, 4), (4, 5, 2), given=(([0, 2], [-1, 0]),)),
    *(
        Row(
            f"einsum {equation}",
            lambda *xs, equation=equation: np.einsum(equation, *xs),
            lambda *xs, equation=equation: ops.einsum(equation, *xs),
            shapes,
        )
        for equation, shapes in EINSUMS.items()
    ),
    Row(
        "einsum in lists",
        in_lists,
        lambda x, kernel: ops.einsum("ab...,be->...ea", x, kernel),
        ((2, 3, 5), (3, 4)),
    ),
    refused("ii->i", "a diagonal in numpy.einsum is known", (3, 3)),
    refused(
        "ij,jk",
        "numpy.einsum is known where the axes of the result are not told",
        *((2, 3), (3, 4)),
    ),
    *(
        alike(name, shape, of=np.linalg)
        for name in ("inv", "det")
        for shape in ((2, 3, 3),)
    ),
]


@compare("rules of products", ROWS, tolerance=1e-11)
def products(draw, shape):
    """Far from what has no inverse."""
    is_square = len(shape) > 1 and shape[-1] == shape[-2]
    return draw.rng.uniform(0.1, 0.9, shape) + (
        2 * np.eye(shape[-1]) if is_square else 0
    )
