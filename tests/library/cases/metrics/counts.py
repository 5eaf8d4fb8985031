"""Cases of counts at thresholds, precision and recall."""

import by_hand
import keras
import numpy as np
from keras.src.metrics.metrics_utils import (
    ConfusionMatrix,
    is_evenly_distributed_thresholds,
    update_confusion_matrix_variables,
)
from keras.src.ops import divide_no_nan as divide
from library.engine.cases import Case
from library.engine.metrics import in_dtype, of_metric
from library.engine.subjects import function

METRICS = keras.metrics
THRESHOLDS = 0.25, [0.75, 0.125], [0, 0.25, 0.5, 0.75, 1]


def draw_scored(draw, *shape):
    """Labels, and predictions in eighths, some of them at thresholds, or beyond."""
    y_true = draw.one_of(1, 2) * draw.tokens(2, *shape)
    y_pred = draw.tokens(9, *shape) / 8
    y_pred[-1] *= draw.one_of(1, 1.5, -1)
    return y_true.astype("float64"), y_pred


def draw_weights(draw, *shape):
    """In eighths, which add up exactly."""

    def eighths(*of_weights):
        return (1 + draw.tokens(20, *of_weights)) / 8

    shapes = (), shape[:1], shape
    return draw.some(sample_weight=[eighths(*of) for of in shapes])


def draw_counted(draw):
    shape = draw.one_of((9,), (7, 4), (5, 3, 2))
    y_true, y_pred = draw_scored(draw, *shape)
    if len(shape) == 1 and draw.flag():
        y_true = y_true[:, None]
    config = draw.some(thresholds=[*THRESHOLDS])
    weights = draw_weights(draw, *shape)
    if len(shape) == 3 and np.ndim(weights.get("sample_weight")) == 1:
        weights = {}
    return Case(config | weights, (y_true, y_pred))


for metric, count in (
    (METRICS.TruePositives, by_hand.true_positives),
    (METRICS.FalsePositives, by_hand.false_positives),
    (METRICS.TrueNegatives, by_hand.true_negatives),
    (METRICS.FalseNegatives, by_hand.false_negatives),
):
    function(of_metric(metric), count, number=24)(draw_counted)


def draw_parts(draw):
    case = draw_counted(draw)
    y_true, y_pred = case.inputs
    if y_pred.ndim > 1:
        of_class = draw.some(class_id=[1, -1])
        weights = case.config.get("sample_weight")
        if of_class and np.ndim(weights) == y_pred.ndim:
            case.config["sample_weight"] = weights[..., :1]
        case = case.but(config={**case.config, **draw.some(top_k=[1, 2]), **of_class})
    return case


function(of_metric(METRICS.Precision), by_hand.precision_metric, number=40)(draw_parts)
function(of_metric(METRICS.Recall), by_hand.recall_metric, number=40)(draw_parts)


def counted(
    y_true,
    y_pred,
    thresholds,
    sample_weight=None,
    weighs_labels=None,
    is_even=False,
    axis=None,
):
    """What update_confusion_matrix_variables adds to zeros."""
    shape = [len(thresholds), *y_pred.shape[1:][: axis == 0]]
    with in_dtype("float64"):
        counts = {kind: keras.Variable(np.zeros(shape)) for kind in ConfusionMatrix}
        update_confusion_matrix_variables(
            counts,
            y_true,
            y_pred,
            thresholds,
            sample_weight=sample_weight,
            label_weights=weighs_labels,
            multi_label=axis == 0,
            thresholds_distributed_evenly=is_even,
        )
    return {kind.name.lower(): counts[kind].numpy() for kind in ConfusionMatrix}


@function(counted, by_hand.count_at, number=32)
def count_at(draw):
    thresholds = draw.one_of([-1e-7, 0.25, 0.5, 0.75, 1 + 1e-7], [0, 0.5, 1])
    config = {"thresholds": thresholds} | draw_weights(draw, 9, 4)
    config |= draw.some(is_even=[True])
    config |= draw.some(axis=[0]) or draw.some(weighs_labels=[draw.positive(4)])
    return Case(config, draw_scored(draw, 9, 4))


def divided(a, b):
    return divide(a, b)


@function(divided, by_hand.divide_no_nan)
def divide_no_nan(draw):
    b = draw.normal(3)
    b[1] = 0
    return Case({}, (draw.normal(3), b))


def evenly(thresholds):
    return np.array(is_evenly_distributed_thresholds(thresholds))


@function(evenly, by_hand.are_even)
def are_even(draw):
    even = np.linspace(0, 1, 4)
    return Case({}, (draw.one_of(even, even**2, np.array([0.0, 1.0]), even / 2),))
