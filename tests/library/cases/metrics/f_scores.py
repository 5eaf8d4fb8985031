"""Cases of F scores."""

import by_hand
import keras
from library.engine.cases import Case
from library.engine.metrics import of_metric
from library.engine.subjects import function


def draw_classes(draw, **more):
    average = ["micro", "macro", "weighted"]
    config = draw.some(average=average, threshold=[0.25, 0.75], **more)
    config |= draw.some(sample_weight=[draw.positive(7)])
    y_true = draw.tokens(2, 7, 4).astype("float64")
    y_pred = draw.tokens(5, 7, 4) / 4
    y_true[:, 1] = 0  # an empty class
    y_pred[2] = 0  # nothing is found
    return Case(config, (y_true, y_pred))


@function(of_metric(keras.metrics.FBetaScore), by_hand.fbeta_score, number=32)
def fbeta_score(draw):
    return draw_classes(draw, beta=[0.5, 2.0])


@function(of_metric(keras.metrics.F1Score), by_hand.f1_score, number=24)
def f1_score(draw):
    return draw_classes(draw)
