"""IoU metrics: intersection over union, how far segments of images overlap."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.metrics.means import MetricState
from keras_by_hand.shapes import (
    are_whole,
    as_arrays,
    check_axes,
    check_entries,
    check_flags,
    check_numbers,
    check_shapes,
    check_sizes,
    entries_of,
    quoted,
)


def iou_state(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_classes: int,
    ignore_class: int | None = None,
    sparse_y_true: bool = True,
    sparse_y_pred: bool = True,
    axis: int = -1,
) -> MetricState:
    """What Keras' IoU and its like keep: total_confusion_matrix, of the labels
    by the predictions, (num_classes, num_classes).

    Arguments and errors are those of iou.

    Raises ValueError for shapes that do not fit, and for labels and weights
    that are not whole.

    >>> iou_state([0, 1, 1], [0, 1, 0], num_classes=2)
    {'total_confusion_matrix': array([[1, 0],
           [1, 1]])}
    """
    y_true, y_pred, sample_weight = as_arrays(
        iou_state, y_true=y_true, y_pred=y_pred, sample_weight=sample_weight
    )
    check_sizes(iou_state, num_classes=num_classes)
    check_flags(
        iou_state, sparse_y_true=sparse_y_true, sparse_y_pred=sparse_y_pred
    )
    _check_axis_of_classes(axis)
    if not sparse_y_true:
        y_true = np.argmax(y_true, axis=axis)
    if not sparse_y_pred:
        y_pred = np.argmax(y_pred, axis=axis)
    _check_whole_labels(ignore_class, y_true=y_true, y_pred=y_pred)
    labels, found = np.ravel(y_true), np.ravel(y_pred)
    _check_number(labels, found, sample_weight)
    weights = np.ones(labels.shape, dtype="int64")
    if sample_weight is not None:
        _check_whole_labels(sample_weight=sample_weight)
        weights = weights * np.ravel(sample_weight).astype("int64")
    counted = (0 <= labels) & (labels < num_classes)
    counted = counted & (0 <= found) & (found < num_classes)
    if ignore_class is not None:
        counted = counted & (labels != ignore_class)
    matrix = np.zeros((num_classes, num_classes), dtype="int64")
    places = labels[counted].astype("int64"), found[counted].astype("int64")
    np.add.at(matrix, places, weights[counted])
    return {"total_confusion_matrix": matrix}


def _check_axis_of_classes(axis):
    """Keras sums its numbers of classes along it, too, which have one axis."""
    check_axes(iou_state, 1, one=True, axis=axis)


def _check_whole_labels(ignore_class=None, **arrays):
    """Labels, weights, and ignore_class, must be whole numbers."""
    for name, array in arrays.items():
        if np.any(array != np.floor(array)):
            raise ValueError(f"iou_state: {name} must be whole numbers")
    if ignore_class is not None and not are_whole([ignore_class]):
        raise TypeError(
            "iou_state: ignore_class must be a whole number, "
            f"not {quoted(ignore_class)}"
        )


def _check_number(labels, found, sample_weight):
    """There must be as many predictions as labels, and one weight or as
    many."""
    check_shapes(iou_state, y_pred=(found, labels.shape))
    if np.ndim(sample_weight):
        weights = np.ravel(sample_weight)
        check_shapes(iou_state, sample_weight=(weights, labels.shape))


def iou_result(
    state: MetricState, *, target_class_ids: Sequence[int] | None = None
) -> Any:
    """The mean over some classes, or all, of what is a class and was found,
    divided by what is or was; without those of which there is nothing. It is
    of float32, as in Keras.

    Raises TypeError for what is no dict, ValueError for one of other names, and
    for classes that there are not.

    >>> state = iou_state([0, 1, 1], [0, 1, 0], num_classes=2)
    >>> print(iou_result(state).round(2))
    0.5
    """
    check_entries(iou_result, ["total_confusion_matrix"], state=state)
    matrix = state["total_confusion_matrix"]
    if target_class_ids is None:
        target_class_ids = range(len(matrix))
    _check_targets(target_class_ids, len(matrix))
    both = np.diag(matrix)
    either = np.sum(matrix, axis=0) + np.sum(matrix, axis=1) - both
    both = both[list(target_class_ids)].astype("float32")
    either = either[list(target_class_ids)].astype("float32")
    ious = np.where(either > 1e-9, both / (either + np.float32(1e-7)), 0)
    number = np.sum(either > 1e-9).astype("float32")
    return np.sum(ious) / (number + np.float32(1e-7))


def _check_targets(target_class_ids, classes):
    """They must be some of the classes."""
    found = entries_of(target_class_ids)
    if isinstance(target_class_ids, range):
        found = [*target_class_ids]
    if not found:
        raise TypeError(
            "iou_result: target_class_ids must be a list of classes, "
            f"not {quoted(target_class_ids)}"
        )
    for target in found:
        check_sizes(iou_result, least=0, target_class_ids=target)
        check_numbers(iou_result, 0, classes - 1, target_class_ids=target)


def iou(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_classes: int,
    target_class_ids: Sequence[int],
    ignore_class: int | None = None,
    sparse_y_true: bool = True,
    sparse_y_pred: bool = True,
    axis: int = -1,
) -> Any:
    """The mean intersection over union of target_class_ids (Keras
    documentation, IoU).

    y_true and y_pred: class indices, (batch, ...), or where they are not sparse
    one number for each class along axis; others than those from 0 to
    num_classes are left out, as are labels of ignore_class. sample_weight:
    whole numbers, one for each label, or one for all. Returns a number.

    Raises ValueError for shapes that do not fit, for labels and weights that
    are not whole, and for classes that there are not.

    >>> y = iou([0, 1, 1], [0, 1, 0], num_classes=2, target_class_ids=[1])
    >>> print(y.round(2))
    0.5
    """
    state = iou_state(
        y_true,
        y_pred,
        sample_weight,
        num_classes=num_classes,
        ignore_class=ignore_class,
        sparse_y_true=sparse_y_true,
        sparse_y_pred=sparse_y_pred,
        axis=axis,
    )
    return iou_result(state, target_class_ids=target_class_ids)


def mean_iou(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_classes: int,
    ignore_class: int | None = None,
    sparse_y_true: bool = True,
    sparse_y_pred: bool = True,
    axis: int = -1,
) -> Any:
    """The mean intersection over union of all classes (Keras documentation,
    MeanIoU).

    y_true and y_pred: class indices, (batch, ...), or where they are not sparse
    one number for each class along axis; others than those from 0 to
    num_classes are left out, as are labels of ignore_class. sample_weight:
    whole numbers, one for each label, or one for all. Returns a number.

    Raises ValueError for shapes that do not fit, for labels and weights that
    are not whole, and for classes that there are not.

    >>> print(mean_iou([0, 1, 1], [0, 1, 0], num_classes=2).round(2))
    0.5
    """
    state = iou_state(
        y_true,
        y_pred,
        sample_weight,
        num_classes=num_classes,
        ignore_class=ignore_class,
        sparse_y_true=sparse_y_true,
        sparse_y_pred=sparse_y_pred,
        axis=axis,
    )
    return iou_result(state)


def one_hot_iou(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_classes: int,
    target_class_ids: Sequence[int],
    ignore_class: int | None = None,
    sparse_y_pred: bool = False,
    axis: int = -1,
) -> Any:
    """The mean intersection over union of target_class_ids, for labels that are
    one-hot (Keras documentation, OneHotIoU).

    y_true and y_pred: class indices, (batch, ...), or where they are not sparse
    one number for each class along axis; others than those from 0 to
    num_classes are left out, as are labels of ignore_class. sample_weight:
    whole numbers, one for each label, or one for all. Returns a number.

    Raises ValueError for shapes that do not fit, for labels and weights that
    are not whole, and for classes that there are not.

    >>> y_true, y_pred = [[1, 0], [0, 1]], [[0.9, 0.1], [0.8, 0.2]]
    >>> y = one_hot_iou(y_true, y_pred, num_classes=2, target_class_ids=[0])
    >>> print(y.round(2))
    0.5
    """
    state = iou_state(
        y_true,
        y_pred,
        sample_weight,
        num_classes=num_classes,
        ignore_class=ignore_class,
        sparse_y_true=False,
        sparse_y_pred=sparse_y_pred,
        axis=axis,
    )
    return iou_result(state, target_class_ids=target_class_ids)


def one_hot_mean_iou(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    num_classes: int,
    ignore_class: int | None = None,
    sparse_y_pred: bool = False,
    axis: int = -1,
) -> Any:
    """The mean intersection over union of all classes, for labels that are
    one-hot (Keras documentation, OneHotMeanIoU).

    y_true and y_pred: class indices, (batch, ...), or where they are not sparse
    one number for each class along axis; others than those from 0 to
    num_classes are left out, as are labels of ignore_class. sample_weight:
    whole numbers, one for each label, or one for all. Returns a number.

    Raises ValueError for shapes that do not fit, for labels and weights that
    are not whole, and for classes that there are not.

    >>> y_true, y_pred = [[1, 0], [0, 1]], [[0.9, 0.1], [0.8, 0.2]]
    >>> print(one_hot_mean_iou(y_true, y_pred, num_classes=2).round(2))
    0.25
    """
    state = iou_state(
        y_true,
        y_pred,
        sample_weight,
        num_classes=num_classes,
        ignore_class=ignore_class,
        sparse_y_true=False,
        sparse_y_pred=sparse_y_pred,
        axis=axis,
    )
    return iou_result(state)


def binary_iou(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    target_class_ids: Sequence[int] = (0, 1),
    threshold: float = 0.5,
) -> Any:
    """The mean intersection over union of 0 and 1, or of one of them (Keras
    documentation, BinaryIoU).

    y_true: 0 and 1, y_pred: probabilities, which stand for 1 from the threshold
    on, in float32, both (batch, ...); sample_weight: whole numbers, one for
    each label, or one for all. Returns a number.

    Raises ValueError for shapes that do not fit, for labels and weights that
    are not whole, and for classes that there are not.

    >>> y = binary_iou([0, 1, 1], [0.1, 0.9, 0.2], target_class_ids=[1])
    >>> print(y.round(2))
    0.5
    """
    [y_pred] = as_arrays(binary_iou, y_pred=y_pred)
    check_numbers(binary_iou, threshold=threshold)
    found = y_pred.astype("float32") >= np.float32(threshold)
    state = iou_state(y_true, found, sample_weight, num_classes=2)
    return iou_result(state, target_class_ids=target_class_ids)
