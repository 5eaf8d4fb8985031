"""Ways to break a U-Net: its blocks, and what its skip connections carry."""

from breaking import (
    attribute,
    during,
    flipped,
    inputs,
    operation,
    training_is,
    weight,
)
from fault import Fault
from keras import layers, ops

UNET = "models/plot_unet"

FAULTS = [
    Fault(
        "U-Net: the skip connection comes last",
        UNET,
        "Concatenate.call",
        inputs(layers.Concatenate, lambda parts: parts[::-1]),
    ),
    Fault(
        "U-Net: the mean of 2 by 2 pixels, in the place of the largest",
        UNET,
        "MaxPooling2D.call",
        during(
            layers.MaxPooling2D,
            operation(
                "max_pool",
                lambda real, *args, **options: ops.average_pool(*args, **options),
            ),
        ),
    ),
    Fault(
        "U-Net: the kernel on the way up is flipped",
        UNET,
        "Conv2DTranspose.call",
        weight(layers.Conv2DTranspose, "kernel", flipped(0, 1)),
    ),
    Fault(
        "U-Net: normalization with PyTorch's epsilon",
        UNET,
        "BatchNormalization.epsilon",
        attribute(layers.BatchNormalization, "epsilon", lambda _: 1e-5),
    ),
    Fault(
        "U-Net: normalization by the statistics of the batch",
        UNET,
        "BatchNormalization.call",
        training_is(layers.BatchNormalization, True),
    ),
]
