"""Cases of layers that change images in training: in predict, they change nothing."""

import inspect

import keras
from library.engine.cases import Case
from library.engine.subjects import layer
from library.reasons import RANDOM

NEEDED = {  # arguments without a default
    "RandomBrightness": {"factor": 1},
    "RandomColorDegeneration": {"factor": 1},
    "RandomContrast": {"factor": 1},
    "RandomCrop": {"height": 2, "width": 3},
    "RandomHue": {"factor": 1},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 1},
    "RandomSaturation": {"factor": 1},
    "RandomSharpness": {"factor": 1},
    "RandomTranslation": {"height_factor": 0.5, "width_factor": 0.5},
    "RandomZoom": {"height_factor": 0.5},
}
FACTORS = [0.5, (0.2, 0.4)]
POOLS = {
    **{
        name: FACTORS
        for name in """
            factor scale sigma x_factor y_factor height_factor width_factor
            brightness_factor contrast_factor saturation_factor hue_factor
        """.split()
    },
    "alpha": [0.5],
    "all_ops": [False],
    "chain_depth": [2],
    "data_format": ["channels_first"],
    "fill_mode": ["wrap", "constant", "nearest"],
    "fill_value": [2.5],
    "height": [4],
    "interpolation": ["nearest"],
    "kernel_size": [5, (3, 5)],
    "mode": ["horizontal", "vertical"],
    "num_chains": [2],
    "num_ops": [3],
    "seed": [7],
    "value_range": [(0, 1)],
    "width": [4],
}
OTHERS = {
    "RandomElasticTransform": {"fill_mode": [*POOLS["fill_mode"], "mirror"]},
    "RandomGrayscale": {"factor": [0.25]},
    "RandomPerspective": {"scale": [0.25]},
    "RandomPosterization": {"factor": [3, (2, 5)]},
}


@layer(*RANDOM, whole=True, number=12)
def augmentation(draw, name):
    pools = POOLS | OTHERS.get(name, {})
    known = inspect.signature(getattr(keras.layers, name)).parameters
    pools = {key: pool for key, pool in pools.items() if key in known}
    config = NEEDED.get(name, {}) | draw.some(**pools)
    x = draw.tokens(256, 2, 5, 6, 3).astype("float32")
    x = x if draw.number % 3 < 2 else x[0]
    return Case(config, (x,), {"training": False})
