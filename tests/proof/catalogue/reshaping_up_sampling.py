"""Faults of up-sampling: sizes, axes, interpolations, and where new pixels lie."""

import numpy as np
from breaking import (
    altered_argument,
    corner_to_corner,
    corners_aligned,
    during,
    exchanged,
    ignoring_argument,
    inputs,
    operation,
    read_at,
    turned,
)
from fault import Fault
from keras import layers, ops


def tiled(real, x, repeats, axis):
    """Copies side by side."""
    return ops.tile(x, [repeats if a == axis else 1 for a in range(len(x.shape))])


def zeros_inserted(real, x, repeats, axis):
    """Each entry once, and then zeros."""
    first = real(ops.concatenate([x, 0 * x], 0), repeats, axis=axis)
    first, zeros = ops.split(first, 2, axis=0)
    shape = [1] * len(x.shape)
    shape[axis] = first.shape[axis]
    kept = np.arange(first.shape[axis]).reshape(shape) % repeats == 0
    return ops.where(kept, first, zeros)


NEAREST = "reshaping/plot_up_sampling"
BILINEAR = "reshaping/plot_up_sampling_bilinear"
KERNELS = "preprocessing/plot_interpolation_kernels"

FAULTS = []
for rank in (1, 2, 3):
    name = f"UpSampling{rank}D"
    layer = getattr(layers, name)
    FAULTS += [
        Fault(
            f"{name}, size: one larger, or turned",
            NEAREST,
            f"{name}.size",
            altered_argument(layer, "size", turned),
        ),
        Fault(
            f"{name}: copies side by side",
            NEAREST,
            f"{name}.call",
            during(layer, operation("repeat", tiled)),
        ),
        Fault(
            f"{name}: zeros between the entries",
            NEAREST,
            f"{name}.call",
            during(layer, operation("repeat", zeros_inserted)),
        ),
        Fault(
            f"{name}, x: first axis and the next exchanged",
            NEAREST,
            f"{name}.call",
            inputs(layer, exchanged(1)),
        ),
    ]
    if rank > 1:
        FAULTS.append(
            Fault(
                f"{name}, data_format: ignored",
                NEAREST,
                f"{name}.data_format",
                ignoring_argument(layer, "data_format"),
            )
        )

FAULTS += [
    Fault(
        "UpSampling2D, interpolation: ignored",
        BILINEAR,
        "UpSampling2D.interpolation",
        ignoring_argument(layers.UpSampling2D, "interpolation"),
    ),
    Fault(
        "UpSampling2D, size: one larger, or turned, bilinear",
        BILINEAR,
        "UpSampling2D.size",
        altered_argument(layers.UpSampling2D, "size", turned),
    ),
    Fault(
        "UpSampling2D, data_format: ignored, bilinear",
        BILINEAR,
        "UpSampling2D.data_format",
        ignoring_argument(layers.UpSampling2D, "data_format"),
    ),
    Fault(
        "UpSampling2D: corners aligned",
        BILINEAR,
        "UpSampling2D.call",
        during(layers.UpSampling2D, read_at(corners_aligned)),
    ),
    Fault(
        "UpSampling2D: from corner to corner, as TensorFlow 1",
        BILINEAR,
        "UpSampling2D.call",
        during(layers.UpSampling2D, read_at(corner_to_corner)),
    ),
]
FAULTS += [
    Fault(
        f"UpSampling2D, interpolation: {other} for {interpolation}",
        KERNELS,
        "UpSampling2D.interpolation",
        altered_argument(
            layers.UpSampling2D,
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
