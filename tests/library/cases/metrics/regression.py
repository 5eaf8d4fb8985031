"""Cases of R2 and of correlations."""

import by_hand
import keras
import numpy as np
from library.cases.metrics.accuracy import both
from library.cases.metrics.of_losses import SHAPE
from library.engine.cases import Case
from library.engine.metrics import of_metric
from library.engine.subjects import function

METRICS = keras.metrics


@function(of_metric(METRICS.R2Score), by_hand.r2_score, number=40)
def r2_score(draw):
    config = draw.some(
        class_aggregation=["variance_weighted_average", None],
        num_regressors=[1, 3, 20, 40],
    )
    shape = draw.one_of((7, 3), (7, 3), (7, 1))
    weights = [draw.positive(*of) for of in ((7,), shape, (7, 1), ())]
    config |= draw.some(sample_weight=weights)
    y_true, y_pred = draw.normal(*shape), draw.normal(*shape)
    if shape == (7, 1):
        y_true = y_true[:, 0]
    elif draw.number % 8 == 7:
        y_true[:, 1] = 2  # which does not vary
    return Case(config, (y_true, y_true + y_pred if y_true.ndim > 1 else y_pred))


def draw_series(draw):
    config = draw.some(axis=[0, 1, [0, 1]])
    y_true = draw.normal(*SHAPE)
    axes = np.ravel(config.get("axis", -1)) % 3
    shape = [n for axis, n in enumerate(SHAPE) if axis not in axes]
    return Case(config, (y_true, y_true + draw.normal(*SHAPE))), shape


both(
    METRICS.pearson_correlation,
    METRICS.PearsonCorrelation,
    by_hand.pearson_correlation,
    by_hand.pearson_correlation_metric,
)(draw_series)
both(
    METRICS.concordance_correlation,
    METRICS.ConcordanceCorrelation,
    by_hand.concordance_correlation,
    by_hand.concordance_correlation_metric,
)(draw_series)
