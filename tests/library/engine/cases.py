"""Cases: what one call of Keras is told, drawn at random, and the same on each machine."""

import dataclasses
import zlib

import numpy as np

NUMBER = 16  # cases of each subject, unless it asks for another number

# How far two answers may be apart, in parts of the largest entry: where Keras computes in
# float64 or in float32, and where it computes in float64 with constants of float32.
FLOAT64 = 1000 * np.finfo("float64").eps
FLOAT32 = 1000 * np.finfo("float32").eps
ROUNDED_CONSTANTS = 8 * np.finfo("float32").eps


@dataclasses.dataclass
class Case:
    """What a layer, or a function, is told in one call.

    config: the arguments of the constructor, or the function's keywords; inputs: what it
    is called with, by place; call: the keywords of a layer's call; weights: a layer's, by
    their names; tolerance: where it is not the subject's; drawn: what a layer in training
    drew by chance.
    """

    config: dict
    inputs: tuple
    call: dict = dataclasses.field(default_factory=dict)
    weights: dict = dataclasses.field(default_factory=dict)
    tolerance: float | None = None
    drawn: np.ndarray | None = None

    def but(self, **changed):
        return dataclasses.replace(self, **changed)


@dataclasses.dataclass(frozen=True)
class Inner:
    """A layer, by the name of its class, that another one is told, as Bidirectional is."""

    name: str
    config: dict


class Draw:
    """What a generator draws the case of this number from. Equal names and numbers draw
    equal cases."""

    def __init__(self, name, number, cases):
        self.name, self.number, self.cases = name, number, cases
        self.rng = np.random.default_rng([zlib.crc32(name.encode()), number])
        self.choices = 0

    def place(self, what):
        """The place of this case in an order that is drawn for ``what``: a value chosen by
        it is chosen equally often, which coins do not grant."""
        seed = [zlib.crc32(text.encode()) for text in (self.name, what)]
        order = np.random.default_rng(seed).permutation(self.cases)
        return int(order[self.number])

    def one_of(self, *values):
        """One of these values, each equally often; the first one in the first case."""
        self.choices += 1
        what = str(self.choices)
        first = Draw(self.name, 0, self.cases).place(what)
        return values[(self.place(what) - first) % len(values)]

    def flag(self):
        return self.one_of(False, True)

    def some(self, **pools):
        """Each of these arguments in every second case, with the values of its pool in
        turn; none in the first case, which has Keras' defaults."""
        chosen = {}
        for name, pool in pools.items():
            turn, is_given = divmod(self.place(name), 2)
            if is_given and self.number:
                chosen[name] = pool[turn % len(pool)]
        return chosen

    def int(self, least, most):
        return int(self.rng.integers(least, most + 1))

    def ints(self, number, least, most):
        return tuple(self.int(least, most) for _ in range(number))

    def lengths(self, number, least, most):
        """Lengths of axes, of which no two are equal."""
        choice = self.rng.permutation(np.arange(least, most + 1))[:number]
        return tuple(choice.tolist())

    def normal(self, *shape):
        return self.rng.normal(size=shape)

    def whole(self, *shape):
        """Small whole numbers, which float32 adds and multiplies exactly."""
        return self.rng.integers(-9, 10, size=shape).astype("float64")

    def distinct(self, *shape):
        """Whole numbers, no two of them equal, none of them 0, and most below 0, as padding
        is not."""
        size = np.prod(shape)
        numbers = self.rng.permutation(size) - 3 * size // 4
        numbers += numbers >= 0
        return numbers.reshape(shape).astype("float64")

    def positive(self, *shape):
        return self.rng.uniform(0.5, 2, size=shape)

    def tokens(self, most, *shape):
        """Whole numbers from 0 to below ``most``, as int64."""
        return self.rng.integers(most, size=shape)

    def mask(self, *shape):
        """Booleans, true at least for the first of the last axis."""
        mask = self.rng.integers(2, size=shape).astype(bool)
        mask[..., 0] = True
        return mask


# -- Arrays in nested lists, tuples and dicts


def map_arrays(function, structure):
    if isinstance(structure, list | tuple):
        return type(structure)(map_arrays(function, part) for part in structure)
    if isinstance(structure, dict):
        return {key: map_arrays(function, part) for key, part in structure.items()}
    return function(structure) if isinstance(structure, np.ndarray) else structure


def find_arrays(structure, path=()):
    """Return {path: array}; a path has the keys and places that lead to the array."""
    if isinstance(structure, np.ndarray):
        return {path: structure}
    pairs = ()
    if isinstance(structure, dict):
        pairs = structure.items()
    elif isinstance(structure, list | tuple):
        pairs = enumerate(structure)
    found = {}
    for key, part in pairs:
        found |= find_arrays(part, (*path, key))
    return found


def put_array(structure, path, array):
    """Return the structure with another array at this path."""
    if not path:
        return array
    first, *rest = path
    if isinstance(structure, dict):
        return {**structure, first: put_array(structure[first], rest, array)}
    parts = list(structure)
    parts[first] = put_array(parts[first], rest, array)
    return type(structure)(parts)


def describe(name, case):
    """One line that tells of a case: arguments as they are, arrays by their shapes."""
    given = {"": case.inputs, **case.call}
    shapes = map_arrays(lambda array: array.shape, given)
    config = ", ".join(f"{key}={value!r}" for key, value in case.config.items())
    called = ", ".join(f"{key}={value!r}" for key, value in shapes.items() if key)
    return f"{name}({config}) of {shapes['']}" + (f", {called}" if called else "")
