r"""
Lambda: the file holds code, so Keras refuses to load it
========================================================

If the function in a ``Lambda`` layer is a Python ``lambda``, the ``.keras``
file stores its code. Loading the model would run this code, even a stranger's.
So Keras refuses, unless you set ``safe_mode=False``. If you register a function
under a name, the file stores only the name.

.. math:: y = f(x, \text{arguments})
"""

import json
import tempfile
import zipfile

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Lambda
from keras.models import load_model

# %%
# Build it
# --------
# The same function twice: as a ``lambda``, and registered.

folder = tempfile.TemporaryDirectory()
x = np.array([[3, -2, 1], [-1, 4, 2]], dtype="float32")


@keras.saving.register_keras_serializable(package="by_hand")
def scaled(x, factor=1):
    return factor * x


def save(layer, name):  # a model, and its file
    path = f"{folder.name}/{name}.keras"
    model = keras.Sequential([keras.Input((3,)), layer])
    model.save(path)
    return model, path


unnamed, code_path = save(Lambda(lambda x: -x), "code")
named, name_path = save(Lambda(scaled, arguments={"factor": -1}), "name")

# %%
# Compute it
# ----------
# ``find_code`` looks for code before you load a file. An empty list means that
# there is no ``lambda``, not that a stranger's file is safe.

from keras_by_hand import lambda_layer


def find_code(path):
    """What a .keras file stores of each lambda in it. Runs no code."""
    found = []

    def look_at(part):  # at each dict in the file
        if part.get("class_name") == "__lambda__":
            found.append(part["config"])
        return part

    with zipfile.ZipFile(path) as archive:
        json.loads(archive.read("config.json"), object_hook=look_at)
    return found


# %%
# Check it
# --------
# The file has the bytecode of the ``lambda``, which another Python version
# may not read. Set ``safe_mode=False`` only for files of your own.

expected = lambda_layer(x, function=scaled, arguments={"factor": -1})
np.testing.assert_equal(find_code(name_path), [])
(found,) = find_code(code_path)
np.testing.assert_equal(sorted(found), ["closure", "code", "defaults"])
np.testing.assert_raises(ValueError, load_model, code_path)
of_code = load_model(code_path, safe_mode=False)
for model in (unnamed, named, of_code, load_model(name_path)):
    y = model.predict(x, verbose=0)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** ``Lambda`` trusts a wrong
#    ``output_shape``. And ``mask``, a function for the mask of the output, is
#    lost by saving: the loaded layer has a dict instead.

layer = Lambda(scaled, output_shape=(7,), mask=lambda x, mask: mask)
model, path = save(layer, "wrong")
np.testing.assert_equal(model.output_shape, (None, 7))
np.testing.assert_equal(tuple(model(x).shape), (2, 3))
loaded = load_model(path).layers[0]
np.testing.assert_equal(loaded.mask["class_name"], "__lambda__")

# %%
# Break it
# --------
# Is ``safe_mode=False`` all that your own file needs? No: the code is stored
# without the globals that it uses, such as ``np``. And what can a stranger's
# code do? All that Python can, as soon as you load it. This only prints:

_, path = save(Lambda(lambda x: np.pi * x), "pi")
np.testing.assert_raises(NameError, load_model(path, safe_mode=False), x)
_, path = save(Lambda(lambda x: print("I could delete files.") or x), "bad")
print("Now we load it:")
load_model(path, safe_mode=False)

# %%
# See it
# ------
# Register another function under the same name: the file with a name follows.

register = keras.saving.register_keras_serializable("by_hand", name="scaled")
register(lambda x, factor: factor * abs(x))
x = np.linspace(-2, 2, 81).reshape(27, 3)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for path, style in ((code_path, "-"), (name_path, "--")):
    y = keras.ops.convert_to_numpy(load_model(path, safe_mode=False)(x))
    axis.plot(x.ravel(), y.ravel(), style)
axis.set(title="Two files, loaded after scaled has changed", xlabel="x")
axis.legend(["file with code", "file with a name"])
plt.show()
