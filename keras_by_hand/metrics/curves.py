"""AUC metrics: areas under curves, and one rate at the best threshold for
another."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import sigmoid
from keras_by_hand.metrics.counts import (
    COUNTS,
    are_even,
    count_at,
    divide_no_nan,
)
from keras_by_hand.metrics.means import MetricState
from keras_by_hand.pairs import in_one_dtype, of_one_rank
from keras_by_hand.shapes import (
    as_arrays,
    as_option,
    check_counted,
    check_each,
    check_entries,
    check_flags,
    check_numbers,
    check_rank,
    check_shapes,
    check_sizes,
    entries_of,
    quoted,
)


def _even_thresholds(number: int) -> list[float]:
    """That many from 0 to 1, of which the inner ones are as Keras divides."""
    inner = [(n + 1) / (number - 1) for n in range(number - 2)]
    return [0.0, *inner, 1.0]


def confusion_state(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_thresholds: int = 200,
    class_id: int | None = None,
) -> MetricState:
    """What Keras' SensitivityAtSpecificity and its like keep: the four counts,
    of one number for each of num_thresholds from 0 to 1, or for 0.5 alone.

    Shapes are those of sensitivity_at_specificity.

    Raises ValueError for shapes and weights that do not fit, and for less than
    one threshold.

    >>> state = confusion_state([1, 0], [0.9, 0.2], num_thresholds=3)
    >>> print(*state["true_positives"], *state["false_positives"])
    1.0 1.0 0.0 1.0 0.0 0.0
    """
    y_true, y_pred, sample_weight = as_arrays(
        confusion_state,
        y_true=y_true,
        y_pred=y_pred,
        sample_weight=sample_weight,
    )
    check_sizes(confusion_state, num_thresholds=num_thresholds)
    check_counted(confusion_state, y_true, y_pred, sample_weight, class_id)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    if class_id is not None:
        y_true, y_pred = y_true[..., [class_id]], y_pred[..., [class_id]]
    thresholds = (
        [0.5] if num_thresholds == 1 else _even_thresholds(num_thresholds)
    )
    is_even = num_thresholds > 1
    return count_at(y_true, y_pred, thresholds, sample_weight, is_even=is_even)


def _rates(state: MetricState) -> dict[str, np.ndarray]:
    """Sensitivity, which is recall, specificity and precision at thresholds."""
    true, false, true_negatives, false_negatives = [
        state[name] for name in COUNTS
    ]
    return {
        "recall": divide_no_nan(true, true + false_negatives),
        "specificity": divide_no_nan(true_negatives, true_negatives + false),
        "precision": divide_no_nan(true, true + false),
    }


def best_at(
    state: MetricState,
    rate: Literal["recall", "specificity", "precision"],
    other: Literal["recall", "specificity", "precision"],
    bound: float,
) -> Any:
    """The largest rate at all thresholds where the other is at least bound; 0
    where it never is: the result of a confusion_state.

    Sensitivity is recall.

    Raises TypeError for a state that is no dict, ValueError for one of other
    names, for other rates, and for a bound that is not from 0 to 1.

    >>> state = confusion_state([1, 0, 1], [0.9, 0.2, 0.1], num_thresholds=3)
    >>> print(best_at(state, "recall", "specificity", 0.8))
    0.5
    """
    check_entries(best_at, COUNTS, state=state)
    rate = as_option(best_at, rate=rate)
    other = as_option(best_at, other=other)
    check_numbers(best_at, 0, 1, bound=bound)
    rates = _rates(state)
    return np.max(np.where(rates[other] >= bound, rates[rate], 0))


def sensitivity_at_specificity(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    specificity: float,
    num_thresholds: int = 200,
    class_id: int | None = None,
) -> Any:
    """The largest sensitivity at all thresholds where specificity is at least
    this; 0 where it never is (Keras documentation, SensitivityAtSpecificity).

    y_true: 0 and other numbers, which are true, y_pred: probabilities, both
    (batch, ...); sample_weight: (batch,), or as these; class_id: counts this
    class alone. Returns a number.

    Raises ValueError for shapes and weights that do not fit, for a specificity
    that is not from 0 to 1, and for a class that there is not.

    >>> y_true, y_pred = [0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]
    >>> print(sensitivity_at_specificity(y_true, y_pred, specificity=0.75))
    0.5
    """
    check_numbers(sensitivity_at_specificity, 0, 1, specificity=specificity)
    state = confusion_state(
        y_true,
        y_pred,
        sample_weight,
        num_thresholds=num_thresholds,
        class_id=class_id,
    )
    return best_at(state, "recall", "specificity", specificity)


def specificity_at_sensitivity(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    sensitivity: float,
    num_thresholds: int = 200,
    class_id: int | None = None,
) -> Any:
    """The largest specificity at all thresholds where sensitivity is at least
    this; 0 where it never is (Keras documentation, SpecificityAtSensitivity).

    y_true: 0 and other numbers, which are true, y_pred: probabilities, both
    (batch, ...); sample_weight: (batch,), or as these; class_id: counts this
    class alone. Returns a number.

    Raises ValueError for shapes and weights that do not fit, for a sensitivity
    that is not from 0 to 1, and for a class that there is not.

    >>> y_true, y_pred = [0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]
    >>> print(specificity_at_sensitivity(y_true, y_pred, sensitivity=0.75))
    0.5
    """
    check_numbers(specificity_at_sensitivity, 0, 1, sensitivity=sensitivity)
    state = confusion_state(
        y_true,
        y_pred,
        sample_weight,
        num_thresholds=num_thresholds,
        class_id=class_id,
    )
    return best_at(state, "specificity", "recall", sensitivity)


def precision_at_recall(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    recall: float,
    num_thresholds: int = 200,
    class_id: int | None = None,
) -> Any:
    """The largest precision at all thresholds where recall is at least
    this; 0 where it never is (Keras documentation, PrecisionAtRecall).

    y_true: 0 and other numbers, which are true, y_pred: probabilities, both
    (batch, ...); sample_weight: (batch,), or as these; class_id: counts this
    class alone. Returns a number.

    Raises ValueError for shapes and weights that do not fit, for a recall that
    is not from 0 to 1, and for a class that there is not.

    >>> y_true, y_pred = [0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]
    >>> print(precision_at_recall(y_true, y_pred, recall=0.75))
    0.6666666666666666
    """
    check_numbers(precision_at_recall, 0, 1, recall=recall)
    state = confusion_state(
        y_true,
        y_pred,
        sample_weight,
        num_thresholds=num_thresholds,
        class_id=class_id,
    )
    return best_at(state, "precision", "recall", recall)


def recall_at_precision(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    precision: float,
    num_thresholds: int = 200,
    class_id: int | None = None,
) -> Any:
    """The largest recall at all thresholds where precision is at least
    this; 0 where it never is (Keras documentation, RecallAtPrecision).

    y_true: 0 and other numbers, which are true, y_pred: probabilities, both
    (batch, ...); sample_weight: (batch,), or as these; class_id: counts this
    class alone. Returns a number.

    Raises ValueError for shapes and weights that do not fit, for a precision
    that is not from 0 to 1, and for a class that there is not.

    >>> y_true, y_pred = [0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]
    >>> print(recall_at_precision(y_true, y_pred, precision=0.75))
    0.5
    """
    check_numbers(recall_at_precision, 0, 1, precision=precision)
    state = confusion_state(
        y_true,
        y_pred,
        sample_weight,
        num_thresholds=num_thresholds,
        class_id=class_id,
    )
    return best_at(state, "recall", "precision", precision)


Curve = Literal["ROC", "PR", "PRGAIN", "roc", "pr", "prgain"]
Summation = Literal[
    "interpolation",
    "majoring",
    "minoring",
    "Interpolation",
    "Majoring",
    "Minoring",
]


def auc_state(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_thresholds: int = 200,
    thresholds: Sequence[float] | None = None,
    multi_label: bool = False,
    label_weights: ArrayLike | None = None,
    from_logits: bool = False,
) -> MetricState:
    """What Keras' AUC keeps: the four counts, (thresholds,), or with
    multi_label (thresholds, labels).

    Arguments and errors are those of auc.

    Raises ValueError for shapes, weights and thresholds that do not fit.

    >>> state = auc_state([1, 0], [0.9, 0.2], num_thresholds=3)
    >>> print(*state["true_positives"], *state["false_positives"])
    1.0 1.0 0.0 1.0 0.0 0.0
    """
    y_true, y_pred, sample_weight, label_weights = as_arrays(
        auc_state,
        y_true=y_true,
        y_pred=y_pred,
        sample_weight=sample_weight,
        label_weights=label_weights,
    )
    check_flags(auc_state, multi_label=multi_label, from_logits=from_logits)
    _check_cuts(num_thresholds, thresholds)
    check_counted(auc_state, y_true, y_pred, sample_weight)
    _check_labels_of(y_true, y_pred, multi_label, label_weights)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    if from_logits:
        y_pred = sigmoid(y_pred)
    is_even = thresholds is None
    at = _even_thresholds(num_thresholds)
    if thresholds is not None:
        at = [0.0, *sorted(thresholds), 1.0]
        is_even = are_even(at)
    return count_at(
        y_true,
        y_pred,
        [-1e-7, *at[1:-1], 1 + 1e-7],
        sample_weight,
        None if multi_label else label_weights,
        is_even,
        axis=0 if multi_label else None,
    )


def _check_cuts(num_thresholds, thresholds):
    """There must be two or more, or a list from 0 to 1."""
    check_sizes(auc_state, least=2, num_thresholds=num_thresholds)
    if thresholds is None:
        return
    entries = entries_of(thresholds)
    if entries is None:
        raise TypeError(
            "auc_state: thresholds must be a list of numbers from 0 to 1, "
            f"not {quoted(thresholds)}"
        )
    check_each(auc_state, 0, 1, thresholds=entries)


def _check_labels_of(y_true, y_pred, multi_label, label_weights):
    """Labels must stand on the last of two axes, where they count."""
    y_pred = of_one_rank(y_true, y_pred)[1]
    if multi_label:
        check_rank(auc_state, 2, 2, y_pred=y_pred)
    if label_weights is not None:
        check_rank(auc_state, 2, 2, y_pred=y_pred)
        shape = np.shape(y_pred)[1:]
        check_shapes(auc_state, label_weights=(label_weights, shape))


def auc_result(
    state: MetricState,
    *,
    curve: Curve = "ROC",
    summation_method: Summation = "interpolation",
    label_weights: ArrayLike | None = None,
) -> Any:
    """The area under the curve; of several labels, their mean.

    Arguments are those of auc.

    Raises TypeError for what is no dict, ValueError for one of other names, and
    for other options.

    >>> print(auc_result(auc_state([1, 0, 1], [0.9, 0.2, 0.1])))
    0.5
    """
    check_entries(auc_result, COUNTS, state=state)
    curve = as_option(auc_result, curve=curve)
    summation_method = as_option(auc_result, summation_method=summation_method)
    [label_weights] = as_arrays(auc_result, label_weights=label_weights)
    if (curve.upper(), summation_method.lower()) == ("PR", "interpolation"):
        areas = _interpolated_areas(state)
    else:
        x, y = _points_of(state, curve.upper())
        heights = (y[:-1] + y[1:]) / 2
        if summation_method.lower() == "majoring":
            heights = np.maximum(y[:-1], y[1:])
        if summation_method.lower() == "minoring":
            heights = np.minimum(y[:-1], y[1:])
        areas = (x[:-1] - x[1:]) * heights
    area = np.sum(areas, axis=0)  # a number, or (labels,)
    if np.ndim(area) and label_weights is not None:
        weighted = np.sum(area * label_weights)
        return divide_no_nan(weighted, np.sum(label_weights))
    return np.mean(area)


def _points_of(state: MetricState, curve: str) -> tuple[np.ndarray, np.ndarray]:
    """x and y of a curve at each threshold."""
    true, false, true_negatives, false_negatives = [
        state[name] for name in COUNTS
    ]
    rates = _rates(state)
    if curve == "ROC":
        return divide_no_nan(false, false + true_negatives), rates["recall"]
    if curve == "PR":
        return rates["recall"], rates["precision"]
    odds = divide_no_nan(true + false_negatives, true_negatives + false)
    recall_gain = 1 - odds * divide_no_nan(false_negatives, true)
    precision_gain = 1 - odds * divide_no_nan(false, true)
    recall_gain = np.where(true == 0, 0, recall_gain)
    precision_gain = np.where(true == 0, 1, precision_gain)
    return np.maximum(recall_gain, 0), precision_gain


def _interpolated_areas(state: MetricState) -> np.ndarray:
    """Areas below precision over recall between thresholds, where true
    positives grow evenly with all positives (Davis and Goadrich, 2006)."""
    true, false, _, false_negatives = [state[name] for name in COUNTS]
    positives = true + false
    more_true = true[:-1] - true[1:]
    more = positives[:-1] - positives[1:]
    slope = divide_no_nan(more_true, np.maximum(more, 0))
    intercept = true[1:] - slope * positives[1:]
    has_both = (positives[:-1] > 0) & (positives[1:] > 0)
    ratio = divide_no_nan(positives[:-1], np.maximum(positives[1:], 0))
    log_ratio = np.log(np.where(has_both, ratio, 1))
    areas = slope * (more_true + intercept * log_ratio)
    return divide_no_nan(areas, np.maximum(true[1:] + false_negatives[1:], 0))


def auc(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_thresholds: int = 200,
    curve: Curve = "ROC",
    summation_method: Summation = "interpolation",
    thresholds: Sequence[float] | None = None,
    multi_label: bool = False,
    num_labels: int | None = None,
    label_weights: ArrayLike | None = None,
    from_logits: bool = False,
) -> Any:
    """The area under the curve of rates at num_thresholds from 0 to 1, or at
    thresholds, with 0 and 1 added (Keras documentation, AUC). Scores between
    two thresholds count as equal: that of ranks is another number.

    y_true: 0 and other numbers, which are true, y_pred: probabilities, or
    logits, both (batch, ...); sample_weight: (batch,), or as these. With
    multi_label, (batch, labels), and the mean of their areas, with
    label_weights. Else these weigh the samples. Returns a number.

    Raises ValueError for shapes and weights that do not fit, for thresholds
    that are not from 0 to 1, and for another number of labels.

    >>> print(auc([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]))
    0.75
    >>> print(auc([0, 0, 1, 1], [0.001, 0.002, 0.003, 0.004]))
    0.5
    """
    state = auc_state(
        y_true,
        y_pred,
        sample_weight,
        num_thresholds=num_thresholds,
        thresholds=thresholds,
        multi_label=multi_label,
        label_weights=label_weights,
        from_logits=from_logits,
    )
    _check_number_of_labels(state, multi_label, num_labels)
    return auc_result(
        state,
        curve=curve,
        summation_method=summation_method,
        label_weights=label_weights,
    )


def _check_number_of_labels(state, multi_label, num_labels):
    """It is told with multi_label alone."""
    if num_labels is None:
        return
    check_sizes(auc, num_labels=num_labels)
    found = state["true_positives"].shape[-1] if multi_label else None
    if num_labels != found:
        raise ValueError(
            f"auc: num_labels must be {found}, as y_pred and multi_label have "
            f"it, not {num_labels}"
        )
