"""Cases of convolutions, equal to the bit: small whole numbers in float32, as TensorFlow
has no convolution of float64 with channels first."""

import re

from library.engine.cases import Case
from library.engine.subjects import layer


def rank_of(name):
    """How many axes of space a layer of this name has."""
    return int(re.search(r"[123](?=D)", name)[0])


def draw_images(draw, name, channels, least, most, config, numbers=None):
    """Images of the rank in the name, with channels where data_format says; not as long
    as wide. numbers: a method of draw, by default that of small whole numbers."""
    numbers = numbers or draw.whole
    space = draw.lengths(rank_of(name), least, most)
    if config.get("data_format") == "channels_first":
        return numbers(2, channels, *space)
    return numbers(2, *space, channels)


def draw_sides(draw, name, least, most):
    """A number for each axis of space."""
    return draw.ints(rank_of(name), least, most)


COMMON = {
    "padding": ["same"],
    "data_format": ["channels_first"],
    "use_bias": [False],
    "activation": ["relu"],
}


def draw_common(draw, name, **pools):
    config = draw.some(**COMMON, **pools)
    if rank_of(name) == 3 and draw.number % 5:  # Keras compiles it each time
        config.pop("data_format", None)
    return config


@layer("Conv1D", "Conv2D", "Conv3D", whole=True)
def conv(draw, name):
    config = draw_common(draw, name, groups=[2])
    if "padding" in config and name == "Conv1D":
        config["padding"] = draw.one_of("same", "causal")
    step = draw.one_of("strides", "dilation_rate")  # Keras refuses both at once
    config |= draw.some(**{step: [draw_sides(draw, name, 1, 3)]})
    x = draw_images(draw, name, 4, 7, 11, config)
    # More filters than any axis of space is long, or Keras' bias goes astray.
    needed = {"filters": 16, "kernel_size": draw_sides(draw, name, 1, 3)}
    return Case(needed | config, (x,))


@layer("DepthwiseConv1D", "DepthwiseConv2D", whole=True)
def depthwise_conv(draw, name):
    config = draw.some(**COMMON, depth_multiplier=[2, 3])
    strides = (draw.int(2, 3),) * rank_of(name)  # TensorFlow has no others
    rates = draw.some(dilation_rate=[draw_sides(draw, name, 2, 3)])
    config |= draw.one_of({}, {"strides": strides}, rates)
    x = draw_images(draw, name, 5, 7, 11, config)
    return Case({"kernel_size": draw_sides(draw, name, 1, 3), **config}, (x,))


@layer("SeparableConv1D", "SeparableConv2D", whole=True)
def separable_conv(draw, name):
    config = draw.some(**COMMON, depth_multiplier=[2, 3])
    strides = (draw.int(2, 3),) * rank_of(name)
    rates = draw.some(dilation_rate=[draw_sides(draw, name, 2, 3)])
    config |= draw.one_of({}, {"strides": strides}, rates)
    x = draw_images(draw, name, 3, 7, 11, config)
    needed = {"filters": 16, "kernel_size": draw_sides(draw, name, 1, 3)}
    return Case(needed | config, (x,))


@layer("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", whole=True)
def conv_transpose(draw, name):
    config = draw_common(draw, name)
    sides = [draw_sides(draw, name, 2, 3) for _ in range(2)]
    options = [{}, {"strides": sides[0]}, {"strides": sides[0], "output_padding": 1}]
    if rank_of(name) == 2:
        more = draw.one_of((1, 0), (2, 1), (0, 1))
        options.append({"strides": (3, 2), "output_padding": more})
    if rank_of(name) < 3:  # TensorFlow has none in 3D
        options.append({"dilation_rate": sides[1]})
    config |= draw.one_of(*options)
    x = draw_images(draw, name, 4, 3, 6, config)
    size = draw_sides(draw, name, 3, 4)
    if "padding" in config and "output_padding" in config:
        size = (3,) * rank_of(name)  # TensorFlow refuses others with padding of 0
    return Case({"filters": 3, "kernel_size": size, **config}, (x,))
