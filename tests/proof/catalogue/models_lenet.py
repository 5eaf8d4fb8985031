"""Ways to break LeNet, and its training."""

import functools

import keras
from breaking import (
    activation,
    gradient_times,
    outputs,
    with_arguments,
    with_gradient_of,
)
from fault import Fault
from keras import layers

LENET = "models/plot_lenet"

FAULTS = [
    Fault(
        "LeNet: the mean of 2 by 2 pixels hands its whole gradient to each",
        LENET,
        "AveragePooling2D",
        outputs(layers.AveragePooling2D, functools.partial(gradient_times, 4)),
    ),
    Fault(
        "LeNet: tanh without its slope",
        LENET,
        "tanh",
        activation("tanh", with_gradient_of),
    ),
    Fault(
        "LeNet: the gradient of the batch is a sum",
        LENET,
        "CategoricalCrossentropy.reduction",
        with_arguments(
            keras.losses.CategoricalCrossentropy,
            "__init__",
            lambda given: given.update(reduction="sum"),
        ),
    ),
]
