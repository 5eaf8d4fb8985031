"""Run a .tflite file by its own interpreter, and keep all of its tensors."""

import contextlib

import numpy as np

from keras_by_hand.comparing.feeding import run_with
from keras_by_hand.comparing.port import BY_STORAGE, Port
from keras_by_hand.models.errors import CannotRun, first_line


def find_interpreter(path):
    """Return the module that runs .tflite files."""
    try:
        from ai_edge_litert import interpreter
    except ImportError:
        try:
            from tensorflow.lite.python import interpreter
        except ImportError:
            raise CannotRun(
                f"{path}: to run it needs ai-edge-litert or TensorFlow: pip "
                "install ai-edge-litert"
            ) from None
    return interpreter


def run_tflite(path, x):
    """Return the Port of a .tflite file, quantized or not: its tensors as
    numbers with a fraction, and the steps of those that are whole numbers.

    x: see run_with. Raises CannotRun where it does not fit, or the file cannot
    be run.
    """
    interpreter = find_interpreter(path)
    try:
        resolver = interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        model = interpreter.Interpreter(
            path,
            experimental_op_resolver_type=resolver,  # delegates keep no tensors
            experimental_preserve_all_tensors=True,
        )
        model.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise CannotRun(f"{path}: {first_line(error)}") from None
    inputs = {
        find_name(details): details for details in model.get_input_details()
    }
    shapes = {name: shape_of(details) for name, details in inputs.items()}
    steps = {}

    def run(arrays):
        try:
            for name, array in arrays.items():
                index = inputs[name]["index"]
                model.resize_tensor_input(index, array.shape)
            model.allocate_tensors()
            for name, array in arrays.items():
                details = inputs[name]
                model.set_tensor(details["index"], quantized(array, details))
            model.invoke()
        except (RuntimeError, ValueError) as error:
            raise CannotRun(f"{path}: {first_line(error)}") from None
        return read_tensors_of(model, steps)

    made = run_with(run, path, shapes, x)
    outputs = [details["name"] for details in model.get_output_details()]
    words = find_storage(model)
    stored = dict.fromkeys(made, words) if words else {}
    return Port(made, outputs, steps, stored)


def find_storage(model):
    """Return how a model keeps weights that its operators round as they are
    used, one of port.BY_STORAGE, or None."""
    tensors = {
        details["index"]: details for details in model.get_tensor_details()
    }
    operators = model._get_ops_details()
    made = {index for operator in operators for index in operator["outputs"]}
    made |= {details["index"] for details in model.get_input_details()}
    found = set()
    for operator in operators:
        given = [tensors[i] for i in operator["inputs"] if i in tensors]
        kept = {
            details["dtype"]
            for details in given
            if details["index"] not in made
        }
        y = {tensors[i]["dtype"] for i in operator["outputs"] if i in tensors}
        if np.float16 in kept:
            found.add("weights in float16")
        elif np.int8 in kept and np.int16 in y:
            found.add("weights in int8, the rest in int16")
        elif np.int8 in kept and np.float32 in y:
            found.add("weights in int8")
    return max(found, key=BY_STORAGE.get, default=None)


def read_tensors_of(model, steps):
    """Return what the operators of a model have made, {name: array}, in their
    order; add the steps of what is quantized to steps."""
    tensors = {
        details["index"]: details for details in model.get_tensor_details()
    }
    made = {}
    for operator in model._get_ops_details():  # no public way tells their order
        for index in filter(tensors.get, operator["outputs"]):
            details = tensors[index]
            with contextlib.suppress(ValueError):  # has none, as in a loop
                array = model.get_tensor(index)
                name = details["name"]
                name = f"{name} ({index})" if name in made else name
                made[name], steps[name] = dequantized(array, details)
    return made


def shape_of(details):
    """Return the shape of an input, None for a length that may be any."""
    signature = details.get("shape_signature")
    known = signature is not None and len(signature)
    shape = signature if known else details["shape"]
    return [None if length < 0 else int(length) for length in shape]


def find_name(details):
    """Return the name of an input as the model had it."""
    return details["name"].removesuffix(":0").removeprefix("serving_default_")


def quantized(array, details):
    """Return an array as an input takes it."""
    if details["dtype"] in (np.int8, np.uint8, np.int16):
        scale, zero = details["quantization"]
        limits = np.iinfo(details["dtype"])
        if scale:
            array = np.clip(
                np.round(array / scale) + zero, limits.min, limits.max
            )
    return array.astype(details["dtype"])


def dequantized(array, details):
    """Return the numbers that a tensor stands for, and the step between two
    neighbours, 0 where it is not quantized."""
    parameters = details["quantization_parameters"]
    scales, zeros = parameters["scales"], parameters["zero_points"]
    if array.dtype.kind not in "iu" or len(scales) != 1:
        return array, 0.0
    whole = array.astype("float64") - zeros[0]
    return (whole * scales[0]).astype("float32"), float(scales[0])
