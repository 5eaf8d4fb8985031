"""Faults of dropout, noise and penalties on outputs: what is drawn, its scale, seeds."""

from unittest import mock

import keras
from breaking import (
    Called,
    Together,
    altered_argument,
    drawing,
    during,
    ignoring_argument,
    nothing_dropped,
    operation,
    outputs,
    training_is,
    turned_round,
    unscaled,
    with_gradient_of,
)
from fault import Fault
from keras import layers, ops

DROPOUT = "regularization/plot_dropout"
SPATIAL = "regularization/plot_spatial_dropout"
GAUSSIAN = "regularization/plot_gaussian_noise"
ALPHA = "regularization/plot_alpha_dropout"
MONTE_CARLO = "regularization/plot_monte_carlo_dropout"
ACTIVITY = "regularization/plot_activity_regularization"


def scaled_by_rate(real, x, rate, **options):
    return real(x, rate, **options) * (1 - rate) / rate


def inverted(real, x, rate, **options):
    kept = real(ops.ones_like(x), rate, **options) > 0
    return ops.where(kept, ops.zeros_like(x), x / (1 - rate))


def one_sample(real, x, rate, noise_shape=None, **options):
    """One mask for the whole batch."""
    shape = noise_shape or x.shape
    return real(x, rate, noise_shape=(1, *shape[1:]), **options)


def whole_rows(real, x, rate, noise_shape=None, **options):
    """All features of a sample, or none."""
    return real(x, rate, noise_shape=(*x.shape[:-1], 1), **options)


def straight_through(real, x, rate, **options):
    """The gradient passes as if nothing were dropped."""
    return with_gradient_of(x, real(x, rate, **options))


def not_moving_on(self, ordered=True):
    return self.state * 1


FAULTS = [
    Fault(f"Dropout: {name}", DROPOUT, f"Dropout.{covers}", by)
    for name, covers, by in [
        (
            "drops when predicting",
            "call",
            training_is(layers.Dropout, True),
        ),
        (
            "does nothing in training",
            "call",
            training_is(layers.Dropout, False),
        ),
        (
            "rate, turned round",
            "rate",
            altered_argument(layers.Dropout, "rate", turned_round),
        ),
        ("seed, ignored", "seed", ignoring_argument(layers.Dropout, "seed")),
    ]
]
FAULTS += [
    Fault(
        f"Dropout: {name}",
        DROPOUT,
        "Dropout.call",
        during(layers.Dropout, drawing("dropout", change)),
    )
    for name, change in [
        ("not scaled", unscaled),
        ("divided by the rate", scaled_by_rate),
        ("mask inverted", inverted),
        ("scaled, but nothing dropped", nothing_dropped),
        ("one mask for the whole batch", one_sample),
        ("whole samples", whole_rows),
        ("gradient of what is dropped", straight_through),
    ]
]
FAULTS += [
    Fault(
        "Dropout: the same mask for each batch",
        DROPOUT,
        "SeedGenerator.next",
        mock.patch.object(keras.random.SeedGenerator, "next", not_moving_on),
    )
]


def each_pixel(real, x, rate, noise_shape=None, **options):
    return real(x, rate, **options)


for layer in (
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.SpatialDropout3D,
):
    name = layer.__name__
    FAULTS += [
        Fault(f"{name}: {what}", SPATIAL, f"{name}.{covers}", by)
        for what, covers, by in [
            (
                "rate, turned round",
                "rate",
                altered_argument(layer, "rate", turned_round),
            ),
            ("seed, ignored", "seed", ignoring_argument(layer, "seed")),
            (
                "drops when predicting",
                "call",
                training_is(layer, True),
            ),
            ("not scaled", "call", during(layer, drawing("dropout", unscaled))),
            (
                "each pixel by itself",
                "call",
                during(layer, drawing("dropout", each_pixel)),
            ),
            (
                "one mask for the whole batch",
                "call",
                during(layer, drawing("dropout", one_sample)),
            ),
        ]
    ]


def one_for_all(real, shape, **options):
    """The same noise for the whole batch."""
    noise = real(shape=(1, *shape[1:]), **options)
    return ops.broadcast_to(noise, shape)


for layer, argument in (
    (layers.GaussianNoise, "stddev"),
    (layers.GaussianDropout, "rate"),
):
    name = layer.__name__
    FAULTS += [
        Fault(f"{name}: {what}", GAUSSIAN, f"{name}.{covers}", by)
        for what, covers, by in [
            (
                f"{argument}, halved",
                argument,
                altered_argument(layer, argument, lambda given: given / 2),
            ),
            ("seed, ignored", "seed", ignoring_argument(layer, "seed")),
            (
                "drops when predicting",
                "call",
                training_is(layer, True),
            ),
        ]
    ]


def with_constants(change):
    """AlphaDropout in training, y changed by ``change(y, replaced, a, b)``."""

    def call(real, self, x, training=False):
        y = real(self, x, training=training)
        if not training:
            return y
        lowest = -1.7580993408473766
        a = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        b = -a * lowest * self.rate
        return change(y, ops.abs(y - (a * lowest + b)) < 1e-6, a, b)

    return Called(layers.AlphaDropout, call)


FAULTS += [
    Fault(f"AlphaDropout: {what}", ALPHA, f"AlphaDropout.{covers}", by)
    for what, covers, by in [
        (
            "rate, turned round",
            "rate",
            altered_argument(layers.AlphaDropout, "rate", turned_round),
        ),
        (
            "rate, that of the noise's deviation",
            "rate",
            altered_argument(
                layers.AlphaDropout, "rate", lambda rate: rate**2 / (1 + rate**2)
            ),
        ),
        (
            "noise_shape, ignored",
            "noise_shape",
            ignoring_argument(layers.AlphaDropout, "noise_shape"),
        ),
        ("seed, ignored", "seed", ignoring_argument(layers.AlphaDropout, "seed")),
        (
            "drops when predicting",
            "call",
            training_is(layers.AlphaDropout, True),
        ),
        (
            "mask inverted",
            "call",
            during(
                layers.AlphaDropout,
                operation("greater_equal", lambda real, x, rate: ops.less(x, rate)),
            ),
        ),
        (
            "not scaled",
            "call",
            with_constants(lambda y, replaced, a, b: (y - b) / a + b),
        ),
        ("not shifted", "call", with_constants(lambda y, replaced, a, b: y - b)),
        (
            "replaces by zero",
            "call",
            with_constants(lambda y, replaced, a, b: ops.where(replaced, b, y)),
        ),
        (
            "replaced after scaling",
            "call",
            with_constants(
                lambda y, replaced, a, b: ops.where(replaced, -1.7580993408473766, y)
            ),
        ),
        (
            "one mask for the whole batch",
            "call",
            during(layers.AlphaDropout, drawing("uniform", one_for_all)),
        ),
    ]
]


def penalty(change):
    """ActivityRegularization whose penalty is ``change(penalty, x)``."""
    layer = layers.ActivityRegularization
    real = layer.add_loss

    def changed(self, loss):
        real(self, change(loss, self.seen))

    def call(real, self, x):
        self.__dict__["seen"] = x
        return real(self, x)

    return Together(mock.patch.object(layer, "add_loss", changed), Called(layer, call))


def without_padding(real, self, x):
    """Masked steps are zeros."""
    mask = getattr(x, "_keras_mask", None)
    y = real(self, x)
    return y if mask is None else y * ops.expand_dims(ops.cast(mask, y.dtype), -1)


FAULTS += [
    Fault(
        f"ActivityRegularization: {what}",
        ACTIVITY,
        f"ActivityRegularization.{covers}",
        by,
    )
    for what, covers, by in [
        ("l1, ignored", "l1", ignoring_argument(layers.ActivityRegularization, "l1")),
        ("l2, ignored", "l2", ignoring_argument(layers.ActivityRegularization, "l2")),
        ("summed over the batch", "call", penalty(lambda loss, x: loss * x.shape[0])),
        (
            "the mean of all entries",
            "call",
            penalty(lambda loss, x: loss * x.shape[0] / ops.size(x)),
        ),
        ("halved", "call", penalty(lambda loss, x: loss / 2)),
        ("no gradient", "call", penalty(lambda loss, x: ops.stop_gradient(loss))),
        (
            "padding does not count",
            "call",
            Called(layers.ActivityRegularization, without_padding),
        ),
        (
            "shrinks the output",
            "call",
            outputs(layers.ActivityRegularization, lambda y: y / 2),
        ),
    ]
]


FAULTS += [
    Fault(f"Dropout, Monte Carlo: {what}", MONTE_CARLO, covers, by)
    for what, covers, by in [
        (
            "predict keeps training=True",
            "Model.predict",
            mock.patch.object(
                keras.src.models.functional,
                "operation_fn",
                lambda operation, **context: operation,
            ),
        ),
        (
            "rate, halved",
            "Dropout.rate",
            altered_argument(layers.Dropout, "rate", lambda rate: rate / 2),
        ),
        (
            "not scaled",
            "Dropout.call",
            during(layers.Dropout, drawing("dropout", unscaled)),
        ),
        (
            "one mask for the whole batch",
            "Dropout.call",
            during(layers.Dropout, drawing("dropout", one_sample)),
        ),
        (
            "whole samples",
            "Dropout.call",
            during(layers.Dropout, drawing("dropout", whole_rows)),
        ),
    ]
]
