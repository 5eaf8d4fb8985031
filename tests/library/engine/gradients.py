"""Training: the tape's gradients of inputs and weights are Keras', beside kinks and exactly
at them.
"""

import zlib

import numpy as np
import tensorflow as tf
from library.engine.answers import tolerance_of
from library.engine.cases import describe, find_arrays, map_arrays
from library.engine.runner import layer_by_hand
from library.engine.subjects import FunctionSubject, LayerSubject, set_weights

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.tensors import Tensor, tensors_in
from keras_by_hand.tracing.tape import NoGradient, Traced, gradients

TOLERANCE = 1e-9  # in parts of the largest entry
CASES = 6  # of each subject
NO_FLOAT64 = (  # what TensorFlow says where it does not compute in it
    tf.errors.InvalidArgumentError,
    tf.errors.NotFoundError,
    tf.errors.UnimplementedError,
)


def has_gradient(subject):
    """Whether Keras computes it itself, of numbers with a fraction."""
    if isinstance(subject, FunctionSubject):
        return (subject.reference.__module__ or "").startswith("keras.src.")
    return isinstance(subject, LayerSubject) and bool(subject.dtype)


def is_float(array):
    return array.dtype.kind == "f"


def floats_in(structure):
    return [array for array in find_arrays(structure).values() if is_float(array)]


def of_keras(subject, layer, case, draw):
    """Keras' gradients of inputs, and {the numbers of a weight: its gradient}; the arrays
    that its outputs were multiplied by, which are drawn."""
    inputs, call = map_arrays(tf.convert_to_tensor, (case.inputs, case.call))
    watched = [t for t in tf.nest.flatten([inputs, call]) if is_fraction(t)]
    weights = [w.value for w in layer.weights if is_fraction(w.value)] if layer else []
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(watched + weights)
        y = (
            layer(*inputs, **call)
            if layer
            else subject.reference(*inputs, **case.config)
        )
        outputs = [t for t in tf.nest.flatten(y) if is_fraction(t)]
        factors = [draw(t.shape) for t in outputs]
        pairs = zip(outputs, factors)
        total = tf.add_n([tf.reduce_sum(t * tf.cast(f, t.dtype)) for t, f in pairs])
    found = [
        None if g is None else np.asarray(tf.convert_to_tensor(g))
        for g in tape.gradient(total, watched + weights)
    ]
    numbers = [np.asarray(weight) for weight in weights]
    of_weights = list(zip(numbers, found[len(watched) :]))
    return found[: len(watched)], of_weights, factors


def is_fraction(tensor):
    return isinstance(tensor, tf.Tensor | tf.Variable) and tensor.dtype.is_floating


def by_tape(subject, layer, case, factors):
    """The same of the library, by its tape."""
    made = []

    def trace(array):
        if not is_float(array):
            return array
        made.append(Traced(array))
        return made[-1]

    inputs, call = map_arrays(trace, (list(case.inputs), case.call))
    number, weights = len(made), []
    if layer:
        by_hand = layer_by_hand(subject.name, layer, case)
        for inner in by_hand.with_all_inside():
            inner.arrays = {n: trace(np.asarray(w)) for n, w in inner.arrays.items()}
        weights = made[number:]
        y = by_hand.call(*map_parts(as_tensor, (inputs, call)))
        y = [tensor.array for tensor in tensors_in(y)]
    else:
        y = flat(subject.function(*inputs, **case.config))
    outputs = [
        array for array in y if getattr(array, "dtype", np.dtype(int)).kind == "f"
    ]
    if len(outputs) != len(factors):
        raise NoGradient(f"{len(outputs)} outputs, not {len(factors)}")
    total = sum(np.sum(array * factor) for array, factor in zip(outputs, factors))
    is_traced = isinstance(total, Traced)
    found = gradients(total, made) if is_traced else [None] * len(made)
    return found[:number], [(w.value, g) for w, g in zip(weights, found[number:])]


def as_tensor(thing):
    return Tensor(thing) if isinstance(thing, np.ndarray | Traced) else thing


def map_parts(function, structure):
    if isinstance(structure, list | tuple):
        return type(structure)(map_parts(function, part) for part in structure)
    if isinstance(structure, dict):
        return {key: map_parts(function, part) for key, part in structure.items()}
    return function(structure)


def flat(structure):
    if isinstance(structure, list | tuple):
        return [part for item in structure for part in flat(item)]
    if isinstance(structure, dict):
        return flat([structure[key] for key in sorted(structure)])
    return [structure]


def distance(found, expected):
    """How far a gradient is from Keras', in parts of the largest entry, or of 1."""
    if expected is None:  # as of a mean that is not trained, or of what is not used
        return 0.0
    found = np.zeros_like(expected) if found is None else found
    is_finite = np.isfinite(expected)
    if found.shape != expected.shape or np.any(np.isfinite(found) != is_finite):
        return np.inf
    apart = np.abs(found - expected)[is_finite]
    return np.max(apart, initial=0) / np.max(np.abs(expected)[is_finite], initial=1)


def differ(subject, layer, case, rng):
    """How far the gradients of a case are from Keras', at most. layer: of Keras, built for
    it, or None."""
    if layer:
        set_weights(layer, case)
    found = of_keras(subject, layer, case, lambda shape: rng.normal(size=shape))
    expected, of_weights, factors = found
    found, weights = by_tape(subject, layer, case, factors)
    apart = [0.0, *map(distance, found, expected)]
    for numbers, gradient in of_weights:
        same = [g for w, g in weights if np.array_equal(w, numbers)]
        assert same or gradient is None, f"no weight of the shape {numbers.shape}"
        apart.append(min([distance(g, gradient) for g in same], default=0))
    return max(apart)


def compare(subject, recorded):
    """Return {number of a case: what is wrong with its gradients}; {"all": ...} where there
    is no case of which TensorFlow has one in float64."""
    wrong, compared = {}, 0
    for number, (case, *_) in enumerate(recorded[:CASES]):
        rng = np.random.default_rng([zlib.crc32(subject.name.encode()), number])
        case, layer = in_float64(subject, case), None
        if isinstance(subject, LayerSubject):
            layer = subject.build(case)
        for place in (beside_kinks(subject, case, rng), case):
            try:
                apart = differ(subject, layer, place, rng)
            except NO_FLOAT64:
                continue
            except (CannotRun, NoGradient) as error:
                return {"refused": f"{subject.name}: {error}"}
            compared += 1
            if not apart <= max(TOLERANCE, tolerance_of(subject.name, case)):
                told = describe(subject.name, place)
                wrong[number] = f"{told}: {apart:.1e} from Keras"
    return wrong if compared else {"all": "no gradient is compared"}


def in_float64(subject, case):
    """The case as it is, but that a layer computes in float64."""
    if not isinstance(subject, LayerSubject):
        return case
    return case.but(config={**case.config, "dtype": "float64"})


def beside_kinks(subject, case, rng):
    """The case a little beside kinks, and without what overflows."""

    def aside(array):
        if not is_float(array):
            return array
        array = array if subject.whole else np.clip(array, -9, 9)
        return np.asarray(array + 0.01 * np.abs(rng.normal(size=array.shape)))

    inputs, weights = map_arrays(aside, (case.inputs, case.weights))
    return case.but(inputs=inputs, weights=weights)
