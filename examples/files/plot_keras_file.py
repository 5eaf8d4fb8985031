r"""
.keras files: a zip of a config and the weights
===============================================

``model.save`` writes a zip archive. ``config.json`` says how the model is made,
``model.weights.h5`` holds its weights, and ``metadata.json`` says which version
of Keras wrote it. The config tells the shape of each weight, but not its
numbers. The kernel of a ``Dense`` layer :math:`l` has the shape

.. math:: (\text{units}_{l-1}, \; \text{units}_l)
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
scores = keras.layers.Dense(2, use_bias=False, trainable=False, name="scores")
model = keras.Sequential([keras.Input(shape=(3,)), hidden, scores])

kernel_1 = rng.integers(-2, 3, size=(3, 5))  # (features, units)
bias_1 = np.array([2, 3, 0, -1, -2])  # (units,)
kernel_2 = rng.integers(-2, 3, size=(5, 2))
model.set_weights([kernel_1, bias_1, kernel_2])

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


# %%
# This is what the archive holds, and what it says of the last layer.

config, metadata = read_json(path)
with zipfile.ZipFile(path) as archive:
    names = archive.namelist()
print(names)
_, first, second = [layer["config"] for layer in config["config"]["layers"]]
print({name: second[name] for name in ("name", "units", "use_bias")})

# %%
# Check it
# --------
# A layer's config holds its arguments, and the defaults of those left out.

files = {"config.json", "metadata.json", "model.weights.h5"}
np.testing.assert_equal(set(names), files)
np.testing.assert_equal(metadata["keras_version"], keras.__version__)
np.testing.assert_equal(weight_shapes(config), [(3, 5), (5,), (5, 2)])
np.testing.assert_equal(first["activation"], "relu")
np.testing.assert_equal(first["bias_initializer"]["class_name"], "Ones")
np.testing.assert_equal(second["activation"], "linear")
np.testing.assert_equal(second["trainable"], False)

# %%
# Keras makes the same model from the file.

loaded = keras.models.load_model(path)
folder.cleanup()
x = rng.integers(-2, 3, size=(20, 3))  # (batch, features)
expected = np.maximum(0, x @ kernel_1 + bias_1) @ kernel_2  # (batch, units)
y = loaded.predict(x, verbose=0)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Would you keep only the config? It makes the same layers with new weights.

remade = keras.Sequential.from_config(config["config"])
y_remade = remade.predict(x, verbose=0)
assert np.any(y_remade != expected)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(expected.ravel(), y.ravel(), "o", label="the whole file")
axis.plot(expected.ravel(), y_remade.ravel(), "x", label="config.json alone")
axis.set(title="The config alone doesn't bring the weights back")
axis.set(xlabel="prediction of the saved model", ylabel="prediction")
axis.legend()
plt.show()
