r"""
.weights.h5 files: layers are counted, not named
================================================

A weights file stores the first ``Dense`` layer of a model as ``layers/dense``,
the second as ``layers/dense_1``, and so on, no matter what their names are. The
kernel is ``vars/0`` there, and the bias ``vars/1``. ``bfloat16``, which NumPy
doesn't have, is stored as raw bytes: the upper half of a ``float32``.

.. math:: \operatorname{bits}(w) = 2^{16} \operatorname{bits}(w_\text{bfloat16})
"""

import pathlib
import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)
folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "model.weights.h5"

# %%
# Build it
# --------
# Two layers of one shape, with misleading names. The optimizer takes one step,
# so it has something to remember too: with momentum, a velocity per weight.

names = ["dense_1", "dense"]
layers = [keras.layers.Dense(3, name=name) for name in names]
model = keras.Sequential([keras.Input(shape=(3,)), *layers])
before = [rng.integers(-4, 5, size=w.shape) for w in model.get_weights()]
model.set_weights(before)

gradients = [rng.integers(1, 5, size=w.shape) for w in before]
model.compile(keras.optimizers.SGD(learning_rate=2.0, momentum=0.5))
tensors = [keras.ops.convert_to_tensor(g, "float32") for g in gradients]
model.optimizer.apply(tensors, model.trainable_variables)
model.save_weights(path)

# %%
# Compute it
# ----------


def read_arrays(path):
    """All arrays of a .weights.h5 file, by place; bfloat16 becomes float32."""
    arrays = {}

    def visit(place, node):
        if isinstance(node, h5py.Dataset):
            array = node[()]
            if node.attrs.get("dtype") == "bfloat16":  # two raw bytes a number
                upper_half = array.view("uint16").astype("uint32")
                array = (upper_half * 2**16).view("float32")
            arrays[place] = array

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays


# %%
# Check it
# --------
# In the first step, a velocity is minus the learning rate times the gradient.
# The optimizer also stores the number of steps and the learning rate.

arrays = read_arrays(path)
print(*arrays, sep="\n")
velocities = [-2 * gradient for gradient in gradients]
places = [f"layers/dense{end}/vars/{i}" for end in ("", "_1") for i in (0, 1)]
for number, place in enumerate(places):
    after = np.float32(before[number] + velocities[number])
    np.testing.assert_array_equal(arrays[place], after, strict=True)
    found = arrays[f"optimizer/vars/{number + 2}"]
    np.testing.assert_array_equal(found, velocities[number])
np.testing.assert_equal(arrays["optimizer/vars/0"], 1)
np.testing.assert_equal(arrays["optimizer/vars/1"], 2)

with h5py.File(path) as file:  # a layer's own name is only an attribute
    found = [file[place].parent.attrs["name"] for place in places[::2]]
np.testing.assert_equal(found, names)

# %%
# 16-bit weights stay 16 bits wide in the file. A layer with mixed precision
# computes in 16 bits, but keeps its weights in 32. ``V2`` means two raw bytes.

stored_as = {"mixed_bfloat16": "<f4", "float16": "<f2", "bfloat16": "|V2"}
for dtype, stored in stored_as.items():
    layer = keras.layers.Dense(3, dtype=dtype)
    narrow = keras.Sequential([keras.Input(shape=(3,)), layer])
    narrow.set_weights(before[:2])
    narrow.save_weights(path)
    with h5py.File(path) as file:
        np.testing.assert_equal(file[places[0]].dtype.str, stored)
    np.testing.assert_array_equal(read_arrays(path)[places[0]], before[0])
folder.cleanup()

# %%
# Break it
# --------
# Would you look for the layer called ``dense``? You find another one.

assert np.any(arrays["layers/dense/vars/0"] != layers[1].get_weights()[0])

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("Where the file keeps the kernel of each layer")
for axis, name, place in zip(axes, names, places[::2]):
    axis.imshow(arrays[place], cmap="PuOr", vmin=-12, vmax=12)
    axis.set(title=f'name="{name}"', xlabel=place, xticks=[], yticks=[])
plt.show()
