"""Cases of losses."""

import by_hand
import keras
import numpy as np
from keras.src.backend.common.masking import set_keras_mask
from library.engine.cases import FLOAT64, ROUNDED_CONSTANTS, Case
from library.engine.subjects import function

SHAPE = 4, 3, 5  # (batch, steps, classes)


def draw_errors(draw):
    """Of one shape, and of shapes that Keras makes one."""
    pairs = (SHAPE, SHAPE), ((4,), (4, 1)), ((4, 3, 1), (4, 3)), ((3, 5), SHAPE)
    of_true, of_pred = draw.one_of(*pairs)
    return draw.normal(*of_true), 3 * draw.normal(*of_pred)


@function(keras.losses.mean_squared_error, by_hand.mean_squared_error)
def mean_squared_error(draw):
    return Case({}, draw_errors(draw))


@function(keras.losses.mean_absolute_error, by_hand.mean_absolute_error)
def mean_absolute_error(draw):
    return Case({}, draw_errors(draw))


@function(keras.losses.huber, by_hand.huber)
def huber(draw):
    return Case(draw.some(delta=[0.5, 2.0]), draw_errors(draw))


@function(
    keras.losses.log_cosh, by_hand.log_cosh, tolerance=ROUNDED_CONSTANTS
)  # log(2)
def log_cosh(draw):
    return Case({}, draw_errors(draw))


def draw_predictions(draw, config):
    """Logits, or positive numbers, of which Keras makes probabilities. It clips these by
    a constant that it rounds to float32."""
    if "from_logits" in config:
        return draw.normal(*SHAPE) * draw.one_of(1, 30)
    p = draw.rng.uniform(0.01, 0.9, size=SHAPE)
    p[0, 0, 0] = 0
    return p


def tolerance_of(config):
    return FLOAT64 if "from_logits" in config else ROUNDED_CONSTANTS


@function(keras.losses.binary_crossentropy, by_hand.binary_crossentropy)
def binary_crossentropy(draw):
    config = draw.some(from_logits=[True], label_smoothing=[0.25, 0.5], axis=[1, 0])
    y_true = draw.rng.integers(2, size=SHAPE).astype("float64")
    y_pred = draw_predictions(draw, config)
    if "from_logits" not in config:
        y_pred[0, 0, 1:3] = 1
    return Case(config, (y_true, y_pred), tolerance=tolerance_of(config))


@function(keras.losses.categorical_crossentropy, by_hand.categorical_crossentropy)
def categorical_crossentropy(draw):
    config = draw.some(from_logits=[True], label_smoothing=[0.25, 0.5], axis=[1])
    inputs = draw.rng.uniform(size=SHAPE), draw_predictions(draw, config)
    return Case(config, inputs, tolerance=tolerance_of(config))


@function(
    keras.losses.sparse_categorical_crossentropy,
    by_hand.sparse_categorical_crossentropy,
)
def sparse_categorical_crossentropy(draw):
    config = draw.some(from_logits=[True], ignore_class=[0, 3])
    y_pred = draw_predictions(draw, config)
    y_pred[0, 1, :2] = 3  # which Keras clips, unlike other crossentropies
    inputs = draw.tokens(5, *SHAPE[:2]), y_pred
    return Case(config, inputs, tolerance=tolerance_of(config))


def masked_loss(targets, y, mask):
    """What a model that is told a mask computes of its loss."""
    y = keras.ops.convert_to_tensor(y)
    set_keras_mask(y, keras.ops.convert_to_tensor(mask))
    return keras.losses.MeanSquaredError(dtype="float64")(targets, y)


@function(masked_loss, by_hand.masked_mean_squared_error)
def masked_mean_squared_error(draw):
    mask = draw.mask(*SHAPE[:2]) if draw.number != 1 else np.zeros(SHAPE[:2], bool)
    inputs = draw.normal(*SHAPE), 3 * draw.normal(*SHAPE)
    return Case({}, (*inputs, mask))


def reduced(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """Keras' reduction of losses that are known: of y_pred, for y_true of zeros."""

    def error(y_true, y_pred):
        return y_pred

    loss = keras.losses.Loss(reduction=reduction, dtype="float64")
    loss.call = error
    return loss(np.zeros_like(losses), losses, sample_weight)


@function(reduced, by_hand.reduce_losses)
def reduce_losses(draw):
    shape, *others = draw.one_of(((5,), (5, 1)), ((4, 3), (4, 1), (3,), (4, 3, 1)))
    config = draw.some(reduction=["sum", "mean", "mean_with_sample_weight", "none"])
    weights = [draw.positive(*of_weights) for of_weights in (shape, *others)]
    config |= draw.some(sample_weight=[*weights, np.zeros(shape)])
    return Case(config, (draw.normal(*shape),))
