r"""
A .keras file is a zip of three files
=====================================

``model.save`` writes a zip archive: ``config.json`` tells how the model is
made, ``model.weights.h5`` holds its weights, and ``metadata.json`` names the
Keras that wrote it. From the first follows the number of weights in the second,
for each ``Dense`` layer:

.. math::

   n_\text{weights} = \text{features} \cdot \text{units} \;
   [\, + \, \text{units, with a bias} \,]
"""

import json
import pathlib
import tempfile
import zipfile

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Each layer is told something else than by default. The file is written into a
# folder that is removed when the page ends. Integers make all of it exact.

layers = [
    keras.layers.Dense(5, "relu", bias_initializer="ones", name="hidden"),
    keras.layers.Dense(4, use_bias=False, trainable=False, name="narrow"),
    keras.layers.Dense(2, "relu6", name="scores"),
]
model = keras.Sequential([keras.Input(shape=(3,)), *layers])

kernels = [np.random.randint(-2, 3, size=s) for s in [(3, 5), (5, 4), (4, 2)]]
biases = [np.array([2, 1, 0, -1, -2]), np.array([3, 2])]  # (units,)
weights = [kernels[0], biases[0], kernels[1], kernels[2], biases[1]]
model.set_weights(weights)

x = np.random.randint(-2, 3, size=(8, 3))  # (batch, features)
np.testing.assert_equal(tuple(layers[0](x.astype("float32")).shape), (8, 5))
y = model.predict(x, verbose=0)  # (batch, units)

folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "model.keras"
model.save(path)

# %%
# Compute it
# ----------
# A zip archive is opened and JSON is read, by Python alone. Nothing in them is
# run, and no layer is made.

with zipfile.ZipFile(path) as archive:
    names = sorted(archive.namelist())
    metadata = json.loads(archive.read("metadata.json"))
    config = json.loads(archive.read("config.json"))

inputs, *stored = config["config"]["layers"]


def weight_shapes(input_shape, configs):
    """The shapes of the weights of some Dense layers, from their configs."""
    _, features = input_shape
    shapes = []
    for config in configs:
        units = config["units"]
        shapes.append((features, units))
        if config["use_bias"]:
            shapes.append((units,))
        features = units
    return shapes


configs = [layer["config"] for layer in stored]
shapes = weight_shapes(inputs["config"]["batch_shape"], configs)

hidden = np.maximum(x @ weights[0] + weights[1], 0)  # relu
expected = np.clip(hidden @ weights[2] @ weights[3] + weights[4], 0, 6)

# %%
# Check it
# --------
# There are three files. They tell the class of the model, and of its layers in
# their order.

for name in names:
    print(name)
file_names = ["config.json", "metadata.json", "model.weights.h5"]
np.testing.assert_equal(names, file_names)
np.testing.assert_equal(metadata["keras_version"], keras.__version__)

classes = [inputs["class_name"], *(layer["class_name"] for layer in stored)]
np.testing.assert_equal(config["class_name"], "Sequential")
np.testing.assert_equal(classes, ["InputLayer", "Dense", "Dense", "Dense"])

# %%
# The config of a layer names its arguments, also those that it was not told. It
# is what ``get_config`` returns; only the dtype may have got a number
# in the file, by which layers share it.

arguments = "name", "units", "activation", "use_bias", "trainable"
told = [
    ("hidden", 5, "relu", True, True),
    ("narrow", 4, "linear", False, False),
    ("scores", 2, "relu6", True, True),
]
for found, layer, expected_values in zip(configs, layers, told):
    values = tuple(found[name] for name in arguments)
    print(dict(zip(arguments, values)))
    np.testing.assert_equal(values, expected_values)
    np.testing.assert_equal(found["dtype"]["config"], {"name": "float32"})
    built = {**layer.get_config(), "dtype": found["dtype"]}
    np.testing.assert_equal(found, built)

initializers = [each["bias_initializer"]["class_name"] for each in configs]
np.testing.assert_equal(initializers, ["Ones", "Zeros", "Zeros"])

# %%
# The config is enough to know the shape of each weight. And Keras makes the
# same model of the three files again.

count = sum(np.prod(shape) for shape in shapes)
print(count, "weights:", shapes)
np.testing.assert_equal(shapes, [weight.shape for weight in weights])
np.testing.assert_equal(count, model.count_params())

loaded = keras.models.load_model(path)
y_loaded = loaded.predict(x, verbose=0)
np.testing.assert_equal((y.shape, y.dtype), ((8, 2), np.float32))
np.testing.assert_array_equal(y, expected)
np.testing.assert_equal(y_loaded.dtype, np.float32)
np.testing.assert_array_equal(y_loaded, expected)

# %%
# Break it
# --------
# The config alone makes the same layers, and not one weight of the kernels.

remade = keras.Sequential.from_config(config["config"])
drawn = [remade.get_weights()[index] for index in (0, 2, 3)]
for kernel, other in zip(kernels, drawn):
    same = np.count_nonzero(other == kernel)
    print("weights restored by the config:", same, "of", kernel.size)
    np.testing.assert_equal(other.shape, kernel.shape)
    np.testing.assert_equal(same, 0)

folder.cleanup()

# %%
# See it
# ------

fig, axes = plt.subplots(2, 3, figsize=(5, 3.6), layout="constrained")
fig.suptitle("Shapes in config.json, numbers in model.weights.h5")
for column, kernel in enumerate(kernels):
    for axis, values in zip(axes[:, column], (np.zeros(kernel.shape), kernel)):
        axis.pcolormesh(values, cmap="PuOr", vmin=-3, vmax=3, edgecolors="gray")
        axis.set(aspect="equal", xlim=(-0.1, 5.1), ylim=(5.1, -0.1))
        axis.axis("off")
    axes[0, column].set_title(configs[column]["name"], loc="left")
plt.show()
