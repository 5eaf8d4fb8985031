"""Cases of layers that move, repeat, add or remove entries."""

from library.cases.layers.convolution import draw_images, rank_of
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import layer


@layer("Flatten")
def flatten(draw):
    x = draw.normal(*draw.one_of((2, 3, 4, 5), (2, 3, 4), (2, 5), (3,)))
    return Case(draw.some(data_format=["channels_first"]), (x,))


@layer("Reshape")
def reshape(draw):
    shape = draw.one_of((4, 6), (-1, 3), (2, 3, 4), (24,))
    return Case({"target_shape": shape}, (draw.normal(5, 2, 3, 4),))


@layer("Permute")
def permute(draw):
    dims = draw.one_of((2, 1, 3), (3, 1, 2), (2, 3, 1))
    return Case({"dims": dims}, (draw.normal(5, 2, 3, 4),))


@layer("RepeatVector")
def repeat_vector(draw):
    return Case({"n": draw.int(2, 4)}, (draw.normal(2, 5),))


def draw_amounts(draw, name):
    """A number for all sides, or one, or a pair, for each axis."""
    pairs = tuple(draw.lengths(2, 0, 2) for _ in range(rank_of(name)))
    if rank_of(name) == 1:
        return [2, (1, 2), *pairs]
    return [2, draw.lengths(rank_of(name), 0, 2), pairs]


@layer("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(draw, name):
    config = draw.some(padding=draw_amounts(draw, name), data_format=["channels_first"])
    return Case(config, (draw_images(draw, name, 2, 3, 6, config),))


@layer("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(draw, name):
    config = draw.some(cropping=draw_amounts(draw, name))
    if name != "Cropping1D":
        config |= draw.some(data_format=["channels_first"])
    return Case(config, (draw_images(draw, name, 3, 5, 8, config),))


@layer("UpSampling1D", "UpSampling3D")
def up_sampling(draw, name):
    sizes = [3, 1] if name == "UpSampling1D" else [3, (1, 2, 3), (3, 1, 2)]
    config = draw.some(size=sizes)
    if name == "UpSampling3D":
        config |= draw.some(data_format=["channels_first"])
    return Case(config, (draw_images(draw, name, 2, 3, 5, config),))


@layer("UpSampling2D", whole=True, tolerance=FLOAT32, number=24)
def up_sampling2d(draw, name):
    config = draw.some(
        interpolation=["bilinear", "bicubic", "lanczos3", "lanczos5"],
        data_format=["channels_first"],
    )
    # TensorFlow's bicubic rounds positions to 1/1024.
    sizes = [4, (1, 2)] if "bicubic" in config.values() else [3, (1, 2), (2, 3)]
    config |= draw.some(size=sizes)
    return Case(config, (draw_images(draw, name, 2, 3, 6, config),))
