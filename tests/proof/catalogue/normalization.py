"""Faults of normalization: statistics, epsilon, axes, masks, weights and gradients."""

import functools
import math
from unittest import mock

from breaking import (
    Called,
    altered,
    altered_argument,
    attribute,
    during,
    flipped,
    gradient_times,
    ignoring_argument,
    inverted_mask,
    of_sample,
    operation,
    outputs,
    training_is,
    turned_round,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
)
from keras.src.layers.normalization import layer_normalization, rms_normalization
from keras.src.ops import nn

BATCH = "normalization/plot_batch_normalization"
PYTORCH = "normalization/plot_batch_normalization_pytorch"
FOLDING = "normalization/plot_batch_normalization_folding"


def outside_the_root(real, x, variance, epsilon, **others):
    """Epsilon is added to the standard deviation."""
    deviation = ops.sqrt(variance) + epsilon
    return real(x=x, variance=ops.square(deviation), epsilon=0.0, **others)


def without_root(real, x, variance, epsilon, **others):
    """Divided by the variance."""
    return real(x=x, variance=ops.square(variance + epsilon), epsilon=0.0, **others)


def without_mean(real, x, mean, **others):
    return real(x=x, mean=ops.zeros_like(mean), **others)


def exchanged_statistics(real, x, mean, variance, **others):
    return real(x=x, mean=variance, variance=ops.abs(mean), **others)


def exchanged_weights(real, x, offset, scale, **others):
    return real(x=x, offset=scale, scale=offset, **others)


def default(argument, value):
    """Another default of an argument."""
    return lambda given: given.setdefault(argument, value)


WRONG = [  # of ops.batch_normalization
    ("epsilon outside the root", outside_the_root),
    ("divides by the variance", without_root),
    ("subtracts no mean", without_mean),
    ("mean and variance exchanged", exchanged_statistics),
    ("gamma and beta exchanged", exchanged_weights),
]

FAULTS = [
    Fault(
        f"BatchNormalization{where}: {name}",
        page,
        "BatchNormalization.call",
        during(BatchNormalization, operation("batch_normalization", change)),
    )
    for page, where in ((BATCH, ""), (FOLDING, ", folded"), (PYTORCH, ", PyTorch"))
    for name, change in WRONG
]
FAULTS += [
    Fault(
        f"BatchNormalization, {argument}: ignored",
        BATCH,
        f"BatchNormalization.{argument}",
        ignoring_argument(BatchNormalization, argument),
    )
    for argument in ("axis", "epsilon")
]
FAULTS += [
    Fault(
        "BatchNormalization, epsilon: 1e-5 by default, as in PyTorch",
        BATCH,
        "BatchNormalization.epsilon",
        with_arguments(
            BatchNormalization,
            "__init__",
            default("epsilon", 1e-5),
        ),
    ),
    Fault(
        "BatchNormalization: predicts with the statistics of the batch",
        BATCH,
        "BatchNormalization.call",
        training_is(BatchNormalization, True),
    ),
]

LAYER = "normalization/plot_layer_normalization"


def with_moments(change):
    """ops.layer_normalization with another mean and variance."""

    def normalized(real, x, gamma, beta, axis, epsilon, **others):
        n = math.prod(x.shape[i] for i in axis)
        with altered(nn, "moments", lambda found: change(*found, epsilon, n)):
            return real(x, gamma, beta, axis, epsilon, **others)

    return normalized


def exchanged_gamma_and_beta(real, x, gamma, beta, *others, **options):
    return real(x, beta, gamma, *others, **options)


FAULTS += [
    Fault(
        f"LayerNormalization: {name}",
        LAYER,
        "LayerNormalization.call",
        during(LayerNormalization, operation("layer_normalization", change)),
    )
    for name, change in [
        (
            "epsilon outside the root",
            with_moments(lambda m, v, e, n: (m, ops.square(ops.sqrt(v) + e) - e)),
        ),
        (
            "divides by the variance",
            with_moments(lambda m, v, e, n: (m, ops.square(v + e) - e)),
        ),
        ("sample variance", with_moments(lambda m, v, e, n: (m, v * n / (n - 1)))),
        ("subtracts no mean", with_moments(lambda m, v, e, n: (m * 0, v))),
        (
            "divides by the root mean square",
            with_moments(lambda m, v, e, n: (m, v + m * m)),
        ),
        ("gamma and beta exchanged", exchanged_gamma_and_beta),
    ]
]
FAULTS += [
    Fault(
        "LayerNormalization: mean of each feature over the batch",
        LAYER,
        "LayerNormalization.call",
        during(
            LayerNormalization,
            with_arguments(nn, "moments", lambda given: given.update(axes=[0])),
        ),
    ),
    Fault(
        "LayerNormalization: mean of the whole sample",
        LAYER,
        "LayerNormalization.call",
        during(
            LayerNormalization,
            with_arguments(nn, "moments", lambda given: given.update(axes=[1, 2])),
        ),
    ),
    Fault(
        "LayerNormalization, axis: not sorted",
        LAYER,
        "LayerNormalization.axis",
        mock.patch.object(layer_normalization, "sorted", list, create=True),
    ),
    Fault(
        "LayerNormalization, epsilon: 1e-5 by default, as in PyTorch",
        LAYER,
        "LayerNormalization.epsilon",
        with_arguments(LayerNormalization, "__init__", default("epsilon", 1e-5)),
    ),
]
FAULTS += [
    Fault(
        f"LayerNormalization, {argument}: ignored",
        LAYER,
        f"LayerNormalization.{argument}",
        ignoring_argument(LayerNormalization, argument),
    )
    for argument in ("axis", "epsilon")
]
FAULTS += [
    Fault(
        f"LayerNormalization, {name}: reversed",
        LAYER,
        "LayerNormalization.call",
        weight(LayerNormalization, name, flipped(0)),
    )
    for name in ("gamma", "beta")
]

RMS = "normalization/plot_rms_normalization"


def rms_outside_the_root(real, x, scale, axis, epsilon):
    y = real(x, scale=scale, axis=axis, epsilon=0.0)
    mean = ops.mean(ops.square(x), axis=axis, keepdims=True)
    return y * ops.sqrt(mean) / (ops.sqrt(mean) + epsilon)


def rms_of_centered(real, x, **others):
    """As LayerNormalization, without beta."""
    return real(x - ops.mean(x, axis=others["axis"], keepdims=True), **others)


def rms_by_deviation(real, x, scale, axis, epsilon):
    """As LayerNormalization(rms_scaling=True)."""
    variance = ops.var(x, axis=axis, keepdims=True)
    return scale * x / ops.sqrt(variance + epsilon)


def rms_by_norm(real, x, scale, axis, epsilon):
    """The length of a vector, without dividing by the number of its entries."""
    n = math.prod(x.shape[i] for i in axis)
    return real(x, scale=scale, axis=axis, epsilon=epsilon / n) / math.sqrt(n)


def one_plus_scale(real, x, scale, **others):
    """As in Gemma, whose scale is 0 where Keras' is 1."""
    return real(x, scale=1 + scale, **others)


FAULTS += [
    Fault(
        f"RMSNormalization: {name}",
        RMS,
        "RMSNormalization.call",
        during(RMSNormalization, operation("rms_normalization", change)),
    )
    for name, change in [
        ("epsilon outside the root", rms_outside_the_root),
        ("subtracts the mean", rms_of_centered),
        ("divides by the standard deviation", rms_by_deviation),
        ("divides by the norm", rms_by_norm),
        ("multiplies by 1 + scale", one_plus_scale),
    ]
]
FAULTS += [
    Fault(
        f"RMSNormalization, {argument}: ignored",
        RMS,
        f"RMSNormalization.{argument}",
        ignoring_argument(RMSNormalization, argument),
    )
    for argument in ("axis", "epsilon")
]
FAULTS += [
    Fault(
        "RMSNormalization, epsilon: 1e-3 by default, as in LayerNormalization",
        RMS,
        "RMSNormalization.epsilon",
        with_arguments(RMSNormalization, "__init__", default("epsilon", 1e-3)),
    ),
    Fault(
        "RMSNormalization, axis: not sorted",
        RMS,
        "RMSNormalization.axis",
        mock.patch.object(rms_normalization, "sorted", list, create=True),
    ),
    Fault(
        "RMSNormalization, scale: reversed",
        RMS,
        "RMSNormalization.call",
        weight(RMSNormalization, "scale", flipped(-1)),
    ),
]

TRAINING = "normalization/plot_batch_normalization_training"


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
        "BatchNormalization, training: epsilon outside the root",
        TRAINING,
        "BatchNormalization.call",
        during(BatchNormalization, operation("batch_normalization", outside_the_root)),
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
    Fault(
        "BatchNormalization, mask: ignored",
        TRAINING,
        "BatchNormalization.call",
        ignoring_argument(BatchNormalization, "mask", "call"),
    ),
    Fault(
        "BatchNormalization, mask: inverted",
        TRAINING,
        "BatchNormalization.call",
        altered_argument(BatchNormalization, "mask", inverted_mask, "call"),
    ),
    Fault(
        "BatchNormalization, mask: masked positions are summed",
        TRAINING,
        "BatchNormalization.call",
        during(BatchNormalization, operation("where", without_where)),
    ),
    Fault(
        "BatchNormalization, mask: masked positions become 0",
        TRAINING,
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
    Fault(
        "BatchNormalization, training: always, where it is trainable",
        FROZEN,
        "BatchNormalization.call",
        training_is(BatchNormalization, True),
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

FAULTS += [
    Fault(
        "BatchNormalization, epsilon: ignored, folded",
        FOLDING,
        "BatchNormalization.epsilon",
        ignoring_argument(BatchNormalization, "epsilon"),
    ),
    Fault(
        "BatchNormalization, folded: predicts with the statistics of the batch",
        FOLDING,
        "BatchNormalization.call",
        training_is(BatchNormalization, True),
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

ARGUMENTS = "normalization/plot_normalization_arguments"
SHARED = [
    "center",
    "scale",
    *(
        f"{name}_{kind}"
        for name in ("gamma", "beta")
        for kind in ("initializer", "regularizer", "constraint")
    ),
]
FAULTS += [
    Fault(
        f"{layer.__name__}, {argument}: ignored",
        ARGUMENTS,
        f"{layer.__name__}.{argument}",
        ignoring_argument(layer, argument),
    )
    for layer in (BatchNormalization, LayerNormalization, GroupNormalization)
    for argument in SHARED
]
FAULTS += [
    Fault(
        f"BatchNormalization, {argument}: ignored",
        ARGUMENTS,
        f"BatchNormalization.{argument}",
        ignoring_argument(BatchNormalization, argument),
    )
    for argument in ("moving_mean_initializer", "moving_variance_initializer")
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
            "LayerNormalization",
            "all but the batch by default",
            "LayerNormalization.axis",
            with_arguments(LayerNormalization, "__init__", default("axis", [1, 2])),
        ),
        (
            "LayerNormalization",
            "axis ignored",
            "LayerNormalization.axis",
            ignoring_argument(LayerNormalization, "axis"),
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
    for argument in ("axis", "epsilon", "momentum")
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
    Fault(
        "LayerNormalization, epsilon: ignored, PyTorch",
        PYTORCH,
        "LayerNormalization.epsilon",
        ignoring_argument(LayerNormalization, "epsilon"),
    ),
    Fault(
        "LayerNormalization: sample variance, PyTorch",
        PYTORCH,
        "LayerNormalization.call",
        during(
            LayerNormalization,
            operation(
                "layer_normalization",
                with_moments(lambda m, v, e, n: (m, v * n / (n - 1))),
            ),
        ),
    ),
]
