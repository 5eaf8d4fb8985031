"""Rows of the tape's rules of what moves, repeats, leaves out or joins entries."""

import keras
import numpy as np
import tensorflow as tf
from library.engine.rules import Row, alike, compare

ops = keras.ops
PLACES = np.array([[2, 0, 2], [1, 1, -1]])
IS_KEPT = np.array([True, False, True])
PADS = {  # the entries that fill each row of four, by what NumPy calls it
    "edge": [0, 0, 0, 1, 2, 3, 3],
    "reflect": [2, 1, 0, 1, 2, 3, 2],
    "symmetric": [1, 0, 0, 1, 2, 3, 3],
    "wrap": [2, 3, 0, 1, 2, 3, 0],
}
WINDOWS = np.lib.stride_tricks.sliding_window_view
REFUSED = "no gradient of numpy.copyto is known"  # by which it is filled in


def part(index, *shape):
    """A part of an array."""
    return Row(
        f"[{index}]", lambda x: x[index], lambda x: ops.get_item(x, index), (shape,)
    )


def parts_of(name, theirs, given, *axis):
    """The last one of the parts into which an array is split."""
    return Row(
        f"{name} {given} {axis}",
        lambda x: getattr(np, name)(x, given, *axis)[-1],
        lambda x: theirs(x, given, *axis)[-1],
        ((2, 6, 3),),
    )


def windows_of(x, length):
    return tf.stack(
        [x[..., n : n + length] for n in range(x.shape[-1] - length + 1)], -2
    )


def join_of(name, *shapes, **axis):
    """With an array that is not traced between."""
    between = np.ones((2, 1, 3))
    return Row(
        f"{name} {axis or ''}",
        lambda a, b: getattr(np, name)([a, between, b], **axis),
        lambda a, b: getattr(ops, name)([a, between, b], **axis),
        shapes,
    )


ROWS = [
    # Numbered entries
    alike("repeat", (2, 3), given=(2,)),
    alike("repeat", (2, 3), given=([2, 0, 1],), axis=1),
    alike("take", (3, 4), given=(PLACES,), axis=0),
    alike("take", (4, 3), given=(1,), axis=-1),
    alike("take_along_axis", (2, 3), given=(PLACES % 3,), axis=1),
    alike("diag", (3,), k=1),
    alike("diag", (3, 4)),
    alike("diagonal", (3, 4, 2), offset=1),
    alike("flip", (3, 4), axis=1),
    alike("roll", (3, 4), given=(1,), axis=1),
    alike("rot90", (3, 4), k=1),
    alike("tile", (2, 3), given=((2, 1, 2),)),
    alike("tril", (3, 4)),
    alike("triu", (3, 4), k=1),
    parts_of("array_split", ops.array_split, 4, 1),
    # With an inverse
    alike("reshape", (2, 3, 4), given=((4, -1),)),
    alike("ravel", (2, 3)),
    alike("expand_dims", (2, 3), axis=1),
    alike("squeeze", (2, 1, 3), axis=1),
    Row("atleast_1d", np.atleast_1d, lambda x: tf.reshape(x, (1,)), ((),)),
    *(
        Row(
            f"reshape in the order of columns, {words}",
            ours,
            lambda x: ops.reshape(ops.transpose(x), (4, 3)),
            ((3, 4),),
        )
        for words, ours in {
            "by place": lambda x: np.reshape(np.ravel(x, "F"), (4, 3)),
            "by name": lambda x: np.reshape(np.ravel(x, order="F"), (4, 3)),
        }.items()
    ),
    alike("broadcast_to", (3, 1), given=((2, 3, 4),)),
    alike("transpose", (2, 3, 4)),
    alike("transpose", (2, 3, 4), axes=(-1, 0, 1)),
    alike("swapaxes", (2, 3, 4), given=(0, -1)),
    alike("moveaxis", (2, 3, 4), given=(0, -1)),
    alike("moveaxis", (2, 3, 4), given=((0, 1), (1, 2))),
    alike("pad", (3, 4), given=(((1, 1), (1, 1)),)),
    Row(
        "pad by a number",
        lambda x: np.pad(x, 1),
        lambda x: tf.pad(x, [[1, 1]]),
        ((3,),),
    ),
    alike("pad", (3, 4), given=(((0, 2), (1, 0)),), constant_values=5.0),
    *(
        Row(
            f"pad {mode}",
            lambda x, mode=mode: np.pad(x, ((0, 0), (2, 1)), mode),
            lambda x, places=places: tf.gather(x, places, axis=1),
            ((2, 4),),
        )
        for mode, places in PADS.items()
    ),
    Row("windows", lambda x: WINDOWS(x, 3, -1), lambda x: windows_of(x, 3), ((2, 7),)),
    Row(
        "windows of two axes",
        lambda x: WINDOWS(x, (2, 3), (1, 2)),
        lambda x: tf.transpose(
            windows_of(tf.transpose(windows_of(x, 3), (0, 2, 3, 1)), 2), (0, 3, 1, 4, 2)
        ),
        ((2, 4, 5),),
    ),
    # Parts
    *(part(index, 3, 4, 2) for index in (1, -1, (slice(None, 0, -1), 2), (..., -1))),
    part((slice(1, None), None, slice(None, None, 2)), 3, 4),
    Row("rows", lambda x: x[PLACES], lambda x: tf.gather(x, PLACES % 3), ((3, 4),)),
    Row("a row", lambda x: x[np.array(-1)], lambda x: x[-1], ((3, 4),)),
    Row(
        "rows in a list", lambda x: x[[2, 2]], lambda x: tf.gather(x, [2, 2]), ((3, 4),)
    ),
    Row("a mask", lambda x: x[IS_KEPT], lambda x: x[IS_KEPT], ((3, 2),)),
    Row(
        "places along two axes",
        lambda x: x[PLACES, [[0], [3]]],
        lambda x: tf.gather_nd(
            x, np.stack([PLACES % 3, np.broadcast_to([[0], [3]], (2, 3))], -1)
        ),
        ((3, 4),),
    ),
    Row(
        "one by one",
        lambda x: sum(n * row for n, row in enumerate(x, 1)),
        lambda x: x[0] + 2 * x[1],
        ((2, 3),),
    ),
    # Filled, joined and cut
    Row("zeros", lambda x: x + np.zeros(3, like=x), lambda x: x + 0, ((2, 3),)),
    Row(
        "full",
        lambda x: np.full((2, 3), 5, dtype=x.dtype, like=x) * x,
        lambda x: 5 * tf.stack([x, x]),
        ((3,),),
    ),
    Row("full_like", lambda x: x + np.full_like(x, 2), lambda x: x + 2, ((3,),)),
    Row("full_like of x", lambda x: np.full_like(x, x[0]), REFUSED, ((3,),)),
    join_of("concatenate", (1, 1, 3), (3, 1, 3)),
    join_of("concatenate", (2, 2, 3), (2, 3, 3), axis=1),
    join_of("stack", (2, 1, 3), (2, 1, 3)),
    join_of("stack", (2, 1, 3), (2, 1, 3), axis=-1),
    parts_of("split", ops.split, 2),
    parts_of("split", ops.split, 3, -1),
    parts_of("split", ops.split, [1, 4], 1),
    alike("sort", (2, 4, 5)),
    alike("sort", (2, 5), axis=0),
    alike("sort", np.array([[3.0, 1, 3, 1, 2] * 9])),
    Row(
        "select with a default",
        lambda a, b: np.select([a > 0.5], [b], 2 * a),
        lambda a, b: tf.where(a > 0.5, b, 2 * a),
        ((9,), (9,)),
    ),
    Row(
        "select",
        lambda a, b: np.select([a > 0.5, b > 0.3], [a, b]) * a,
        lambda a, b: tf.where(a > 0.5, a, tf.where(b > 0.3, b, 0)) * a,
        ((9,), (9,)),
    ),
]


@compare("rules of moves", ROWS)
def moves(draw, shape):
    return draw.rng.uniform(0.1, 0.9, shape)
