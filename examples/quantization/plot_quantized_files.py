r"""
.weights.h5 of a quantized layer: which array is number 0, 1, 2?
================================================================

The arrays in the file of a quantized ``Dense`` layer have numbers, not names:

======  ============================================================
mode    arrays 0, 1, 2, ...
======  ============================================================
int8    kernel, bias, kernel_scale
int4    kernel, bias, kernel_scale, kernel_zero, g_idx
float8  kernel, bias, inputs_scale, inputs_amax_history, kernel_scale,
        kernel_amax_history, outputs_grad_scale, outputs_grad_amax_history
GPTQ    bias, kernel, kernel_scale, kernel_zero, g_idx
AWQ     bias, kernel, kernel_scale, kernel_zero, awq_scales, g_idx
======  ============================================================

Where one is missing, the others move up: there may be no bias, int4 without
blocks lacks the last two, and GPTQ and AWQ lack kernel_zero in Keras 3.15.1.
"""

import tempfile

import h5py
import keras
import numpy as np

# %%
# Build it
# --------
# ``int4/3`` has blocks of 3. The layer's arrays are filled with 0, 1, 2, ...
layer = keras.layers.Dense(2, dtype="int4/3_from_float32")
model = keras.Sequential([keras.Input(shape=(6,)), layer])
layer.set_weights([np.full(w.shape, n) for n, w in enumerate(layer.weights)])

# %%
# Compute it
# ----------
# Read the arrays by number. ``read_dense`` names them, in any mode.
from keras_by_hand.quantization import read_dense

with tempfile.TemporaryDirectory() as folder:
    model.save_weights(path := f"{folder}/model.weights.h5")
    with h5py.File(path) as file:
        arrays = [file[f"layers/dense/vars/{n}"][()] for n in range(5)]
        by_name = read_dense(file["layers/dense/vars"], mode="int4")

# %%
# Check it
# --------
names = ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"]
weights = {weight.name: weight.numpy() for weight in layer.weights}
np.testing.assert_equal([by_name, dict(zip(names, arrays))], 2 * [weights])

# %%
# Break it
# --------
# ``load_own_variables`` takes them by number, ``set_weights`` in another order.
np.testing.assert_raises(ValueError, layer.set_weights, arrays)
print("for set_weights, right:", list(weights), "wrong:", names)
