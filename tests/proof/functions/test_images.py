"""Up-sampling, resizing and cropping of images in many drawn cases."""

import keras
import numpy as np
import pytest
from driving import assert_equal, by_hand, random_numbers, whole_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

FORMATS = st.sampled_from(["channels_last", "channels_first"])
SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))
INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]


def shape_of(data_format, *space):
    return (2, 3, *space) if data_format == "channels_first" else (2, *space, 3)


def between_pixels(old, new):
    """Whether a new pixel's center lies exactly between two old ones, where backends
    that round to float32 take either for the nearest."""
    return any((2 * pixel + 1) * old % (2 * new) == 0 for pixel in range(new))


@given(data=st.data(), size=st.integers(1, 4))
def test_up_sampling1d(data, size):
    (x,) = whole_numbers(data, (2, data.draw(st.integers(1, 5)), 3))
    y = keras.ops.convert_to_numpy(layers.UpSampling1D(size)(x))
    expected = by_hand.up_sampling1d(x, size=size)
    np.testing.assert_array_equal(y, expected, strict=True)


@given(data=st.data(), data_format=FORMATS)
def test_up_sampling3d(data, data_format):
    three = st.tuples(*[st.integers(1, 3)] * 3)
    (x,) = whole_numbers(data, shape_of(data_format, *data.draw(three)))
    options = {"size": data.draw(three | st.integers(1, 3)), "data_format": data_format}
    y = keras.ops.convert_to_numpy(layers.UpSampling3D(**options)(x))
    expected = by_hand.up_sampling3d(x, **options)
    np.testing.assert_array_equal(y, expected, strict=True)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@given(data=st.data(), data_format=FORMATS, space=SIDES)
def test_up_sampling2d(interpolation, data, data_format, space):
    # TensorFlow's bicubic rounds positions to 1/1024, as a page tells.
    sizes = st.sampled_from([1, 2, 4] if interpolation == "bicubic" else [1, 2, 3, 5])
    options = {"size": data.draw(st.tuples(sizes, sizes) | sizes)}
    options |= {"data_format": data_format, "interpolation": interpolation}
    (x,) = random_numbers(data, shape_of(data_format, *space))
    expected = by_hand.up_sampling2d(x, **options)
    assert_equal(layers.UpSampling2D(**options)(x), expected, "float32")


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@given(
    data=st.data(),
    data_format=FORMATS,
    space=SIDES,
    antialias=st.booleans(),
    ratio=st.sampled_from([None, "crop_to_aspect_ratio", "pad_to_aspect_ratio"]),
    batch=st.booleans(),
)
def test_resizing(interpolation, data, data_format, space, antialias, ratio, batch):
    height, width = data.draw(SIDES)
    options = {"height": height, "width": width, "data_format": data_format}
    options |= {"antialias": antialias, "interpolation": interpolation}
    if interpolation == "bicubic":
        options["antialias"] = True  # as above
    if ratio:
        options |= {ratio: True, "fill_value": data.draw(st.sampled_from([0.0, -2.5]))}
    (x,) = random_numbers(data, shape_of(data_format, *space))
    if interpolation == "nearest":
        channels_last = np.zeros((*space, 1))
        if ratio == "crop_to_aspect_ratio":
            channels_last = by_hand.crop_to_ratio(channels_last, height, width)
        elif ratio:
            channels_last = by_hand.pad_to_ratio(channels_last, height, width)
        rows, columns, _ = channels_last.shape
        if between_pixels(rows, height) or between_pixels(columns, width):
            return
    x = x if batch else x[0]
    expected = by_hand.resizing(x, **options)
    assert_equal(layers.Resizing(**options)(x), expected, "float32")


@given(data=st.data(), data_format=FORMATS, space=SIDES, batch=st.booleans())
def test_center_crop(data, data_format, space, batch):
    height, width = data.draw(SIDES)
    options = {"height": height, "width": width, "data_format": data_format}
    (x,) = random_numbers(data, shape_of(data_format, *space))
    x = x if batch else x[0]
    expected = by_hand.center_crop(x, **options)
    assert_equal(layers.CenterCrop(**options)(x), expected, "float32")
