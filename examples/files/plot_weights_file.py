r"""
.weights.h5 files: layers are counted, not named
================================================

You want one kernel out of an HDF5 file of ``save_weights``. The file of a
``Sequential`` or functional model stores its first ``Dense`` layer under
``layers/dense``, the second under ``layers/dense_1``, and so on. Their own
names do not count: ``load_weights`` needs the same layers in the same order.
Below each, the kernel :math:`W` and the bias :math:`b` have numbers:

.. math::

   W &= \text{layers/dense/vars/0} \\
   b &= \text{layers/dense/vars/1}
"""

import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The names of the layers are swapped on purpose.
kernel_1 = np.array([[1, 2], [3, 4]])  # (features, units)
bias_1 = np.array([5, 6])  # (units,)
kernel_2 = np.array([[-1, -2], [-3, -4]])
bias_2 = np.array([-5, -6])
first = keras.layers.Dense(2, name="dense_1")
second = keras.layers.Dense(2, name="dense")
model = keras.Sequential([keras.Input(shape=(2,)), first, second])
model.set_weights([kernel_1, bias_1, kernel_2, bias_2])
folder = tempfile.TemporaryDirectory()  # removed at the end
path = f"{folder.name}/model.weights.h5"
model.save_weights(path)

# %%
# Compute it
# ----------
# ``visititems`` visits each group (folder) and dataset (array) of the file. So
# it finds other layers, too: ``layers/conv2d``, ``layers/lstm/cell``, ...
arrays = {}


def visit(place, node):
    if isinstance(node, h5py.Dataset):
        arrays[place] = node[()]


with h5py.File(path) as file:
    file.visititems(visit)
    name = file["layers/dense/vars"].attrs["name"]

# %%
# Check it
# --------
# The name of a layer is there, too, but only as an attribute.

expected = {
    "layers/dense/vars/0": np.float32(kernel_1),
    "layers/dense/vars/1": np.float32(bias_1),
    "layers/dense_1/vars/0": np.float32(kernel_2),
    "layers/dense_1/vars/1": np.float32(bias_2),
}
np.testing.assert_equal(arrays, expected)
np.testing.assert_equal(name, "dense_1")

# %%
# Break it
# --------
# Suppose you look for the kernel of the layer that is called "dense".
right, _ = second.get_weights()
wrong = arrays["layers/dense/vars/0"]
print("right:", right.tolist(), "wrong:", wrong.tolist())
assert np.any(right != wrong)

# %%
# In full
# -------
# ``save_own_variables`` writes to a dict, too. An unbuilt layer writes nothing.
# To keep the numbers, write ``{n: np.array(v) for n, v in kept.items()}``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Layer.save_own_variables`` puts the layer's variables into a dict, and
#    they change when the layer does. Copy them.

first.save_own_variables(kept := {})
keras.layers.Dense(2).save_own_variables(nothing := {})
np.testing.assert_equal([list(kept), list(nothing)], [["0", "1"], []])
first.load_own_variables({"0": 2 * kernel_1, "1": bias_1})  # as if it trained
changed = keras.ops.convert_to_numpy(kept["0"])
np.testing.assert_array_equal(changed, 2 * kernel_1)

# %%
# See it
# ------
fig, axes = plt.subplots(1, 2, figsize=(6, 2.6), layout="constrained")
places = ["layers/dense/vars/0", "layers/dense_1/vars/0"]
for axis, layer, place in zip(axes, [first, second], places):
    axis.matshow(arrays[place], cmap="PuOr", vmin=-8, vmax=8)
    axis.set(title=f'name="{layer.name}"', xlabel=place, xticks=[], yticks=[])
plt.show()
