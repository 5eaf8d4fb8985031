"""Cases of accuracies."""

import by_hand
import keras
import numpy as np
from keras.src.metrics import accuracy_metrics
from keras.src.trainers import compile_utils
from library.cases.metrics.of_losses import SHAPE, draw_weights
from library.engine.cases import Case
from library.engine.metrics import in_dtype, of_metric
from library.engine.subjects import function

METRICS = keras.metrics


def in_float64(reference):
    """A function of Keras, whose answer is of the dtype that it has for all."""

    def computed(*args, **config):
        with in_dtype("float64"):
            return reference(*args, **config)

    computed.__wrapped__ = reference  # whose signature it has
    return computed


def in_float32(reference):
    """The same, of what TensorFlow ranks in float32 alone."""

    def computed(y_true, y_pred, *args, **config):
        return reference(y_true, np.float32(y_pred), *args, **config)

    computed.__wrapped__ = reference
    return computed


def both(of_function, metric, *by_hands, wrap=in_float64, **options):
    """Draw for a function of Keras, and for the metric that is its mean."""
    plain, mean = by_hands

    def register(generator):
        def of_mean(draw):
            case, shape = generator(draw)
            return case.but(config=case.config | draw_weights(draw, *shape))

        def of_plain(draw):
            return generator(draw)[0]

        of_plain.__module__ = of_mean.__module__ = generator.__module__
        reference = of_metric(metric)
        if wrap is in_float32:
            reference = in_float32(reference)
        function(wrap(of_function), plain, **options)(of_plain)
        function(reference, mean, **options)(of_mean)
        return generator

    return register


@both(
    accuracy_metrics.accuracy,
    METRICS.Accuracy,
    by_hand.accuracy,
    by_hand.accuracy_metric,
)
def accuracy(draw):
    """A case, and the shape of what is right."""
    of_true, of_pred = draw.one_of((SHAPE, SHAPE), ((7,), (7, 1)), ((7, 3, 1), (7, 3)))
    shape = max(of_true, of_pred, key=len) if len(of_true) < 2 else of_pred
    inputs = draw.tokens(3, *of_true), draw.tokens(3, *of_pred).astype("float64")
    return Case({}, inputs), shape


@both(
    METRICS.binary_accuracy,
    METRICS.BinaryAccuracy,
    by_hand.binary_accuracy,
    by_hand.binary_accuracy_metric,
)
def binary_accuracy(draw):
    of_true, of_pred = draw.one_of((SHAPE, SHAPE), ((7,), (7, 1)), ((7, 3, 1), (7, 3)))
    shape = max(of_true, of_pred, key=len) if len(of_true) < 2 else of_pred
    y_pred = draw.tokens(9, *of_pred) / 8  # some equal to the threshold
    config = draw.some(threshold=[0.25, 0.75])
    return Case(config, (draw.tokens(2, *of_true), y_pred)), shape


@both(
    METRICS.categorical_accuracy,
    METRICS.CategoricalAccuracy,
    by_hand.categorical_accuracy,
    by_hand.categorical_accuracy_metric,
)
def categorical_accuracy(draw):
    shape = draw.one_of(SHAPE, (7, 5))
    y_true = np.eye(5)[draw.tokens(5, *shape[:-1])]
    y_pred = draw.tokens(3, *shape) / 4  # often equal
    return Case({}, (y_true, y_pred)), shape[:-1]


@both(
    METRICS.sparse_categorical_accuracy,
    METRICS.SparseCategoricalAccuracy,
    by_hand.sparse_categorical_accuracy,
    by_hand.sparse_categorical_accuracy_metric,
)
def sparse_categorical_accuracy(draw):
    shape = draw.one_of(SHAPE, (7, 5), (7, 1, 5))
    of_true = draw.one_of(shape[:-1], (*shape[:-1], 1))
    y_pred = draw.tokens(4, *shape) / 4
    of_right = (7,) if of_true == (7, 1) else shape[:-1]
    return Case({}, (draw.tokens(5, *of_true), y_pred)), of_right


@both(
    METRICS.top_k_categorical_accuracy,
    METRICS.TopKCategoricalAccuracy,
    by_hand.top_k_categorical_accuracy,
    by_hand.top_k_categorical_accuracy_metric,
    wrap=in_float32,
)
def top_k_categorical_accuracy(draw):
    shape = draw.one_of((7, 8), (7, 3, 8))
    y_true = np.eye(8)[draw.tokens(8, *shape[:-1])]
    y_pred = draw.tokens(6, *shape) / 4
    y_pred[1, ..., 2] = draw.one_of(np.inf, np.nan)
    return Case(draw.some(k=[1, 3]), (y_true, y_pred)), shape[:-1]


@both(
    METRICS.sparse_top_k_categorical_accuracy,
    METRICS.SparseTopKCategoricalAccuracy,
    by_hand.sparse_top_k_categorical_accuracy,
    by_hand.sparse_top_k_categorical_accuracy_metric,
    wrap=in_float32,
    number=32,
)
def sparse_top_k_categorical_accuracy(draw):
    shape = draw.one_of((7, 8), (7, 3, 8))
    of_true = draw.one_of(shape[:-1], (*shape[:-1], 1))
    config = draw.some(k=[1, 3], from_sorted_ids=[True])
    y_true = draw.tokens(10, *of_true) - 1
    y_pred = draw.tokens(6, *shape) / 4
    if "from_sorted_ids" in config:
        y_pred = np.argsort(draw.normal(*shape), axis=-1).astype("float64")
    return Case(config, (y_true, y_pred)), of_true


def resolved(name, y_true, y_pred):
    """The name of the function that compile makes of a short name."""
    if name.lower() in ("ce", "crossentropy"):
        return compile_utils.get_loss(name, y_true, y_pred).fn.__name__
    return compile_utils.get_metric(name, y_true, y_pred)._fn.__name__


@function(resolved, by_hand.resolve_name)
def resolve_name(draw):
    name = draw.one_of("accuracy", "acc", "Accuracy", "crossentropy", "ce", "CE")
    of_true, of_pred = draw.one_of(
        ((4, 3), (4, 3)),
        ((4,), (4, 3)),
        ((4, 1), (4, 3)),
        ((4,), (4, 1)),
        ((4, 1), (4, 1)),
    )
    shapes = {"y_true": np.zeros(of_true), "y_pred": np.zeros(of_pred)}
    return Case({"name": name, **shapes}, ())
