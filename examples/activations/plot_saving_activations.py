r"""
Saving a custom activation: the file keeps only its name
========================================================

A saved model holds a function by its name, without its code. To load a function
of your own, register it, or tell Keras which function has that name, as for

.. math:: \text{squared\_relu}(z) = \max(z, 0)^2
"""

import json
import tempfile
import zipfile
from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two functions, of which the decorator registers one, and a layer.

folder = tempfile.TemporaryDirectory()


def squared_relu(z):
    return keras.ops.square(keras.ops.relu(z))


@keras.saving.register_keras_serializable(package="by_hand")
def doubled_relu(z):
    return 2 * keras.ops.relu(z)


def save(activation, name):
    """Save a model that applies an activation; return the path of its file."""
    path = f"{folder.name}/{name}.keras"
    dense = keras.layers.Dense(1, activation, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((1,)), dense])
    model.save(path)
    return path


squared = save(squared_relu, "squared")
doubled = save(doubled_relu, "doubled")
leaky = save(keras.layers.ReLU(negative_slope=0.5), "leaky")

# %%
# Compute it
# ----------
# The file is a zip archive. Its ``config.json`` says how to make the model.


def saved_activation(path):
    """The name of the last layer's activation, or its arguments if a layer."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    last = config["config"]["layers"][-1]
    return last["config"]["activation"]["config"]


# %%
# Check it
# --------
# A registered name includes its package.

np.testing.assert_equal(saved_activation(squared), "squared_relu")
np.testing.assert_equal(saved_activation(doubled), "by_hand>doubled_relu")
np.testing.assert_equal(saved_activation(leaky)["negative_slope"], 0.5)

# %%
# Only ``squared_relu`` needs ``custom_objects``. Without, loading fails.

z = np.array([[-4], [-1], [0], [3]])  # (batch, units)
own = {"squared_relu": squared_relu}
cases = [
    (squared, own, np.maximum(z, 0) ** 2),
    (doubled, None, 2 * np.maximum(z, 0)),
    (leaky, None, np.where(z > 0, z, z / 2)),
]
for path, custom_objects, expected in cases:
    model = keras.models.load_model(path, custom_objects=custom_objects)
    y = keras.ops.convert_to_numpy(model(z))
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_raises(TypeError, keras.models.load_model, squared)

# %%
# A ``partial`` has no name. Use a layer with arguments, or write a function.
#
# .. warning:: **Seen in Keras 3.15.1, error:** ``Dense`` takes a
#    ``functools.partial`` as its activation, but a model with it can't be
#    saved.

elu = partial(keras.activations.elu, alpha=2)
np.testing.assert_raises(TypeError, save, elu, "elu")

# %%
# Break it
# --------
# What if you change the function after you have saved the model, so that, say,
# it is only ``relu``? The name is the same: Keras takes it without an error.

new = {"squared_relu": keras.ops.relu}
before = keras.models.load_model(squared, custom_objects=own)
after = keras.models.load_model(squared, custom_objects=new)
y_before, y_after = map(keras.ops.convert_to_numpy, (before(z), after(z)))
assert not np.allclose(y_before, y_after)

# %%
# See it
# ------
# One file, loaded with the function that it was saved with, and with ``relu``.

z = np.linspace(-1.5, 1.5, 61)[:, np.newaxis]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for model, label in ((before, "as saved"), (after, "changed")):
    axis.plot(z, keras.ops.convert_to_numpy(model(z)), label=label)
axis.set(title="One file, two functions of the same name", xlabel="z")
axis.legend()
plt.show()
