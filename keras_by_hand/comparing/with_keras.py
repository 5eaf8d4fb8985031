"""Run a model by Keras, and keep what its layers made."""

import warnings
from unittest import mock

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
    from keras.src.models import functional  # there is no public way

    arrays, names, real = {}, Names(), functional.operation_fn

    def operation_fn(operation, *settings, **options):
        call_layer = real(operation, *settings, **options)

        def call(*args, **keywords):
            y = call_layer(*args, **keywords)
            if not isinstance(operation, keras.Model):
                outputs = keras.tree.flatten(y)
                named = names.of_call(operation.name, len(outputs))
                arrays.update(
                    zip(named, map(keras.ops.convert_to_numpy, outputs))
                )
            return y

        return call

    inputs = list_inputs(x, [tensor.name for tensor in model.inputs])
    # Keras refuses some that are nested otherwise than the model's.
    one = isinstance(model, keras.Sequential)
    nested = model.inputs[0] if one else model.input
    inputs = keras.tree.pack_sequence_as(nested, inputs)
    with (
        mock.patch.object(functional, "operation_fn", operation_fn),
        warnings.catch_warnings(),
    ):
        # Of one tensor in a list, it only warns.
        warnings.filterwarnings("ignore", "(?s).*structure of `inputs` does")
        model(inputs, training=False)
    return Port(arrays)


def list_inputs(x, names):
    """Return the arrays in x in the order of the model's inputs."""
    if isinstance(x, dict) and x.keys() == set(names):
        return [x[name] for name in names]
    return flat_arrays(x)


def flat_arrays(x):
    if isinstance(x, dict | list | tuple):
        return [array for inner in items(x) for array in flat_arrays(inner)]
    return [x]
