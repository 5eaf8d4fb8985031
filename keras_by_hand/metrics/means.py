"""Mean and sum metrics: of values with weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.pairs import in_one_dtype, of_one_rank
from keras_by_hand.shapes import (
    as_arrays,
    check_broadcasts,
    check_entries,
)

MetricState = dict[
    str, Any
]  # what a metric keeps, by Keras' names of its variables


def add_states(state: MetricState, *others: MetricState) -> MetricState:
    """The state of a metric after several batches, from that of each.

    Raises TypeError for what is no dict, ValueError for one of other names.

    >>> batches = mean_state([1, 2]), mean_state([6])
    >>> print(mean_result(add_states(*batches)))
    3.0
    """
    check_entries(add_states, [*state], state=state)
    for other in others:
        check_entries(add_states, [*state], others=other)
    return {
        name: sum([other[name] for other in others], start=state[name])
        for name in state
    }


def _samplewise(
    values: np.ndarray,
    sample_weight: np.ndarray | None,
    reduce: Callable[..., Any],
) -> tuple[Any, Any]:
    """One value, times its weight, for each sample, and one weight, or None.

    reduce: np.mean or np.sum, of the axes that weights do not have, and then of
    all but samples.
    """
    values = in_one_dtype(values, values)[1]
    if sample_weight is not None:
        sample_weight, values = in_one_dtype(sample_weight, values)
        sample_weight, values = of_one_rank(sample_weight, values)
        rank = np.ndim(sample_weight)
        if rank < np.ndim(values):
            values = reduce(values, axis=tuple(range(rank, np.ndim(values))))
        sample_weight = np.broadcast_to(sample_weight, np.shape(values))
        values = values * sample_weight
        if rank > 1:
            sample_weight = reduce(sample_weight, axis=tuple(range(1, rank)))
    if np.ndim(values) > 1:
        values = reduce(values, axis=tuple(range(1, np.ndim(values))))
    return values, sample_weight


def _check_sample_weight(function, values, sample_weight):
    """Weights must be for the first axes of values, once they are of one
    rank."""
    if sample_weight is not None:
        sample_weight, values = of_one_rank(sample_weight, values)
        shape = np.shape(values)[: np.ndim(sample_weight)]
        check_broadcasts(function, sample_weight=(sample_weight, shape))


def mean_state(
    values: ArrayLike, sample_weight: ArrayLike | None = None
) -> MetricState:
    """What Keras' Mean keeps: the total of all values times weights, and count,
    the total of weights, or without any, the number of samples.

    values: (batch, ...), of which each sample has the mean, sample_weight:
    (batch, ...), for its first axes, or a number.

    Raises ValueError for weights that do not fit.

    >>> {name: float(n) for name, n in mean_state([1, 2], [1, 3]).items()}
    {'total': 7.0, 'count': 4.0}
    """
    values, sample_weight = as_arrays(
        mean_state, values=values, sample_weight=sample_weight
    )
    _check_sample_weight(mean_state, values, sample_weight)
    weighted, weights = _samplewise(values, sample_weight, np.mean)
    if weights is None:
        weights = np.ones_like(weighted)
    return {"total": np.sum(weighted), "count": np.sum(weights)}


def mean_result(state: MetricState) -> Any:
    """Total divided by count, or 0 where that is 0.

    Raises TypeError for what is no dict, ValueError for one of other names.

    >>> print(mean_result({"total": 7.0, "count": 4.0}))
    1.75
    """
    check_entries(mean_result, ["total", "count"], state=state)
    total, count = state["total"], state["count"]
    return total / count if count else 0.0


def mean_metric(
    values: ArrayLike, sample_weight: ArrayLike | None = None
) -> Any:
    """The mean of values with weights (Keras documentation, Mean).

    values: (batch, ...), sample_weight: (batch, ...), for its first axes, or a
    number. Returns a number, 0 where all weights are 0.

    Raises ValueError for weights that do not fit.

    >>> print(mean_metric([1, 2, 6]), mean_metric([1, 2, 6], [1, 1, 0]))
    3.0 1.5
    """
    return mean_result(mean_state(values, sample_weight))


def sum_state(
    values: ArrayLike, sample_weight: ArrayLike | None = None
) -> MetricState:
    """What Keras' Sum keeps: the total of all values times weights.

    Shapes and errors are those of sum_metric.

    Raises ValueError for weights that do not fit.

    >>> {name: float(n) for name, n in sum_state([1, 2], [1, 3]).items()}
    {'total': 7.0}
    """
    values, sample_weight = as_arrays(
        sum_state, values=values, sample_weight=sample_weight
    )
    _check_sample_weight(sum_state, values, sample_weight)
    return {"total": np.sum(_samplewise(values, sample_weight, np.sum)[0])}


def sum_result(state: MetricState) -> Any:
    """The total.

    Raises TypeError for what is no dict, ValueError for one of other names.

    >>> print(sum_result({"total": 7.0}))
    7.0
    """
    check_entries(sum_result, ["total"], state=state)
    return state["total"]


def sum_metric(
    values: ArrayLike, sample_weight: ArrayLike | None = None
) -> Any:
    """The sum of values times weights (Keras documentation, Sum).

    values: (batch, ...), sample_weight: (batch, ...), for its first axes, or a
    number. Returns a number. Axes that weights do not have are summed first.

    Raises ValueError for weights that do not fit.

    >>> print(sum_metric([1, 2, 6]), sum_metric([1, 2, 6], [1, 1, 0]))
    9.0 3.0
    """
    return sum_result(sum_state(values, sample_weight))
