"""Faults of normalization: statistics, epsilon, axes, masks, weights and gradients."""

import functools
from unittest import mock

from breaking import (
    Called,
    altered,
    altered_argument,
    attribute,
    during,
    gradient_times,
    ignoring_argument,
    inverted_mask,
    of_sample,
    operation,
    outputs,
    training_is,
    turned_round,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import (
    BatchNormalization,
    RMSNormalization,
)
from keras.src.layers.normalization import layer_normalization, rms_normalization

BATCH = "normalization/plot_batch_normalization"
PYTORCH = "normalization/plot_batch_normalization_pytorch"


def outside_the_root(real, x, variance, epsilon, **others):
    """Epsilon is added to the standard deviation."""
    deviation = ops.sqrt(variance) + epsilon
    return real(x=x, variance=ops.square(deviation), epsilon=0.0, **others)


def exchanged_weights(real, x, offset, scale, **others):
    return real(x=x, offset=scale, scale=offset, **others)


def default(argument, value):
    """Another default of an argument."""
    return lambda given: given.setdefault(argument, value)


FAULTS = [
    Fault(
        "BatchNormalization, axis: ignored",
        BATCH,
        "BatchNormalization.axis",
        ignoring_argument(BatchNormalization, "axis"),
    ),
]

LAYER = "normalization/plot_layer_normalization"


FAULTS += [
    Fault(
        "LayerNormalization, axis: not sorted",
        LAYER,
        "LayerNormalization.axis",
        mock.patch.object(layer_normalization, "sorted", list, create=True),
    ),
]

RMS = "normalization/plot_rms_normalization"


FAULTS += [
    Fault(
        "RMSNormalization, axis: ignored",
        RMS,
        "RMSNormalization.axis",
        ignoring_argument(RMSNormalization, "axis"),
    ),
    Fault(
        "RMSNormalization, axis: not sorted",
        RMS,
        "RMSNormalization.axis",
        mock.patch.object(rms_normalization, "sorted", list, create=True),
    ),
]

TRAINING = "normalization/plot_batch_normalization_training"


FAULTS += [
    Fault(
        "BatchNormalization, training: sample variance",
        TRAINING,
        "BatchNormalization.call",
        during(BatchNormalization, operation("moments", of_sample)),
    ),
    Fault(
        "BatchNormalization, training: moments of each sample",
        TRAINING,
        "BatchNormalization.call",
        during(
            BatchNormalization,
            operation("moments", lambda real, x, axes, **others: real(x[:1], axes)),
        ),
    ),
    Fault(
        "BatchNormalization, training: uses the moving averages",
        TRAINING,
        "BatchNormalization.call",
        training_is(BatchNormalization, False),
    ),
    Fault(
        "BatchNormalization, momentum: ignored",
        TRAINING,
        "BatchNormalization.momentum",
        ignoring_argument(BatchNormalization, "momentum"),
    ),
    Fault(
        "BatchNormalization, momentum: the part of the new value",
        TRAINING,
        "BatchNormalization.momentum",
        attribute(BatchNormalization, "momentum", turned_round),
    ),
    Fault(
        "BatchNormalization, momentum: 0.9 by default",
        TRAINING,
        "BatchNormalization.momentum",
        with_arguments(BatchNormalization, "__init__", default("momentum", 0.9)),
    ),
]

MASK = "normalization/plot_batch_normalization_mask"


def without_where(real, condition, x, other):
    """Masked positions are summed, but not counted."""
    return x


def masked_to_zero(real, self, x, training=None, mask=None):
    y = real(self, x, training=training, mask=mask)
    if mask is None:
        return y
    return y * ops.cast(ops.expand_dims(mask, -1), y.dtype)


FAULTS += [
    Fault(
        "BatchNormalization, mask: ignored",
        MASK,
        "BatchNormalization.call",
        ignoring_argument(BatchNormalization, "mask", "call"),
    ),
    Fault(
        "BatchNormalization, mask: inverted",
        MASK,
        "BatchNormalization.call",
        altered_argument(BatchNormalization, "mask", inverted_mask, "call"),
    ),
    Fault(
        "BatchNormalization, mask: masked positions are summed",
        MASK,
        "BatchNormalization.call",
        during(BatchNormalization, operation("where", without_where)),
    ),
    Fault(
        "BatchNormalization, mask: masked positions become 0",
        MASK,
        "BatchNormalization.call",
        Called(BatchNormalization, masked_to_zero),
    ),
]

FROZEN = "normalization/plot_batch_normalization_frozen"


def never_frozen():
    """A layer that cannot be frozen."""
    trainable = property(lambda self: True, lambda self, value: None)
    return mock.patch.object(BatchNormalization, "trainable", trainable)


def updated_though_frozen(real, self, x, training=None, mask=None):
    """The averages move even if the layer is frozen."""
    y = real(self, x, training=training, mask=mask)
    if training and not self.trainable:
        self.moving_mean.assign(self.moving_mean * 0.5)
    return y


FAULTS += [
    Fault(
        "BatchNormalization, trainable: ignored",
        FROZEN,
        "BatchNormalization.trainable",
        never_frozen(),
    ),
    Fault(
        "BatchNormalization, trainable: uses the batch although frozen",
        FROZEN,
        "BatchNormalization.call",
        attribute(BatchNormalization, "_trainable", lambda trainable: True),
    ),
    Fault(
        "BatchNormalization, trainable: averages move although frozen",
        FROZEN,
        "BatchNormalization.call",
        Called(BatchNormalization, updated_though_frozen),
    ),
    Fault(
        "BatchNormalization, training: ignored where it is trainable",
        FROZEN,
        "BatchNormalization.call",
        training_is(BatchNormalization, False),
    ),
]

GRADIENT = "normalization/plot_batch_normalization_gradient"


def constant_mean(real, *args, **others):
    mean, variance = real(*args, **others)
    return ops.stop_gradient(mean), variance


def constant_variance(real, *args, **others):
    mean, variance = real(*args, **others)
    return mean, ops.stop_gradient(variance)


FAULTS += [
    Fault(
        f"BatchNormalization, gradient: {name}",
        GRADIENT,
        "BatchNormalization.call",
        during(BatchNormalization, operation(op, change)),
    )
    for name, op, change in [
        ("not through the mean", "moments", constant_mean),
        ("not through the variance", "moments", constant_variance),
        ("sample variance", "moments", of_sample),
        ("epsilon outside the root", "batch_normalization", outside_the_root),
        ("gamma and beta exchanged", "batch_normalization", exchanged_weights),
    ]
]
FAULTS += [
    Fault(
        "BatchNormalization, gradient: twice that of y",
        GRADIENT,
        "BatchNormalization.call",
        outputs(BatchNormalization, functools.partial(gradient_times, 2)),
    ),
    Fault(
        "BatchNormalization, gradient: trains although frozen",
        GRADIENT,
        "BatchNormalization.trainable",
        attribute(BatchNormalization, "_trainable", lambda trainable: True),
    ),
]


RENORM = "normalization/plot_batch_renormalization"


def through(real, x):
    return x


def corrections(change):
    """BatchNormalization that uses ``change(r, d)``."""
    return altered(
        BatchNormalization,
        "_renorm_correction_and_moments",
        lambda found: (*change(*found[:2]), *found[2:]),
    )


def without_limit(name):
    """One limit of renorm_clipping is ignored."""

    def change(clipping):
        return {key: value for key, value in clipping.items() if key != name}

    return altered_argument(BatchNormalization, "renorm_clipping", change)


FAULTS += [
    Fault(f"BatchNormalization, renorm: {name}", RENORM, covers, breaking)
    for name, covers, breaking in [
        (
            "ignored in the sum",
            "BatchNormalization.renorm",
            corrections(lambda r, d: (r * 0 + 1, d * 0)),
        ),
        (
            "no d",
            "BatchNormalization.renorm",
            corrections(lambda r, d: (r, d * 0)),
        ),
        (
            "r upside down",
            "BatchNormalization.renorm",
            corrections(lambda r, d: (1 / r, d)),
        ),
        (
            "d, then r",
            "BatchNormalization.renorm",
            corrections(lambda r, d: (r, r * d)),
        ),
        (
            "gradient through r and d",
            "BatchNormalization.renorm",
            during(BatchNormalization, operation("stop_gradient", through)),
        ),
        (
            "sample variance",
            "BatchNormalization.renorm",
            during(BatchNormalization, operation("moments", of_sample)),
        ),
        (
            "moving_variance contains epsilon",
            "BatchNormalization.renorm",
            during(
                BatchNormalization,
                operation("relu", lambda real, x: real(x + 1e-3)),
            ),
        ),
    ]
]
FAULTS += [
    Fault(
        f"BatchNormalization, {argument}: ignored",
        RENORM,
        f"BatchNormalization.{argument}",
        ignoring_argument(BatchNormalization, argument),
    )
    for argument in ("renorm", "renorm_clipping", "renorm_momentum")
]
FAULTS += [
    Fault(
        f"BatchNormalization, renorm_clipping: {name} ignored",
        RENORM,
        "BatchNormalization.renorm_clipping",
        without_limit(name),
    )
    for name in ("rmin", "rmax", "dmax")
]
FAULTS += [
    Fault(
        "BatchNormalization, renorm_momentum: the part of the new value",
        RENORM,
        "BatchNormalization.renorm_momentum",
        attribute(BatchNormalization, "renorm_momentum", turned_round),
    ),
    Fault(
        "BatchNormalization, renorm_momentum: 0.9 by default",
        RENORM,
        "BatchNormalization.renorm_momentum",
        with_arguments(BatchNormalization, "__init__", default("renorm_momentum", 0.9)),
    ),
]

AXES = "normalization/plot_normalization_axes"


FAULTS += [
    Fault(f"{name}, axes: {what}", AXES, covers, breaking)
    for name, what, covers, breaking in [
        (
            "BatchNormalization",
            "moments of each sample",
            "BatchNormalization.call",
            during(
                BatchNormalization,
                operation(
                    "moments", lambda real, x, axes, **others: real(x, axes[1:], True)
                ),
            ),
        ),
        (
            "BatchNormalization",
            "predicts with the statistics of the batch",
            "BatchNormalization.call",
            training_is(BatchNormalization, True),
        ),
        (
            "BatchNormalization",
            "the first axis of space",
            "BatchNormalization.axis",
            with_arguments(BatchNormalization, "__init__", default("axis", 1)),
        ),
        (
            "RMSNormalization",
            "all but the batch by default",
            "RMSNormalization.axis",
            with_arguments(RMSNormalization, "__init__", default("axis", [1, 2])),
        ),
    ]
]

FAULTS += [
    Fault(
        f"BatchNormalization, {argument}: ignored, PyTorch",
        PYTORCH,
        f"BatchNormalization.{argument}",
        ignoring_argument(BatchNormalization, argument),
    )
    for argument in ("axis", "momentum")
]
FAULTS += [
    Fault(
        "BatchNormalization, momentum: as in PyTorch",
        PYTORCH,
        "BatchNormalization.momentum",
        attribute(BatchNormalization, "momentum", turned_round),
    ),
    Fault(
        "BatchNormalization, training: sample variance, as in PyTorch",
        PYTORCH,
        "BatchNormalization.call",
        during(BatchNormalization, operation("moments", of_sample)),
    ),
]
