"""Faults of pooling: padding, masks and gradients."""

import functools
from unittest import mock

from breaking import (
    altered_argument,
    during,
    gradient_times,
    operation,
    outputs,
    with_gradient_of,
)
from fault import Fault
from keras import layers, ops


def space(x, data_format):
    """The axes of an array that are neither the batch nor the channels."""
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + len(x.shape) - 2))


def padded_by_zeros(real, x, pool_size, strides, padding, data_format):
    """Pooling whose padding counts as pixels of zero."""
    widths = [(0, 0)] * len(x.shape)
    for axis, size, step in zip(space(x, data_format), pool_size, strides):
        needed = (-(-x.shape[axis] // step) - 1) * step + size - x.shape[axis]
        if padding == "same":
            widths[axis] = (max(needed, 0) // 2, -(-max(needed, 0) // 2))
    return real(ops.pad(x, widths), pool_size, strides, "valid", data_format)


def with_gradient_of_mean(real, x, *args, **kwargs):
    mean = ops.average_pool(x, *args, **kwargs)
    return with_gradient_of(mean, real(x, *args, **kwargs))


def passing_the_mask_on(layer):
    """A layer that says it supports masks, and hands on the one that it is given."""
    real = layer.__init__

    @functools.wraps(real)
    def changed(self, *args, **kwargs):
        real(self, *args, **kwargs)
        self.supports_masking = True

    return mock.patch.object(layer, "__init__", changed)


FAULTS = [
    Fault(
        f"{layer.__name__}: padded by zeros",
        "pooling/plot_max_pooling",
        f"{layer.__name__}.call",
        during(layer, operation("max_pool", padded_by_zeros)),
    )
    for layer in (layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D)
]

MASKED = "pooling/plot_global_pooling_masks"
MEAN = layers.GlobalAveragePooling1D
FAULTS += [
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
    ]

TIES = "pooling/plot_max_pooling3d_ties"
FAULTS += [
    Fault(
        "MaxPooling3D, gradient: twice where entries are equal",
        TIES,
        "MaxPooling3D.call",
        outputs(layers.MaxPooling3D, functools.partial(gradient_times, 2)),
    ),
]
