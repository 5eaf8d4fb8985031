"""Cases of pairs."""

import by_hand
import keras
from keras.src.losses.loss import squeeze_or_expand_to_same_rank
from library.engine.cases import Case
from library.engine.subjects import function


def aligned(a, b):
    """A function of Keras' own, whose gradient is nothing to compare."""
    return squeeze_or_expand_to_same_rank(a, b)


@function(aligned, by_hand.of_one_rank)
def of_one_rank(draw):
    of_a, of_b = draw.one_of(
        ((4,), (4, 1)),
        ((4, 3, 1), (4, 3)),
        ((4, 3), (4, 3, 1)),
        ((4, 1), (4,)),
        ((4,), ()),
    )
    return Case({}, (draw.normal(*of_a), draw.normal(*of_b)))


def cast(a, b):
    """As Keras does with y_true and y_pred; it computes whole numbers in float32."""
    dtype = b.dtype if b.dtype.kind == "f" else "float64"
    return keras.ops.cast(a, dtype), keras.ops.cast(b, dtype)


@function(cast, by_hand.in_one_dtype)
def in_one_dtype(draw):
    b = draw.one_of(draw.normal(3), draw.tokens(9, 3))
    return Case({}, (draw.one_of(draw.normal(3), draw.tokens(9, 3)), b))
