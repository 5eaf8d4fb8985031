r"""
.weights.h5 of a quantized layer: which array is number 0, 1, 2?
================================================================

The arrays in the file of a quantized ``Dense`` layer have numbers, not names:

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

Without a bias the others move up. int4 without blocks lacks the last two. GPTQ
and AWQ lack ``kernel_zero`` in files of Keras 3.15.1, and the rest moves up.
"""

import tempfile

import h5py
import keras
import numpy as np

# %%
# Build it
# --------
layer = keras.layers.Dense(2, dtype="int4/3_from_float32")
model = keras.Sequential([keras.Input(shape=(6,)), layer])
layer.set_weights([np.full(w.shape, n) for n, w in enumerate(layer.weights)])

# %%
# Compute it
# ----------
from keras_by_hand.quantization import read_dense

with tempfile.TemporaryDirectory() as folder:
    model.save_weights(path := f"{folder}/model.weights.h5")
    with h5py.File(path) as file:
        stored = file["layers/dense/vars"]
        arrays = [stored[str(number)][()] for number in range(5)]
        by_name = read_dense(stored, mode="int4")  # of any mode

# %%
# Check it
# --------
names = ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"]
weights = {weight.name: weight.numpy() for weight in layer.weights}
np.testing.assert_equal([by_name, dict(zip(names, arrays))], 2 * [weights])

# %%
# Break it
# --------
# ``set_weights`` has the order in which the layer made its weights.
np.testing.assert_raises(ValueError, layer.set_weights, arrays)
print("right:", list(weights), "wrong:", names)
assert list(weights) != names
