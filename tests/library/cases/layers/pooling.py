"""Cases of pooling; in float32, as TensorFlow has none of float64 with channels first."""

from library.cases.layers.convolution import draw_images, draw_sides, rank_of
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import layer

RANKS = "1D", "2D", "3D"


def names_of(*kinds):
    return [f"{kind}{rank}" for kind in kinds for rank in RANKS]


@layer(*names_of("MaxPooling", "AveragePooling"), whole=True, tolerance=FLOAT32)
def pooling(draw, name):
    config = draw.some(
        pool_size=[3, draw_sides(draw, name, 1, 3), draw_sides(draw, name, 1, 3)],
        strides=[1, draw_sides(draw, name, 1, 3), draw_sides(draw, name, 2, 3)],
        padding=["same"],
        data_format=["channels_first"],
    )
    if name.startswith("Average"):
        config.setdefault("pool_size", draw.one_of(2, (3, 2, 1)[: rank_of(name)]))
    return Case(config, (draw_images(draw, name, 4, 5, 9, config, draw.distinct),))


@layer(
    *names_of("GlobalMaxPooling", "GlobalAveragePooling"), whole=True, tolerance=FLOAT32
)
def global_pooling(draw, name):
    config = draw.some(data_format=["channels_first"], keepdims=[True])
    x = draw_images(draw, name, 4, 5, 9, config, draw.distinct)
    call = {}
    if name == "GlobalAveragePooling1D":
        steps = x.shape[2 if "data_format" in config else 1]
        call = draw.some(mask=[draw.mask(2, steps)])
    return Case(config, (x,), call)


@layer(
    *names_of("AdaptiveMaxPooling", "AdaptiveAveragePooling"),
    whole=True,
    tolerance=FLOAT32,
)
def adaptive_pooling(draw, name):
    # TensorFlow stops Python where max pooling leaves one entry.
    size = draw.one_of(draw.int(2, 7), draw_sides(draw, name, 2, 7))
    config = draw.some(data_format=["channels_first"])
    x = draw_images(draw, name, 4, 5, 9, config, draw.distinct)
    return Case({"output_size": size, **config}, (x,))
