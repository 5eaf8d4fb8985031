"""Subjects: what of Keras is compared with which function of the library.

A module in ``cases`` draws the cases for the module of the library that has its name:

    @layer("Dense")
    def dense(draw):
        config = {"units": 3, **draw.some(use_bias=[False], activation=["relu"])}
        return Case(config, (draw.normal(2, 4),))
"""

import functools
import importlib
import inspect
import re
from pathlib import Path

import keras
import numpy as np
from keras.src.backend.common.masking import get_keras_mask
from library.engine import cases
from library.engine.cases import Inner, map_arrays
from library.engine.runner import prepare_layer
from library.reasons import NOT_COMPARED

CASES = Path(__file__).parents[1] / "cases"
SUBJECTS = {}  # by name


class OtherWeights(Exception):
    """A layer has other weights than the case."""


class Subject:
    """Something of Keras, and how the library computes it.

    name: what a test is called by; generator: a function of a Draw, which returns a Case;
    signature: Keras' own, of what case.config tells; of_call: that of what case.call
    tells; module: of the library, as "layers.dense".
    """

    of_call, whole = inspect.Signature(), False

    def __init__(self, name, generator, tolerance=cases.FLOAT64, number=cases.NUMBER):
        self.name, self.generator = name, generator
        self.tolerance, self.cases = tolerance, number
        self.module = generator.__module__.removeprefix("library.cases.")
        if name in SUBJECTS:
            raise ValueError(f"two subjects are called {name}")
        SUBJECTS[name] = self

    def draws(self):
        """What the generator draws each of its cases from."""
        return [cases.Draw(self.name, n, self.cases) for n in range(self.cases)]

    def skipped(self, cases):
        """The parameters that need not change an answer: those that are not compared at
        all."""
        return NOT_COMPARED.get(self.name, {}).keys()


class LayerSubject(Subject):
    """A layer class: its call, when it predicts, with weights that are drawn.

    whole: in float32, of small whole numbers, where TensorFlow has no float64; target: the
    class, where it is not in keras.layers.
    """

    def __init__(
        self, name, generator, whole=False, has_dtype=True, target=None, **options
    ):
        self.target = target or getattr(keras.layers, name)
        super().__init__(name, generator, **options)
        self.signature = inspect.signature(self.target)
        self.of_call = inspect.signature(self.target.call)
        self.whole = whole
        self.dtype = {"dtype": "float32" if whole else "float64"} if has_dtype else {}

    def make(self, case):
        config = {key: self.revive(value) for key, value in case.config.items()}
        return self.target(**{**self.dtype, **config})

    def revive(self, value):
        if isinstance(value, Inner):
            config = {key: self.revive(part) for key, part in value.config.items()}
            return getattr(keras.layers, value.name)(**{**self.dtype, **config})
        return list(map(self.revive, value)) if isinstance(value, list) else value

    def build(self, case, **more):
        """Return Keras' layer, built for the inputs, with the weights of the case."""
        return built(self.make(case.but(config={**case.config, **more})), case)

    def rebuild(self, case):
        """Return a layer of what the config of the case's layer tells, built likewise."""
        return built(self.target.from_config(self.make(case).get_config()), case)

    def answer_of(self, layer, case, **more):
        call = {**case.call, **more}
        inputs, call = map_arrays(as_tensor, (case.inputs, call))
        parts = keras.tree.flatten(layer(*inputs, **call))
        mask = get_keras_mask(parts[0])
        return list(map(as_array, parts if mask is None else [*parts, mask]))

    def ask(self, case):
        """Return Keras' answer: a list of arrays, and the mask of the first of them."""
        layer = self.build(case) if case.weights else self.make(case)
        return self.answer_of(layer, case)

    def ask_again(self, layer, case):
        """The same of a layer that was built for a case with other arrays."""
        set_weights(layer, case)
        return self.answer_of(layer, case)

    def record(self, draw):
        """Return a case, Keras' answer, a function that computes its inputs, or others, in
        NumPy, and the layer."""
        case = self.generator(draw)
        layer = self.build(case)
        for weight in layer.weights:
            name = name_of(weight, case.weights)
            numbers = draw.whole if self.whole else draw.normal
            numbers = draw.positive if "variance" in name else numbers
            case.weights[name] = np.asarray(numbers(*weight.shape), weight.dtype)
        if case.weights:
            set_weights(layer, case)

        compute = prepare_layer(self.name, layer, case)
        return case, self.answer_of(layer, case), compute, layer


class TrainingSubject(Subject):
    """A layer that draws numbers in training, and the function that is told them.

    read: what the function is told: a function of Keras' layer, its input and its output.
    """

    def __init__(self, name, generator, function, read, **options):
        super().__init__(f"{name} in training", generator, **options)
        self.target = getattr(keras.layers, name)
        self.signature = inspect.signature(self.target)
        self.function, self.read = function, read

    def skipped(self, cases):
        """What changes no answer is checked of layers when they predict."""
        return {*super().skipped(cases), "name", "dtype"}

    def call(self, case):
        layer = self.target(**case.config, dtype="float64")
        (x,) = case.inputs
        return layer, x, as_array(layer(as_tensor(x), training=True))

    def ask(self, case):
        return [self.call(case)[-1]]

    def record(self, draw):
        case = self.generator(draw)
        layer, x, y = self.call(case)
        drawn = self.read(layer, x, y)
        case = case.but(drawn=drawn)
        known = inspect.signature(self.function).parameters
        config = {key: case.config[key] for key in case.config if key in known}

        def compute(other):
            return [self.function(*other.inputs, other.drawn, **config)]

        return case, [y], compute, None


class FunctionSubject(Subject):
    """A function of arrays, and what it is compared with.

    reference: of Keras, or made of what Keras has, or another way to the same numbers;
    target: whose arguments must all count, by default the reference.
    """

    def __init__(self, name, generator, reference, function, target=None, **options):
        super().__init__(name, generator, **options)
        self.reference, self.function = reference, function
        self.signature = inspect.signature(target or reference)
        self.has_inputs = target is None

    def skipped(self, cases):
        """Inputs are misread as arrays, not as arguments."""
        by_place = list(self.signature.parameters)[: len(cases[0].inputs)]
        return {*super().skipped(cases), *(by_place if self.has_inputs else ())}

    def ask(self, case):
        return arrays_in(self.reference(*case.inputs, **case.config))

    def compute(self, case):
        return arrays_in(self.function(*case.inputs, **case.config))

    def record(self, draw):
        case = self.generator(draw)
        return case, self.ask(case), self.compute, None


def name_of(weight, others):
    """The name of a weight in its layer, such as "cell/kernel", without the numbers that
    Keras counts through a process; those that are equal are numbered."""
    name = re.sub(r"_\d+(?=/)", "", weight.path).partition("/")[2]
    number = sum(other.split(" ")[0] == name for other in others)
    return f"{name} {number + 1}" if number else name


def built(layer, case):
    """Return a layer of Keras, built for the inputs of a case, with its weights."""
    shapes = map_arrays(np.shape, case.inputs)
    layer.build(*shapes) if len(shapes) > 1 else layer.build(shapes[0])
    if case.weights:
        try:
            set_weights(layer, case)
        except ValueError:
            raise OtherWeights from None
    return layer


def set_weights(layer, case):
    layer.set_weights(list(case.weights.values()))
    if hasattr(layer, "finalize_state"):  # of layers that adapt
        layer.finalize_state()


@functools.cache
def layer_for(layer, *shapes, **config):
    """Return a layer of Keras in float64, built for inputs of these shapes: the same one
    for all cases, as to make one takes longer than to call it."""
    built = layer(**config, dtype="float64")
    built.build(*shapes)
    return built


def as_tensor(array):
    return keras.ops.convert_to_tensor(array)


def as_array(tensor):
    """An array of what Keras, or a function of the library, returns; text as str."""
    array = np.asarray(keras.ops.convert_to_numpy(tensor))
    if array.dtype.kind in "SO":
        flat = [x.decode() if isinstance(x, bytes) else x for x in array.ravel()]
        array = np.array(flat, dtype=str).reshape(array.shape)
    return array


def arrays_in(structure):
    return [as_array(part) for part in keras.tree.flatten(structure)]


# -- How the modules in ``cases`` tell of subjects


def layer(*names, **options):
    """Draw for the layers of these names: a function of a Draw and, if it takes that, of
    the name. options: those of LayerSubject."""

    def register(generator):
        for name in names:
            LayerSubject(name, with_name(generator, name), **options)
        return generator

    return register


def training(name, by_hand, read, **options):
    """Draw for what a layer does in training. options: those of TrainingSubject."""

    def register(generator):
        TrainingSubject(name, generator, by_hand, read, **options)
        return generator

    return register


def function(reference, by_hand, name=None, **options):
    """Draw for a function of the library. options: those of FunctionSubject."""

    def register(generator):
        FunctionSubject(
            name or by_hand.__name__, generator, reference, by_hand, **options
        )
        return generator

    return register


def with_name(generator, name):
    if len(inspect.signature(generator).parameters) == 1:
        return generator

    def of_name(draw):
        return generator(draw, name)

    of_name.__module__ = generator.__module__
    return of_name


def read_cases():
    """Import all modules in ``cases``, in the order of their names."""
    for file in sorted(CASES.rglob("*.py")):
        name = ".".join(file.relative_to(CASES).with_suffix("").parts)
        importlib.import_module(f"library.cases.{name}")
