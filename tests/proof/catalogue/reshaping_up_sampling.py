"""Faults of up-sampling: its interpolation."""

from breaking import altered_argument
from fault import Fault
from keras import layers

KERNELS = "preprocessing/plot_interpolation_kernels"

FAULTS = [
    Fault(
        "UpSampling2D, interpolation: bilinear for nearest",
        KERNELS,
        "UpSampling2D.interpolation",
        altered_argument(
            layers.UpSampling2D,
            "interpolation",
            lambda name: "bilinear" if name == "nearest" else name,
        ),
    ),
]
