"""Models after quantize(), run from their files as Keras runs them."""

import gc
import weakref

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers
from keras.quantizers import (
    AbsMaxQuantizer,
    Float8QuantizationConfig,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
)
from test_configs import rewritten

import keras_by_hand as by_hand

CONFIGS = {
    "float8": Float8QuantizationConfig(),
    "int8": Int8QuantizationConfig(),
    "int8, weights only": Int8QuantizationConfig(activation_quantizer=None),
    "int4": Int4QuantizationConfig(),
    "int4, blocks of 4": Int4QuantizationConfig(block_size=4),
    "int4, no blocks": Int4QuantizationConfig(block_size=-1),
    "int4, no blocks, inputs": Int4QuantizationConfig(
        block_size=None, activation_quantizer=AbsMaxQuantizer()
    ),
    "int8, other inputs": Int8QuantizationConfig(
        activation_quantizer=AbsMaxQuantizer(epsilon=0.1)
    ),
}
NAMES = [name for name in CONFIGS if name not in ("float8", "int8, other inputs")]
IN_INT8 = [name for name in NAMES if name.startswith("int8")]
ONE_BYTE = [name for name in NAMES if "inputs" not in name]


def dense(**config):
    return keras.Sequential([keras.Input((4, 6)), layers.Dense(5, **config)])


def dense_without_bias():
    return dense(use_bias=False, activation="tanh")


def a_mask_through_dense():
    words = layers.Embedding(9, 5, mask_zero=True)
    model = [keras.Input((4,), dtype="int32"), words, layers.Dense(6), layers.GRU(2)]
    return keras.Sequential(model)


def reversible(**config):
    x, h = keras.Input((4,), dtype="int32"), keras.Input((4, 7))
    tied = layers.ReversibleEmbedding(9, 7, **config)
    return keras.Model([x, h], [tied(x), tied(h, reverse=True)])


def reversible_with_cap():
    return reversible(logit_soft_cap=0.5, reverse_dtype="float16")


def reversible_untied():
    return reversible(tie_weights=False)


def einsum(equation, shape, output_shape, bias_axes=None):
    layer = layers.EinsumDense(equation, output_shape, bias_axes=bias_axes)
    return keras.Sequential([keras.Input(shape), layer])


def heads():
    return einsum("abc,cde->abde", (4, 6), (None, 2, 3), "de")


def heads_joined():
    return einsum("abde,dec->abc", (4, 2, 3), (None, 5))


def steps():
    inner = layers.TimeDistributed(layers.Dense(5))
    return keras.Sequential([keras.Input((4, 6)), inner])


def steps_of_a_model():
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(5)])
    return keras.Sequential([keras.Input((4, 6)), layers.TimeDistributed(inner)])


def letters_in_another_order():
    return einsum("abc,cd->adb", (4, 6), (5, 4), "d")


MODELS = [
    *[(make, name) for make in (dense, dense_without_bias) for name in NAMES],
    *[(steps_of_a_model, name) for name in NAMES],
    *[(a_mask_through_dense, name) for name in ONE_BYTE],
    *[(reversible, name) for name in ONE_BYTE],
    *[(reversible_with_cap, name) for name in ONE_BYTE],
    *[(reversible_untied, name) for name in IN_INT8],
    *[
        (make, name)
        for make in (heads, heads_joined, letters_in_another_order)
        for name in IN_INT8
    ],
]


def draw_inputs(model, rng):
    drawn = [
        rng.integers(0, 9, (3, *x.shape[1:])).astype("int32")
        if x.dtype == "int32"
        else rng.normal(size=(3, *x.shape[1:])).astype("float32")
        for x in model.inputs
    ]
    return drawn if len(drawn) > 1 else drawn[0]


def quantized(make, name):
    """Return a quantized model, and inputs."""
    rng = np.random.default_rng(313)
    keras.utils.set_random_seed(313)
    model = make()
    draw_weights(model, rng)
    with pytest.warns(match="does not have a `quantize` method"):  # InputLayer, GRU
        model.quantize(config=CONFIGS[name])
    return model, draw_inputs(model, rng)


@pytest.mark.drawn
@pytest.mark.parametrize(
    "make, name", MODELS, ids=[f"{make.__name__}, {name}" for make, name in MODELS]
)
def test_a_quantized_model_predicts_as_keras_does(make, name, tmp_path):
    model, x = quantized(make, name)
    model.save(tmp_path / "model.keras")
    expected = keras.tree.flatten(model.predict_on_batch(x))
    for dtype in ("float32", "float64"):
        read = by_hand.load_model(tmp_path / "model.keras", dtype=dtype)
        outputs = keras.tree.flatten(read.predict(x))
        for y, of_keras in zip(outputs, expected, strict=True):
            assert y.dtype == dtype
            np.testing.assert_allclose(y, of_keras, rtol=1e-5, atol=1e-5)


REFUSED = {
    (heads_joined, "int4"): "int4 of an EinsumDense is not known here",
    (reversible_untied, "int4"): "int4 with tie_weights=False is not known here",
    (reversible, "int4, no blocks, inputs"): "int4 with rounded inputs is not known",
    (dense, "float8"): "quantized to float8: not known here; save it before quantize",
    **dict.fromkeys(
        [(steps, "int8"), (steps, "int4")],
        "a quantized layer in it is not known here; save the model before quantize",
    ),
    (dense, "int8, other inputs"): "its activation_quantizer is not known here",
}


@pytest.mark.parametrize(
    "make, name", REFUSED, ids=[f"{make.__name__}, {name}" for make, name in REFUSED]
)
def test_what_is_not_known_of_quantizing_is_refused(make, name, tmp_path):
    model, _ = quantized(make, name)
    model.save(tmp_path / "model.keras")
    with pytest.raises(by_hand.CannotRun, match=REFUSED[make, name]):
        by_hand.load_model(tmp_path / "model.keras")


@pytest.mark.drawn
@pytest.mark.parametrize("name", ["int8", "int4", "int4, no blocks"])
@pytest.mark.parametrize(
    "make, key, value",
    [
        (dense, "units", 6),
        (dense, "colour", "red"),
        (dense, "use_bias", False),
        (reversible, "input_dim", 8),
        (reversible, "output_dim", 9),
    ],
)
def test_a_quantized_layer_is_as_its_config_tells(make, key, value, name, tmp_path):
    model, x = quantized(make, name)
    model.save(tmp_path / "model.keras")

    def change(config):
        config["layers"][-1]["config"][key] = value

    changed = rewritten(tmp_path / "model.keras", tmp_path / "copy.keras", change)
    with pytest.raises(by_hand.CannotRun, match=f"{key}|weights"):
        by_hand.load_model(changed)


def test_what_is_no_longer_used_is_freed(tmp_path):
    model, x = quantized(dense_without_bias, "int8")
    model.save(tmp_path / "model.keras")
    loaded = by_hand.load_model(tmp_path / "model.keras")
    loaded.predict(x)
    layer = weakref.ref(loaded.layers[-1])
    del loaded
    gc.collect()
    assert layer() is None
