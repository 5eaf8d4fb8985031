"""
Could not locate function: a file has only its name
===================================================

``load_model`` raises "Could not locate function ..." for an activation of your
own: the file has only its name. Register it, or pass ``custom_objects``.
"""

import json
import tempfile
import zipfile

import keras
import numpy as np
from keras.models import load_model

# %%
# Build it
# --------

folder = tempfile.TemporaryDirectory()
path = f"{folder.name}/model.keras"


def squared_relu(z):
    return keras.ops.relu(z) ** 2


@keras.saving.register_keras_serializable(package="by_hand")
def doubled_relu(z):
    return 2 * keras.ops.relu(z)


def save(activation):  # and return what the file says of it
    layer = keras.layers.Activation(activation)
    keras.Sequential([keras.Input((1,)), layer]).save(path)
    config = json.loads(zipfile.ZipFile(path).read("config.json"))
    return config["config"]["layers"][-1]["config"]["activation"]["config"]


# %%
# Check it
# --------

z = np.float32([[-4], [-1], [0], [3]])  # (batch, units)
np.testing.assert_equal(save(doubled_relu), "by_hand>doubled_relu")
np.testing.assert_array_equal(load_model(path)(z), 2 * np.maximum(z, 0))
np.testing.assert_equal(save(squared_relu), "squared_relu")
np.testing.assert_raises(TypeError, load_model, path)
model = load_model(path, custom_objects={"squared_relu": squared_relu})
np.testing.assert_array_equal(model(z), np.maximum(z, 0) ** 2)

# %%
# Break it
# --------
# Only the name counts. With another function, nothing warns you.

other = load_model(path, custom_objects={"squared_relu": keras.ops.relu})
print("right:", np.ravel(model(z)), "wrong:", np.ravel(other(z)))
assert np.any(np.ravel(model(z)) != np.ravel(other(z)))
