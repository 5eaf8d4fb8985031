"""Faults of ResNet50: its parts, and how they are put together."""

from breaking import with_arguments
from fault import Fault
from keras import layers

PAGE = "models/plot_resnet50"


def later_strides(given):
    """The strides of a block in its 3 by 3 convolution, as in PyTorch."""
    stage, _, place = given.get("name", "").partition("_block1_")
    if place == "1_conv":
        given["strides"] = 1
    if place == "2_conv" and stage != "conv2":
        given["strides"] = 2


FAULTS = [
    Fault(
        "ResNet50: strides in the 3 by 3 convolutions",
        PAGE,
        "Conv2D.strides",
        with_arguments(layers.Conv2D, "__init__", later_strides),
    ),
]
