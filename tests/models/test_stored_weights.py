"""compare says whether the weights in a .tflite file are the model's: what activations
in whole numbers hide."""

import re

import keras
import numpy as np
import ports
import pytest
from keras import layers
from tensorflow.lite.tools import flatbuffer_utils
from weights_of_tflite import (
    BIAS,
    WEIGHT,
    change,
    double_scale,
    list_weights,
    read,
    reverse_scales,
    set_zero,
)

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


ZERO, REVERSE, DOUBLE = "all are zero", "scales are in the reverse", "2 times"
BY = {ZERO: set_zero, REVERSE: reverse_scales, DOUBLE: double_scale}
CASES = [  # layer, operator, what is in its name, input, what is said
    ("conv", "CONV_2D", "conv", WEIGHT, REVERSE),
    ("conv", "CONV_2D", "conv", BIAS, ZERO),
    ("depthwise", "DEPTHWISE_CONV_2D", "depthwise", WEIGHT, DOUBLE),
    ("depthwise", "DEPTHWISE_CONV_2D", "depthwise", BIAS, ZERO),
    ("apart", "MUL", "apart", WEIGHT, DOUBLE),
    ("apart", "ADD", "apart", WEIGHT, ZERO),
    ("separable", "DEPTHWISE_CONV_2D", "separable", WEIGHT, REVERSE),
    ("separable", "CONV_2D", "separable", BIAS, ZERO),
    ("dilated", "CONV_2D", "dilated", WEIGHT, DOUBLE),
    ("dilated", "ADD", "dilated", WEIGHT, ZERO),
    ("transposed", "TRANSPOSE_CONV", "transposed", WEIGHT, REVERSE),
    ("centered", "MUL", "centered", WEIGHT, DOUBLE),
    ("centered", "ADD", "centered_1/add_1", WEIGHT, ZERO),
    ("attention", "FULLY_CONNECTED", "query", WEIGHT, REVERSE),
    ("attention", "ADD", "value", WEIGHT, ZERO),
    ("attention", "FULLY_CONNECTED", "attention_output", WEIGHT, DOUBLE),
    ("attention", "MUL", "attention", WEIGHT, DOUBLE),
    ("dense", "FULLY_CONNECTED", "dense_1", WEIGHT, REVERSE),
    ("dense_1", "FULLY_CONNECTED", r"dense_1_\d", WEIGHT, DOUBLE),
    ("twice", "FULLY_CONNECTED", "twice", WEIGHT, DOUBLE),
    ("last", "FULLY_CONNECTED", "last", WEIGHT, REVERSE),
    ("last", "FULLY_CONNECTED", "last", BIAS, ZERO),
]


def find(folder, operator, words, place):
    """Return the tensor of weights that an operator takes, by words in the name of what
    it makes."""
    model = read(folder / "port.int8.tflite")
    for weight in list_weights(model):
        is_named = re.search(f"/{words}(_1)?(/|$)", weight.made)
        if (weight.operator, weight.place) == (operator, place) and is_named:
            return weight.tensor
    raise AssertionError(words)


@pytest.mark.drawn
@pytest.mark.parametrize(("layer", "operator", "words", "place", "said"), CASES)
def test_other_weights_are_told_with_their_layer(
    folder, tmp_path, layer, operator, words, place, said
):
    index = find(folder, operator, words, place)
    source = folder / "port.int8.tflite"
    path = change(source, index, BY[said], tmp_path / "changed.tflite")
    found = compare(folder / "model.keras", path, np.load(folder / "x.npy"))
    assert list(found.weights.differ) == [layer]
    assert layer in found.faulty
    assert said in found.causes[layer][0].text


def test_the_weights_of_another_layer_are_told(folder, tmp_path):
    model = read(folder / "port.int8.tflite")
    tensors = model.subgraphs[0].tensors
    names = "dense_1", r"dense_1_\d"
    pair = [tensors[find(folder, "FULLY_CONNECTED", name, WEIGHT)] for name in names]
    first, second = (vars(tensor).copy() for tensor in pair)
    vars(pair[0]).update(second)
    vars(pair[1]).update(first)
    path = tmp_path / "changed.tflite"
    flatbuffer_utils.write_model(model, str(path))
    found = compare(folder / "model.keras", path, np.load(folder / "x.npy"))
    assert found.weights.differ.keys() == {"dense", "dense_1"}
    for layer, other in (("dense", "dense_1"), ("dense_1", "dense")):
        assert f"they are those of {other}" in found.causes[layer][0].text


@pytest.mark.drawn
@pytest.mark.parametrize("kind", ["float16.tflite", "dynamic.tflite", "int8.tflite"])
def test_right_weights_are_counted_in_files_of_each_kind(folder, tmp_path, kind):
    model, x = ports.image_model(mixed, 12, seed=1)
    path = folder / "port.int8.tflite"
    if kind != "int8.tflite":
        path = ports.export(model, x, tmp_path, kind)
    found = compare(folder / "model.keras", path, x)
    assert (list(found.weights.same), found.weights.differ) == (WEIGHTS, {})
    count = len(WEIGHTS)
    said = f"weights in the file: {count} of {count} layers have the model's"
    assert said in found.summary()


def test_what_hard_sigmoid_adds_and_divides_by_may_be_folded(tmp_path):
    """TensorFlow computes relu6(x + 3) / 6; its converter adds 3 to a bias, and divides
    the next kernel."""
    x = keras.Input((6,))
    y = layers.Dense(4, activation="hard_sigmoid", name="own")(x)
    y = layers.Dense(3, name="bare")(y)
    model = keras.Model(x, layers.Activation("hard_sigmoid", name="apart")(y))
    found = compare_export(model, tmp_path, "tflite")
    assert found.weights == (("own", "bare"), {}, ())


@pytest.mark.parametrize("gamma", [2, [0.5, 3, 1, 4]])
def test_what_may_be_wrong_in_a_folded_layer_is_told_of_both(tmp_path, gamma):
    model, changed = folded(), folded()
    variable = changed.get_layer("normalization").gamma
    variable.assign(variable * np.array(gamma, "float32"))
    found = compare_export(model, tmp_path, "tflite", changed)
    assert list(found.weights.differ) == found.faulty == ["conv+normalization"]
    (said,) = found.weights.lines()
    assert said == ("weights in the file: 1 of 3 layers have the model's, 2 other ones")


def folded():
    x = keras.Input((5, 5, 3))
    y = layers.Conv2D(4, 2, name="conv")(x)
    y = layers.BatchNormalization(name="normalization")(y)
    y = layers.Flatten()(layers.ReLU()(y))
    model = keras.Model(x, layers.Dense(2, name="dense")(y))
    ports.draw_weights(model, np.random.default_rng(313))
    return model


def compare_export(model, folder, kind, port=None):
    """Compare a model with a file of itself, or of a port."""
    model.save(folder / "model.keras")
    shape = 3, *model.inputs[0].shape[1:]
    x = np.random.default_rng(313).normal(size=shape).astype("float32")
    path = ports.export(port or model, x, folder, kind)
    return compare(folder / "model.keras", path, x)


def dense(dtype=None):
    x = keras.Input((6,))
    layer = layers.Dense(4, name="dense", dtype=dtype, kernel_initializer="ones")
    return keras.Model(x, layer(x))


def with_channels_first():
    x = keras.Input((4, 3, 3))
    y = layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    return keras.Model(x, layers.Dense(4)(y))


def quantized_by_keras():
    model = dense()
    model.get_layer("dense").quantize("int8")
    return model


@pytest.mark.parametrize(
    ("build", "build_port"),
    [(with_channels_first, with_channels_first), (quantized_by_keras, dense)],
)
def test_nothing_is_said_of_models_that_compute_otherwise(tmp_path, build, build_port):
    found = compare_export(build(), tmp_path, "tflite", build_port())
    assert found.port.weights  # else nothing could be said
    assert found.weights == ((), {}, ())


def test_models_in_16_bits_have_weights_in_32(tmp_path):
    found = compare_export(dense("mixed_float16"), tmp_path, "tflite", dense())
    assert found.weights == (("dense",), {}, ())
