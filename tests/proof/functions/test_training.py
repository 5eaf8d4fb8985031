"""Losses and optimizers in many drawn cases."""

import hypothesis.extra.numpy as arrays
import keras
import numpy as np
import pytest
from driving import POWERS, SHAPES, assert_equal, by_hand, drawn, numbers
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "name, dtype",
    [
        ("mean_squared_error", "float64"),
        ("mean_absolute_error", "float64"),
        ("log_cosh", "float32"),  # which rounds log(2) to it
    ],
)
@given(data=st.data())
def test_loss(name, dtype, data):
    shape = data.draw(SHAPES)
    target, y = data.draw(drawn(shape)), data.draw(drawn(shape))
    of_keras = getattr(keras.losses, name)(target, y)
    assert_equal(of_keras, getattr(by_hand, name)(target, y), dtype)


@given(data=st.data(), delta=POWERS)
def test_huber(data, delta):
    shape = data.draw(SHAPES)
    target, y = data.draw(drawn(shape)), data.draw(drawn(shape))
    assert_equal(keras.losses.huber(target, y, delta), by_hand.huber(target, y, delta))


CROSSENTROPIES = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


@pytest.mark.parametrize("name", CROSSENTROPIES)
@given(data=st.data(), from_logits=st.booleans())
def test_crossentropy(name, data, from_logits):
    shape = data.draw(
        arrays.array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=4)
    )
    y = data.draw(drawn(shape, numbers() if from_logits else numbers(0.0, 1.0)))
    target = data.draw(drawn(shape, numbers(0.0, 1.0)))
    arguments = {"from_logits": from_logits}
    if name == "sparse_categorical_crossentropy":
        labels = st.integers(0, shape[-1] - 1)
        target = data.draw(drawn(shape[:-1], labels, "int32"))
    else:
        arguments["label_smoothing"] = data.draw(st.sampled_from([0.0, 0.25]))
    if "categorical" in name and not from_logits:
        y = (y + 0.125) / np.sum(y + 0.125, axis=-1, keepdims=True)
    of_keras = getattr(keras.losses, name)(target, y, **arguments)
    # Keras clips probabilities by a constant that it rounds to float32.
    dtype = "float64" if from_logits else "float32"
    assert_equal(of_keras, getattr(by_hand, name)(target, y, **arguments), dtype)


# -- Optimizers

BETAS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.875])
OPTIMIZERS = {  # how many states; arguments
    "sgd": (keras.optimizers.SGD, 1, {"momentum": BETAS, "nesterov": st.booleans()}),
    "rmsprop": (
        keras.optimizers.RMSprop,
        3,
        {"rho": BETAS, "momentum": BETAS, "centered": st.booleans(), "epsilon": POWERS},
    ),
    "adam": (
        keras.optimizers.Adam,
        2,
        {"beta_1": BETAS, "beta_2": BETAS, "epsilon": POWERS},
    ),
    "adamw": (
        keras.optimizers.AdamW,
        2,
        {"beta_1": BETAS, "beta_2": BETAS, "epsilon": POWERS, "weight_decay": POWERS},
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data(), learning_rate=POWERS)
def test_optimizer(name, data, learning_rate):
    cls, states, arguments = OPTIMIZERS[name]
    arguments = data.draw(st.fixed_dictionaries({}, optional=arguments))
    if "beta_1" in OPTIMIZERS[name][2]:  # defaults that float32 does not hold
        arguments = {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.5, **arguments}
    if name == "adamw":
        arguments = {"weight_decay": 0.125, **arguments}
    if name == "rmsprop":
        arguments = {"rho": 0.5, "epsilon": 0.5, **arguments}
    w, *gradients = data.draw(drawn((4, 3)))
    variable = keras.Variable(w, dtype="float64")
    optimizer = cls(learning_rate=learning_rate, **arguments)
    state = [np.zeros_like(w)] * states
    for step, gradient in enumerate(gradients, 1):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        number = [step] if name.startswith("adam") else []
        w, *state = getattr(by_hand, name)(
            w, gradient, *state, *number, learning_rate=learning_rate, **arguments
        )
        assert_equal(variable.value, w)
