"""Models with weights that show mistakes, and their files in float64."""

import zipfile

SCALES = ("alpha", "beta", "bias", "gamma", "moving_mean")


def draw_weights(model, rng):
    """Draw biases, scales and moving statistics, which are 0 or 1 in a new model."""
    for variable in model.weights:
        if variable.name in SCALES:
            variable.assign(rng.normal(0.2, 0.5, size=variable.shape))
        if variable.name == "moving_variance":
            variable.assign(rng.uniform(0.5, 2, size=variable.shape))


def in_float64(path, copy):
    """Write a model's file again, with layers that compute in float64."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                data = data.replace(b'"float32"', b'"float64"')
            new.writestr(name, data)
