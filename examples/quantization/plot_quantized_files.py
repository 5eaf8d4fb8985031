r"""
.weights.h5 of a quantized layer: numbers, not names
====================================================

A quantized Dense layer writes its arrays to a file under the numbers 0, 1, 2
and so on. Which arrays these are depends on the mode of quantization:

======  ============================================================
mode    arrays 0, 1, 2, ...
======  ============================================================
none    kernel, bias
int8    kernel, bias, kernel_scale
int4    kernel, bias, kernel_scale, kernel_zero, g_idx
float8  kernel, bias, and six arrays for training
GPTQ    bias, kernel, kernel_scale, kernel_zero, g_idx
AWQ     bias, kernel, kernel_scale, kernel_zero, awq_scales, g_idx
======  ============================================================

So array 0 is the kernel :math:`W` in int8, and the bias :math:`b` in GPTQ.
Without a bias the arrays after it move up. In int4 with ``block_size=-1`` the
last two are missing. (GPTQ and AWQ are compared with Keras on the next page.)
"""

import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A policy makes a layer that is quantized from the start; the number after the
# slash is the size of a block. All arrays get random numbers.


def keras_model(policy, use_bias=True):
    dense = keras.layers.Dense(51, use_bias=use_bias, dtype=policy)
    model = keras.Sequential([keras.Input(shape=(150,)), dense])
    for weight in dense.weights:
        weight.assign(rng.integers(0, 100, size=weight.shape))
    return model, dense


# %%
# A small layer in int8, and its file.

folder = tempfile.TemporaryDirectory()  # removed at the end
path = f"{folder.name}/model.weights.h5"
small = keras.layers.Dense(2, dtype="int8_from_float32")
small_model = keras.Sequential([keras.Input(shape=(3,)), small])
for weight in small.weights:
    weight.assign(np.arange(np.prod(weight.shape)).reshape(weight.shape))
small_model.save_weights(path)

# %%
# Compute it
# ----------
# The file has no names. In int8, number 0 is the kernel, 1 the bias and 2 the
# scale.

with h5py.File(path) as file:
    group = file["layers/dense/vars"]
    stored = [group[str(number)][()] for number in range(3)]
by_hand = {"kernel": stored[0], "bias": stored[1], "kernel_scale": stored[2]}

# %%
# The whole function knows all modes, and layers without a bias.

from keras_by_hand.quantization import FILE_ORDER, read_dense

# %%
# Check it
# --------
# Each array is the weight of that name, and all weights are there.

weights = {weight.name: weight.numpy() for weight in small.weights}
np.testing.assert_equal(by_hand, weights)

for policy, mode in (
    ("float32", None),
    ("int8_from_float32", "int8"),
    ("int4/-1_from_float32", "int4"),
    ("int4/64_from_float32", "int4"),
    ("float8_from_float32", "float8"),
):
    for use_bias in (True, False):
        model, dense = keras_model(policy, use_bias)
        model.save_weights(path, overwrite=True)
        with h5py.File(path) as file:
            arrays = read_dense(file["layers/dense/vars"], mode, use_bias)
        weights = {weight.name: weight.numpy() for weight in dense.weights}
        np.testing.assert_equal(arrays, weights)

# %%
# Break it
# --------
# Would you hand the arrays of a file to ``set_weights``? It takes them in the
# order in which the layer created its weights.

model, dense = keras_model("int8_from_float32")
bias, kernel, kernel_scale = dense.get_weights()
wrong = [kernel, bias, kernel_scale]
np.testing.assert_raises(ValueError, dense.set_weights, wrong)
created = [weight.name for weight in dense.weights]
assert created != FILE_ORDER["int8"]

# %%
# See it
# ------
# The kernel and the bias change places in GPTQ and AWQ.

colors = {"kernel": "C0", "bias": "C1", "kernel_scale": "C2"}
style = {"ha": "center", "va": "center", "fontsize": 6, "color": "black"}
fig, axis = plt.subplots(figsize=(6, 3.4))
for mode, names in FILE_ORDER.items():
    for place, name in enumerate(names):
        color = colors.get(name, "lightgray")
        axis.barh(str(mode), 0.95, left=place - 0.5, color=color, alpha=0.6)
        axis.text(place, str(mode), name.replace("_", "\n"), **style)
axis.set(title="Which array has which number in a file")
axis.invert_yaxis()
plt.show()
