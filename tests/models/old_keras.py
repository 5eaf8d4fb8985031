"""Files of older Keras: those in old_files/, which it wrote beside its predictions, and
others in the form of Keras 1 and 2."""

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np

OLD = Path(__file__).parent / "old_files"
ANSWERS = {}
for archive in OLD.glob("*.zip"):
    with zipfile.ZipFile(archive) as held, held.open("answers.npz") as answers:
        ANSWERS |= np.load(answers)
FILES = sorted(name.removesuffix("/y") for name in ANSWERS if name.endswith("/y"))


def listed(layers_of_file):
    """Return [(class, config)] as a config has it; what is in that form stays."""
    return [
        layer
        if isinstance(layer, dict)
        else {"class_name": layer[0], "config": layer[1]}
        for layer in layers_of_file
    ]


def write_old(path, config, weights, version=None, kind="Sequential", training=None):
    """Write an .h5 file as Keras 1 did, or 2.0.

    config: that of the model, or [(class, config)] of its layers; weights: {layer: {name:
    array}}; training: what compile() was given.
    """
    config = listed(config) if isinstance(config, list) else config
    with h5py.File(path, "w") as file:
        text = json.dumps({"class_name": kind, "config": config})
        file.attrs["model_config"] = text.encode()
        if training:
            file.attrs["training_config"] = json.dumps(training).encode()
        if version:
            file.attrs["keras_version"] = version.encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, arrays in weights.items():
            inner = group.create_group(layer)
            inner.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                inner[name] = array
    return path
