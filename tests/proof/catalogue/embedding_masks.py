"""Faults of masks: what makes them, passes them on, uses them, or loses them."""

import functools
from unittest import mock

import keras
import keras.src.losses.loss
from breaking import (
    Called,
    altered,
    altered_argument,
    during,
    ignoring_argument,
    inverted_mask,
    operation,
    with_arguments,
)
from fault import Fault
from keras import layers, ops


def later(mask):
    """A mask of which each entry is that of the step before."""
    return None if mask is None else ops.roll(mask, 1, axis=1)


def all_kept(mask):
    return None if mask is None else ops.ones_like(mask)


def dropped(mask):
    return None


def supported(value):
    return True


def unsupported(value):
    return False


def without_rescaling(given):
    """A masked loss whose sum is divided by all steps, not by those kept."""
    if given.get("mask") is not None:
        given["sample_weight"] = ops.cast(given.pop("mask"), "float32")


def forgotten(real, self, tensors, *args, **kwargs):
    """A merging layer that computes masked entries like all others."""
    return real(self, [x + 0 for x in tensors], *args, **kwargs)


def zeros_where_masked(real, self, tensors, *args, **kwargs):
    """A merging layer for which masked entries are zeros."""
    masks = [getattr(x, "_keras_mask", None) for x in tensors]
    filled = [
        x if mask is None else ops.where(mask[..., None], x, 0)
        for x, mask in zip(tensors, masks)
    ]
    return real(self, filled, *args, **kwargs)


def ones_where_masked(real, mask, x, other):
    return real(mask, x, ops.ones_like(other))


def both_masks(self, inputs, mask=None):
    """The mask of the steps that all branches keep."""
    if mask is None or any(m is None for m in mask):
        return None
    return functools.reduce(ops.logical_and, mask)


def mask_of_any(self, inputs, mask=None):
    """The masks of the branches that have one."""
    given = [m for m in mask or () if m is not None]
    return functools.reduce(ops.logical_or, given) if given else None


def mask_of_first(self, inputs, mask=None):
    return mask[0] if mask else None


def masking_nan(self, inputs, mask=None):
    """A mask for which NaN is padding, whatever the mask_value."""
    return ops.any(ops.logical_not(ops.isnan(inputs)), axis=-1)


def masking_roughly(self, inputs, mask=None):
    """A mask for which numbers close to the mask_value are padding."""
    return ops.any(ops.abs(inputs - self.mask_value) > 1e-3, axis=-1)


def never_taken_away(real, x, mask):
    """Set the mask of a tensor, but do not take it away."""
    if mask is not None:
        real(x, mask)


WRONG_MASKS = [
    ("inverted", inverted_mask),
    ("a step late", later),
    ("all steps kept", all_kept),
    ("dropped", dropped),
]
ZERO = "embedding/plot_mask_zero"
TRAVELS = "embedding/plot_mask_travels"
MERGED = "embedding/plot_merged_masks"
RECURRENT = "embedding/plot_masking_recurrent"
LOST = "embedding/plot_mask_lost"
BY_HAND = "embedding/plot_mask_by_hand"

FAULTS = []
FAULTS += [
    Fault(
        "Embedding, input_dim: no row for the padding",
        ZERO,
        "Embedding.input_dim",
        altered_argument(layers.Embedding, "input_dim", lambda rows: rows - 1),
    ),
    Fault(
        "Flatten: hands the mask of an Embedding on",
        ZERO,
        "Flatten.supports_masking",
        altered(layers.Flatten, "supports_masking", supported),
    ),
]
FAULTS += [
    Fault(
        f"{layer.__name__}: does not support masks, and drops them",
        TRAVELS,
        f"{layer.__name__}.supports_masking",
        altered(layer, "supports_masking", unsupported),
    )
    for layer in (
        layers.Dense,
        layers.LayerNormalization,
        layers.Bidirectional,
        layers.BatchNormalization,
    )
]
FAULTS += [
    Fault(
        f"{layer.__name__}: supports masks, and passes them on",
        TRAVELS,
        f"{layer.__name__}.supports_masking",
        altered(layer, "supports_masking", supported),
    )
    for layer in (
        layers.RMSNormalization,
        layers.EinsumDense,
        layers.Conv1D,
        layers.MaxPooling1D,
        layers.Permute,
    )
]
FAULTS += [
    Fault(
        f"{layer.__name__}, the mask that it passes on: {how}",
        TRAVELS,
        f"{layer.__name__}.compute_mask",
        altered(layer, "compute_mask", change),
    )
    for layer in (layers.Dense, layers.Bidirectional)
    for how, change in WRONG_MASKS[:1]  # inverted; without one, they drop it, above
]
FAULTS += [
    Fault(
        "Loss with a mask: the padding counts",
        TRAVELS,
        "Loss.__call__",
        with_arguments(
            keras.src.losses.loss,
            "reduce_weighted_values",
            lambda given: given.update(mask=None),
        ),
    ),
    Fault(
        "Loss with a mask: divided by the number of all steps",
        TRAVELS,
        "Loss.__call__",
        with_arguments(
            keras.src.losses.loss, "reduce_weighted_values", without_rescaling
        ),
    ),
]
FAULTS += [
    Fault(
        f"{layer.__name__}, merged mask: {how}",
        MERGED,
        f"{layer.__name__}.compute_mask",
        mock.patch.object(layer, "compute_mask", change),
    )
    for layer in (
        layers.Add,
        layers.Subtract,
        layers.Average,
        layers.Concatenate,
        layers.Dot,
    )
    for how, change in [
        ("and in place of or", both_masks),
        ("of the branches that have one", mask_of_any),
        ("of the first branch", mask_of_first),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}: masked entries count",
        MERGED,
        f"{layer.__name__}.call",
        Called(layer, forgotten),
    )
    for layer in (layers.Multiply, layers.Maximum, layers.Minimum)
]
FAULTS += [
    Fault(
        f"{layer.__name__}, merged mask: and in place of or",
        MERGED,
        f"{layer.__name__}.compute_mask",
        during(
            layer,
            operation("logical_or", lambda real, *masks: ops.logical_and(*masks)),
        ),
    )
    for layer in (layers.Multiply, layers.Maximum, layers.Minimum)
]
FAULTS += [
    Fault(
        f"{layer.__name__}: masked entries are zeros",
        MERGED,
        f"{layer.__name__}.call",
        Called(layer, zeros_where_masked),
    )
    for layer in (layers.Add, layers.Subtract, layers.Average)
]
FAULTS += [
    Fault(
        "Multiply: 1 where all is masked",
        MERGED,
        "Multiply.call",
        during(layers.Multiply, operation("where", ones_where_masked)),
    ),
    Fault(
        "Concatenate with masks, axis: the last",
        MERGED,
        "Concatenate.axis",
        ignoring_argument(layers.Concatenate, "axis"),
    ),
]
FAULTS += [
    Fault(
        "Masking: masks NaN",
        RECURRENT,
        "Masking.compute_mask",
        mock.patch.object(layers.Masking, "compute_mask", masking_nan),
    ),
    Fault(
        "Masking: masks what is close to mask_value",
        RECURRENT,
        "Masking.compute_mask",
        mock.patch.object(layers.Masking, "compute_mask", masking_roughly),
    ),
]
FAULTS += [
    Fault(
        f"Layer, the mask of supports_masking: {how}",
        LOST,
        "Layer.compute_mask",
        altered(layers.Layer, "compute_mask", change),
    )
    for how, change in WRONG_MASKS
]
FAULTS += [
    Fault(
        "Layer: supports masks without being asked",
        LOST,
        "Layer.supports_masking",
        altered(layers.Layer, "supports_masking", supported),
    ),
    Fault(
        "Layer: does not support masks even if asked",
        LOST,
        "Layer.supports_masking",
        altered(layers.Layer, "supports_masking", unsupported),
    ),
    Fault(
        "MultiHeadAttention: leaves the mask of its input in place",
        LOST,
        "MultiHeadAttention.call",
        during(
            layers.MultiHeadAttention,
            mock.patch.object(
                keras.src.backend,
                "set_keras_mask",
                functools.partial(never_taken_away, keras.src.backend.set_keras_mask),
            ),
        ),
    ),
    Fault(
        "Add of a residual connection, its mask: of the branches that have one",
        LOST,
        "Add.compute_mask",
        mock.patch.object(layers.Add, "compute_mask", mask_of_any),
    ),
]
FAULTS += [
    Fault(
        "Loss, sample_weight: ignored in place of a mask",
        BY_HAND,
        "Loss.__call__",
        ignoring_argument(keras.losses.Loss, "sample_weight", "__call__"),
    ),
    Fault(
        "MeanSquaredError, reduction: ignored with a mask",
        BY_HAND,
        "MeanSquaredError.reduction",
        ignoring_argument(keras.losses.MeanSquaredError, "reduction"),
    ),
]
