"""compare says whether the weights in a .tflite file are the model's: what activations
in whole numbers hide."""

import re
from functools import partial

import keras
import numpy as np
import ports
import pytest
from keras import layers
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from keras_by_hand import compare

pytestmark = pytest.mark.filterwarnings(  # of TensorFlow's interpreter of .tflite
    "ignore:.*(tf.lite.Interpreter is deprecated|preserve_all_tensors)"
)


def mixed(image):
    """A model that has a layer of each kind whose weights are looked at."""
    y = layers.Rescaling(0.5, name="rescaling")(image)
    y = layers.Conv2D(8, 3, use_bias=False, padding="same", name="conv")(y)
    y = layers.BatchNormalization(name="normalization")(y)
    y = layers.ReLU(name="relu")(y)
    y = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(y)
    y = layers.ReLU(name="relu_2")(y)
    y = layers.BatchNormalization(name="apart")(y)
    y = layers.SeparableConv2D(8, 3, activation="relu", name="separable")(y)
    y = layers.Conv2D(8, 3, dilation_rate=2, padding="same", name="dilated")(y)
    y = layers.PReLU(shared_axes=[1, 2], name="slopes")(y)
    y = layers.Conv2DTranspose(8, 2, strides=2, name="transposed")(y)
    y = layers.MaxPooling2D(3, name="pooling")(y)
    y = layers.Reshape((-1, 8), name="reshape")(y)
    y = layers.LayerNormalization(name="centered")(y)
    y = layers.MultiHeadAttention(2, 4, name="attention")(y, y)
    y = layers.Dense(8, activation="relu", name="dense")(y)
    y = layers.Dense(8, name="dense_1")(y)
    y = layers.GlobalAveragePooling1D(name="mean")(y)
    twice = layers.Dense(8, activation="relu", name="twice")
    y = twice(twice(y))
    return keras.Model(image, layers.Dense(3, activation="softmax", name="last")(y))


WEIGHTS = [  # the layers of mixed() that have any
    *("conv", "normalization", "depthwise", "apart", "separable", "dilated"),
    *("slopes", "transposed", "centered", "attention", "dense", "dense_1"),
    *("twice", "last"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the model, what it is given, and an export in int8."""
    folder = tmp_path_factory.mktemp("mixed")
    model, x = ports.image_model(mixed, 12, seed=1)
    model.save(folder / "model.keras")
    np.save(folder / "x.npy", x)
    ports.export(model, x, folder, "int8.tflite")
    return folder


def edit(folder, change):
    """Return the path of a file that change(its model) has changed."""
    model = flatbuffer_utils.read_model(str(folder / "port.int8.tflite"))
    change(model)
    path = folder / "changed.tflite"
    flatbuffer_utils.write_model(model, str(path))
    return path


def find_operators(model, kinds, words):
    """Return (operator, the tensors that it takes) of some kinds that have words in the
    name of what they make."""
    names = {number: name for name, number in vars(schema.BuiltinOperator).items()}
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    (graph,) = model.subgraphs
    return [
        (operator, [graph.tensors[i] for i in operator.inputs if i >= 0])
        for operator in graph.operators
        if names[codes[operator.opcodeIndex]] in kinds
        and re.search(words, graph.tensors[operator.outputs[0]].name.decode())
    ]


def change_tensor(kinds, words, place, by, model):
    found = find_operators(model, kinds, words)
    tensor = found[0][1][place]
    by(model, tensor)


def reverse_scales(model, tensor):
    tensor.quantization.scale = tensor.quantization.scale[::-1].copy()


def double_scale(model, tensor):
    scales = np.array(tensor.quantization.scale, "float32")
    scales[np.argmax(scales)] *= 2
    tensor.quantization.scale = scales


def set_zero(model, tensor):
    buffer = model.buffers[tensor.buffer]
    zero = np.int8(tensor.quantization.zeroPoint[0]) if tensor.type == 9 else 0
    buffer.data = np.full(len(buffer.data), np.uint8(np.int8(zero).view("uint8")))


ZERO, REVERSE, DOUBLE = "all are zero", "scales are in the reverse", "2 times"
PRODUCTS = "CONV_2D", "FULLY_CONNECTED"
DEEP, SUM, PRODUCT = ("DEPTHWISE_CONV_2D",), ("ADD",), ("MUL",)
BY = {ZERO: set_zero, REVERSE: reverse_scales, DOUBLE: double_scale}
CASES = [  # layer, kinds of operators, words in the name, input, what is said
    ("conv", PRODUCTS, "/conv_1/", 1, REVERSE),
    ("conv", PRODUCTS, "/conv_1/", 2, ZERO),
    ("depthwise", DEEP, "/depthwise_1/", 1, DOUBLE),
    ("depthwise", DEEP, "/depthwise_1/", 2, ZERO),
    ("apart", PRODUCT, "/apart_1/", 1, DOUBLE),
    ("apart", SUM, "/apart_1/", 1, ZERO),
    ("separable", DEEP, "/separable_1/", 1, REVERSE),
    ("separable", PRODUCTS, "/separable_1/", 2, ZERO),
    ("dilated", PRODUCTS, "/dilated_1/", 1, DOUBLE),
    ("dilated", SUM, "/dilated_1/", 1, ZERO),
    ("transposed", ("TRANSPOSE_CONV",), "/transposed_1/", 1, REVERSE),
    ("centered", PRODUCT, "/centered_1/", 1, DOUBLE),
    ("centered", SUM, "/centered_1/add_1", 1, ZERO),
    ("attention", PRODUCTS, "/query_1/", 1, REVERSE),
    ("attention", SUM, "/value_1/", 1, ZERO),
    ("attention", PRODUCTS, "/attention_output_1/", 1, DOUBLE),
    ("dense", PRODUCTS, "/dense_1/", 1, REVERSE),
    ("dense_1", PRODUCTS, r"/dense_1_\d/", 1, DOUBLE),
    ("twice", PRODUCTS, "/twice_1/", 1, DOUBLE),
    ("last", PRODUCTS, "/last_1/", 1, REVERSE),
    ("last", PRODUCTS, "/last_1/", 2, ZERO),
]


@pytest.mark.parametrize(("layer", "kinds", "words", "place", "said"), CASES)
def test_other_weights_are_told_with_their_layer(
    folder, layer, kinds, words, place, said
):
    change = partial(change_tensor, kinds, words, place, BY[said])
    path = edit(folder, change)
    found = compare(folder / "model.keras", path, np.load(folder / "x.npy"))
    assert list(found.weights.differ) == [layer]
    assert layer in found.faulty
    assert said in found.causes[layer][0].text


def exchange(words, others, model):
    """Let two operators have each other's weights."""
    pair = [find_operators(model, PRODUCTS, name)[0][0] for name in (words, others)]
    first, second = (operator.inputs for operator in pair)
    first[1], second[1] = second[1], first[1]


def test_the_weights_of_another_layer_are_told(folder):
    path = edit(folder, partial(exchange, "/dense_1/", r"/dense_1_\d/"))
    found = compare(folder / "model.keras", path, np.load(folder / "x.npy"))
    assert found.weights.differ.keys() == {"dense", "dense_1"}


@pytest.mark.parametrize(
    "kind", ["tflite", "float16.tflite", "dynamic.tflite", "int8.tflite"]
)
def test_right_weights_are_counted_in_files_of_all_kinds(folder, tmp_path, kind):
    model, x = ports.image_model(mixed, 12, seed=1)
    path = folder / "port.int8.tflite"
    if kind != "int8.tflite":
        path = ports.export(model, x, tmp_path, kind)
    found = compare(folder / "model.keras", path, x)
    assert (list(found.weights.same), found.weights.differ) == (WEIGHTS, {})
    count = len(WEIGHTS)
    said = f"weights in the file: {count} of {count} layers have the model's"
    assert said in found.summary()
