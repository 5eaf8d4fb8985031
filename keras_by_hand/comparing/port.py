"""What a port made of its inputs: an array for each of its tensors."""

import re

import numpy as np

STEPS = 2  # of a quantized tensor, by which it may differ on the average
UNITS = 16  # of rounding, by which a tensor of 16 bits may differ
ROUNDING = {"float16": 2.0**-10, "bfloat16": 2.0**-7}  # a unit of it


class Port:
    """The tensors of a port.

    arrays: {name: array}, in the order in which they were computed; outputs:
    the names of the model's outputs, in the order of the model's, where they
    are known; steps: {name: how far two neighbours of a quantized tensor lie
    apart}.
    """

    def __init__(self, arrays, outputs=(), steps=None):
        self.arrays, self.outputs, self.steps = arrays, outputs, steps or {}
        self.measures = {
            name: measure(array)
            for name, array in arrays.items()
            if array.dtype.kind in "biuf"
        }

    def agrees(self, name, y, expected, tolerance, error):
        """Whether y is what a tensor should be: to the tolerance, a part of its
        largest number, or to what 16 bits hold; whole numbers exactly; where it
        is quantized, to two steps, as the root of the mean of squares, since
        rounded weights make outliers.

        expected: the tensor, in the layout of y; error: their difference().
        """
        if step := self.steps.get(name):
            errors = np.asarray(y, "float64") - expected
            return bool(np.sqrt(np.mean(errors**2)) <= STEPS * step)
        if y.dtype.kind in "biu" and expected.dtype.kind in "biu":
            return error == 0
        return error <= self.widened(name, tolerance)

    def widened(self, name, tolerance):
        """Return the tolerance for a tensor, which may be of 16 bits."""
        unit = ROUNDING.get(self.arrays[name].dtype.name, 0)
        return max(tolerance, UNITS * unit)

    def may_agree(self, name, norm, tolerance):
        """Whether an array of a tensor's size and of a Euclidean norm may agree
        with it, in some layout."""
        largest, its_norm, size = self.measures[name]
        tolerance = self.widened(name, tolerance)
        far = STEPS * self.steps.get(name, 0) or tolerance * largest
        apart = abs(norm - its_norm)  # NaN where a number is not finite
        return not apart > 1.01 * far * np.sqrt(size)  # 1.01 for rounding


def measure(array):
    """Return the largest number of an array, its norm and its size."""
    array = np.ravel(array).astype("float64")
    return np.max(np.abs(array), initial=0), np.linalg.norm(array), array.size


def owners(tensors, layers):
    """Return {layer: its tensors}, of names of tensors that hold names of
    layers, as "model/conv/BiasAdd;model/conv/Conv2D" does. What several layers
    were fused to belongs to the last of them.

    layers: names, in the order of their calls.
    """
    places = {name: place for place, name in enumerate(layers, start=1)}
    found = {}
    for tensor in tensors:
        parts = [tensor, *re.split(r"[/;:.]", tensor)]
        bare = [re.sub(r"_\d+$", "", part) for part in parts]
        known = [
            name
            for pair in zip(parts, bare)
            if (name := next(filter(places.get, pair), None))
        ]
        if known:
            owner = max(known, key=places.get)
            found.setdefault(owner, []).append(tensor)
    return found
