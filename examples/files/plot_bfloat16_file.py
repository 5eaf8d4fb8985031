r"""
bfloat16 in .h5 files: raw bytes, the upper half of a float32
=============================================================

NumPy and HDF5 have no ``bfloat16``. So a weights file stores such weights as
raw bytes, two for a number. They are the upper half of a ``float32``, whose
lower half is zero. Read as whole numbers, the bits are:

.. math:: \operatorname{bits}_{32}(w) = 2^{16} \operatorname{bits}_{16}(w)
"""

import pathlib
import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "model.weights.h5"

# %%
# Build it
# --------
# These numbers need few digits, so that every type of 16 bits can hold them.

kernel = np.array([[1, -2.5, 3], [0, 96, -0.125]])  # (features, units)
bias = np.array([0.5, -7, 12])  # (units,)


def stored_kernel(dtype):
    """The kernel as it is in a weights file, and its attributes there."""
    layer = keras.layers.Dense(3, dtype=dtype)
    model = keras.Sequential([keras.Input(shape=(2,)), layer])
    model.set_weights([kernel, bias])
    model.save_weights(path, overwrite=True)
    with h5py.File(path) as file:
        dataset = file["layers/dense/vars/0"]
        return dataset[()], dict(dataset.attrs)


raw, attributes = stored_kernel("bfloat16")
print(raw.dtype, attributes)

# %%
# Compute it
# ----------
# Read the bytes as whole numbers of 16 bits. Multiplied by 2**16, they are the
# bits of a float32, whose lower half is zero.

stored_bits = raw.view("uint16").astype("uint32")  # (features, units)
by_hand = (stored_bits * 2**16).view("float32")

# %%
# The whole function is the same.

from keras_by_hand.precision import from_bfloat16

# %%
# Check it
# --------
# The type of the raw bytes is ``V2``: void, two bytes. Keras notes what they
# are in an attribute.

np.testing.assert_array_equal(by_hand, np.float32(kernel), strict=True)

np.testing.assert_equal(raw.dtype, np.dtype("V2"))
np.testing.assert_equal(attributes["dtype"], "bfloat16")
found = from_bfloat16(raw)
np.testing.assert_array_equal(found, np.float32(kernel), strict=True)

# %%
# NumPy has ``float16``, and the file does, too. A layer with mixed precision
# computes in 16 bits, but keeps its weights, and stores them, in float32.

for dtype, stored in [("float16", "float16"), ("mixed_bfloat16", "float32")]:
    array, attributes = stored_kernel(dtype)
    np.testing.assert_array_equal(array, kernel.astype(stored), strict=True)
    np.testing.assert_equal("dtype" in attributes, False)
folder.cleanup()

# %%
# Break it
# --------
# Both types have 16 bits. Would you read the bytes as ``float16``? NumPy lets
# you, but an exponent has 8 bits in ``bfloat16``, and 5 in ``float16``.

read_wrongly = raw.view("float16")
print(read_wrongly)
assert np.any(read_wrongly != kernel)

# %%
# See it
# ------
# Each column is a bit of the number 96: the sign, 8 bits of exponent, and the
# digits. The file has the first 16 of them.

bits = np.float32([96]).view("uint32") >> np.arange(31, -1, -1) & 1
fig, axis = plt.subplots(figsize=(6, 2), layout="constrained")
for place, bit in enumerate(bits):
    color = "C0" if place < 16 else "C1"
    axis.text(place, 0, bit, color=color, ha="center")
axis.axvline(15.5, color="C1")
axis.text(4, 0.5, "stored: bfloat16", color="C0")
axis.text(18, 0.5, "not stored: zeros", color="C1")
axis.set(title="float32, and its upper half", xlim=(-1, 32), ylim=(-0.5, 1))
axis.axis("off")
plt.show()
