"""Rows of the tape itself: what arrays do, and the way back."""

import numpy as np
import tensorflow as tf
from library.engine.rules import Row, compare

from keras_by_hand.optimizers import dense_gradient
from keras_by_hand.tracing.tape import gradient, gradients


def filled(x, new):
    y = x * 2
    before = y[1] * 3
    y[1:, 0] = new
    y[0] = 7
    return y * x + before


def filled_of_tensorflow(x, new):
    y = tf.concat([tf.fill((1, 3), tf.constant(7.0, "float64")), 2 * x[1:]], 0)
    y = tf.concat([tf.concat([y[:1, :1], tf.fill((2, 1), new)], 0), y[:, 1:]], 1)
    return y * x + 6 * x[1]


def filled_twice(x, new):
    y = 1 * x
    y[[0, 2, 0]] = new
    y[x > 0.5] = 3 * new[0]
    return y


def filled_twice_of_tensorflow(x, new):
    y = tf.stack([new[2], x[1], new[1]])
    return tf.where(x > 0.5, 3 * new[0], y)


def added_to(x, more):
    """What an array is named besides changes with it; a copy does not."""
    y = 1 * x
    same, copy, cast = y, y.copy(), y.astype("float64")
    y += more
    return same * copy * cast


def added_to_plain(x):
    y = np.ones(3)
    y += x
    return y * x


def methods(x):
    y = x.reshape(2, 6).T.reshape((4, 3)).transpose(1, 0).transpose()
    return y.swapaxes(0, 1).take([2, 0], 0).ravel()


def methods_of_tensorflow(x):
    y = tf.transpose(tf.reshape(tf.transpose(tf.reshape(x, (2, 6))), (4, 3)))
    return tf.reshape(tf.gather(y, [2, 0]), -1)


def rounded(x):
    return (x.astype("float32") * 3).astype("float64") * x.astype(int)


def rounded_of_tensorflow(x):
    return tf.cast(tf.cast(x, "float32") * 3, "float64") * tf.cast(
        tf.cast(x, "int32"), "float64"
    )


def two_tables(table, other):
    """Rows of a table alone, of one that is used besides, and of one that is computed."""
    return table[[2, 0]] + table[[0, 0]] + other[[1]] * other[0] + (2 * other)[[1, 1]]


def occurrences(table, other):
    """The gradient of an array of which rows alone are taken is in rows; here both are in
    one array."""
    y = np.sum(table[[2, -3]] * table.astype("float64")[[0, 1]] + other[[1]] * other[0])
    found = gradients(y, [table, other], in_occurrences=True)
    assert [*found[0].rows] == [0, 1, 2, 0] and isinstance(found[1], np.ndarray)
    return np.stack([dense_gradient(found[0]), found[1]])


def occurrences_of_tensorflow(a, b):
    nothing = tf.zeros(4, "float64")
    found = [a[2] + a[1], a[0], a[0]], [2 * b[1], 2 * b[0], nothing]
    return tf.stop_gradient(tf.stack(found))


def without_effect(x):
    """Slopes at 0 that are infinite, of entries that do not count."""
    return np.where(x > 0, np.sqrt(x), x) + np.where(x > 0, np.log(x), 0)


def product(a, b, power):
    return a * b[0] ** power


def by_gradient(a, b):
    """The gradients of a product, of a square, and of what does not count, in one array."""
    found = [
        *gradient(product)(a.value, b.value, power=3.0),
        gradient(np.square)(a.value).ravel(),
        *gradient(lambda a, b: a)(a.value, b.value),
    ]
    return np.concatenate([np.ravel(g) for g in found])


def by_gradient_of_tensorflow(a, b):
    at_a, at_b = tf.stack([b[0] ** 3] * 2), tf.reduce_sum(a, 0) * 3 * b[0] ** 2
    found = at_a, at_b, tf.zeros(2, "float64"), 2 * a, tf.ones_like(a), tf.zeros_like(b)
    return tf.stop_gradient(tf.concat([tf.reshape(g, -1) for g in found], 0))


NO_ARRAY = (
    "gradient: the function must return an array that depends on those it is given"
)
X, WITH_ZERO = np.array([0.2, 0.9, 0.4]), np.array([-1.0, 0.0, 0.0, 2.0])
TABLES = (3, 4), (3, 4)

ROWS = [
    Row("=", filled, filled_of_tensorflow, ((3, 3), ())),
    Row(
        "= twice", filled_twice, filled_twice_of_tensorflow, (X, np.array([2.0, 3, 5]))
    ),
    Row("+=", added_to, lambda x, more: (x + more) * x * x, ((2, 3), (3,))),
    Row("+= of a plain array", added_to_plain, lambda x: (1 + x) * x, ((3,),)),
    Row("methods", methods, methods_of_tensorflow, ((3, 4),)),
    Row("dtypes", rounded, rounded_of_tensorflow, (np.array([1.5, -2.5, 0.5]),)),
    Row("**", lambda x: x**2 + x**0.5 + x**3, lambda x: x**2 + x**0.5 + x**3, ((3,),)),
    Row("broadcast", lambda a, b: a * b, lambda a, b: a * b, ((2, 3, 4), (3, 1))),
    Row("nothing", lambda a, b: 2 * a, lambda a, b: 2 * a, ((2,), (3,))),
    Row(
        "if",
        lambda x: np.isclose(x, 0, atol=0.5) * (x if x[0] else 2 * x),
        lambda x: 2 * x * np.array([1.0, 0.0]),
        (np.array([0.0, 1.0]),),
    ),
    Row(
        "tables",
        two_tables,
        lambda a, b: (
            tf.gather(a, [2, 0])
            + tf.gather(a, [0, 0])
            + b[1] * b[0]
            + 2 * tf.gather(b, [1, 1])
        ),
        TABLES,
    ),
    Row("occurrences", occurrences, occurrences_of_tensorflow, TABLES),
    # TensorFlow has NaN where sqrt and log have no slope; what does not count has 0 here.
    Row(
        "without effect",
        without_effect,
        lambda x: (
            tf.where(x > 0, tf.sqrt(tf.where(x > 0, x, 1)), x)
            + tf.where(x > 0, tf.math.log(tf.where(x > 0, x, 1)), 0)
        ),
        (WITH_ZERO,),
    ),
    Row("no slope", lambda x: 2 * np.sqrt(x), lambda x: 2 * tf.sqrt(x), (WITH_ZERO,)),
    Row("gradient", by_gradient, by_gradient_of_tensorflow, ((2, 2), (2, 2))),
    Row(
        "gradient of no array",
        lambda x: gradient(lambda x: [x])(x.value),
        NO_ARRAY,
        ((2,),),
    ),
    Row(
        "gradient at whole numbers",
        lambda x: gradient(np.square)(x.astype("int32")),
        "gradient: arrays must have fractions, not the dtype int32",
        ((2,),),
    ),
]


@compare("the tape", ROWS)
def tape(draw, shape):
    return draw.rng.uniform(0.1, 0.9, shape)
