r"""
A file predicts without Keras
=============================

From a ``.keras`` file, NumPy and ``h5py`` predict without an installed Keras.
The config tells the layers and their activations :math:`f`, and the weights
file has their kernels and biases. The reader below knows models of ``Dense``
layers in a row:

.. math:: x_{l+1} = f_l(x_l W_l + b_l)
"""

import json
import logging
import pathlib
import tempfile
import zipfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

logging.getLogger("tensorflow").setLevel("ERROR")  # many models, on purpose
keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Keras writes a file for each activation that the reader will know, which comes
# last in its model. All before it is so short in binary that nothing is
# rounded. Some models are sequential, others are functional, which is written
# in another form.

folder = tempfile.TemporaryDirectory()
x = np.random.randint(-3, 4, size=(40, 2)) + 2.0**-12  # (batch, features)
weights = [
    np.random.randint(-2, 3, size=(2, 6)),  # (features, units)
    np.array([5, -4, 3, -2, 1, 0]),  # (units,)
    np.random.randint(-2, 3, size=(6, 4)),
    np.random.randint(-2, 3, size=(4, 3)) / 8,
    np.array([1, -2, 0.5 + 2.0**-12]),
]


def save(name, layers, weights, functional=False):
    """The path of a .keras file, and what Keras predicts, (batch, units)."""
    model = keras.Sequential([keras.Input(shape=(2,)), *layers])
    np.testing.assert_equal(len(layers[0](x.astype("float32")).shape), 2)
    if functional:
        model = keras.Model(model.inputs, model.outputs)
    model.set_weights(weights)
    path = pathlib.Path(folder.name) / f"{name}.keras"
    model.save(path)
    return path, model.predict(x, verbose=0)


files = {}
for name in ("linear", "relu", "sigmoid", "softmax", "tanh"):
    layers = [
        keras.layers.Dense(6, activation="relu"),
        keras.layers.Dense(4, use_bias=False),
        keras.layers.Dense(3, activation=name),
    ]
    files[name] = save(name, layers, weights, name in ("relu", "softmax"))

# %%
# Compute it
# ----------
# This is the whole reader. It runs nothing that is in the file, and refuses
# what it does not know.


def softmax(z):
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": lambda z: z * (z > 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": softmax,
    "tanh": np.tanh,
}


def require(what, found, *known):
    if found not in known:
        raise ValueError(f"{what} is {found}, and must be one of {known}")


def dense_configs(model):
    """The configs of the layers of a model, which are Dense, in a row."""
    require("model", model["class_name"], "Sequential", "Functional")
    inputs, *layers = model["config"]["layers"]
    require("first layer", inputs["class_name"], "InputLayer")
    previous = inputs["config"]["name"]
    for layer in layers:
        config, name = layer["config"], layer["config"]["name"]
        require(name, layer["class_name"], "Dense")
        require(f"{name}: activation", config["activation"], *ACTIVATIONS)
        require(
            f"{name}: dtype", config["dtype"]["config"], {"name": "float32"}
        )
        nodes = layer.get("inbound_nodes")  # functional: what it is fed
        if nodes is not None:
            fed = [each["config"] for node in nodes for each in node["args"]]
            sources = [tensor["keras_history"][0] for tensor in fed]
            require(f"{name}: input", sources, [previous])
        previous = name
    outputs = model["config"].get("output_layers", [previous, "", ""])
    require("numbers that tell the output", np.size(outputs), 3)
    return [layer["config"] for layer in layers]


def read(file):
    """The layers of a .keras file, each as (activation, kernel[, bias])."""
    with zipfile.ZipFile(file) as archive:
        configs = dense_configs(json.loads(archive.read("config.json")))
        with h5py.File(archive.open("model.weights.h5")) as weights:
            layers = []
            for number, config in enumerate(configs):
                name = f"dense_{number}" if number else "dense"
                stored = weights[f"layers/{name}/vars"]
                arrays = [stored[key][()] for key in sorted(stored)]
                layers.append((config["activation"], *arrays))
    return layers


def predict(x, layers):
    """What the layers make of x: (batch, features) to (batch, units)."""
    x = x.astype("float64")
    for activation, kernel, *bias in layers:
        x = ACTIVATIONS[activation](x @ kernel + sum(bias))
    return x


# %%
# Check it
# --------
# In a functional model, what is fed has a place in the weights file as well,
# without any array. What is read is what was set, to the bit.

for path, _ in files.values():
    with zipfile.ZipFile(path) as archive:
        with h5py.File(archive.open("model.weights.h5")) as opened:
            groups = sorted(set(opened["layers"]) - {"input_layer"})
    np.testing.assert_equal(groups, ["dense", "dense_1", "dense_2"])

read_layers = {name: read(path) for name, (path, _) in files.items()}
for name, layers in read_layers.items():
    activations = [activation for activation, *_ in layers]
    np.testing.assert_equal(activations, ["relu", "linear", name])
    arrays = [array for _, *arrays in layers for array in arrays]
    shapes = [array.shape for array in arrays]
    np.testing.assert_equal(shapes, [w.shape for w in weights])
    for array, w in zip(arrays, weights):
        np.testing.assert_equal(array.dtype, np.float32)
        np.testing.assert_array_equal(array, w)

# %%
# So ``linear`` and ``relu`` are exact. The limit of the others is four epsilons
# of the value, with half an epsilon more in ``softmax`` for each addition, and
# for each unit by which an exponent is below the largest.

logits = predict(x, read_layers["linear"])
below = logits.max(axis=-1, keepdims=True) - logits
limits = {"sigmoid": 4, "softmax": 5 + below / 2, "tanh": 4}
for name, (_, y) in files.items():
    expected = predict(x, read_layers[name])
    np.testing.assert_equal((y.shape, y.dtype), ((40, 3), np.float32), name)
    if name not in limits:
        np.testing.assert_array_equal(y, expected, name)
        continue
    unit = np.finfo("float32").eps * np.abs(expected) + np.finfo("float32").tiny
    error = np.abs(y - expected)
    print(f"{name}: largest error {np.max(error / unit):.2f} epsilons")
    np.testing.assert_array_less(error, limits[name] * unit, name)

# %%
# The reader subtracts the largest exponent, so that a large one does not
# overflow. All that counts is by how much they differ.

shift = 1000.0 * (np.arange(40) < 5)[:, np.newaxis]
np.testing.assert_array_equal(softmax(logits + shift), softmax(logits))

# %%
# Break it
# --------
# ``h5py`` lists in alphabetical order, in which ``dense_10`` comes before
# ``dense_2``. Whoever takes the layers as they are listed is right up to ten.

kernels = 10 * [np.array([[1, 1], [0, 1]])] + 2 * [np.array([[1, 0], [1, 1]])]
layers = [keras.layers.Dense(2, use_bias=False) for _ in kernels]
path, y = save("deep", layers, kernels)
deep_layers = read(path)
alphabetical = sorted(range(12), key=str)
print("listed as", alphabetical)

expected = predict(x, deep_layers)
misplaced = predict(x, [deep_layers[number] for number in alphabetical])
np.testing.assert_array_equal(y, expected)
np.testing.assert_equal(np.array_equal(y, misplaced), False)

# %%
# A ``Lambda`` layer brings code. Its file is refused, by the reader and also by
# Keras, which runs no such code unless it is told to, by ``safe_mode=False``.

path, _ = save("code", [keras.layers.Lambda(lambda x: 2 * x)], [])
for refusing in (read, keras.models.load_model):
    with np.testing.assert_raises(ValueError):
        refusing(path)
    print(f"{refusing.__name__} refuses the file")

folder.cleanup()

# %%
# See it
# ------

steps = np.linspace(-4, 4, 81)
grid = np.stack(np.meshgrid(steps, steps), axis=-1)  # (81, 81, features)
ground = predict(grid, read_layers["tanh"])[..., 0]
dots = files["tanh"][1][:, 0]
fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
shown = {"cmap": "PuOr", "vmin": -1, "vmax": 1}
axis.imshow(ground, **shown, origin="lower", extent=(-4, 4, -4, 4))
axis.scatter(*x.T, c=dots, **shown, edgecolors="black")
axis.set(title="The first unit, from the file, and by Keras (dots)")
axis.set(xlabel="first feature", ylabel="second feature")
plt.show()
