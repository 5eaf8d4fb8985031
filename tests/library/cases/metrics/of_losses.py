"""Cases of metrics that are means of a loss."""

import by_hand
import keras
import numpy as np
from library.cases.losses import draw_probabilities
from library.engine.cases import FLOAT64, ROUNDED_CONSTANTS, Case
from library.engine.metrics import of_metric
from library.engine.subjects import function

SHAPE = 7, 3, 5  # (batch, steps, classes)
METRICS = keras.metrics


def draw_weights(draw, *shape):
    """For some of the axes of values of this shape."""
    shapes = (), shape, shape[:1], (*shape[:1], 1)
    return draw.some(sample_weight=[draw.positive(*of) for of in shapes])


def of_errors(draw):
    y_true, y_pred = 3 * draw.normal(*SHAPE), 3 * draw.normal(*SHAPE)
    return Case(draw_weights(draw, *SHAPE[:-1]), (y_true, y_pred))


def of_margins(draw):
    y_true = draw.one_of(0, -1) + draw.tokens(2, *SHAPE).astype("float64")
    return Case(draw_weights(draw, *SHAPE[:-1]), (y_true, draw.normal(*SHAPE)))


def of_probabilities(draw):
    y_true, y_pred = (draw_probabilities(draw, *SHAPE) for _ in range(2))
    return Case(draw_weights(draw, *SHAPE[:-1]), (y_true, y_pred))


for metric, mean, generator, options in (
    (METRICS.MeanSquaredError, by_hand.mean_squared_error_metric, of_errors, {}),
    (METRICS.MeanAbsoluteError, by_hand.mean_absolute_error_metric, of_errors, {}),
    (
        METRICS.MeanAbsolutePercentageError,
        by_hand.mean_absolute_percentage_error_metric,
        of_errors,
        {},
    ),
    (
        METRICS.MeanSquaredLogarithmicError,
        by_hand.mean_squared_logarithmic_error_metric,
        of_errors,
        {},
    ),
    (
        METRICS.LogCoshError,
        by_hand.log_cosh_error,
        of_errors,
        {"tolerance": ROUNDED_CONSTANTS},
    ),
    (METRICS.Hinge, by_hand.hinge_metric, of_margins, {}),
    (METRICS.SquaredHinge, by_hand.squared_hinge_metric, of_margins, {}),
    (METRICS.CategoricalHinge, by_hand.categorical_hinge_metric, of_margins, {}),
    (
        METRICS.KLDivergence,
        by_hand.kl_divergence_metric,
        of_probabilities,
        {"tolerance": ROUNDED_CONSTANTS},
    ),
    (METRICS.Poisson, by_hand.poisson_metric, of_probabilities, {}),
):
    function(of_metric(metric), mean, **options)(generator)


@function(of_metric(METRICS.RootMeanSquaredError), by_hand.root_mean_squared_error)
def root_mean_squared_error(draw):
    shape, *others = draw.one_of((SHAPE,), ((7,), (7, 1)), ((7, 3, 1), (7, 3)))
    inputs = draw.normal(*shape), draw.normal(*draw.one_of(shape, *others))
    weights = [draw.positive(*of) for of in (shape, shape[:1], ())]
    return Case(draw.some(sample_weight=weights), inputs)


@function(of_metric(METRICS.CosineSimilarity), by_hand.cosine_similarity_metric)
def cosine_similarity_metric(draw):
    config = draw.some(axis=[1, 0]) | draw.some(sample_weight=[np.array(2.0)])
    if "axis" not in config:
        config = draw_weights(draw, *SHAPE[:-1])
    return Case(config, (draw.normal(*SHAPE), draw.normal(*SHAPE)))


def draw_scores(draw, config):
    """Logits, or probabilities."""
    if "from_logits" in config:
        return 3 * draw.normal(*SHAPE)
    return draw_probabilities(draw, *SHAPE)


def tolerance_of(config):
    return FLOAT64 if "from_logits" in config else ROUNDED_CONSTANTS


SMOOTH = {"from_logits": [True], "label_smoothing": [0.25, 0.5]}


@function(of_metric(METRICS.BinaryCrossentropy), by_hand.binary_crossentropy_metric)
def binary_crossentropy_metric(draw):
    config = draw.some(**SMOOTH) | draw_weights(draw, *SHAPE[:-1])
    y_true = draw.tokens(2, *SHAPE).astype("float64")
    inputs = y_true, draw_scores(draw, config)
    return Case(config, inputs, tolerance=tolerance_of(config))


@function(
    of_metric(METRICS.CategoricalCrossentropy), by_hand.categorical_crossentropy_metric
)
def categorical_crossentropy_metric(draw):
    config = draw.some(**SMOOTH, axis=[1])
    shape = [n for axis, n in enumerate(SHAPE) if axis != config.get("axis", 2)]
    config |= draw_weights(draw, *shape)
    inputs = draw_probabilities(draw, *SHAPE), draw_scores(draw, config)
    return Case(config, inputs, tolerance=tolerance_of(config))


@function(
    of_metric(METRICS.SparseCategoricalCrossentropy),
    by_hand.sparse_categorical_crossentropy_metric,
    number=32,
)
def sparse_categorical_crossentropy_metric(draw):
    config = draw.some(from_logits=[True], ignore_class=[0, 3])
    weights = draw_weights(draw, *SHAPE[:-1])
    if "ignore_class" in config:
        shapes = (), SHAPE[:-1], (7, 1), (3,)
        weights = draw.some(sample_weight=[draw.positive(*of) for of in shapes])
    config |= weights
    inputs = draw.tokens(5, *SHAPE[:-1]), draw_scores(draw, config)
    return Case(config, inputs, tolerance=tolerance_of(config))
