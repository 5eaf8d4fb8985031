"""Models with weights that show mistakes, and their files in float64."""

import zipfile

import keras
import numpy as np


def draw_weights(model, rng):
    """Draw all weights that are the same throughout in a new model: biases, scales and
    statistics, which are 0, 1 or tiny there."""
    for variable in model.weights:
        values = keras.ops.convert_to_numpy(variable)
        if "float" not in variable.dtype or np.ptp(values) > 0:
            continue
        if "variance" in variable.name:
            variable.assign(rng.uniform(0.5, 2, size=variable.shape))
        else:
            variable.assign(rng.normal(0.2, 0.5, size=variable.shape))


def in_float64(path, copy):
    """Write a model's file again, with layers that compute in float64."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                data = data.replace(b'"float32"', b'"float64"')
            new.writestr(name, data)
