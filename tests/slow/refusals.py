"""What Dense makes of odd inputs, on TensorFlow: the long list behind the pages on
refusals. A phrase that Keras changes, or a mistake that it begins to refuse, shows here.
"""

import keras
import numpy as np
import pytest
from keras.layers import Dense
from numpy import ones

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras warns of some odd inputs, too


def built(features=3, units=2, **options):
    layer = Dense(units, **options)
    layer.build((None, features))
    return layer


def model(features=3, units=2):
    inputs = keras.Input((features,))
    return keras.Model(inputs, Dense(units)(inputs))


def quantized(mode):
    layer = built()
    layer.quantize(mode)
    return layer


def built_subclass():
    layer = type("Subclass", (Dense,), {})(2)
    layer.build((None, 3))
    return layer


def built_from(shape):
    layer = Dense(2)
    layer.build(shape)
    return layer


SIZE = r"expected a positive integer. Received: units="
UNKNOWN = r"Could not interpret "
LAST_AXIS = r"expected axis -1 of input shape to have value 3, but received"
TOO_FLAT = r"expected min_ndim=2, found ndim="
POSITIONAL = r"Only input tensors may be passed as positional arguments"
NO_NONE = r"must be fully-defined \(no `None` dimensions\)"
NO_SHAPE = r"Cannot convert '.*' to a shape"

# What is called, the type of the exception, and a stable phrase of its message.
CONSTRUCTOR = {
    "units 0": (lambda: Dense(0), ValueError, SIZE + "0"),
    "units -3": (lambda: Dense(-3), ValueError, SIZE + "-3"),
    "units 2.5": (lambda: Dense(2.5), ValueError, SIZE + "2.5"),
    "units None": (lambda: Dense(None), ValueError, SIZE + "None"),
    "units as a string": (lambda: Dense("64"), ValueError, SIZE + "64"),
    "units of NumPy": (lambda: Dense(np.int64(5)), ValueError, SIZE + "5"),
    "units in a list": (lambda: Dense([3]), ValueError, SIZE + r"\[3\]"),
    "units missing": (lambda: Dense(), TypeError, "missing 1 required positional"),
    "unknown keyword": (
        lambda: Dense(2, foo=1),
        ValueError,
        r"Unrecognized keyword arguments passed to Dense: \{'foo': 1\}",
    ),
    "weights, as in Keras 2": (
        lambda: Dense(2, weights=[ones((3, 2))]),
        ValueError,
        r"Unrecognized keyword arguments passed to Dense: \{'weights'",
    ),
    "unknown activation": (
        lambda: Dense(2, activation="nope"),
        ValueError,
        UNKNOWN + "activation function identifier: nope",
    ),
    "activation is a number": (
        lambda: Dense(2, activation=3),
        ValueError,
        UNKNOWN + "activation function identifier: 3",
    ),
    "unknown initializer": (
        lambda: Dense(2, kernel_initializer="nope"),
        ValueError,
        UNKNOWN + "initializer identifier: nope",
    ),
    "unknown regularizer": (
        lambda: Dense(2, kernel_regularizer="l1_l2"),
        ValueError,
        UNKNOWN + "regularizer identifier: l1_l2",
    ),
    "unknown constraint": (
        lambda: Dense(2, kernel_constraint="nope"),
        ValueError,
        UNKNOWN + "constraint identifier: nope",
    ),
    "unknown dtype": (
        lambda: Dense(2, dtype="float33"),
        ValueError,
        "Cannot convert 'float33' to a mixed precision DTypePolicy",
    ),
    "trainable is a string": (
        lambda: Dense(2, trainable="yes"),
        ValueError,
        "Expected `trainable` to be a boolean. Received: trainable=yes",
    ),
    "name with a slash": (
        lambda: Dense(2, name="a/b"),
        ValueError,
        "cannot contain character `/`. Received: name=a/b",
    ),
    "name is a number": (
        lambda: Dense(2, name=3),
        ValueError,
        "Argument `name` must be a string",
    ),
    "config without units": (
        lambda: Dense.from_config({}),
        TypeError,
        "missing 1 required positional argument: 'units'",
    ),
}
CALL = {
    "another number of features": (
        lambda: built()(ones((4, 5))),
        ValueError,
        LAST_AXIS + r" input with shape \(4, 5\)",
    ),
    "one axis": (lambda: Dense(2)(ones(3)), ValueError, TOO_FLAT + "1"),
    "no axis": (lambda: Dense(2)(np.array(1.0)), ValueError, TOO_FLAT + "0"),
    "one axis, built": (lambda: built()(ones(3)), ValueError, TOO_FLAT + "1"),
    "a list of lists": (lambda: Dense(2)([[1.0, 2.0]]), ValueError, POSITIONAL),
    "a string": (lambda: Dense(2)("x"), ValueError, POSITIONAL),
    "None": (lambda: Dense(2)(None), ValueError, "Inputs to a layer should be tensors"),
    "two arrays": (
        lambda: Dense(2)([ones((1, 3)), ones((1, 3))]),
        ValueError,
        r"expects 1 input\(s\), but it received 2 input tensors",
    ),
    "nothing": (lambda: Dense(2)(), TypeError, "missing a required argument: 'inputs'"),
    "a layer": (lambda: Dense(2)(Dense(3)), ValueError, POSITIONAL),
    "an array of strings": (
        lambda: built()(np.array([["a", "b", "c"]])),
        ValueError,
        "dtype='string' is not a valid dtype for Keras type promotion",
    ),
    "an array of objects": (
        lambda: built()(np.array([[1, 2, 3]], dtype=object)),
        ValueError,
        "Failed to convert a NumPy array to a Tensor",
    ),
    "symbolic, features unknown": (
        lambda: Dense(2)(keras.Input((None,))),
        ValueError,
        NO_NONE,
    ),
    "symbolic, another number of features": (
        lambda: built()(keras.Input((5,))),
        ValueError,
        LAST_AXIS + r" input with shape \(None, 5\)",
    ),
    "symbolic, a number a sample": (
        lambda: Dense(2)(keras.Input(())),
        ValueError,
        TOO_FLAT + "1",
    ),
    "an input that is no shape": (lambda: keras.Input(3), ValueError, NO_SHAPE),
    "predict, another number of features": (
        lambda: model().predict(ones((4, 5)), verbose=0),
        ValueError,
        r"expected shape=\(None, 3\), found shape=\(4, 5\)",
    ),
    "predict, one axis": (
        lambda: model().predict(ones(3), verbose=0),
        ValueError,
        r"Expected shape \(None, 3\), but input has incompatible shape \(3,\)",
    ),
    "predict, three axes": (
        lambda: model().predict(ones((4, 2, 3)), verbose=0),
        ValueError,
        r"expected shape=\(None, 3\), found shape=\(4, 2, 3\)",
    ),
    "predict, a list of lists": (
        lambda: model().predict([[1.0, 2.0, 3.0]], verbose=0),
        ValueError,
        "Unrecognized data type",
    ),
    "predict, no sample": (
        lambda: model().predict(ones((0, 3)), verbose=0),
        UnboundLocalError,
        "batch_outputs",
    ),
    "model, another number of features": (
        lambda: model()(ones((4, 5))),
        ValueError,
        r"expected shape=\(None, 3\), found shape=\(4, 5\)",
    ),
}
BUILD_AND_WEIGHTS = {
    "build, features unknown": (
        lambda: Dense(2).build((None, None)),
        ValueError,
        NO_NONE,
    ),
    "build, no axis": (lambda: Dense(2).build(()), IndexError, "out of range"),
    "output shape of no axis": (
        lambda: Dense(2).compute_output_shape(()),
        IndexError,
        "out of range",
    ),
    "set_weights, not built": (
        lambda: Dense(2).set_weights([ones((3, 2)), ones(2)]),
        ValueError,
        "weight list of length 2, but the layer was expecting 0 weights",
    ),
    "kernel, not built": (
        lambda: Dense(2).kernel,
        AttributeError,
        "You must build the layer before accessing `kernel`",
    ),
    "bias, not built": (lambda: Dense(2).bias, AttributeError, "no attribute 'bias'"),
    "set_weights, too few": (
        lambda: built().set_weights([ones((3, 2))]),
        ValueError,
        "weight list of length 1, but the layer was expecting 2 weights",
    ),
    "set_weights, too many": (
        lambda: built(use_bias=False).set_weights([ones((3, 2)), ones(2)]),
        ValueError,
        "weight list of length 2, but the layer was expecting 1 weights",
    ),
    "set_weights, kernel transposed": (
        lambda: built().set_weights([ones((2, 3)), ones(2)]),
        ValueError,
        r"shape \(3, 2\) is not compatible with provided weight shape \(2, 3\)",
    ),
    "set_weights, bias too long": (
        lambda: built().set_weights([ones((3, 2)), ones(3)]),
        ValueError,
        r"shape \(2,\) is not compatible with provided weight shape \(3,\)",
    ),
    "set_weights, lists": (
        lambda: built().set_weights([[[1, 1]] * 3, [1, 1]]),
        AttributeError,
        "'list' object has no attribute 'shape'",
    ),
    "set_weights, numbers": (
        lambda: built().set_weights([1.0, 0.0]),
        AttributeError,
        "'float' object has no attribute 'shape'",
    ),
    "assign, another shape": (
        lambda: built().kernel.assign(ones((2, 3))),
        ValueError,
        r"variable.shape=\(3, 2\), Received: value.shape=\(2, 3\)",
    ),
    "kernel is set": (
        lambda: setattr(built(), "kernel", ones((3, 2))),
        AttributeError,
        "property 'kernel' of 'Dense' object has no setter",
    ),
    "input_shape, as in Keras 2": (
        lambda: built().input_shape,
        AttributeError,
        "no attribute 'input_shape'",
    ),
    "a layer of no such name": (
        lambda: model().get_layer("nope"),
        ValueError,
        "No such layer: nope",
    ),
}
ADAPTERS_AND_QUANTIZATION = {
    "LoRA, not built": (
        lambda: Dense(2).enable_lora(1),
        ValueError,
        "Cannot enable lora on a layer that isn't yet built",
    ),
    "LoRA with a constraint": (
        lambda: built(kernel_constraint="non_neg").enable_lora(1),
        ValueError,
        "Lora is incompatible with kernel constraints",
    ),
    "LoRA of rank -1": (lambda: built().enable_lora(-1), ValueError, NO_SHAPE),
    "LoRA of rank 2.5": (lambda: built().enable_lora(2.5), ValueError, NO_SHAPE),
    "quantize, not built": (
        lambda: Dense(2).quantize("int8"),
        ValueError,
        "Cannot quantize a layer that isn't yet built",
    ),
    "quantize, unknown mode": (
        lambda: built().quantize("int7"),
        ValueError,
        "Invalid quantization mode. Expected one of .*int8.* Received: mode=int7",
    ),
    "quantize, no mode": (
        lambda: built().quantize(None),
        ValueError,
        "must provide either `mode` or `config`",
    ),
    "quantize twice": (
        lambda: quantized("int8").quantize("int8"),
        ValueError,
        "is already quantized with dtype_policy='int8_from_float32'",
    ),
    "gptq without a config": (
        lambda: built().quantize("gptq"),
        ValueError,
        "must pass a `GPTQConfig` object",
    ),
    "awq without a config": (
        lambda: built().quantize("awq"),
        ValueError,
        "must pass an `AWQConfig` object",
    ),
    "quantize a subclass": (
        lambda: built_subclass().quantize("int8"),
        NotImplementedError,
        "does not have a `quantize` method implemented",
    ),
    "blocks of no feature": (
        lambda: keras.quantizers.Int4QuantizationConfig(block_size=0),
        ValueError,
        "block_size must be None, -1, or a positive integer",
    ),
}
REFUSED = CONSTRUCTOR | CALL | BUILD_AND_WEIGHTS | ADAPTERS_AND_QUANTIZATION


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    call, kind, phrase = REFUSED[case]
    with pytest.raises(kind, match=phrase) as caught:
        call()
    assert caught.type is kind


def test_lora_is_enabled_once():
    layer = built()
    layer.enable_lora(1)
    with pytest.raises(ValueError, match="lora is already enabled"):
        layer.enable_lora(1)


FILES = {
    "weights of more features": (
        lambda folder: model(4).load_weights(folder / "saved.weights.h5"),
        r"variable.shape=\(4, 2\), Received: value.shape=\(3, 2\)",
    ),
    "weights with another ending": (
        lambda folder: model().save_weights(folder / "a.h5"),
        r"must end in `\.weights\.h5`",
    ),
    "a model with another ending": (
        lambda folder: model().save(folder / "a.foo"),
        r"Please add either a `\.keras` extension",
    ),
    "no such file": (
        lambda folder: keras.saving.load_model(folder / "nope.keras"),
        "File not found",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_file_is_refused(case, tmp_path):
    call, phrase = FILES[case]
    model().save_weights(tmp_path / "saved.weights.h5")
    with pytest.raises(ValueError, match=phrase):
        call(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["saved.weights.h5"]


# What is called although it looks wrong, and what comes out.
ACCEPTED = {
    "units True": (lambda: Dense(True)(ones((1, 3))).shape, (1, 1)),
    "units of a bool are kept": (lambda: Dense(True).units, True),
    "input_shape, as in Keras 2": (lambda: Dense(2, input_shape=(3,)).units, 2),
    "input_dim, as in Keras 2": (lambda: Dense(2, input_dim=3).units, 2),
    "a regularizer by name": (
        lambda: type(Dense(2, kernel_regularizer="l1l2").kernel_regularizer),
        keras.regularizers.L1L2,
    ),
    "any function as a constraint": (
        lambda: Dense(2, kernel_constraint=abs).kernel_constraint,
        abs,
    ),
    "complex numbers": (
        lambda: keras.backend.standardize_dtype(
            built()(ones((1, 3), "complex64")).dtype
        ),
        "complex64",
    ),
    "booleans": (lambda: built()(ones((1, 3), bool)).dtype, "float32"),
    "integers": (lambda: built()(ones((1, 3), int)).dtype, "float32"),
    "float64": (lambda: built()(ones((1, 3))).dtype, "float32"),
    "build, one axis": (
        lambda: [tuple(w.shape) for w in built_from((3,)).weights],
        [(3, 2), (2,)],
    ),
    "get_weights, not built": (lambda: Dense(2).get_weights(), []),
    "LoRA of rank 0": (lambda: built().enable_lora(0), None),
    "LoRA of rank 0, when made": (lambda: Dense(2, lora_rank=0).lora_enabled, False),
    "not a number": (
        lambda: bool(np.isnan(built()(np.full((1, 3), np.nan))).all()),
        True,
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case):
    call, result = ACCEPTED[case]
    assert call() == result
