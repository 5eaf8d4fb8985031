"""Cases of preprocessing: of numbers, categories and images."""

import by_hand
import keras
import numpy as np
from library.cases.layers.convolution import draw_images
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import function, layer

MODES = ["one_hot", "multi_hot", "count"]


@layer("Rescaling")
def rescaling(draw):
    scale = draw.one_of(0.5, 2.0, [0.5, 2.0, 4.0])
    offsets = [0.25, [1.0, 2.0, 3.0]]
    return Case({"scale": scale, **draw.some(offset=offsets)}, (draw.normal(2, 4, 3),))


@layer("Normalization", number=24)
def normalization(draw):
    config = draw.some(axis=[1, [1, 2], [2, 1], -2, None], invert=[True])
    config |= (
        {"mean": 0.5, "variance": draw.one_of(2.0, 0.25)} if draw.number % 3 < 2 else {}
    )
    if draw.number % 3 == 1:
        lengths = {1: 3, 2: 4, -1: 4, -2: 3}
        axes = np.ravel(config.get("axis", -1))
        shape = [] if None in axes else [lengths[a] for a in sorted(axes)]
        config["mean"] = np.round(draw.normal(*shape), 2).tolist()
        config["variance"] = np.float32(draw.positive(*shape)).tolist()
    return Case(config, (draw.normal(2, 3, 4),))


@layer("CategoryEncoding", number=24)
def category_encoding(draw):
    x = draw.tokens(6, *draw.one_of((3, 4), (4, 1), (5,), (2, 3, 4)))
    x = draw.one_of(x, np.float32(x + 0.75))
    config = {"num_tokens": draw.one_of(6, 7), **draw.some(output_mode=MODES)}
    call = {}
    if config.get("output_mode") == "count":
        call = draw.some(count_weights=[draw.whole(*x.shape)])
    return Case(config, (x,), call)


BOUNDARIES = [-1.0, 0.7, 0.75], [0.0, 0.25, 1.0, 2.0]


@layer("Discretization", has_dtype=False, number=24)
def discretization(draw):
    boundaries = draw.one_of(*BOUNDARIES)
    x = draw.normal(3, 4)
    x.flat[:2] = boundaries[:2]
    config = {"bin_boundaries": boundaries, **draw.some(output_mode=MODES)}
    return Case(config, (x.astype("float32"),))


RATIOS = {}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}


@layer("Resizing", whole=True, tolerance=FLOAT32, number=32)
def resizing(draw):
    config = draw.some(
        interpolation=["nearest", "bicubic", "lanczos3", "lanczos5"],
        antialias=[True],
        data_format=["channels_first"],
    )
    config |= draw.one_of(*RATIOS)
    if "pad_to_aspect_ratio" in config:
        config |= draw.some(fill_value=[3.0, -2.5])
    if config.get("interpolation") == "bicubic":
        config["antialias"] = True  # or TensorFlow rounds positions to 1/1024
    x = draw_images(draw, "2D", 3, 4, 12, config)
    if config.get("interpolation") == "nearest":  # no new pixel between two old ones
        config = {key: config[key] for key in config if "ratio" not in key}
        size = [n * factor for n, factor in zip((4, 5), (2, 3))]
        first = 2 if "data_format" in config else 1
        places = [slice(None)] * first + [slice(4), slice(5)]
        x = draw_images(draw, "2D", 3, 5, 12, config)[tuple(places)]
        return Case({"height": size[0], "width": size[1], **config}, (x,))
    height, width = draw.one_of(draw.lengths(2, 2, 9), (1, 15), (15, 1))
    return Case({"height": height, "width": width, **config}, (x,))


@layer("CenterCrop", whole=True, tolerance=FLOAT32)
def center_crop(draw):
    config = draw.some(data_format=["channels_first"])
    x = draw_images(draw, "2D", 3, 4, 9, config)
    height, width = draw.lengths(2, 2, 8)
    x = x if draw.number % 4 else x[0]
    return Case({"height": height, "width": width, **config}, (x,))


def rounded(y, dtype):
    """How Keras makes whole numbers of what it computed."""
    return keras.ops.saturate_cast(keras.ops.round(y), dtype)


@function(rounded, by_hand.as_whole_numbers)
def as_whole_numbers(draw):
    y = draw.normal(3, 4) * 200
    y.flat[:4] = 0.5, 1.5, -1.5, 2.5
    return Case({"dtype": draw.one_of("uint8", "int8", "int16")}, (y,))
