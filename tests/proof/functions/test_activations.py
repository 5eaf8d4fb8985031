"""Activations in many drawn cases."""

import keras
import numpy as np
import pytest
from driving import POWERS, SHAPES, assert_equal, by_hand, drawn, numbers
from hypothesis import given
from hypothesis import strategies as st

from gallery.functions import find_things

ARGUMENTS = {  # those that an activation takes, other than its input
    "relu": {"negative_slope": POWERS, "max_value": POWERS, "threshold": POWERS},
    "leaky_relu": {"negative_slope": POWERS},
    "threshold": {"threshold": POWERS, "default_value": POWERS},
    "elu": {"alpha": POWERS},
    "celu": {"alpha": POWERS},
    "squareplus": {"b": POWERS},
    "hard_shrink": {"threshold": POWERS},
    "soft_shrink": {"threshold": POWERS},
    "glu": {"axis": st.sampled_from([-1, 1])},
    "softmax": {"axis": st.sampled_from([-1, 0])},
    "log_softmax": {"axis": st.sampled_from([-1, 0])},
    "gelu": {"approximate": st.booleans()},
}
IN_FLOAT32 = {"gelu", "leaky_relu"}  # which round constants to it, as their pages tell
ACTIVATIONS = [
    name
    for title, name in find_things()
    if title == "Activations" and name != "sparsemax"
]


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(data=st.data())
def test_activation(name, data):
    shape = (2, 4, 2) if name == "glu" else data.draw(SHAPES)
    x = data.draw(drawn(shape, numbers(-1000.0, 1000.0)))  # stable forms count
    arguments = data.draw(st.fixed_dictionaries({}, optional=ARGUMENTS.get(name, {})))
    if name == "threshold":
        arguments = {"threshold": 1.0, "default_value": -2.0, **arguments}
    dtype = "float32" if name in IN_FLOAT32 else "float64"
    of_keras = getattr(keras.activations, name)(x.astype(dtype), **arguments)
    with np.errstate(all="ignore"):
        expected = getattr(by_hand, name)(x, **arguments)
    assert_equal(of_keras, expected, dtype)


@given(x=drawn((3, 4)), other=drawn((3, 4), numbers(0.0, 1.0)))
def test_sparsemax(x, other):
    """Keras' own is wrong in 3.15.1, as a page tells. So it is held to its definition: no
    probabilities are nearer to x."""
    y = by_hand.sparsemax(x)
    assert np.all(y >= 0)
    np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-12)
    other = other + 0.125
    other = other / other.sum(-1, keepdims=True)
    distances = [np.sum((x - p) ** 2, axis=-1) for p in (y, other)]
    assert np.all(distances[0] <= distances[1] * (1 + 1e-12))
