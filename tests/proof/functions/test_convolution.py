"""Convolutions of any rank in many drawn cases, equal to the bit."""

import keras
import pytest
from driving import assert_layer_is, by_hand
from hypothesis import assume, given
from hypothesis import strategies as st

SIDES = st.integers(1, 3)
RANKS = pytest.mark.parametrize("rank", [1, 2, 3])
FORMATS = st.sampled_from(["channels_last", "channels_first"])
PADDINGS = st.sampled_from(["valid", "same"])


def draw_sides(data, rank, equal=False):
    """Draw a number for each axis, or one for all."""
    sides = tuple(data.draw(SIDES) for _ in range(rank))
    return sides[:1] * rank if equal else sides


def draw_steps(data, rank, equal=False):
    """Draw strides or a dilation: Keras' Conv layers refuse both at once."""
    name = data.draw(st.sampled_from(["strides", "dilation_rate"]))
    return {name: draw_sides(data, rank, equal)}


def draw_shape(data, size, channels, options):
    """Draw the shape of an input that is not too small for a kernel of this size."""
    dilation = options.get("dilation_rate", (1,) * len(size))
    least = [(side - 1) * rate + 1 for side, rate in zip(size, dilation)]
    space = [length + data.draw(st.integers(0, 5)) for length in least]
    if options["data_format"] == "channels_first":
        return 2, channels, *space
    return 2, *space, channels


def assert_equal(function, layer, data, shape, filters, **options):
    if options["data_format"] == "channels_first":
        # Keras' bias goes astray where the last axis is as long, as a page tells.
        assume(layer.compute_output_shape(shape)[-1] != filters)
    assert_layer_is(function, layer, data, shape, **options)


@RANKS
@given(data=st.data(), data_format=FORMATS, groups=st.sampled_from([1, 1, 1, 2]))
def test_conv(rank, data, data_format, groups):
    paddings = ["valid", "same", "causal"] if rank == 1 else ["valid", "same"]
    padding = data.draw(st.sampled_from(paddings))
    size = draw_sides(data, rank)
    options = {"padding": padding, "data_format": data_format, "groups": groups}
    options |= draw_steps(data, rank)
    shape = draw_shape(data, size, 2 * groups, options)
    layer = getattr(keras.layers, f"Conv{rank}D")(4, size, **options)
    function = [by_hand.conv1d, by_hand.conv2d, by_hand.conv3d][rank - 1]
    assert_equal(function, layer, data, shape, 4, **options)


@pytest.mark.parametrize("rank", [1, 2])
@given(data=st.data(), padding=PADDINGS, data_format=FORMATS, multiplier=SIDES)
def test_depthwise_and_separable(rank, data, padding, data_format, multiplier):
    size = draw_sides(data, rank)
    options = {"padding": padding, "data_format": data_format}
    options["strides"] = draw_sides(data, rank, equal=True)
    options["dilation_rate"] = draw_sides(data, rank)
    shape = draw_shape(data, size, 2, options)
    layer = getattr(keras.layers, f"DepthwiseConv{rank}D")
    function = [by_hand.depthwise_conv1d, by_hand.depthwise_conv2d][rank - 1]
    layer = layer(size, depth_multiplier=multiplier, **options)
    assert_equal(function, layer, data, shape, 2 * multiplier, **options)
    layer = getattr(keras.layers, f"SeparableConv{rank}D")
    function = [by_hand.separable_conv1d, by_hand.separable_conv2d][rank - 1]
    layer = layer(3, size, depth_multiplier=multiplier, **options)
    assert_equal(function, layer, data, shape, 3, **options)


@RANKS
@given(data=st.data(), padding=PADDINGS, data_format=FORMATS)
def test_conv_transpose(rank, data, padding, data_format):
    size = draw_sides(data, rank)
    options = {"padding": padding, "data_format": data_format}
    options |= draw_steps(data, rank) if rank < 3 else {"strides": draw_sides(data, 3)}
    least = min(options.get("strides", (1,)))
    if least > 1 and data.draw(st.booleans()):
        more = data.draw(st.integers(0, least - 1))
        options["output_padding"] = more
        # TensorFlow refuses a result that "same" could not have made this input of.
        assume(padding == "valid" or all(side % 2 + more >= 1 for side in size))
    shape = draw_shape(data, size, 2, options)
    layer = getattr(keras.layers, f"Conv{rank}DTranspose")(3, size, **options)
    functions = by_hand.conv1d_transpose, by_hand.conv2d_transpose
    function = [*functions, by_hand.conv3d_transpose][rank - 1]
    assert_equal(function, layer, data, shape, 3, **options)
