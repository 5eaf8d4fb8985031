r"""
.weights.h5 files: layers are counted, not named
================================================

A weights file of a ``Sequential`` or functional model stores its first
``Dense`` layer under ``layers/dense``, the second under ``layers/dense_1``, and
so on. Their own names do not count. Below each, the kernel and the bias have
numbers, too:

.. math::

   W &= \text{layers/dense/vars/0} \\
   b &= \text{layers/dense/vars/1}
"""

import pathlib
import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import from_bfloat16

folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "model.weights.h5"

# %%
# Build it
# --------
# Two layers of the same shape. Their names are swapped on purpose.

kernel_1 = np.array([[1, 2], [3, 4]])  # (features, units)
bias_1 = np.array([5, 6])  # (units,)
kernel_2 = np.array([[-1, -2], [-3, -4]])
bias_2 = np.array([-5, -6])

first = keras.layers.Dense(2, name="dense_1")
second = keras.layers.Dense(2, name="dense")
model = keras.Sequential([keras.Input(shape=(2,)), first, second])
model.set_weights([kernel_1, bias_1, kernel_2, bias_2])
model.save_weights(path)

# %%
# Compute it
# ----------
# ``visititems`` visits the groups (folders) and datasets (arrays) of a file.


def read_arrays(path):
    """All arrays of a .weights.h5 file, by place; bfloat16 becomes float32."""
    arrays = {}

    def visit(place, node):
        if isinstance(node, h5py.Dataset):
            array = node[()]
            if node.attrs.get("dtype") == "bfloat16":
                array = from_bfloat16(array)
            arrays[place] = array

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays


arrays = read_arrays(path)
print(*arrays, sep="\n")

# %%
# Check it
# --------

expected = {
    "layers/dense/vars/0": np.float32(kernel_1),
    "layers/dense/vars/1": np.float32(bias_1),
    "layers/dense_1/vars/0": np.float32(kernel_2),
    "layers/dense_1/vars/1": np.float32(bias_2),
}
np.testing.assert_equal(list(arrays), list(expected))
for place, weight in expected.items():
    np.testing.assert_array_equal(arrays[place], weight, strict=True)

# %%
# The name of a layer is kept, but only as an attribute of its ``vars``.

with h5py.File(path) as file:
    name = file["layers/dense/vars"].attrs["name"]
np.testing.assert_equal(name, "dense_1")

# %%
# The reader finds the same numbers in a layer of bfloat16.

narrow = keras.Sequential(
    [keras.Input(shape=(2,)), keras.layers.Dense(2, dtype="bfloat16")]
)
narrow.set_weights([kernel_1, bias_1])
narrow.save_weights(path, overwrite=True)
kernel = read_arrays(path)["layers/dense/vars/0"]
np.testing.assert_array_equal(kernel, np.float32(kernel_1), strict=True)
folder.cleanup()

# %%
# Break it
# --------
# Would you look for the layer called ``dense``? You find another one.

assert np.any(arrays["layers/dense/vars/0"] != second.get_weights()[0])

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("Where the file keeps the kernel of each layer")
places = ["layers/dense/vars/0", "layers/dense_1/vars/0"]
for axis, layer, place in zip(axes, [first, second], places):
    axis.imshow(arrays[place], cmap="PuOr", vmin=-8, vmax=8)
    for (row, column), value in np.ndenumerate(arrays[place]):
        axis.text(column, row, f"{value:.0f}", color="black", ha="center")
    axis.set(title=f'name="{layer.name}"', xlabel=place, xticks=[], yticks=[])
plt.show()
