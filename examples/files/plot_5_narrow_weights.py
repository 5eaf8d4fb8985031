r"""
Narrow weights keep their bits in a file
========================================

A file stores each weight in its own dtype. ``h5py`` reads ``float16`` as it is,
but NumPy has no ``bfloat16``: such weights are two raw bytes each, and an
attribute says what they mean. They are the upper half of a float32 :math:`w`,
whose lower half is zero:

.. math:: \operatorname{bits}(w) = 2^{16} \operatorname{bits}(w_\text{bfloat16})
"""

import pathlib
import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer for each dtype. The mixed one computes in 16 bits, but keeps its
# weights in 32. Few binary digits are enough for these weights and results, and
# nothing is rounded.

x = np.random.randint(-2, 3, size=(8, 4))  # (batch, features)
sizes = 2.0 ** np.arange(-2, 3)  # one for each unit
kernel = np.random.randint(-7, 8, size=(4, 5)) * sizes  # (features, units)
bias = np.array([1, -1, 3, -2, 2]) * sizes  # (units,)

folder = tempfile.TemporaryDirectory()


def save(dtype, kernel, bias):
    """The path of a weights file, and the model that was saved."""
    dense = keras.layers.Dense(5, dtype=dtype)
    model = keras.Sequential([keras.Input(shape=(4,)), dense])
    model.set_weights([kernel, bias])
    path = pathlib.Path(folder.name) / f"{dtype}.weights.h5"
    model.save_weights(path)
    return path, model


dtypes = ["float32", "mixed_bfloat16", "float16", "bfloat16"]
files = {dtype: save(dtype, kernel, bias) for dtype in dtypes}

# %%
# Compute it
# ----------
# ``view`` takes the same bytes for another dtype. To round a float32 to
# ``bfloat16``, a little less than half of the last place is added, or just half
# if the last bit that stays is 1, before the lower half is dropped: so a tie
# goes to the even neighbour.


def from_bfloat16(raw):
    """float32 numbers from pairs of bytes."""
    return (raw.view("uint16").astype("uint32") * 2**16).view("float32")


def to_bfloat16(values):
    """The nearest bfloat16 numbers, as whole numbers of 16 bits."""
    bits = values.astype("float32").view("uint32")
    last_bit = bits // 2**16 % 2
    return ((bits + 0x7FFF + last_bit) // 2**16).astype("uint16")


def read(path):
    """Kernel and bias of the only layer, and what tells their dtype."""
    with h5py.File(path) as file:
        (layer,) = file["layers"].values()
        datasets = [layer["vars"][number] for number in sorted(layer["vars"])]
        told = [dataset.attrs.get("dtype") for dataset in datasets]
        return [dataset[()] for dataset in datasets], told


expected = x @ kernel + bias

# %%
# Check it
# --------
# What is stored, and what it is worth. Two raw bytes are ``V2`` in NumPy.

results = dict(zip(dtypes, ["float32", "bfloat16", "float16", "bfloat16"]))
types = dict(zip(dtypes, ["float32", "float32", "float16", "void16"]))
for dtype, (path, model) in files.items():
    y = model.predict(x, verbose=0)  # (batch, units)
    arrays, told = read(path)
    stored_as = [array.dtype.name for array in arrays]
    print(f"{dtype}: stored as {arrays[0].dtype.str}, attribute {told[0]}")
    attribute = dtype if dtype == "bfloat16" else None
    np.testing.assert_equal(told, [attribute] * 2)
    np.testing.assert_equal(stored_as, [types[dtype]] * 2)
    if dtype == "bfloat16":
        arrays = [from_bfloat16(array) for array in arrays]
    np.testing.assert_equal([array.ndim for array in arrays], [2, 1])
    np.testing.assert_array_equal(arrays[0], kernel)
    np.testing.assert_array_equal(arrays[1], bias)
    np.testing.assert_equal((y.shape, y.dtype.name), ((8, 5), results[dtype]))
    np.testing.assert_array_equal(y.astype("float64"), expected)

# %%
# Weights of more digits are rounded when they are set, before there is a file.
# The bias has ties: numbers halfway between two neighbours.

drawn = np.random.normal(size=(4, 5)).astype("float32")
ties = 1 + np.array([1, 3, 5, 7, -1]) / 2**8
path, _ = save("bfloat16", drawn, ties)
(kernel_raw, bias_raw), _ = read(path)
np.testing.assert_array_equal(kernel_raw.view("uint16"), to_bfloat16(drawn))
np.testing.assert_array_equal(bias_raw.view("uint16"), to_bfloat16(ties))

moved = np.abs(from_bfloat16(kernel_raw) / drawn - 1)
print(f"a weight moves by {np.max(moved):.2e} of itself at most")

# %%
# Break it
# --------
# Two bytes are two bytes: they can be taken for ``float16``. And to drop the
# lower half without rounding gives another number.

wrong = kernel_raw.view("float16").astype("float32")
right = np.count_nonzero(wrong == from_bfloat16(kernel_raw))
print("right when taken for float16:", right, "of", wrong.size)
np.testing.assert_equal(right, 0)

cut_off = (drawn.view("uint32") // 2**16).astype("uint16")
differ = np.count_nonzero(cut_off != kernel_raw.view("uint16"))
print("wrong when the lower half is cut off:", differ, "of", cut_off.size)
np.testing.assert_equal(differ > 0, True)

folder.cleanup()

# %%
# See it
# ------

weight = drawn[:1, :1]
halves = to_bfloat16(weight), weight.astype("float16").view("uint16")
numbers = [int(weight.view("uint32")[0, 0]), *(int(h[0, 0]) for h in halves)]
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
for row, (number, width) in enumerate(zip(numbers, (32, 16, 16))):
    exponent = 5 if row == 2 else 8
    for place, bit in enumerate(f"{number:0{width}b}"):
        part = (place > 0) + (place > exponent)
        axis.text(place, row, bit, color=f"C{part}", ha="center", va="center")
axis.set(xlim=(-1, 32), ylim=(2.5, -0.5), xticks=[])
axis.set_yticks(range(3), ["float32", "bfloat16", "float16"])
axis.set_title("The bits of a weight: sign, exponent, fraction")
plt.show()
