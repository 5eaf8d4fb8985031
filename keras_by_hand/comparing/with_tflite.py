"""Run a .tflite file by its own interpreter, and keep all of its tensors."""

import contextlib

import numpy as np

from keras_by_hand.comparing.feeding import run_with
from keras_by_hand.comparing.port import BY_STORAGE, Port
from keras_by_hand.comparing.stored_weights import Constant, Stored
from keras_by_hand.models.errors import CannotRun, first_line

WEIGHTS_AT = {  # of the inputs of an operator: its weight, and its bias
    "BATCH_MATMUL": (1, None),
    "CONV_2D": (1, 2),
    "CONV_3D": (1, 2),
    "DEPTHWISE_CONV_2D": (1, 2),
    "FULLY_CONNECTED": (1, 2),
    "GATHER": (0, None),
    "PRELU": (1, None),
    "TRANSPOSE_CONV": (1, 3),
}
ELEMENT_BY_ELEMENT = "ADD", "MUL", "SUB"
HAND_ON = {  # operators that let the channels be
    "BATCH_TO_SPACE_ND",
    "DEQUANTIZE",
    "EXPAND_DIMS",
    "QUANTIZE",
    "RESHAPE",
    "SQUEEZE",
}
FILTERS_FIRST = "CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"
HALF_A_STEP = 0.51  # and what rounding in float32 makes of it
UNITS_OF_BIAS = 2


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
    steps, ends = {}, {}

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
        return read_tensors_of(model, steps, ends)

    made = run_with(run, path, shapes, x)
    outputs = [details["name"] for details in model.get_output_details()]
    words = find_storage(model)
    stored = dict.fromkeys(made, words) if words else {}
    port = Port(made, outputs, steps, stored)
    port.weights, port.ends = read_weights(model), ends
    return port


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


def read_tensors_of(model, steps, ends):
    """Return what the operators of a model have made, {name: array}, in their
    order; add to steps those of what is quantized, and to ends the least and
    the largest number that it can be."""
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
                if steps[name]:
                    limits = np.iinfo(array.dtype)
                    both = np.array([limits.min, limits.max], array.dtype)
                    ends[name] = dequantized(both, details)[0]
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


# -- The weights in a file


def read_weights(model):
    """Return a Stored for each operator of a model that takes weights."""
    operators = model._get_ops_details()
    constants = read_constants(model, operators)
    tensors = {
        details["index"]: details["name"]
        for details in model.get_tensor_details()
    }
    takers, found, taken = {}, [], set()
    for operator in operators:
        for index in operator["inputs"]:
            takers.setdefault(index, []).append(operator)
    for operator in operators:
        kind, inputs = operator["op_name"], list(operator["inputs"])
        places = WEIGHTS_AT.get(kind, (None, None))
        if kind in ELEMENT_BY_ELEMENT and operator["index"] not in taken:
            kept = [n for n, i in enumerate(inputs) if i in constants]
            places = (kept[0] if len(kept) == 1 else None), None
        weight, bias = (
            constants.get(inputs[place])
            if place is not None and place < len(inputs)
            else None
            for place in places
        )
        if weight is None:
            continue
        weight = as_matrix(kind, weight)
        names = [tensors[operator["outputs"][0]]]
        has_bias = bias is not None and bias.array.any()
        if places[1] is not None and not has_bias:
            added = find_added(operator, takers)
            sums = [constants.get(i) for i in added["inputs"]] if added else []
            for one in filter(None, sums):
                if one.array.size == weight.array.shape[1]:
                    bias = one
                    names.append(tensors[added["outputs"][0]])
                    taken.add(added["index"])
        if bias is not None:
            bias = Constant(*(flat_or_one(thing) for thing in bias))
        found.append(Stored(kind, names, weight, bias))
    return found


def flat_or_one(thing):
    """Return an array with one axis, or None."""
    return None if thing is None else np.ravel(thing)


def find_added(operator, takers):
    """Return the addition behind an operator, where nothing else is between
    that changes its channels, or None."""
    while True:
        users = takers.get(operator["outputs"][0], [])
        if len(users) != 1:
            return None
        (operator,) = users
        if operator["op_name"] == "ADD":
            return operator
        if operator["op_name"] not in HAND_ON:
            return None


def as_matrix(kind, constant):
    """Return a weight as (inputs, channels)."""

    def turn(array):
        if kind in FILTERS_FIRST:
            array = np.moveaxis(array, 0, -1)
        is_product = kind in WEIGHTS_AT and kind != "PRELU"
        return array.reshape(-1, array.shape[-1] if is_product else array.size)

    array, far, scales = constant
    return Constant(turn(array), turn(far), scales)


def read_constants(model, operators):
    """Return {index: Constant} of the tensors of numbers in a file, and of what
    operators make of those in float16 before they use them."""
    made = {index for operator in operators for index in operator["outputs"]}
    made |= {details["index"] for details in model.get_input_details()}
    tables = {o["inputs"][0] for o in operators if o["op_name"] == "GATHER"}
    found = {}
    for details in model.get_tensor_details():
        index = details["index"]
        if index not in made:
            with contextlib.suppress(ValueError):  # has none
                array, is_table = model.get_tensor(index), index in tables
                constant = read_constant(array, details, is_table)
                if constant is not None:
                    found[index] = constant
    for operator in operators:
        if operator["op_name"] == "DEQUANTIZE":
            index = operator["inputs"][0]
            if index in found:
                found[operator["outputs"][0]] = found[index]
    return found


def read_constant(array, details, is_table):
    """Return a Constant, or None for whole numbers that stand for no others.

    is_table: whether rows are looked up in it. Its scale is that of the rows
    that were seen while it was chosen: the numbers of others may be cut off.
    """
    parameters = details["quantization_parameters"]
    scales, zeros = parameters["scales"], parameters["zero_points"]
    if array.dtype.kind == "f":
        unit = 2.0**-11 if array.dtype == np.float16 else 0
        array = array.astype("float64")
        return Constant(array, np.abs(array) * unit + 2.0**-25 * bool(unit))
    if array.dtype.kind not in "iu" or not len(scales):
        return None
    shape = [1] * array.ndim
    if len(scales) > 1:
        shape[parameters["quantized_dimension"]] = len(scales)
    steps = np.float64(scales).reshape(shape)
    units = UNITS_OF_BIAS if array.dtype.itemsize > 2 else HALF_A_STEP
    whole = array.astype("float64") - np.int64(zeros).reshape(shape)
    far = np.broadcast_to(units * steps, array.shape)
    if is_table:
        limits = np.iinfo(array.dtype)
        far = np.where(np.isin(array, (limits.min, limits.max)), np.inf, far)
    return Constant(whole * steps, far, np.float64(scales))
