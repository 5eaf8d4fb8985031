"""Cases of AUC, and of one rate at another."""

import by_hand
import keras
import numpy as np
from library.cases.metrics.counts import draw_scored, draw_weights
from library.engine.cases import Case
from library.engine.metrics import of_metric
from library.engine.subjects import function

METRICS = keras.metrics


def at(name):
    """Draw for one rate at another, of this name."""

    def generator(draw):
        shape = draw.one_of((40,), (30, 4))
        config = draw.some(num_thresholds=[1, 2, 5])
        weights = draw_weights(draw, *shape)
        if weights and len(shape) == 2:  # which change a rate that is the best of many
            weights = {"sample_weight": draw.tokens(9, *shape) ** 2 / 8}
        if len(shape) == 2:
            of_class = draw.some(class_id=[1, 3])
            if of_class and np.ndim(weights.get("sample_weight")) == 2:
                weights["sample_weight"] = weights["sample_weight"][:, :1]
            config |= of_class
        bound = {name: draw.one_of(0.5, 0.1, 0.9, 1.0)}
        return Case(bound | config | weights, draw_scored(draw, *shape))

    generator.__module__ = __name__
    return generator


for metric, by_hand_function, name in (
    (
        METRICS.SensitivityAtSpecificity,
        by_hand.sensitivity_at_specificity,
        "specificity",
    ),
    (
        METRICS.SpecificityAtSensitivity,
        by_hand.specificity_at_sensitivity,
        "sensitivity",
    ),
    (METRICS.PrecisionAtRecall, by_hand.precision_at_recall, "recall"),
    (METRICS.RecallAtPrecision, by_hand.recall_at_precision, "precision"),
):
    function(of_metric(metric), by_hand_function, number=32)(at(name))


@function(of_metric(METRICS.AUC), by_hand.auc, number=40)
def auc(draw):
    multi_label = bool(draw.number) and draw.flag()
    shape = (9, 4) if multi_label else draw.one_of((40,), (9, 4))
    config = draw.some(
        num_thresholds=[2, 5, 9],
        curve=["PR", "PRGAIN", "pr", "roc"],
        summation_method=["majoring", "minoring", "Interpolation"],
        thresholds=[[0.75, 0.125], [0.25, 0.5, 0.75], []],
        from_logits=[True],
    )
    if multi_label:
        config |= {"multi_label": True} | draw.some(num_labels=[4])
    if len(shape) == 2:
        config |= draw.some(label_weights=[draw.positive(4)])
    config |= draw_weights(draw, *shape)
    y_true, y_pred = draw_scored(draw, *shape)
    y_true.flat[:2] = 0, 1
    if draw.number % 8 == 7:
        y_true[:] = draw.one_of(0, 1)  # there is one class only
    return Case(config, (y_true, 4 * y_pred - 2 if "from_logits" in config else y_pred))
