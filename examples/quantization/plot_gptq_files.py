r"""
Saving GPTQ and AWQ: Keras 3.15.1 leaves out the zero points
============================================================

The file of a Dense layer in GPTQ or AWQ lacks the zero points, and can't be
loaded. Save the arrays yourself, and load them in the order of a whole file.

.. math::

   W_{ij} = s_{jg} \, (q_{ji} - z_{jg})

Without the zero points :math:`z` the weights can't be computed from the file.
"""

import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import FILE_ORDER

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Eight features in groups of four, and six units, with random numbers.


def keras_model(mode):
    dense = keras.layers.Dense(6, dtype=f"{mode}/4/4_from_float32")
    model = keras.Sequential([keras.Input(shape=(8,)), dense])
    for weight in dense.weights:
        weight.assign(rng.integers(1, 16, size=weight.shape))
    return model, dense


folder = tempfile.TemporaryDirectory()  # removed at the end
path = f"{folder.name}/model.weights.h5"
model, dense = keras_model("gptq")
model.save_weights(path)
with h5py.File(path) as file:
    group = file["layers/dense/vars"]
    print([group[place].shape for place in group])
print([weight.name for weight in dense.weights])

# %%
# Compute it
# ----------


def save_arrays(path, layer):
    """All arrays of a layer, by name, in an .npz file."""
    arrays = {weight.name: weight.numpy() for weight in layer.weights}
    np.savez(path, **arrays)


def load_arrays(path, layer, mode):
    """Load an .npz file into a layer that was made with a policy of this mode.

    mode: "gptq" or "awq".
    """
    arrays = np.load(path)
    names = [name for name in FILE_ORDER[mode] if name in arrays]
    numbered = {str(place): arrays[name] for place, name in enumerate(names)}
    layer.load_own_variables(numbered)


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, error:** A ``Dense``
#    layer in GPTQ or AWQ writes no zero points, and then its file cannot be
#    loaded. (`Fixed since <https://github.com/keras-team/keras/pull/23321>`__.)

for mode in ("gptq", "awq"):
    model, dense = keras_model(mode)
    arrays = {weight.name: weight.numpy() for weight in dense.weights}
    model.save_weights(path, overwrite=True)
    np.testing.assert_raises(ValueError, model.load_weights, path)
    with h5py.File(path) as file:
        group = file["layers/dense/vars"]
        written = [group[place][()] for place in group]
    expected = [name for name in FILE_ORDER[mode] if name != "kernel_zero"]
    for array, name in zip(written, expected, strict=True):
        np.testing.assert_array_equal(array, arrays[name], strict=True)

# %%
# The functions above lose nothing.

npz_path = f"{folder.name}/dense.npz"
for mode in ("gptq", "awq"):
    _, dense = keras_model(mode)
    _, loaded = keras_model(mode)  # with other random numbers
    save_arrays(npz_path, dense)
    load_arrays(npz_path, loaded, mode)
    np.testing.assert_equal(loaded.get_weights(), dense.get_weights())

# %%
# Break it
# --------
# Would you read the file as if it were complete, and stop at its last array?

with h5py.File(path) as file:
    group = file["layers/dense/vars"]
    arrays = [group[place][()] for place in group]
wrong = dict(zip(FILE_ORDER["awq"], arrays))  # the last name gets no array
print("shape of the zero points:", wrong["kernel_zero"].shape)
assert wrong["kernel_zero"].shape != dense.kernel_zero.shape

# %%
# See it
# ------
# Without the zero point the integers can stand for any of these weights.

weights = np.arange(16)
fig, axis = plt.subplots(figsize=(6, 2.6))
for zero in (0, 4, 8):
    axis.plot(weights - zero, np.full(16, str(zero)), "|", markersize=20)
axis.set(title="The same integers with three zero points")
axis.set(xlabel="weight, in steps", ylabel="zero point")
plt.show()
