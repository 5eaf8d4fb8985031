"""The weights in a .tflite file, and other ones in their place."""

from typing import NamedTuple

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items()}
WEIGHT, BIAS = 1, 2  # inputs of an operator
PRODUCTS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
SUMS = {"ADD", "MUL", "SUB"}
WHOLE = schema.TensorType.INT8, schema.TensorType.INT32


class Weight(NamedTuple):
    """A tensor of weights: the operator that takes it, and what that makes."""

    operator: str
    made: str
    place: int
    tensor: int


def list_weights(model):
    """Return all Weights of a file in int8."""
    (graph,) = model.subgraphs
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    found = []
    for operator in graph.operators:
        name = NAMES[codes[operator.opcodeIndex]]
        made = graph.tensors[operator.outputs[0]].name.decode()
        for place, index in enumerate(operator.inputs):
            tensor = graph.tensors[index]
            is_weight = name in PRODUCTS and place > 0 or name in SUMS
            if (
                index >= 0
                and is_weight
                and tensor.type in WHOLE
                and tensor.quantization.scale is not None
                and model.buffers[tensor.buffer].data is not None
            ):
                found.append(Weight(name, made, place, index))
    return found


def reverse_scales(tensor, buffer):
    tensor.quantization.scale = tensor.quantization.scale[::-1].copy()


def double_scale(tensor, buffer):
    scales = np.array(tensor.quantization.scale, "float32")
    scales[np.argmax(scales)] *= 2
    tensor.quantization.scale = scales


def set_zero(tensor, buffer):
    """In int8, zero is the zero point; int32 has none."""
    is_long = tensor.type == schema.TensorType.INT32
    zero = 0 if is_long else tensor.quantization.zeroPoint[0]
    buffer.data = np.full(len(buffer.data), zero, "int8").view("uint8")


def read(path):
    return flatbuffer_utils.read_model(str(path))


def change(path, index, by, to):
    """Write a file in which a tensor of weights is changed."""
    model = read(path)
    tensor = model.subgraphs[0].tensors[index]
    by(tensor, model.buffers[tensor.buffer])
    flatbuffer_utils.write_model(model, str(to))
    return to
