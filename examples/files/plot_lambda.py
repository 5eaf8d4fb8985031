r"""
Lambda and custom functions: what a .keras file stores
======================================================

``load_model`` refuses your file, as the model has a function of your own: a
``Lambda`` layer or an activation, :math:`y = f(x)`. If f is

- a Python ``lambda``, the file stores its bytecode, by ``marshal``. It could be
  a stranger's code, so Keras refuses it. If you trust the file, pass
  ``safe_mode=False``. Or call ``keras.config.enable_unsafe_deserialization()``.
- a plain function, it stores its name. Hand it over in ``custom_objects``.
- registered, it stores its package and name. Define it before you load.
"""

import json
import tempfile
import zipfile
from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Lambda
from keras.models import load_model

# %%
# Build it
# --------
folder = tempfile.TemporaryDirectory()  # removed at the end
x = np.float32([[3, -2, 1], [-1, 4, 2]])


def negative(x):
    return -x


@keras.saving.register_keras_serializable(package="by_hand")
def registered(x):
    return -x


def save(layer, path):
    keras.Sequential([keras.Input((3,)), layer]).save(path)
    return path


code = save(Lambda(lambda x: -x), f"{folder.name}/code.keras")
name = save(Lambda(negative), f"{folder.name}/name.keras")
package = save(Lambda(registered), f"{folder.name}/package.keras")

# %%
# Compute it
# ----------
# Each file has a config. It stores code, of class ``__lambda__``, or a name.
stored = []
for path in (code, name, package):
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    stored.append(config["config"]["layers"][1]["config"]["function"])
has_code = [function["class_name"] == "__lambda__" for function in stored]
names = [function["config"] for function in stored[1:]]
from keras_by_hand import lambda_layer  # calls the function

# %%
# Check it
# --------
np.testing.assert_equal(has_code, [True, False, False])
np.testing.assert_equal(names, ["negative", "by_hand>registered"])
np.testing.assert_raises(ValueError, load_model, code)  # is refused
np.testing.assert_raises(TypeError, load_model, name)
of_name = load_model(name, {"negative": negative})  # custom_objects
for model in (load_model(code, safe_mode=False), of_name, load_model(package)):
    y = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_array_equal(y, lambda_layer(x, function=negative))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** ``Lambda`` trusts a wrong
#    ``output_shape``. And its function ``mask`` is a dict in the loaded layer.
#
# .. warning:: **Seen in Keras 3.15.1, error:** ``Dense`` takes a
#    ``functools.partial`` as its activation, but the model can't be saved.
#
# So leave out ``output_shape``, set ``mask`` after loading, use no ``partial``.
layer = Lambda(registered, output_shape=(7,), mask=lambda x, mask: mask)
model = load_model(save(layer, code))
np.testing.assert_equal(model.output_shape, (None, 7))
np.testing.assert_equal(model.layers[0].mask["class_name"], "__lambda__")
np.testing.assert_raises(TypeError, save, Dense(1, partial(negative)), code)

# %%
# Break it
# --------
# Suppose you have changed the function since. Only its name must be the same.
model = load_model(name, custom_objects={"negative": keras.ops.abs})
wrong = keras.ops.convert_to_numpy(model(x))
print("right:", y[0], "wrong:", wrong[0])
assert np.any(y != wrong)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.plot(x.ravel(), y.ravel(), "o", x.ravel(), wrong.ravel(), "x")
axis.set(title="Loaded with the old function (o) and the new one (x)")
plt.show()
