"""Preprocessing of numbers and categories in many drawn cases, and the layers that leave
images alone when they predict."""

import keras
import numpy as np
import pytest
from driving import assert_equal, by_hand, drawn, numbers, random_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

MODES = st.sampled_from(["one_hot", "multi_hot", "count"])


def assert_same(of_keras, expected):
    of_keras = keras.ops.convert_to_numpy(of_keras)
    np.testing.assert_array_equal(of_keras, expected, strict=False)
    np.testing.assert_equal(of_keras.shape, np.shape(expected))


@given(
    x=drawn(),
    scale=numbers(-4, 4),
    offset=numbers(-4, 4),
    per_channel=st.booleans(),
)
def test_rescaling(x, scale, offset, per_channel):
    if per_channel:
        scale = [scale * (channel + 1) for channel in range(x.shape[-1])]
    layer = layers.Rescaling(scale, offset, dtype="float64")
    assert_equal(layer(x), by_hand.rescaling(x, scale=scale, offset=offset))


@given(data=st.data(), invert=st.booleans(), adapted=st.booleans())
def test_normalization(data, invert, adapted):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    axes = st.lists(st.integers(1, len(shape) - 1), unique=True, max_size=2)
    axis = data.draw(st.none() | st.integers(1 - len(shape), -1) | axes)
    options = {"axis": axis, "invert": invert}
    (x,) = random_numbers(data, shape)
    kept = [] if axis is None else sorted(np.atleast_1d(axis).astype(int) % len(shape))
    mean, variance = random_numbers(data, *[[shape[a] for a in kept]] * 2)
    variance = np.square(variance).astype("float32").astype("float64")
    if adapted:
        layer = layers.Normalization(**options, dtype="float64")
        layer.build(shape)
        layer.set_weights([mean, variance, np.array(0)])
        layer.finalize_state()
        expected = by_hand.normalization(x, mean, variance, 0, **options)
    else:
        options |= {"mean": mean.tolist(), "variance": variance.tolist()}
        layer = layers.Normalization(**options, dtype="float64")
        expected = by_hand.normalization(x, **options)
    assert_equal(layer(x), expected)


# TensorFlow takes numbers below 1e-38 for zero.
NORMAL = st.integers(-8, 8) | st.floats(-8, 8, width=32, allow_subnormal=False)
BOUNDARIES = st.lists(NORMAL, min_size=1, max_size=6, unique=True)


@given(x=drawn(elements=NORMAL), boundaries=BOUNDARIES, mode=MODES)
def test_discretization(x, boundaries, mode):
    boundaries = sorted(boundaries)
    x.flat[0] = boundaries[0]
    bins = by_hand.discretization(x, bin_boundaries=boundaries)
    assert_same(layers.Discretization(boundaries)(x), bins)
    options = {"bin_boundaries": boundaries, "output_mode": mode}
    layer = layers.Discretization(**options)
    assert_same(layer(x), by_hand.discretization(x, **options))


@given(data=st.data(), mode=MODES, weighted=st.booleans())
def test_category_encoding(data, mode, weighted):
    shape = data.draw(st.lists(st.integers(1, 4), max_size=3))
    num_tokens = data.draw(st.integers(1, 6))
    tokens = st.integers(0, num_tokens - 1)
    x = data.draw(drawn(tuple(shape), tokens, "int32"))
    options = {"num_tokens": num_tokens, "output_mode": mode}
    given_weights = []
    if weighted and mode == "count" and shape:
        given_weights = [np.arange(x.size, dtype="float32").reshape(x.shape)]
    layer = layers.CategoryEncoding(**options)
    y = layer(x, **({"count_weights": given_weights[0]} if given_weights else {}))
    assert_same(y, by_hand.category_encoding(x, *given_weights, **options))


@pytest.mark.parametrize(
    "layer, function",
    [
        (layers.AugMix(), by_hand.aug_mix),
        (layers.CutMix(), by_hand.cut_mix),
        (layers.MixUp(), by_hand.mix_up),
        (layers.RandAugment(), by_hand.rand_augment),
        (layers.RandomBrightness(1), by_hand.random_brightness),
        (layers.RandomColorDegeneration(1), by_hand.random_color_degeneration),
        (layers.RandomColorJitter(), by_hand.random_color_jitter),
        (layers.RandomContrast(1), by_hand.random_contrast),
        (layers.RandomElasticTransform(), by_hand.random_elastic_transform),
        (layers.RandomErasing(), by_hand.random_erasing),
        (layers.RandomFlip(), by_hand.random_flip),
        (layers.RandomGaussianBlur(), by_hand.random_gaussian_blur),
        (layers.RandomGrayscale(), by_hand.random_grayscale),
        (layers.RandomHue(1), by_hand.random_hue),
        (layers.RandomInvert(), by_hand.random_invert),
        (layers.RandomPerspective(), by_hand.random_perspective),
        (layers.RandomPosterization(4), by_hand.random_posterization),
        (layers.RandomRotation(1), by_hand.random_rotation),
        (layers.RandomSaturation(1), by_hand.random_saturation),
        (layers.RandomSharpness(1), by_hand.random_sharpness),
        (layers.RandomShear(1, 1), by_hand.random_shear),
        (layers.RandomTranslation(0.5, 0.5), by_hand.random_translation),
        (layers.RandomZoom(0.5), by_hand.random_zoom),
    ],
)
def test_random_layers_predict(layer, function):
    x = np.random.default_rng(0).integers(0, 256, size=(2, 5, 6, 3)).astype("float32")
    assert_same(layer(x, training=False), function(x, **layer.get_config()))
