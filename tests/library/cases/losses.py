"""Cases of losses."""

import by_hand
import keras
import numpy as np
from keras.src.backend.common.masking import set_keras_mask
from library.engine import gradients
from library.engine.cases import FLOAT32, FLOAT64, ROUNDED_CONSTANTS, Case
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


def reduced(losses, sample_weight=None, reduction="sum_over_batch_size", mask=None):
    """Keras' reduction of losses that are known: of y_pred, for y_true of zeros."""

    def error(y_true, y_pred):
        y = y_pred + 0.0
        if mask is not None:
            set_keras_mask(y, keras.ops.convert_to_tensor(mask))
        return y

    loss = keras.losses.Loss(reduction=reduction, dtype="float64")
    loss.call = error
    return loss(np.zeros_like(losses), losses, sample_weight)


@function(reduced, by_hand.reduce_losses, number=32)
def reduce_losses(draw):
    shape, *others = draw.one_of(
        ((5,), (5, 1)), ((4, 3), (4, 1), (3,), (4, 3, 1)), ((), (4,))
    )
    config = draw.some(reduction=["sum", "mean", "mean_with_sample_weight", "none"])
    weights = [draw.positive(*of_weights) for of_weights in (shape, *others)]
    config |= draw.some(sample_weight=[*weights, np.zeros(shape)])
    if shape:
        masks = [draw.mask(*of_mask) for of_mask in (shape, *others[:1])]
        config |= draw.some(mask=[*masks, np.zeros(shape, bool)])
    return Case(config, (draw.normal(*shape),))


def is_steep(draw):
    """Whether a case may have numbers at which no step is small enough for a slope."""
    return draw.number >= gradients.CASES


def draw_probabilities(draw, *shape):
    """Those of classes, which add up to 1; some may be 0."""
    p = draw.rng.uniform(0.1, 1, size=shape)
    if is_steep(draw):
        p[0, ..., 0] = 0
    return p / np.sum(p, axis=-1, keepdims=True)


@function(
    keras.losses.mean_absolute_percentage_error,
    by_hand.mean_absolute_percentage_error,
    tolerance=ROUNDED_CONSTANTS,
)
def mean_absolute_percentage_error(draw):
    y_true, y_pred = draw_errors(draw)
    if is_steep(draw):
        y_true.flat[0] = 0
    return Case({}, (y_true, y_pred))


@function(
    keras.losses.mean_squared_logarithmic_error, by_hand.mean_squared_logarithmic_error
)
def mean_squared_logarithmic_error(draw):
    return Case({}, draw_errors(draw))


@function(keras.losses.cosine_similarity, by_hand.cosine_similarity)
def cosine_similarity(draw):
    config = draw.some(axis=[0, 1, [0, 1]])
    y_true, y_pred = (draw.normal(*SHAPE), draw.normal(*SHAPE))
    if not config:
        y_true, y_pred = draw_errors(draw)
    if is_steep(draw):
        y_true[0] = 0
        y_pred[1] *= 1e-8
    return Case(config, (y_true, y_pred))


def draw_labels(draw):
    """For margins: binary, as signs, or any, and predictions around the kink."""
    of_true = draw.one_of(SHAPE, (4, 3, 1), (1, 3, 5))
    labels = draw.one_of(*map(np.array, [(0, 1), (-1, 1), (-1, 0, 1), (0.5, 1)]))
    return draw.rng.choice(labels, size=of_true), 2 * draw.normal(*SHAPE)


@function(keras.losses.hinge, by_hand.hinge)
def hinge(draw):
    return Case({}, draw_labels(draw))


@function(keras.losses.squared_hinge, by_hand.squared_hinge)
def squared_hinge(draw):
    return Case({}, draw_labels(draw))


@function(keras.losses.categorical_hinge, by_hand.categorical_hinge)
def categorical_hinge(draw):
    y_true = np.eye(5)[draw.tokens(5, *SHAPE[:2])]
    return Case({}, (y_true, draw.one_of(1, 3) * draw.normal(*SHAPE)))


@function(
    keras.losses.kl_divergence, by_hand.kl_divergence, tolerance=ROUNDED_CONSTANTS
)
def kl_divergence(draw):
    y_true, y_pred = (draw_probabilities(draw, *SHAPE) for _ in range(2))
    y_true[1, 0, 0] = y_pred[1, 1, 0] = 1.5  # which is clipped
    return Case({}, (y_true, y_pred))


@function(keras.losses.poisson, by_hand.poisson)
def poisson(draw):
    counts = draw.tokens(4, *SHAPE).astype("float64")
    rates = draw.positive(*SHAPE)
    rates[0, 0, :2] = 0
    return Case({}, (counts, rates))


FOCUS = {"gamma": [0.5, 3.0], "label_smoothing": [0.25, 0.5], "from_logits": [True]}


@function(
    keras.losses.binary_focal_crossentropy, by_hand.binary_focal_crossentropy, number=32
)
def binary_focal_crossentropy(draw):
    config = draw.some(alpha=[0.6, 0.1], **FOCUS, axis=[1, [0, 1]])
    if draw.flag() and draw.number or "alpha" in config:
        config["apply_class_balancing"] = True
    y_true = draw.rng.integers(2, size=SHAPE).astype("float64")
    y_pred = draw_predictions(draw, config)
    return Case(config, (y_true, y_pred), tolerance=tolerance_of(config))


@function(
    keras.losses.categorical_focal_crossentropy,
    by_hand.categorical_focal_crossentropy,
    tolerance=ROUNDED_CONSTANTS,
)
def categorical_focal_crossentropy(draw):
    of_classes = (0.1, 0.2, 0.3, 0.4, 0.6)
    config = draw.some(alpha=[0.6, of_classes], **FOCUS, axis=[1])
    inputs = draw.rng.uniform(size=SHAPE), draw_predictions(draw, config)
    return Case(config, inputs)


@function(
    keras.losses.categorical_generalized_cross_entropy,
    by_hand.categorical_generalized_cross_entropy,
)
def categorical_generalized_cross_entropy(draw):
    shape = draw.one_of((4, 5), SHAPE)
    p = draw_probabilities(draw, *shape)
    return Case({"q": draw.one_of(0.5, 0.2, 0.9)}, (draw.tokens(5, *shape[:-1]), p))


def draw_segments(draw):
    y_true = draw.rng.integers(2, size=SHAPE).astype("float64")
    y_pred = draw.rng.uniform(size=SHAPE)
    y_true[0] = y_pred[0] = 0
    return y_true, y_pred


@function(keras.losses.dice, by_hand.dice)
def dice(draw):
    return Case(draw.some(axis=[1, [1, 2]]), draw_segments(draw))


@function(keras.losses.tversky, by_hand.tversky)
def tversky(draw):
    config = draw.some(alpha=[0.3, 0.9], beta=[0.1, 0.7], axis=[1, [1, 2]])
    return Case(config, draw_segments(draw))


@function(keras.losses.circle, by_hand.circle)
def circle(draw):
    def unit(*shape):
        x = draw.normal(*shape)
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    config = draw.some(remove_diagonal=[False], gamma=[5.0, 20.0], margin=[0.25, 0.5])
    if others := draw.some(ref_labels=[draw.tokens(3, 7), draw.tokens(3, 7, 1)]):
        config |= others | {"ref_embeddings": unit(7, 4)}
    shape = draw.one_of((6,), (6, 1))
    return Case(config, (draw.tokens(3, *shape), unit(6, 4)))


@function(keras.losses.ctc, by_hand.ctc, tolerance=FLOAT32)  # TensorFlow has no other
def ctc(draw):
    labels = draw.one_of([1, 2, 2], [3, 0, 0], [1, 1, 0], [0, 0, 0])
    y_true = np.array([labels, [1, 3, 2]])
    return Case({}, (y_true, draw.one_of(1, 5) * draw.normal(2, 6, 4)))
