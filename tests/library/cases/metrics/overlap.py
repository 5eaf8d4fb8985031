"""Cases of intersection over union."""

import by_hand
import keras
import numpy as np
from library.engine.cases import FLOAT32, Case
from library.engine.metrics import of_metric
from library.engine.subjects import function

METRICS = keras.metrics
SHAPE = 7, 5  # (batch, pixels)


def draw_segments(draw, is_sparse=True, has_targets=True, knows_sparse=True):
    """Of three classes, of which labels know one more, and predictions have no 2."""
    config = {"num_classes": 3} | draw.some(ignore_class=[1, 2])
    if has_targets:
        config["target_class_ids"] = draw.one_of([0, 2], [1], [0, 1, 2])
    if knows_sparse:
        config |= draw.some(sparse_y_true=[False])
    config |= draw.some(sparse_y_pred=[not is_sparse])
    weights = [2 * draw.tokens(4, *SHAPE) + 1, draw.tokens(4, 35), np.array(3)]
    config |= draw.some(sample_weight=weights)
    true_is_sparse = config.get("sparse_y_true", is_sparse)
    pred_is_sparse = config.get("sparse_y_pred", is_sparse)
    config |= {} if true_is_sparse and pred_is_sparse else draw.some(axis=[0])
    labels, found = draw.tokens(4, *SHAPE) - 0, draw.tokens(2, *SHAPE)
    axis = config.get("axis", -1)
    if not true_is_sparse:
        labels = np.stack([labels == n for n in range(3)], axis).astype("float64")
    if not pred_is_sparse:
        found = np.stack([found == n for n in range(3)], axis) * draw.one_of(0.5, 2)
    return Case(config, (labels, found))


@function(of_metric(METRICS.IoU), by_hand.iou, number=40, tolerance=FLOAT32)
def iou(draw):
    return draw_segments(draw)


@function(of_metric(METRICS.MeanIoU), by_hand.mean_iou, number=32, tolerance=FLOAT32)
def mean_iou(draw):
    return draw_segments(draw, has_targets=False)


@function(
    of_metric(METRICS.OneHotIoU), by_hand.one_hot_iou, number=32, tolerance=FLOAT32
)
def one_hot_iou(draw):
    return draw_segments(draw, is_sparse=False, knows_sparse=False)


@function(
    of_metric(METRICS.OneHotMeanIoU),
    by_hand.one_hot_mean_iou,
    number=32,
    tolerance=FLOAT32,
)
def one_hot_mean_iou(draw):
    return draw_segments(draw, is_sparse=False, has_targets=False, knows_sparse=False)


@function(of_metric(METRICS.BinaryIoU), by_hand.binary_iou, tolerance=FLOAT32)
def binary_iou(draw):
    config = draw.some(target_class_ids=[(1,), (0,)], threshold=[0.25, 0.75])
    config |= draw.some(sample_weight=[2 * draw.tokens(4, *SHAPE) + 1])
    y_pred = draw.tokens(9, *SHAPE) / 8
    return Case(config, (draw.tokens(2, *SHAPE), y_pred))
