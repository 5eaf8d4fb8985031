"""Training: Keras' gradient of each case along a direction that is drawn, of its inputs
and weights, is the slope of the library's function there.
"""

import zlib

import numpy as np
import tensorflow as tf
from library.engine.cases import describe, find_arrays, map_arrays
from library.engine.runner import prepare_layer
from library.engine.subjects import FunctionSubject, LayerSubject, set_weights

STEP = 1e-5
TOLERANCE = 1e-5  # of central differences with this step
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


def numbers_of(case):
    """The arrays of a case that have a gradient, in order."""
    held = find_arrays((case.inputs, list(case.weights.values())))
    return list(filter(is_float, held.values()))


def move(case, along, step=1.0):
    """The case with a step in the direction ``along``, arrays for those of numbers_of."""
    left = iter(along)

    def moved(array):
        return np.asarray(array + step * next(left)) if is_float(array) else array

    inputs = map_arrays(moved, case.inputs)
    weights = {name: moved(weight) for name, weight in case.weights.items()}
    return case.but(inputs=inputs, weights=weights)


def slope(subject, layer, case, along, at_output):
    """The slope of the sum of the output, weighted, in NumPy."""
    ends = []
    for step in (STEP, -STEP):
        moved = move(case, along, step)
        if layer:
            set_weights(layer, moved)
            y = prepare_layer(subject.name, layer, moved)(moved)[0]
        else:
            y = subject.compute(moved)[0]
        ends.append(np.sum(y * at_output))
    return (ends[0] - ends[1]) / (2 * STEP)


def slope_of_keras(subject, layer, case, along, at_output):
    """The same by Keras' gradients. Where it has none, ``along`` is set to zero."""
    inputs = map_arrays(tf.convert_to_tensor, case.inputs)
    watched = [x for x in tf.nest.flatten(inputs) if x.dtype.is_floating]
    if layer:
        call = map_arrays(tf.convert_to_tensor, case.call)
        watched += [w.value for w in layer.weights if w.value.dtype.is_floating]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(watched)
        if layer:
            y = layer(*inputs, **call)
        else:
            y = subject.reference(*inputs, **case.config)
        loss = tf.reduce_sum(tf.nest.flatten(y)[0] * at_output)
    gradients = tape.gradient(loss, watched)
    total = 0.0
    for gradient, direction in zip(gradients, along):
        if gradient is None:  # as of statistics, which are not trained
            direction *= 0
        else:
            total += np.sum(tf.convert_to_tensor(gradient) * direction)
    return total


def compare(subject, recorded):
    """Return {number of a case: what is wrong with its gradient}; {"all": ...} where there
    is no case of which TensorFlow has one in float64."""
    wrong, compared = {}, 0
    for number, (case, answer, _, layer, _) in enumerate(recorded[:CASES]):
        rng = np.random.default_rng([zlib.crc32(subject.name.encode()), number])
        case = move_from_kinks(subject, case, rng)
        along = [rng.normal(size=array.shape) for array in numbers_of(case)]
        at_output = rng.normal(size=answer[0].shape)
        if layer and layer.dtype_policy.name != "float64":
            layer = subject.build(case)
        elif layer:
            set_weights(layer, case)
        try:
            of_keras = slope_of_keras(subject, layer, case, along, at_output)
        except NO_FLOAT64:
            continue
        compared += 1
        by_hand = slope(subject, layer, case, along, at_output)
        if abs(of_keras - by_hand) > TOLERANCE * max(1, abs(of_keras), abs(by_hand)):
            told = describe(subject.name, case)
            wrong[number] = f"{told}: Keras {of_keras}, NumPy {by_hand}"
    return wrong if compared else {"all": "no gradient is compared"}


def move_from_kinks(subject, case, rng):
    """The case in float64, a little beside kinks, and without what overflows."""
    if isinstance(subject, LayerSubject):
        case = case.but(config={**case.config, "dtype": "float64"})
    if not subject.whole:  # or entries that differ would be the same
        clipped = map_arrays(
            lambda a: np.clip(a, -9, 9) if is_float(a) else a, case.inputs
        )
        case = case.but(inputs=clipped)
    aside = [np.abs(rng.normal(size=array.shape)) for array in numbers_of(case)]
    return move(case, aside, 0.01)
