"""Faults of resizing and cropping: interpolation, filling, and whole numbers."""

import keras
from breaking import (
    Called,
    altered_argument,
    during,
    function_of,
    ignoring_argument,
    outputs,
)
from fault import Fault
from keras import ops
from keras.layers import CenterCrop, Resizing, UpSampling2D

KERNELS = "preprocessing/plot_interpolation_kernels"
RATIO = "preprocessing/plot_resizing_aspect_ratio"
CROP = "preprocessing/plot_center_crop"
WHOLE = "preprocessing/plot_resizing_uint8"


def in_training_only(real, self, x, training=True):
    return real(self, x) if training else x


FAULTS = [
    Fault(
        "Resizing, fill_mode: ignored",
        RATIO,
        "Resizing.fill_mode",
        ignoring_argument(Resizing, "fill_mode"),
    ),
    Fault(
        "Resizing, interpolation: nearest for bilinear",
        KERNELS,
        "Resizing.interpolation",
        altered_argument(
            Resizing,
            "interpolation",
            lambda name: "nearest" if name == "bilinear" else name,
        ),
    ),
    Fault(
        "CenterCrop: in training only",
        CROP,
        "CenterCrop.call",
        Called(CenterCrop, in_training_only),
    ),
]

FAULTS += [
    Fault(
        f"{layer.__name__}: whole numbers become floats",
        WHOLE,
        f"{layer.__name__}.call",
        outputs(layer, lambda y: ops.cast(y, "float32")),
    )
    for layer in (Resizing, UpSampling2D)
]
FAULTS += [
    Fault(
        "Resizing: whole numbers are cut off, not rounded",
        WHOLE,
        "Resizing.call",
        during(
            Resizing,
            function_of(keras.src.backend.numpy, "round", lambda real, x: ops.floor(x)),
        ),
    ),
]
