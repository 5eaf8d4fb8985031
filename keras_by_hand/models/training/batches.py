"""What fit is given, in batches: as Keras' ArrayDataAdapter has it."""

import math

import numpy as np

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.tensors import each
from keras_by_hand.random import draw_permutation
from keras_by_hand.shapes import are_whole, quoted


def as_floats(given, floatx):
    """Return arrays in lists and dicts, those of fractions in Keras' floatx.
    Raises CannotRun for what is no array of numbers or texts."""

    def of_one(array):
        if isinstance(array, np.ma.MaskedArray):
            raise CannotRun("a masked array would lose its mask: x.filled(...)")
        array = np.asarray(array) if array is not None else None
        if array is not None and array.dtype.kind not in "biufOSTU":
            raise CannotRun(f"{array.dtype} is not known in training")
        if array is not None and array.dtype.kind == "f":
            return array.astype(floatx, copy=False)
        return array

    return each(of_one, given)


def count_samples(**given):
    """Return how many samples there are in all arrays. Raises CannotRun where
    they differ."""
    lengths = {}

    def note(name, array):
        if array is not None:
            if not np.ndim(array):
                raise CannotRun(f"{name} has no axis of samples")
            lengths.setdefault(len(array), name)

    for name, arrays in given.items():
        each(lambda array, name=name: note(name, array), arrays)
    if len(lengths) > 1:
        found = ", ".join(f"{name} {n}" for n, name in lengths.items())
        raise CannotRun(f"all must have as many samples, not {found}")
    if not lengths or 0 in lengths:
        raise CannotRun("there are no samples")
    return next(iter(lengths))


def check_finite(**given):
    """Raise CannotRun where a number is not finite, after which all weights
    were nan."""

    def check(array, name):
        if np.asarray(array).dtype.kind == "f" and not np.isfinite(array).all():
            raise CannotRun(f"{name} has numbers that are not finite")

    for name, arrays in given.items():
        each(lambda array, name=name: check(array, name), arrays)


def take_rows(given, rows):
    """Return these samples of all arrays in lists and dicts."""
    return each(lambda array: None if array is None else array[rows], given)


def split_off(given, validation_split):
    """Return what is trained on, and what is kept for validation: the end of
    all arrays, before they are shuffled."""
    samples = count_samples(given=list(given))
    at = math.floor(samples * (1 - validation_split))
    if at in (0, samples):
        raise CannotRun(
            f"validation_split={validation_split} of {samples} samples leaves "
            "none for training, or none for validation"
        )
    first, last = slice(0, at), slice(at, None)
    return take_rows(list(given), first), take_rows(list(given), last)


def weights_of_classes(y, class_weight, floatx):
    """Return the weight of each sample by its label, 1 where none is given.

    y: labels, (batch,) or (batch, 1), or one-hot, (batch, classes).
    """
    if isinstance(y, list | tuple | dict):
        raise CannotRun("class_weight is for one output alone")
    numbers = isinstance(class_weight, dict) and class_weight.values()
    if not numbers or not all(map(np.isrealobj, numbers)):
        raise CannotRun("class_weight must be a dict, {label: weight}")
    if not are_whole([*class_weight]):
        raise CannotRun(
            f"the labels in class_weight must be whole numbers, not "
            f"{quoted([*class_weight])}"
        )
    if y.ndim > 1:
        y = y[..., 0] if y.shape[-1] == 1 else np.argmax(y, axis=-1)
    labels = np.round(y).astype("int32").ravel()
    found = [class_weight.get(int(label), 1.0) for label in labels]
    return np.asarray(found, floatx)


def order_samples(samples, shuffle, seed):
    """Return the order of samples in an epoch. After set_random_seed, Keras has
    the same in each; without a seed it is random."""
    if not shuffle:
        return np.arange(samples)
    if seed is None:
        return np.random.default_rng().permutation(samples)
    return draw_permutation(samples, seed=seed)
