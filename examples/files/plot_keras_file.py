r"""
.keras files: a zip of a config and the weights
===============================================

``model.save`` writes a zip archive of three files. ``config.json`` says how the
model is made, ``model.weights.h5`` holds its weights, and ``metadata.json``
says which Keras wrote it. The config is enough to know how many weights a
``Dense`` layer with a bias has:

.. math:: (\text{features} + 1) \cdot \text{units}
"""

import json
import pathlib
import tempfile
import zipfile

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------

hidden = keras.layers.Dense(5, "relu", bias_initializer="ones", name="hidden")
scores = keras.layers.Dense(2, "relu6", use_bias=False, name="scores")
scores.trainable = False
model = keras.Sequential([keras.Input(shape=(3,)), hidden, scores])

kernel = rng.integers(-2, 3, size=(3, 5))  # (features, units)
bias = np.array([2, 3, 0, -1, -2])  # (units,)
kernel_2 = rng.integers(-2, 3, size=(5, 2))
model.set_weights([kernel, bias, kernel_2])

folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "model.keras"
model.save(path)

# %%
# Compute it
# ----------
# Python alone reads the archive. That runs no code from the file.


def read_json(path):
    """The config and the metadata of a .keras file, as dicts."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        return config, json.loads(archive.read("metadata.json"))


def weight_shapes(config):
    """The shapes of the weights of a Sequential model of Dense layers."""
    inputs, *layers = config["config"]["layers"]
    features = inputs["config"]["batch_shape"][-1]
    shapes = []
    for layer in layers:
        units = layer["config"]["units"]
        shapes.append((features, units))
        if layer["config"]["use_bias"]:
            shapes.append((units,))
        features = units
    return shapes


config, metadata = read_json(path)

# %%
# Check it
# --------
# A layer's config holds its arguments, and the defaults of all others.

np.testing.assert_equal(metadata["keras_version"], keras.__version__)
np.testing.assert_equal(weight_shapes(config), [(3, 5), (5,), (5, 2)])

_, first, second = [layer["config"] for layer in config["config"]["layers"]]
told = [
    [layer["name"], layer["activation"], layer["use_bias"], layer["trainable"]]
    for layer in (first, second)
]
np.testing.assert_equal(told[0], ["hidden", "relu", True, True])
np.testing.assert_equal(told[1], ["scores", "relu6", False, False])
np.testing.assert_equal(first["bias_initializer"]["class_name"], "Ones")

# %%
# Keras builds the same model from the file: whole numbers are equal to the bit.

loaded = keras.models.load_model(path)
folder.cleanup()
x = rng.integers(-2, 3, size=(20, 3))  # (batch, features)
y = np.clip(np.maximum(0, x @ kernel + bias) @ kernel_2, 0, 6)  # (batch, units)
for each in (model, loaded):
    found = each.predict(x, verbose=0)
    np.testing.assert_array_equal(found, np.float32(y), strict=True)

# %%
# Break it
# --------
# Would you keep only the config? It makes the same layers with new weights.

remade = keras.Sequential.from_config(config["config"])
y_remade = remade.predict(x, verbose=0)
assert np.any(y_remade != y)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(y.ravel(), found.ravel(), "o", label="the whole file")
axis.plot(y.ravel(), y_remade.ravel(), "x", label="config.json alone")
axis.set(title="Predictions of the model that is made again")
axis.set(xlabel="prediction of the saved model", ylabel="prediction")
axis.legend()
plt.show()
