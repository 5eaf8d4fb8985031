r"""
bfloat16 weights in an .h5 file: h5py reads them as dtype V2
============================================================

You read the weights of a bfloat16 layer with ``h5py``, and get an array of
dtype ``V2`` (``numpy.void``): raw bytes, two for a number. NumPy and HDF5 have
no ``bfloat16``. The bytes are the upper half of a ``float32``, whose lower half
is zero. The attribute ``dtype`` of the array says that it is bfloat16.
"""

import tempfile

import h5py
import keras
import numpy as np


# %%
# Build it
# --------
def stored_kernel(dtype):
    layer = keras.layers.Dense(3, dtype=dtype, use_bias=False)
    model = keras.Sequential([keras.Input(shape=(2,)), layer])
    model.set_weights([kernel])
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(path := f"{folder}/model.weights.h5")
        with h5py.File(path) as file:
            dataset = file["layers/dense/vars/0"]
            return dataset[()], dict(dataset.attrs)


kernel = np.array([[1, -2.5, 3], [0, 96, -0.125]])  # (features, units)
raw, told = stored_kernel("bfloat16")

# %%
# Compute it
# ----------
# As whole numbers of 16 bits, times 2**16, they are the bits of a float32.

by_hand = (raw.view("uint16").astype("uint32") * 2**16).view("float32")

from keras_by_hand.precision import from_bfloat16  # the same

# %%
# Check it
# --------
for array in (by_hand, from_bfloat16(raw)):
    np.testing.assert_array_equal(array, np.float32(kernel), strict=True)
np.testing.assert_equal((raw.dtype.str, told["dtype"]), ("|V2", "bfloat16"))
half, told = stored_kernel("float16")
np.testing.assert_array_equal(half, np.float16(kernel), strict=True)
np.testing.assert_equal(told, {})

# %%
# Break it
# --------
# Suppose you read them as ``float16``, which has 16 bits as well.
wrong = raw.view("float16")
print("right:", by_hand[0], "wrong:", wrong[0])
assert np.all(wrong[by_hand != 0] != by_hand[by_hand != 0])
