"""What a port made of its inputs: an array for each of its tensors."""

import re

import numpy as np

TOLERANCE = 1e-5  # a part of the largest number of a tensor
STEPS = 2  # of a quantized tensor, by which it may differ on the average
UNITS = 16  # of rounding, by which a tensor of 16 bits may differ
ROUNDING = {"float16": 2.0**-10, "bfloat16": 2.0**-7}  # a unit of it
BY_STORAGE = {  # what it makes of a tensor that the weights were rounded
    "weights in float16": 2e-3,
    "weights in int8": 3e-2,
    "weights in int8, the rest in int16": 1e-2,
}
MOST_DECIMALS = 5
FEW = 1000
COARSE = 0.05  # of a tensor's largest number: what is off by that is wrong
TELLING = 0.1  # of the last decimal, by which a number may be off to tell it


class Port:
    """The tensors of a port.

    arrays: {name: array}, in the order in which they were computed; outputs:
    the names of the model's outputs, in the order of the model's, where they
    are known; steps: {name: how far two neighbours of a quantized tensor lie
    apart}; stored: {name: one of BY_STORAGE}, of what rounded weights made;
    decimals: {name: how many were printed}, None where the numbers have to
    tell; weights: what operators take from a .tflite file, as with_tflite reads
    it; ends: {name: the least and the largest number that a quantized tensor
    can be}.
    """

    weights: list = []
    ends: dict = {}

    def __init__(
        self, arrays, outputs=(), steps=None, stored=None, decimals=None
    ):
        self.arrays, self.outputs, self.steps = arrays, outputs, steps or {}
        self.stored = stored or {}
        if decimals is None:
            count = count_decimals(arrays.values())
            decimals = {} if count is None else dict.fromkeys(arrays, count)
        self.decimals = decimals
        self.measures = {
            name: measure(array)
            for name, array in arrays.items()
            if array.dtype.kind in "biuf"
        }

    def agrees(self, name, y, expected, tolerance, error, has_kernel=True):
        """Whether y is what a tensor should be: to the tolerance, a part of its
        largest number; where that is None, to what its storage allows. Whole
        numbers exactly.

        What is quantized, or was printed with few decimals, may differ by two
        steps, as the root of the mean of squares, since rounded weights make
        outliers. expected: the tensor, in the layout of y; error: their
        difference(); has_kernel: whether y was made with a kernel.
        """
        if y.dtype.kind in "biu" and expected.dtype.kind in "biu":
            return error == 0
        if error <= self.allowed(name, tolerance, has_kernel):
            return True
        step = 0 if tolerance is not None else self.step_of(name)
        if not step:
            return False
        errors = np.asarray(y, "float64") - expected
        return bool(np.sqrt(np.mean(errors**2)) <= STEPS * step)

    def allowed(self, name, tolerance, has_kernel=True):
        """Return the largest difference that a tensor may have: the tolerance,
        or what its storage allows where that is None. What was made without a
        kernel may only differ where constants are rounded, too."""
        unit = ROUNDING.get(self.arrays[name].dtype.name, 0)
        if tolerance is not None:
            return max(tolerance, UNITS * unit)
        if self.steps.get(name):
            return BY_STORAGE.get(self.stored.get(name), 0)
        by_weights = BY_STORAGE.get(self.stored.get(name), 0)
        if self.stored.get(name) == "weights in int8" and not has_kernel:
            by_weights = 0
        return max(TOLERANCE, UNITS * unit, by_weights)

    def step_of(self, name):
        """Return how far two neighbours of a tensor lie apart, or 0."""
        if name in self.decimals and not self.steps.get(name):
            return 10.0 ** -self.decimals[name]
        return self.steps.get(name, 0)

    def is_coarse(self, name):
        """Whether the steps of a tensor are too wide to show that it is
        right."""
        far = STEPS * self.step_of(name)
        return far > COARSE * self.measures[name][0]

    def may_agree(self, name, norm, tolerance):
        """Whether an array of a tensor's size and of a Euclidean norm may agree
        with it, in some layout."""
        largest, its_norm, size = self.measures[name]
        far = self.allowed(name, tolerance) * largest
        if tolerance is None:
            far = max(far, STEPS * self.step_of(name))
        apart = abs(norm - its_norm)  # NaN where a number is not finite
        return not apart > 1.01 * far * np.sqrt(size)  # 1.01 for rounding

    def rounding(self):
        """Return in words what the port rounds, and what that allows."""
        said = [
            f"{words}: {allowed:.0e} allowed"
            for words, allowed in BY_STORAGE.items()
            if words in self.stored.values()
        ]
        names = {array.dtype.name for array in self.arrays.values()}
        said += [
            f"numbers in {name}: {UNITS * unit:.0e} allowed"
            for name, unit in ROUNDING.items()
            if name in names
        ]
        if any(self.steps.values()):
            said.append(f"quantized: {STEPS} steps allowed, on the average")
        if counts := sorted(
            {
                count
                for name, count in self.decimals.items()
                if STEPS * 10.0**-count > TOLERANCE * self.measures[name][0]
            }
        ):
            several = f"{counts[0]} to " * (len(counts) > 1)
            said.append(
                f"numbers with {several}{counts[-1]} decimals: {STEPS} of the "
                "last allowed, on the average"
            )
        return said


def count_decimals(arrays):
    """Return how many decimals all of some arrays have, as text that was
    printed does; None where they have more than MOST_DECIMALS, or are fractions
    of powers of two, as exact numbers are."""
    arrays = [array for array in arrays if array.dtype.kind not in "biu"]
    heads = [array.flat[:FEW] for array in arrays]  # these tell most, and fast
    found = []
    for array in heads + arrays:
        if (one := decimals_of(array)) is None:
            return None
        found.append(one)
    least = max((decimals for decimals, _ in found), default=0)
    most = max((decimals for decimals, tells in found if tells), default=0)
    return most if 0 < least == most else None


def decimals_of(array):
    """Return how many decimals an array has at least, and whether it tells that
    it has no more, which numbers with too few digits do not; None where it has
    more than MOST_DECIMALS."""
    if array.dtype.kind != "f" or not np.all(np.isfinite(array)):
        return None
    unit = np.finfo(array.dtype).eps
    numbers = np.ravel(array).astype("float64")
    if np.array_equal(numbers * 2**10, np.round(numbers * 2**10)):
        return 0, True
    for decimals in range(1, MOST_DECIMALS + 1):
        whole = numbers * 10.0**decimals
        far = np.abs(whole) * unit + 1e-9
        tells = far < TELLING
        if np.all(np.abs(whole - np.round(whole))[tells] <= far[tells]):
            return decimals, bool(tells.any())
    return None


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
        known = [
            name
            for pair in split_name(tensor)
            if (name := next(filter(places.get, pair), None))
        ]
        if known:
            owner = max(known, key=places.get)
            found.setdefault(owner, []).append(tensor)
    return found


def split_name(tensor):
    """Return what may be the name of a layer in that of a tensor: pairs of a
    part, and that part without the number that made it unique."""
    parts = [tensor, *re.split(r"[/;:.]", tensor)]
    return [(part, re.sub(r"_\d+$", "", part)) for part in parts]
