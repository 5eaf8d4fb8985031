r"""
Predict without Keras: read a .keras file with NumPy
====================================================

NumPy and ``h5py`` can predict from a ``.keras`` file where Keras isn't
installed. The file is a zip: ``config.json`` names the layers and their
activations :math:`f`, and ``model.weights.h5`` holds their kernels and biases.
The reader on this page is for ``Sequential`` models of ``Dense`` layers:

.. math:: x_{l+1} = f_l(x_l W_l + b_l)
"""

import json
import pathlib
import tempfile
import zipfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

rng = np.random.default_rng(313)
temporary = tempfile.TemporaryDirectory()
folder = pathlib.Path(temporary.name)

# %%
# Build it
# --------
# The layers have all the activations that the reader knows.

inputs = keras.Input(shape=(2,))
hidden = [Dense(6, "relu"), Dense(8, "tanh"), Dense(8, "sigmoid")]
last = [Dense(5, use_bias=False), Dense(3, "softmax")]
model = keras.Sequential([inputs, *hidden, *last])
weights = [rng.normal(size=w.shape) for w in model.get_weights()]
model.set_weights(weights)
model.save(folder / "model.keras")

# %%
# Compute it
# ----------
# This is the whole reader. It runs no code from the file, refuses what it
# doesn't know, and computes in float64. (A functional model of ``Dense`` layers
# in a row becomes a ``Sequential`` one by ``keras.Sequential(model.layers)``.)

ACTIVATIONS = ["linear", "relu", "sigmoid", "softmax", "tanh"]


def require(what, found, known):
    if found not in known:
        raise ValueError(f"{what} is {found}, and must be one of {known}")


def dense_configs(model):
    """The configs of the layers of a Sequential model: an Input, then Dense."""
    require("model", model["class_name"], ["Sequential"])
    inputs, *layers = model["config"]["layers"]
    require("first layer", inputs["class_name"], ["InputLayer"])
    for layer in layers:
        config, name = layer["config"], layer["config"]["name"]
        require(name, layer["class_name"], ["Dense"])
        require(f"{name}: activation", config["activation"], ACTIVATIONS)
        dtype = config["dtype"]["config"]
        require(f"{name}: dtype", dtype, [{"name": "float32"}])
    return [layer["config"] for layer in layers]


def read(file):
    """The layers of a .keras file, each as (activation, kernel, bias)."""
    layers = []
    with zipfile.ZipFile(file) as archive:
        configs = dense_configs(json.loads(archive.read("config.json")))
        with h5py.File(archive.open("model.weights.h5")) as weights:
            for number, config in enumerate(configs):
                # The file counts: dense, dense_1, dense_2, ...
                name = f"dense_{number}" if number else "dense"
                stored = weights[f"layers/{name}/vars"]
                kernel = stored["0"][()]  # (features, units)
                bias = stored["1"][()] if config["use_bias"] else 0  # (units,)
                layers.append((config["activation"], kernel, bias))
    return layers


def activate(name, z):
    """An activation of z, (batch, units), in a form that can't overflow."""
    if name == "relu":
        return np.maximum(z, 0)
    if name == "sigmoid":
        return np.exp(-np.logaddexp(0, -z))
    if name == "softmax":
        powers = np.exp(z - z.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)
    return np.tanh(z) if name == "tanh" else z


def predict(x, layers):
    """What the layers make of x: (batch, features) to (batch, units)."""
    x = x.astype("float64")
    for activation, kernel, bias in layers:
        x = activate(activation, x @ kernel + bias)
    return x


# %%
# Check it
# --------
# The first layer's weights are equal to the bit, predictions nearly so.

layers = read(folder / "model.keras")
_, first_kernel, first_bias = layers[0]
np.testing.assert_array_equal(first_kernel, np.float32(weights[0]), strict=True)
np.testing.assert_array_equal(first_bias, np.float32(weights[1]), strict=True)

x = rng.integers(-3, 4, size=(30, 2))  # (batch, features)
loaded = keras.models.load_model(folder / "model.keras")
y = loaded.predict(x, verbose=0)
expected = predict(x, layers)
print(f"largest error {np.abs(y - expected).max():.1e}")
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Huge numbers don't overflow.

huge = np.array([-1000, 1000])
np.testing.assert_array_equal(activate("sigmoid", huge), [0, 1])
np.testing.assert_array_equal(activate("softmax", huge), [0, 1])

# %%
# A ``Lambda`` layer brings code. The reader refuses such a file. Keras does
# too, unless you pass ``safe_mode=False``.

twice = keras.layers.Lambda(lambda x: 2 * x)
keras.Sequential([keras.Input(shape=(2,)), twice]).save(folder / "code.keras")
for load in (read, keras.models.load_model):
    np.testing.assert_raises(ValueError, load, folder / "code.keras")

# %%
# Break it
# --------
# ``h5py`` lists names in alphabetical order. Would you take the layers in that
# order? With more than ten, ``dense_10`` comes before ``dense_2``.

deep = keras.Sequential([keras.Input(shape=(1,))])
for number in range(12):
    deep.add(Dense(1, bias_initializer=keras.initializers.Constant(number)))
deep.save(folder / "deep.keras")
right = [bias for activation, kernel, bias in read(folder / "deep.keras")]
np.testing.assert_array_equal(np.ravel(right), np.arange(12))
with zipfile.ZipFile(folder / "deep.keras") as archive:
    with h5py.File(archive.open("model.weights.h5")) as file:
        listed = [file[f"layers/{name}/vars/1"][()] for name in file["layers"]]
temporary.cleanup()
print("biases as listed:", np.ravel(listed))
assert np.any(np.ravel(listed) != np.ravel(right))

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for unit, marker in enumerate("os^"):
    axis.plot(expected[:, unit], y[:, unit], marker, label=f"class {unit}")
axis.set(title="Probabilities from one file, read twice")
axis.set(xlabel="read by NumPy", ylabel="loaded by Keras")
axis.legend()
plt.show()
