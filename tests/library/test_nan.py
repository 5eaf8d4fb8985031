"""A NaN stays one where Keras keeps it: what is computed from it must not look like a
number."""

import inspect

import by_hand
import keras
import numpy as np
import pytest

ACTIVATIONS = [
    name
    for name, thing in vars(keras.activations).items()
    if inspect.isfunction(thing) and hasattr(by_hand, name)
]
MORE_ARGUMENTS = {"threshold": (0.5, 3.0)}
COMPARING = {"hard_shrink", "soft_shrink", "threshold"}  # NaN > threshold is false


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_of_it(name):
    x = np.array([[np.nan, np.nan], [0.5, -2.0]])  # in pairs, for glu
    arguments = MORE_ARGUMENTS.get(name, ())
    mine = getattr(by_hand, name)(x, *arguments)
    of_keras = np.asarray(getattr(keras.activations, name)(x, *arguments))

    assert np.isnan(mine[0]).all() == (name not in COMPARING)
    np.testing.assert_array_equal(np.isnan(mine), np.isnan(of_keras))
