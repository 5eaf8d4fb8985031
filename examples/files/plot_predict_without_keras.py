r"""
Predict without Keras: read a .keras file with NumPy
====================================================

NumPy and ``h5py`` can predict from a ``.keras`` file where Keras isn't
installed. The file's config names the layers and their activations :math:`f`,
and its weights file holds their kernels and biases. The reader on this page is
for models of ``Dense`` layers in a row:

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

rng = np.random.default_rng(313)
temporary = tempfile.TemporaryDirectory()
folder = pathlib.Path(temporary.name)

# %%
# Build it
# --------
# A sequential model has whole numbers for weights, a functional one random
# numbers. Together they have all the activations that the reader knows.

Dense = keras.layers.Dense
x = rng.integers(-3, 4, size=(30, 2))  # (batch, features)
whole = [rng.integers(-2, 3, size=shape) for shape in [(2, 6), (6,), (6, 3)]]
sequential = keras.Sequential([Dense(6, "relu"), Dense(3, use_bias=False)])
sequential.build((None, 2))
sequential.set_weights(whole)

inputs = keras.Input(shape=(2,))
hidden = Dense(8, "sigmoid")(Dense(8, "tanh")(inputs))
functional = keras.Model(inputs, Dense(3, "softmax")(hidden))
shapes = [w.shape for w in functional.weights]
random = [rng.normal(size=shape).astype("float32") for shape in shapes]
functional.set_weights(random)

sequential.save(folder / "whole.keras")
functional.save(folder / "random.keras")

# %%
# Compute it
# ----------
# This is the whole reader. It runs no code from the file, and it refuses what
# it doesn't know. It computes in float64.

ACTIVATIONS = ("linear", "relu", "sigmoid", "softmax", "tanh")


def require(what, found, *known):
    if found not in known:
        raise ValueError(f"{what} is {found}, and must be one of {known}")


def dense_configs(model):
    """The configs of the Dense layers of a model, which stand in a row."""
    require("model", model["class_name"], "Sequential", "Functional")
    inputs, *layers = model["config"]["layers"]
    require("first layer", inputs["class_name"], "InputLayer")
    previous = inputs["config"]["name"]
    for layer in layers:
        config, name = layer["config"], layer["config"]["name"]
        require(name, layer["class_name"], "Dense")
        require(f"{name}: activation", config["activation"], *ACTIVATIONS)
        dtype = config["dtype"]["config"]
        require(f"{name}: dtype", dtype, {"name": "float32"})
        nodes = layer.get("inbound_nodes")  # functional: what it is called on
        if nodes is not None:
            tensors = [
                each["config"] for node in nodes for each in node["args"]
            ]
            sources = [tensor["keras_history"][0] for tensor in tensors]
            require(f"{name}: input", sources, [previous])
        previous = name
    outputs = model["config"].get("output_layers", [previous, "", ""])
    require("numbers that tell the output", np.size(outputs), 3)
    return [layer["config"] for layer in layers]


def read(file):
    """The layers of a .keras file, each as (activation, kernel[, bias])."""
    layers = []
    with zipfile.ZipFile(file) as archive:
        configs = dense_configs(json.loads(archive.read("config.json")))
        with h5py.File(archive.open("model.weights.h5")) as weights:
            for number, config in enumerate(configs):
                name = f"dense_{number}" if number else "dense"
                stored = weights[f"layers/{name}/vars"]
                arrays = [stored[key][()] for key in sorted(stored)]
                layers.append((config["activation"], *arrays))
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
    for activation, kernel, *bias in layers:
        x = activate(activation, x @ kernel + sum(bias))
    return x


# %%
# Check it
# --------
# Predictions of whole numbers are equal to the bit, others up to a tolerance.
# The weights from the file are equal to the bit in any case.

layers = read(folder / "whole.keras")
y_whole = sequential.predict(x, verbose=0)
expected = predict(x, layers)
np.testing.assert_array_equal(y_whole, np.float32(expected), strict=True)

layers = read(folder / "random.keras")
for w, found in zip(random, [w for _, *pair in layers for w in pair]):
    np.testing.assert_array_equal(found, w, strict=True)
y = functional.predict(x, verbose=0)
tolerance = 1000 * np.finfo("float32").eps
expected = predict(x, layers)
print(f"largest error {np.abs(y - expected).max():.1e}")
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Huge numbers and infinities don't overflow, and don't become NaN.

z = np.array([-np.inf, -1000, 1000])
np.testing.assert_array_equal(activate("relu", z), [0, 0, 1000])
np.testing.assert_array_equal(activate("sigmoid", z), [0, 0, 1])
np.testing.assert_array_equal(activate("softmax", z), [0, 0, 1])

# %%
# A ``Lambda`` layer brings code. The reader refuses such a file. Keras does
# too, unless you pass ``safe_mode=False``.

twice = keras.layers.Lambda(lambda x: 2 * x)
keras.Sequential([keras.Input(shape=(2,)), twice]).save(folder / "code.keras")
for load in (read, keras.models.load_model):
    with np.testing.assert_raises(ValueError):
        load(folder / "code.keras")

# %%
# Break it
# --------
# ``h5py`` lists names in alphabetical order. Would you take the layers in that
# order? With more than ten, ``dense_10`` comes before ``dense_2``.

kernels = 10 * [np.array([[1, 1], [0, 1]])] + 2 * [np.array([[1, 0], [1, 1]])]
deep = keras.Sequential([Dense(2, use_bias=False) for _ in kernels])
deep.build((None, 2))
deep.set_weights(kernels)
deep.save(folder / "deep.keras")
layers = read(folder / "deep.keras")
y_deep = keras.ops.convert_to_numpy(deep(x.astype("float32")))
np.testing.assert_array_equal(y_deep, predict(x, layers))
order = sorted(range(12), key=str)
print("listed as", order)
assert np.any(y_deep != predict(x, [layers[number] for number in order]))
temporary.cleanup()

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
