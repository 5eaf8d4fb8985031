r"""
Predict without Keras: read a .keras file with NumPy
====================================================

NumPy and ``h5py`` are enough for inference from a ``.keras`` file. (To run
Keras without TensorFlow, set ``KERAS_BACKEND=torch`` or ``jax``.) The file is a
zip: ``config.json`` names layers and activations :math:`f`, and
``model.weights.h5`` has kernels :math:`W` and biases :math:`b`. This reader is
for ``Dense`` layers in a ``Sequential`` model, and refuses all others:

.. math:: x_{l+1} = f_l(x_l W_l + b_l)
"""

import json
import re
import tempfile
import zipfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

from keras_by_hand import relu, sigmoid, softmax

# %%
# Build it
# --------
# A model with all activations that ``read`` knows, and random weights.
rng = np.random.default_rng(313)
inner = [Dense(6, "relu"), Dense(8, "tanh"), Dense(8, "sigmoid")]
outer = [Dense(5, use_bias=False), Dense(3, "softmax")]
model = keras.Sequential([keras.Input(shape=(2,)), *inner, *outer])
model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
folder = tempfile.TemporaryDirectory()  # removed at the end
model.save(f"{folder.name}/model.keras")
x = rng.integers(-3, 4, size=(30, 2))  # (batch, features)
y = model.predict(x, verbose=0)

# %%
# Compute it
# ----------
# Copy this, and the functions imported above. (For other layers, try
# ``load_model(path).predict(x)`` of keras_by_hand.) The file calls layers
# ``dense``, ``dense_1``, ..., whatever their names: ``read`` counts them.
FUNCTIONS = {"relu": relu, "tanh": np.tanh, "sigmoid": sigmoid}
FUNCTIONS |= {"linear": np.asarray, "softmax": softmax}


def read(path):
    """The layers of a .keras file, each as (activation, kernel, bias)."""
    layers = []
    with zipfile.ZipFile(path) as archive:
        model = json.loads(archive.read("config.json"))
        parts = [model, *model["config"]["layers"]]
        kinds = " ".join(part["class_name"] for part in parts)
        if not re.fullmatch("Sequential InputLayer( Dense)+", kinds):
            raise ValueError(f"not an Input and Dense layers: {kinds}")
        file = h5py.File(archive.open("model.weights.h5"))
        for number, config in enumerate(p["config"] for p in parts[2:]):
            f, dtype = config["activation"], config["dtype"]["config"]
            if str(f) not in FUNCTIONS or dtype != {"name": "float32"}:
                raise ValueError(f"{config['name']} has {f} and {dtype}")
            name = f"dense_{number}" if number else "dense"  # not its own
            stored = file[f"layers/{name}/vars"]
            bias = stored["1"][()] if config["use_bias"] else 0  # (units,)
            layers.append((FUNCTIONS[f], stored["0"][()], bias))
    return layers


def predict(x, layers):
    for f, W, b in layers:
        x = f(x @ W + b)
    return x


# %%
# Check it
# --------
layers = read(f"{folder.name}/model.keras")
np.testing.assert_allclose(y, predict(x, layers), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# ``h5py`` lists layers by name, ``dense_10`` before ``dense_2``: count instead.
biases = map(keras.initializers.Constant, range(12))
deep = [Dense(1, bias_initializer=bias) for bias in biases]
deep = keras.Sequential([keras.Input((1,)), *deep])
deep.save(f"{folder.name}/deep.keras")
right = [bias.item() for _, _, bias in read(f"{folder.name}/deep.keras")]
with zipfile.ZipFile(f"{folder.name}/deep.keras") as archive:
    file = h5py.File(archive.open("model.weights.h5"))
    wrong = [part["vars/1"][0].item() for part in file["layers"].values()]
print("right:", right, "wrong:", wrong)
assert right == list(range(12)) != wrong

# %%
# See it
# ------
_, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(predict(x, layers), y, ".")
axis.set(title="Probabilities", xlabel="by NumPy", ylabel="by Keras")
plt.show()
