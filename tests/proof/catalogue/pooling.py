"""Faults of pooling: windows, their padding and strides, axes, masks and gradients."""

import functools
from unittest import mock

import keras
from breaking import (
    altered,
    altered_argument,
    during,
    exchanged,
    gradient_times,
    ignoring_argument,
    inputs,
    operation,
    outputs,
    turned,
    with_arguments,
    with_gradient_of,
)
from fault import Fault
from keras import layers, ops


def space(x, data_format):
    """The axes of an array that are neither the batch nor the channels."""
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + len(x.shape) - 2))


def from_the_end(real, x, pool_size, strides, padding, data_format):
    """Pooling whose odd pixel of padding, or of what is dropped, is the first."""
    axes = space(x, data_format)
    y = real(ops.flip(x, axes), pool_size, strides, padding, data_format)
    return ops.flip(y, axes)


def padded_by_zeros(real, x, pool_size, strides, padding, data_format):
    """Pooling whose padding counts as pixels of zero."""
    widths = [(0, 0)] * len(x.shape)
    for axis, size, step in zip(space(x, data_format), pool_size, strides):
        needed = (-(-x.shape[axis] // step) - 1) * step + size - x.shape[axis]
        if padding == "same":
            widths[axis] = (max(needed, 0) // 2, -(-max(needed, 0) // 2))
    return real(ops.pad(x, widths), pool_size, strides, "valid", data_format)


def of_the_negative(real, x, *args, **kwargs):
    """The smallest in place of the largest."""
    return -real(-x, *args, **kwargs)


def with_gradient_of_mean(real, x, *args, **kwargs):
    mean = ops.average_pool(x, *args, **kwargs)
    return with_gradient_of(mean, real(x, *args, **kwargs))


def strides_of_one(given):
    if given.get("strides") is None:
        given["strides"] = 1


def passing_the_mask_on(layer):
    """A layer that says it supports masks, and hands on the one that it is given."""
    real = layer.__init__

    @functools.wraps(real)
    def changed(self, *args, **kwargs):
        real(self, *args, **kwargs)
        self.supports_masking = True

    return mock.patch.object(layer, "__init__", changed)


FAULTS = []
for kind, page in [
    ("Max", "pooling/plot_max_pooling"),
    ("Average", "pooling/plot_average_pooling"),
]:
    pool = f"{kind.lower()}_pool"
    for rank in (1, 2, 3):
        name = f"{kind}Pooling{rank}D"
        layer = getattr(layers, name)
        FAULTS += [
            Fault(
                f"{name}, {argument}: ignored",
                page,
                f"{name}.{argument}",
                ignoring_argument(layer, argument),
            )
            for argument in ("strides", "padding", "data_format")
        ]
        FAULTS += [
            Fault(
                f"{name}, pool_size: one larger, or turned",
                page,
                f"{name}.pool_size",
                altered_argument(layer, "pool_size", turned),
            ),
            Fault(
                f"{name}, strides: 1 by default",
                page,
                f"{name}.strides",
                with_arguments(layer, "__init__", strides_of_one),
            ),
            Fault(
                f"{name}: the odd pixel is the first",
                page,
                f"{name}.call",
                during(layer, operation(pool, from_the_end)),
            ),
            Fault(
                f"{name}: padded by zeros",
                page,
                f"{name}.call",
                during(layer, operation(pool, padded_by_zeros)),
            ),
            Fault(
                f"{name}, x: first axis and the next exchanged",
                page,
                f"{name}.call",
                inputs(layer, exchanged(1)),
            ),
        ]
        if kind == "Max":
            FAULTS.append(
                Fault(
                    f"{name}: the smallest",
                    page,
                    f"{name}.call",
                    during(layer, operation(pool, of_the_negative)),
                )
            )

for kind in ("Max", "Average"):
    page = "pooling/plot_global_pooling"
    for rank in (1, 2, 3):
        name = f"Global{kind}Pooling{rank}D"
        layer = getattr(layers, name)
        FAULTS += [
            Fault(
                f"{name}, {argument}: ignored",
                page,
                f"{name}.{argument}",
                ignoring_argument(layer, argument),
            )
            for argument in ("data_format", "keepdims")
        ]
        FAULTS.append(
            Fault(
                f"{name}, x: last axis of space and channels exchanged",
                page,
                f"{name}.call",
                inputs(layer, exchanged(rank)),
            )
        )
    name = f"Global{kind}Pooling2D"
    FAULTS.append(
        Fault(
            f"{name}: the sum",
            page,
            f"{name}.call",
            during(
                getattr(layers, name),
                operation(
                    "max" if kind == "Max" else "mean",
                    lambda real, x, *args, **kwargs: ops.sum(x, *args, **kwargs),
                ),
            ),
        )
    )

MASKED = "pooling/plot_global_pooling_masks"
MEAN = layers.GlobalAveragePooling1D
FAULTS += [
    Fault(
        "GlobalAveragePooling1D, mask: ignored",
        MASKED,
        "GlobalAveragePooling1D.call",
        ignoring_argument(MEAN, "mask", "call"),
    ),
    Fault(
        "GlobalAveragePooling1D, mask: true for padding",
        MASKED,
        "GlobalAveragePooling1D.call",
        altered_argument(
            MEAN,
            "mask",
            lambda mask: None if mask is None else ops.logical_not(mask),
            "call",
        ),
    ),
    Fault(
        "GlobalAveragePooling1D, mask: the first step counts always",
        MASKED,
        "GlobalAveragePooling1D.call",
        altered_argument(
            MEAN,
            "mask",
            lambda mask: (
                None
                if mask is None
                else ops.concatenate(
                    [ops.ones_like(mask[:, :1]), ops.convert_to_tensor(mask)[:, 1:]], 1
                )
            ),
            "call",
        ),
    ),
    Fault(
        "GlobalAveragePooling1D: 0 where all is masked",
        MASKED,
        "GlobalAveragePooling1D.call",
        outputs(MEAN, lambda y: ops.where(ops.isnan(y), 0.0, y)),
    ),
    Fault(
        "GlobalAveragePooling1D, mask: the sum is of all steps",
        MASKED,
        "GlobalAveragePooling1D.call",
        during(MEAN, operation("where", lambda real, mask, x, other: x)),
    ),
    Fault(
        "GlobalAveragePooling1D, keepdims: ignored with a mask",
        MASKED,
        "GlobalAveragePooling1D.keepdims",
        ignoring_argument(MEAN, "keepdims"),
    ),
    Fault(
        "GlobalAveragePooling1D, data_format: ignored with a mask",
        MASKED,
        "GlobalAveragePooling1D.data_format",
        ignoring_argument(MEAN, "data_format"),
    ),
    Fault(
        "Masking: finds no padding to pool",
        MASKED,
        "Masking.call",
        inputs(layers.Masking, lambda x: x - 1),
    ),
    Fault(
        "GlobalMaxPooling1D: the smallest",
        MASKED,
        "GlobalMaxPooling1D.call",
        during(layers.GlobalMaxPooling1D, operation("max", of_the_negative)),
    ),
]
FAULTS += [
    Fault(
        f"{layer.__name__}: hands the mask on",
        MASKED,
        f"{layer.__name__}.compute_mask",
        passing_the_mask_on(layer),
    )
    for layer in (
        layers.GlobalMaxPooling1D,
        layers.MaxPooling1D,
        layers.AveragePooling1D,
    )
]

for kind, page in [
    ("Max", "pooling/plot_adaptive_max_pooling"),
    ("Average", "pooling/plot_adaptive_pooling"),
]:
    for rank in (1, 2, 3):
        name = f"Adaptive{kind}Pooling{rank}D"
        layer = getattr(layers, name)
        nn = keras.src.backend.nn
        FAULTS += [
            Fault(
                f"{name}, data_format: ignored",
                page,
                f"{name}.data_format",
                ignoring_argument(layer, "data_format"),
            ),
            Fault(
                f"{name}, output_size: one larger, or turned",
                page,
                f"{name}.output_size",
                altered_argument(layer, "output_size", turned),
            ),
            Fault(
                f"{name}, x: first axis and the next exchanged",
                page,
                f"{name}.call",
                inputs(layer, exchanged(1)),
            ),
            Fault(
                f"{name}: windows two pixels longer",
                page,
                f"{name}.call",
                during(
                    layer,
                    altered(
                        nn,
                        "compute_adaptive_pooling_window_sizes",
                        lambda sizes: (sizes[0] + 1, sizes[1]),
                    ),
                ),
            ),
        ]
        FAULTS.append(
            Fault(
                f"{name}: the smallest, or half the mean",
                page,
                f"{name}.call",
                during(layer, operation("adaptive_max_pool", of_the_negative))
                if kind == "Max"
                else outputs(layer, lambda y: y / 2),
            )
        )

GRADIENT = "pooling/plot_max_pooling_gradient"
for rank in (1, 2, 3):
    name = f"MaxPooling{rank}D"
    layer = getattr(layers, name)
    FAULTS += [
        Fault(
            f"{name}, gradient: that of the mean",
            GRADIENT,
            f"{name}.call",
            during(layer, operation("max_pool", with_gradient_of_mean)),
        ),
        Fault(
            f"{name}, strides: ignored in training",
            GRADIENT,
            f"{name}.strides",
            ignoring_argument(layer, "strides"),
        ),
    ]
FAULTS += [
    Fault(
        f"{layer.__name__}, gradient: the last of equal entries",
        GRADIENT,
        f"{layer.__name__}.call",
        during(layer, operation("max_pool", from_the_end)),
    )
    for layer in (layers.MaxPooling1D, layers.MaxPooling2D)
]

TIES = "pooling/plot_max_pooling3d_ties"
FAULTS += [
    Fault(
        "MaxPooling3D, gradient: twice where entries are equal",
        TIES,
        "MaxPooling3D.call",
        outputs(layers.MaxPooling3D, functools.partial(gradient_times, 2)),
    ),
    Fault(
        "MaxPooling3D, strides: 1 by default, where entries are equal",
        TIES,
        "MaxPooling3D.strides",
        with_arguments(layers.MaxPooling3D, "__init__", strides_of_one),
    ),
]
