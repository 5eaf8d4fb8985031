"""Cases of resizing images, against Keras' own operation."""

import by_hand
import keras
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import function


def resize_by_keras(x, height, width, interpolation="bilinear", antialias=False):
    return keras.ops.image.resize(
        x.astype("float32"), (height, width), interpolation, antialias
    )


@function(resize_by_keras, by_hand.resize, tolerance=FLOAT32, number=32)
def resize(draw):
    kinds = ["nearest", "bicubic", "lanczos3", "lanczos5"]
    config = draw.some(interpolation=kinds, antialias=[True])
    height, width = draw.lengths(2, 3, 12)
    if config.get("interpolation") == "nearest":  # no new pixel between two old ones
        height, width = 15, draw.one_of(14, 21)
    if config.get("interpolation") == "bicubic":
        config["antialias"] = True  # or TensorFlow rounds positions to 1/1024
    x = draw.normal(2, 5, 7, 3)
    return Case({"height": height, "width": width, **config}, (x,))
