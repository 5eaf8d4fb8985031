"""Run a model by Keras, and keep what its layers made."""

import contextlib
import warnings

from keras_by_hand.comparing.port import Port
from keras_by_hand.comparing.recording import Names
from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.tensors import items


def load_by_keras(path):
    """Return a file's model as Keras loads it; code in the file is not run.
    Raises CannotRun where Keras is missing, or cannot load it."""
    try:
        import keras  # here, as nothing else needs it
    except ImportError as error:
        raise CannotRun(
            f"{error.name or error} is missing, without which Keras does not "
            "run: pip install keras tensorflow"
        ) from None
    try:
        return keras.models.load_model(path)
    except Exception as error:  # of as many kinds as there are faults
        raise CannotRun(
            f"{path}: Keras cannot load it: {first_line(error)}"
        ) from None


def run_keras(model, x):
    """Return the Port of a model of Keras, Sequential or functional; x: its
    inputs, as for predict."""
    import keras

    arrays, stored, names = {}, {}, Names()

    def keep(operation, y):
        outputs = keras.tree.flatten(y)
        named = names.of_call(operation.name, len(outputs))
        arrays.update(zip(named, map(keras.ops.convert_to_numpy, outputs)))
        if getattr(operation, "quantization_mode", None) == "int8":
            stored.update(dict.fromkeys(named, "weights in int8"))

    inputs = list_inputs(x, [tensor.name for tensor in model.inputs])
    # Keras refuses some that are nested otherwise than the model's.
    one = isinstance(model, keras.Sequential)
    nested = model.inputs[0] if one else model.input
    inputs = keras.tree.pack_sequence_as(nested, inputs)
    with contextlib.ExitStack() as stack:
        for operation in list_operations(model, keras.Model):
            stack.enter_context(watched(operation, keep))
        # Of one tensor in a list, it only warns.
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "(?s).*structure of `inputs` does")
        model(inputs, training=False)
    return Port(arrays, stored=stored)


def list_operations(model, kind):
    """Return the layers and operators of a model of Keras, each once; of models
    in it, which are of this kind, those in them."""
    found, left = {}, [model]
    for thing in left:  # which grows
        if isinstance(thing, kind):
            left += getattr(thing, "operations", thing.layers)
        else:
            found[id(thing)] = thing
    return [*found.values()]


@contextlib.contextmanager
def watched(operation, keep):
    """While open, keep(operation, y) is given what an operation returns."""
    is_quantized = getattr(operation, "quantization_mode", None) is not None
    name = "quantized_call" if is_quantized else "call"
    call = getattr(operation, name)

    def call_and_keep(*args, **keywords):
        y = call(*args, **keywords)
        keep(operation, y)
        return y

    setattr(operation, name, call_and_keep)
    try:
        yield
    finally:
        delattr(operation, name)


def list_inputs(x, names):
    """Return the arrays in x in the order of the model's inputs."""
    if isinstance(x, dict) and x.keys() == set(names):
        return [x[name] for name in names]
    return flat_arrays(x)


def flat_arrays(x):
    if isinstance(x, dict | list | tuple):
        return [array for inner in items(x) for array in flat_arrays(inner)]
    return [x]
