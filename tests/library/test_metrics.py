"""What metrics keep of three unequal batches, with weights, is what Keras' objects keep,
by its names; so are the results after each of them, and after a reset."""

import functools
import inspect
import itertools

import by_hand
import numpy as np
import pytest
from library.engine.answers import differ, record, tolerance_of
from library.engine.metrics import in_dtype
from library.engine.subjects import SUBJECTS, arrays_in, read_cases

read_cases()
METRICS = [
    name
    for name, subject in SUBJECTS.items()
    if subject.module.startswith("metrics.") and hasattr(subject.reference, "metric")
]
# Metrics that share a state, by what is kept.
KEPT = {
    **dict.fromkeys(["fbeta_score", "f1_score"], ("fbeta_state", "fbeta_result")),
    **dict.fromkeys(
        ["iou", "mean_iou", "one_hot_iou", "one_hot_mean_iou"],
        ("iou_state", "iou_result"),
    ),
    "auc": ("auc_state", "auc_result"),
    "precision_metric": ("precision_state", "precision_result"),
    "recall_metric": ("recall_state", "recall_result"),
    "mean_metric": ("mean_state", "mean_result"),
    "r2_score": ("r2_state", "r2_result"),
    "sum_metric": ("sum_state", "sum_result"),
}
RATES = {
    "sensitivity_at_specificity": ("recall", "specificity", "specificity"),
    "specificity_at_sensitivity": ("specificity", "recall", "sensitivity"),
    "precision_at_recall": ("precision", "recall", "recall"),
    "recall_at_precision": ("recall", "precision", "precision"),
}
CASES = 12  # of each metric
COUNTS = "true_positives", "false_positives", "true_negatives", "false_negatives"
ONE_HOT = {"sparse_y_true": False, "sparse_y_pred": False}


def taken(function, options):
    """The function with those of the options that it takes."""
    known = inspect.signature(function).parameters
    options = {name: options[name] for name in options if name in known}
    return lambda *args, **more: function(*args, **options, **more)


def squares(y_true, y_pred):
    return (y_pred - y_true.reshape(y_pred.shape)) ** 2


def kept(name, config):
    """How a metric makes its state of inputs and weights, and a number of the state."""
    if name in COUNTS:
        state = functools.partial(by_hand.count_state, name)
        return taken(state, config), by_hand.count_result
    if name in RATES:
        rate, other, argument = RATES[name]

        def best(state):
            return by_hand.best_at(state, rate, other, config[argument])

        return taken(by_hand.confusion_state, config), best
    if name in KEPT:
        state, result = (getattr(by_hand, each) for each in KEPT[name])
        if name.startswith("one_hot"):
            config = ONE_HOT | config
        return taken(state, config), taken(result, config)
    if name == "binary_iou":
        state = taken(by_hand.iou_state, {"num_classes": 2})
        threshold = config.get("threshold", 0.5)
        return (
            lambda y_true, y_pred, weight: state(y_true, y_pred >= threshold, weight),
            taken(by_hand.iou_result, {"target_class_ids": (0, 1)} | config),
        )

    def of_batch(y_true, y_pred, weight):
        ignored = config.get("ignore_class")
        if ignored is not None and weight is not None:
            weight = weight * (y_true != ignored)
        return by_hand.mean_state(values_of(name, config)(y_true, y_pred), weight)

    is_root = name == "root_mean_squared_error"
    return of_batch, lambda s: by_hand.mean_result(s) ** (0.5 if is_root else 1)


def values_of(name, config):
    """The function whose values a metric has the mean of."""
    if name == "root_mean_squared_error":
        return squares
    if name == "cosine_similarity_metric":
        return lambda *args: -by_hand.cosine_similarity(*args, **config)
    plain = {"log_cosh_error": "log_cosh"}.get(name, name.removesuffix("_metric"))
    return taken(getattr(by_hand, plain), config)


def batches(case):
    """Three of 1, 2 and all other samples: inputs and weights."""
    inputs, weight = case.inputs, case.config.get("sample_weight")
    for part in (slice(0, 1), slice(1, 3), slice(3, None)):
        is_of_samples = np.ndim(weight) and len(weight) == len(inputs[0])
        yield (
            [x[part] for x in inputs],
            weight[part] if is_of_samples else weight,
        )


def can_be_split(case):
    weight = case.config.get("sample_weight")
    is_whole = np.ndim(weight) and len(weight) != len(case.inputs[0])
    is_along = 0 in np.ravel(case.config.get("axis", -1))
    return np.ndim(case.inputs[0]) and not is_whole and not is_along


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@pytest.mark.parametrize("name", METRICS)
def test_states_add_up_to_those_of_keras(name):
    subject, compared = SUBJECTS[name], 0
    dtype = "float32" if "top_k" in name else "float64"
    cases = filter(can_be_split, [recorded.case for recorded in record(name)])
    for case in itertools.islice(cases, CASES):
        compared += 1
        config = {k: v for k, v in case.config.items() if k != "sample_weight"}
        state_of, result = kept(name, config)
        tolerance, states = tolerance_of(name, case), []
        with in_dtype(dtype):
            metric = subject.reference.metric(**config)
            for inputs, weight in batches(case):
                inputs = [x.astype(dtype) if x.dtype.kind == "f" else x for x in inputs]
                metric.update_state(*inputs, sample_weight=weight)
                states.append(state_of(*inputs, weight))
                state = by_hand.add_states(*states)
                of_keras = {v.name: v.numpy() for v in metric.variables}
                assert [*state] == [*of_keras]
                for each, value in of_keras.items():
                    assert differ([value], arrays_in(state[each]), tolerance) is None, (
                        each
                    )
                expected = arrays_in(metric.result())
                assert differ(expected, arrays_in(result(state)), tolerance) is None
            metric.reset_state()
            metric.update_state(*inputs, sample_weight=weight)
            expected = arrays_in(metric.result())
            assert differ(expected, arrays_in(result(states[-1])), tolerance) is None
    assert compared > 3


def area_by_ranks(y_true, y_pred, weight):
    """The part of pairs of a true and a false sample, by the product of their weights, in
    which the true one has the larger score; equal ones count half."""
    is_true = y_true == 1
    larger = np.sign(y_pred[is_true][:, None] - y_pred[~is_true]) / 2 + 0.5
    pairs = weight[is_true][:, None] * weight[~is_true]
    return np.sum(larger * pairs) / np.sum(pairs)


def test_the_area_under_the_curve_is_that_of_ranks_between_few_scores():
    """And another number where all scores lie between two thresholds."""
    draw = np.random.default_rng(48)
    y_true, weight = draw.integers(2, size=99), draw.uniform(size=99)
    y_pred = draw.integers(8, size=99) / 8 + 1 / 16  # each between two thresholds
    of_ranks = area_by_ranks(y_true, y_pred, weight)
    area = by_hand.auc(y_true, y_pred, weight, num_thresholds=9)
    np.testing.assert_allclose(area, of_ranks, rtol=1e-12)
    area = by_hand.auc(y_true, y_pred / 200, weight)
    np.testing.assert_allclose(area, 0.5)
    assert abs(of_ranks - 0.5) > 0.01


def test_the_f1_score_is_that_of_counts():
    draw = np.random.default_rng(48)
    y_true, y_pred = draw.integers(2, size=(2, 50, 3))
    both = np.sum(y_true & y_pred, axis=0)
    expected = 2 * both / (np.sum(y_true, axis=0) + np.sum(y_pred, axis=0))
    found = by_hand.f1_score(y_true, y_pred.astype("float64"), threshold=0.5)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
