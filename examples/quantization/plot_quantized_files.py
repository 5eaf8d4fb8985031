r"""
Quantized files: arrays have numbers, not names
===============================================

A quantized Dense layer writes its arrays to a file under the numbers 0, 1, 2
and so on. Which arrays these are, and in which order, depends on the mode of
quantization. With the names you can read the file without Keras.

.. math::

   \text{bytes} = \sum_{\text{arrays}} \text{entries}
   \times \text{bytes of an entry}
"""

import tempfile
from pathlib import Path

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A policy makes a layer that is quantized from the start. The number at its end
# is the size of a block or a group; -1 stands for whole columns.

modes = {
    "float32": None,
    "int8_from_float32": "int8",
    "int4/-1_from_float32": "int4",
    "int4/64_from_float32": "int4",
    "float8_from_float32": "float8",
}
folder = tempfile.TemporaryDirectory()
path = Path(folder.name, "model.weights.h5")


def keras_model(policy):
    """A model of one layer with drawn weights, (150, 51), and the layer."""
    dense = keras.layers.Dense(51, dtype=policy)
    model = keras.Sequential([keras.Input(shape=(150,)), dense])
    for weight in dense.weights:
        weight.assign(rng.integers(0, 100, size=weight.shape))
    return model, dense


# %%
# Compute it
# ----------

FILE_ORDER = {
    None: "kernel bias",
    "int8": "kernel bias kernel_scale",
    "int4": "kernel bias kernel_scale kernel_zero g_idx",
    "float8": "kernel bias inputs_scale inputs_amax_history kernel_scale "
    "kernel_amax_history outputs_grad_scale outputs_grad_amax_history",
    "gptq": "bias kernel kernel_scale kernel_zero g_idx",
    "awq": "bias kernel kernel_scale kernel_zero awq_scales g_idx",
}


def read_dense(group, mode=None):
    """The arrays of a Dense layer in an open .weights.h5 file, by name.

    group: file["layers/dense/vars"], or that of another layer. mode: None,
    "int8", "int4", "float8", "gptq" or "awq". In int4 without blocks the last
    two arrays are missing.
    """
    arrays = [group[str(place)][()] for place in range(len(group))]
    return dict(zip(FILE_ORDER[mode].split(), arrays))


# %%
# Check it
# --------
# Each array is the weight of that name, and no array is left over.

sizes = {}
for policy, mode in modes.items():
    model, dense = keras_model(policy)
    model.save_weights(path, overwrite=True)
    with h5py.File(path) as file:
        arrays = read_dense(file["layers/dense/vars"], mode)
    sizes[policy] = {name: array.nbytes for name, array in arrays.items()}
    np.testing.assert_equal(len(arrays), len(dense.weights))
    for weight in dense.weights:
        stored = arrays[weight.name]
        np.testing.assert_array_equal(stored, weight.numpy(), strict=True)
    print(policy, {name: array.shape for name, array in arrays.items()})

# %%
# .. warning:: **Seen in Keras 3.15.1:** a layer in GPTQ or AWQ writes no zero
#    points, and then its file cannot be loaded. `Mended since
#    <https://github.com/keras-team/keras/pull/23321>`__.

for mode in ("gptq", "awq"):
    model, dense = keras_model(f"{mode}/4/64_from_float32")
    order = [weight.name for weight in dense.weights]
    np.testing.assert_equal(order, FILE_ORDER[mode].split())
    model.save_weights(path, overwrite=True)
    with h5py.File(path) as file:
        written = len(file["layers/dense/vars"])
    np.testing.assert_equal(written, len(order) - 1)
    np.testing.assert_raises(ValueError, model.load_weights, path)

# %%
# A ``.keras`` file also holds the configuration. It says, for example, that the
# input of this layer stays in float.

config = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
model, dense = keras_model("float32")
dense.quantize(config=config)
model.save(path.with_name("model.keras"))
loaded = keras.models.load_model(path.with_name("model.keras"))
x = rng.normal(size=(4, 150)).astype("float32")
y, y_loaded = (keras.ops.convert_to_numpy(m(x)) for m in (model, loaded))
np.testing.assert_allclose(y_loaded, y, rtol=1e-4, atol=1e-2)
folder.cleanup()

# %%
# Break it
# --------
# Would you hand the arrays of a file to ``set_weights``? It wants them in the
# order in which the layer made its weights.

model, dense = keras_model("int8_from_float32")
bias, kernel, kernel_scale = dense.get_weights()
in_file_order = [kernel, bias, kernel_scale]
np.testing.assert_raises(ValueError, dense.set_weights, in_file_order)
made = [weight.name for weight in dense.weights]
print("made:", made)
assert made != FILE_ORDER["int8"].split()

# %%
# See it
# ------
# float8 stores its kernel in float32, and 12 kB more for training.

fig, axis = plt.subplots(figsize=(6, 3.4))
labels = [policy.split("_")[0] for policy in sizes]
left = np.zeros(len(sizes))
kernels = np.array([size["kernel"] for size in sizes.values()])
training = np.array(
    [sum(v for k, v in size.items() if "amax" in k) for size in sizes.values()]
)
total = np.array([sum(size.values()) for size in sizes.values()])
for label, width in (
    ("kernel", kernels),
    ("scales, zero points, groups, bias", total - kernels - training),
    ("histories for training", training),
):
    axis.barh(labels, width / 1000, left=left, label=label)
    left += width / 1000
axis.set(title="What a layer of 150 features and 51 units stores")
axis.set(xlabel="kB")
axis.invert_yaxis()
axis.legend()
plt.show()
