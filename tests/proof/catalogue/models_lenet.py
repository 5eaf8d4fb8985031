"""Ways to break LeNet, and its training."""

import functools

import keras
from breaking import (
    activation,
    during,
    gradient_times,
    inputs,
    operation,
    outputs,
    with_arguments,
    with_gradient_of,
)
from fault import Fault
from keras import layers, ops

LENET = "models/plot_lenet"

FAULTS = [
    Fault(
        "LeNet: the largest of 2 by 2 pixels, in the place of the mean",
        LENET,
        "AveragePooling2D.call",
        during(
            layers.AveragePooling2D,
            operation(
                "average_pool",
                lambda real, *args, **options: ops.max_pool(*args, **options),
            ),
        ),
    ),
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
        "LeNet: flattened with the channels first",
        LENET,
        "Flatten.call",
        inputs(
            layers.Flatten,
            lambda x: ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, *x.shape[1:])),
        ),
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
