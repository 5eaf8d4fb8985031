r"""
The same model, other bits
==========================

Give one model the same samples one by one, in batches, or all at once, and the
last bits of its answers may differ. Nothing is wrong: a matrix product may add
up its terms in any order, and float32 rounds after each addition, written
:math:`\oplus`.

.. math:: (a \oplus b) \oplus c \ne a \oplus (b \oplus c)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer of 512 inputs, and six ways to ask it about 32 samples. The last of
# the batches of 31 holds a single sample.

n = 512
inputs = keras.Input(shape=(n,))
dense = keras.layers.Dense(16, use_bias=False)
model = keras.Model(inputs, dense(inputs))


def ask(x):
    """The output (batch, units) for x (batch, features), by way of asking."""
    return {
        "batches of 1": model.predict(x, batch_size=1, verbose=0),
        "batches of 31": model.predict(x, batch_size=31, verbose=0),
        "batches of 32": model.predict(x, batch_size=32, verbose=0),
        "the same again": model.predict(x, batch_size=32, verbose=0),
        "predict_on_batch": model.predict_on_batch(x),
        "model(x)": keras.ops.convert_to_numpy(model(x)),
    }


x = np.random.normal(size=(32, n)).astype("float32")  # (batch, features)
kernel = np.random.normal(size=(n, 16)).astype("float32")  # (features, units)
np.testing.assert_equal(dense.kernel.shape, kernel.shape)
dense.set_weights([kernel])
answers = ask(x)

# %%
# Compute it
# ----------
# NumPy can add in an order of your choice. A term may be rounded before it is
# added, or *fused* with the addition, so that only the sum is rounded. And a
# processor that adds several numbers at once keeps several sums, of blocks of
# features or of each fourth feature, and adds them up at the end.


def one_by_one(x, kernel, dtype="float64"):
    """Adds term by term, in float32: (batch, units). A term that is held in
    float64 is exact, so that it is fused; one in float32 is rounded first."""
    total = np.float32(0)
    for feature, row in zip(x.T, kernel):
        term = np.outer(feature.astype("float64"), row).astype(dtype)
        total = (total + term).astype("float32")
    return total


def in_blocks(x, kernel, size):
    """Adds up blocks of features, fused, and then their sums."""
    total = np.float32(0)
    for start in range(0, len(kernel), size):
        block = slice(start, start + size)
        total = total + one_by_one(x[:, block], kernel[block])
    return total


def in_lanes(x, kernel):
    """Adds up each fourth feature, fused, and the four sums in pairs."""
    a, b, c, d = (one_by_one(x[:, i::4], kernel[i::4]) for i in range(4))
    return (a + b) + (c + d)


def orders(x, kernel):
    """The product (batch, units), by the order of its additions."""
    return {
        "one by one": one_by_one(x, kernel, "float32"),
        "one by one, fused": one_by_one(x, kernel),
        "blocks of 256": in_blocks(x, kernel, 256),
        "blocks of 192": in_blocks(x, kernel, 192),
        "four lanes": in_lanes(x, kernel),
    }


sums = orders(x, kernel)

# %%
# Check it
# --------
# What always holds is the limit of the page "What equal means". All answers are
# within it, and so is each of the orders.

expected = x @ kernel.astype("float64")
magnitude = np.abs(x) @ np.abs(kernel).astype("float64")
rounding_unit = np.finfo("float32").eps * magnitude
for name, result in (answers | sums).items():
    np.testing.assert_equal(
        (result.shape, result.dtype), ((32, 16), np.float32)
    )
    error = np.abs(result - expected)
    print(f"{name:17} {np.max(error / rounding_unit):.2f} rounding units")
    np.testing.assert_array_less(error, n / 2 * rounding_unit, err_msg=name)

# %%
# And where nothing is rounded, nothing can differ: with small integers the
# answers are equal to the bit, in whatever way one asks.

x_integer = np.random.randint(-3000, 3001, size=x.shape).astype("float32")
kernel_integer = np.random.randint(-3, 4, size=kernel.shape)
dense.set_weights([kernel_integer])
for name, y in ask(x_integer).items():
    np.testing.assert_equal((y.shape, y.dtype), ((32, 16), np.float32))
    np.testing.assert_array_equal(y, x_integer @ kernel_integer, err_msg=name)

# %%
# Break it
# --------
# Whoever compares answers to the bit tests the order of additions. Take
# :math:`2^{24}` and 509 ones: float32 has no :math:`2^{24} + 1`, so a one that
# is added alone is lost, while those that have met before count together. And
# :math:`(1 + 2^{-12})^2 - (1 + 2^{-11})` is :math:`2^{-24}` if fused, or else
# zero.

x_telling = np.zeros((2, n), "float32")
x_telling[0, :510] = 1
x_telling[0, 0] = 2**24
x_telling[1, [0, 4]] = 1, 1 + 2**-12
kernel_telling = np.ones((n, 2), "float32")
kernel_telling[[0, 4], 1] = -(1 + 2**-11), 1 + 2**-12

told = orders(x_telling, kernel_telling)
counted = {name: int(total[0, 0]) - 2**24 for name, total in told.items()}
is_fused = {name: total[1, 1] * 2**24 for name, total in told.items()}
print("ones that count, of 509:", counted)

np.testing.assert_equal(list(counted.values()), [0, 0, 254, 318, 382])
np.testing.assert_equal(list(is_fused.values()), [0, 1, 1, 1, 1])

# %%
# No order is the right one. That each fused addition is the more exact does not
# make all the sums so: many are nearer to the truth when each term is rounded.

separate_error = np.abs(sums["one by one"] - expected)
fused_error = np.abs(sums["one by one, fused"] - expected)
print("nearer, fused:   ", np.count_nonzero(fused_error < separate_error))
print("nearer, separate:", np.count_nonzero(separate_error < fused_error))

np.testing.assert_equal(np.any(separate_error < fused_error), True)
np.testing.assert_equal(np.any(fused_error < separate_error), True)

# %%
# See it
# ------
# How many of the 512 entries differ between a way of asking and an order of
# additions? A zero means that NumPy has found each bit. Where a row has none,
# the library adds in an order that is not among these.

counts = np.array(
    [
        [np.count_nonzero(y != total) for total in sums.values()]
        for y in answers.values()
    ]
)
fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.imshow(counts, cmap="Purples", vmin=0, vmax=700, aspect="auto")
axis.set(title="Entries that differ: 0 if NumPy adds in Keras' order")
axis.set_xticks(range(len(sums)), [name.replace(", ", ",\n") for name in sums])
axis.set_yticks(range(len(answers)), answers)
for (row, column), value in np.ndenumerate(counts):
    shade = "white" if value > 350 else "black"
    text = axis.text(column, row, value, color=shade)
    text.set(horizontalalignment="center", verticalalignment="center")
plt.show()

# %%
# What the figure shows belongs to a processor, a library and a shape, so
# nothing here asserts it. A product of one row is a product of a vector and a
# matrix, for which most libraries have another code than for two matrices: a
# sample may be answered otherwise alone than in company, as in the batch of the
# one that is left over. TensorFlow calls oneDNN or Eigen, JAX calls XLA,
# PyTorch calls MKL or another BLAS, and each has its own orders. Unless it is
# told to, none of them promises that asking twice gives the same bits, though
# without a graphics processor it mostly does.
