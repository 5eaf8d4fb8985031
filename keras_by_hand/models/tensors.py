"""What flows through a model: arrays and their masks, in lists and dicts."""

from keras_by_hand.models.errors import CannotRun


class Tensor:
    """An array on its way through a model, and its mask, (batch, steps), or
    None."""

    def __init__(self, array, mask=None):
        self.array, self.mask = array, mask

    def but(self, array):
        """Return a tensor of another array; the same where that is no other, of
        which an attention takes the mask."""
        return self if array is self.array else Tensor(array, self.mask)


def each(function, structure):
    """Return what a function makes of all that nested lists and dicts hold."""
    if isinstance(structure, list | tuple):
        return [each(function, item) for item in structure]
    if isinstance(structure, dict):
        return {key: each(function, item) for key, item in structure.items()}
    return function(structure)


def items(structure):
    """Return what a list or dict holds, in Keras' order: that of a dict's
    sorted keys."""
    if isinstance(structure, dict):
        return [structure[key] for key in sorted(structure)]
    return structure


def tensors_in(structure):
    """Return the tensors in nested lists and dicts, in order."""
    if not isinstance(structure, list | tuple | dict):
        return [structure] if isinstance(structure, Tensor) else []
    return [found for item in items(structure) for found in tensors_in(item)]


def arrays_of(structure):
    """Return what nested lists and dicts hold, with arrays for tensors."""
    return each(lambda t: t.array if isinstance(t, Tensor) else t, structure)


def masks_of(structure):
    """Return the masks of what nested lists and dicts hold, nested likewise."""
    return each(lambda t: t.mask if isinstance(t, Tensor) else None, structure)


def set_masks(tensors, masks):
    """Give tensors in lists and dicts the masks, nested likewise, that there
    are."""
    if isinstance(tensors, Tensor):
        tensors.mask = tensors.mask if masks is None else masks.array
    elif masks is not None:
        for tensor, mask in zip(items(tensors), items(masks)):
            set_masks(tensor, mask)


def flat(structure):
    """Return the arrays in nested lists, in order."""
    if not isinstance(structure, list):
        return [structure]
    return [array for item in structure for array in flat(item)]


def check_fractions(*arrays):
    """Raise CannotRun for whole numbers, with which Keras computes otherwise
    than with what has a fraction."""
    if any(array.dtype.kind != "f" for array in arrays):
        raise CannotRun("whole numbers are not known here")


def speaks_numpy(thing):
    """Whether it is an array of NumPy, or one that speaks its protocols."""
    return hasattr(thing, "__array_function__")


def in_dtype(thing, dtype, kinds="f"):
    """Return numbers, an array or a Tensor of it, in a dtype; all else as it
    is, and all where the dtype is None.

    kinds: of NumPy's dtypes, those that are cast: by default, what has a
    fraction.
    """
    if isinstance(thing, Tensor):
        return thing.but(in_dtype(thing.array, dtype, kinds))
    is_cast = speaks_numpy(thing) and thing.dtype.kind in kinds
    return thing.astype(dtype, copy=False) if dtype and is_cast else thing


def count_numbers(weights):
    """Return how many numbers there are in the weights of a layer."""
    if not isinstance(weights, dict | list):
        return getattr(weights, "size", 0)  # 0 for a token of a vocabulary
    inner = weights.values() if isinstance(weights, dict) else weights
    return sum(map(count_numbers, inner))
