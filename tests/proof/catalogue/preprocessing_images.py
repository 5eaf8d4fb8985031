"""Faults of resizing and cropping: sizes, kernels, aspect ratios, and odd pixels."""

import keras
from breaking import (
    Called,
    altered_argument,
    corner_to_corner,
    corners_aligned,
    during,
    function_of,
    ignoring_argument,
    outputs,
    read_at,
    turned,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import CenterCrop, Resizing, UpSampling2D
from keras.src.utils import image_utils

KERNELS = "preprocessing/plot_interpolation_kernels"
SIZE = "preprocessing/plot_resizing"
RATIO = "preprocessing/plot_resizing_aspect_ratio"
CROP = "preprocessing/plot_center_crop"
WHOLE = "preprocessing/plot_resizing_uint8"


def resize_is(function):
    """Resizing, by a backend, that is ``function(real, images, size, ...)``."""
    return during(Resizing, function_of(keras.src.backend.image, "resize", function))


def from_the_end(real, images, size, **options):
    """Resizing whose odd pixel of what is cut off is the first."""
    return ops.flip(real(ops.flip(images, (1, 2)), size, **options), (1, 2))


def padded_at_the_end(real, images, size, **options):
    """Resizing that pads rows below, as many as are missing."""
    rows = images.shape[2] * size[0] // size[1] - images.shape[1]
    if options["pad_to_aspect_ratio"] and rows > 0:
        widths = [(0, 0), (0, rows), (0, 0), (0, 0)]
        images = ops.pad(images, widths, constant_values=options["fill_value"])
    return real(images, size, **options)


def stretched(real, images, size, data_format, backend_module):
    return backend_module.image.resize(images, size, data_format=data_format)


def by_nearest(real, images, size, **options):
    return real(images, size, interpolation="nearest", **options)


def in_training_only(real, self, x, training=True):
    return real(self, x) if training else x


FAULTS = [
    Fault(
        f"Resizing, {argument}: one more",
        SIZE,
        f"Resizing.{argument}",
        altered_argument(Resizing, argument, turned),
    )
    for argument in ("height", "width")
]
FAULTS += [
    Fault(
        f"Resizing, {argument}: ignored",
        page,
        f"Resizing.{argument}",
        ignoring_argument(Resizing, argument),
    )
    for page, argument in [
        (SIZE, "interpolation"),
        (SIZE, "antialias"),
        (SIZE, "data_format"),
        (RATIO, "crop_to_aspect_ratio"),
        (RATIO, "pad_to_aspect_ratio"),
        (RATIO, "fill_mode"),
        (RATIO, "fill_value"),
    ]
]
FAULTS += [
    Fault(
        "Resizing, antialias: always",
        SIZE,
        "Resizing.antialias",
        with_arguments(
            Resizing, "__init__", lambda given: given.update(antialias=True)
        ),
    ),
    Fault(
        "Resizing: corners aligned",
        SIZE,
        "Resizing.call",
        during(Resizing, read_at(corners_aligned)),
    ),
    Fault(
        "Resizing: from corner to corner, as TensorFlow 1",
        SIZE,
        "Resizing.call",
        during(Resizing, read_at(corner_to_corner)),
    ),
    Fault(
        "Resizing: the odd pixel is cut off first",
        RATIO,
        "Resizing.crop_to_aspect_ratio",
        resize_is(from_the_end),
    ),
    Fault(
        "Resizing: pads at the end only, as much as is missing",
        RATIO,
        "Resizing.pad_to_aspect_ratio",
        resize_is(padded_at_the_end),
    ),
    Fault(
        "Resizing: fills with zeros",
        RATIO,
        "Resizing.fill_value",
        altered_argument(Resizing, "fill_value", lambda value: 0.0),
    ),
]
FAULTS += [
    Fault(
        f"Resizing, interpolation: {other} for {interpolation}",
        KERNELS,
        "Resizing.interpolation",
        altered_argument(
            Resizing,
            "interpolation",
            lambda given, change={interpolation: other}: change.get(given, given),
        ),
    )
    for interpolation, other in [
        ("nearest", "bilinear"),
        ("bilinear", "nearest"),
        ("bicubic", "bilinear"),
        ("lanczos3", "bicubic"),
        ("lanczos5", "lanczos3"),
    ]
]
FAULTS += [
    Fault(
        f"CenterCrop, {argument}: one more",
        CROP,
        f"CenterCrop.{argument}",
        altered_argument(CenterCrop, argument, turned),
    )
    for argument in ("height", "width")
]
FAULTS += [
    Fault(
        "CenterCrop, data_format: ignored",
        CROP,
        "CenterCrop.data_format",
        ignoring_argument(CenterCrop, "data_format"),
    ),
    Fault(
        "CenterCrop: the odd pixel is cut off first",
        CROP,
        "CenterCrop.call",
        Called(
            CenterCrop,
            lambda real, self, x, **options: ops.flip(
                real(self, ops.flip(x, (1, 2)), **options), (1, 2)
            ),
        ),
    ),
    Fault(
        "CenterCrop: in training only",
        CROP,
        "CenterCrop.call",
        Called(CenterCrop, in_training_only),
    ),
    Fault(
        "CenterCrop: stretches an image that is too small",
        CROP,
        "CenterCrop.call",
        function_of(image_utils, "smart_resize", stretched),
    ),
    Fault(
        "CenterCrop: enlarges by nearest",
        CROP,
        "CenterCrop.call",
        function_of(image_utils, "smart_resize", by_nearest),
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
    Fault(
        "Resizing, interpolation: ignored, of whole numbers",
        WHOLE,
        "Resizing.interpolation",
        ignoring_argument(Resizing, "interpolation"),
    ),
]
