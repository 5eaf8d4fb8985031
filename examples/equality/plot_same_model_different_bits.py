r"""
Floating-point sums: the same model gives different bits
========================================================

Give one model the same samples one by one, in batches, or all at once, and the
last bits of its answers may differ. Nothing is wrong. A matrix product may add
its terms in any order, and float32 rounds after each addition, written
:math:`\oplus`:

.. math:: (a \oplus b) \oplus c \ne a \oplus (b \oplus c)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer of 512 inputs, and four ways to ask it about 32 samples.

inputs = keras.Input(shape=(512,))
dense = keras.layers.Dense(16, use_bias=False)
model = keras.Model(inputs, dense(inputs))


def ask(x):
    """The output (batch, units), by way of asking."""
    return {
        "one by one": model.predict(x, batch_size=1, verbose=0),
        "31 and 1": model.predict(x, batch_size=31, verbose=0),
        "all at once": model.predict(x, batch_size=32, verbose=0),
        "model(x)": keras.ops.convert_to_numpy(model(x)),
    }


x = rng.normal(size=(32, 512)).astype("float32")  # (batch, features)
kernel = rng.normal(size=(512, 16)).astype("float32")  # (features, units)
dense.set_weights([kernel])
answers = ask(x)

# %%
# Compute it
# ----------
# NumPy can add in any order you choose. A processor that adds several numbers
# at once keeps several sums, and adds them up at the end. It may also round a
# product before adding it, or *fuse* the two, so that only the sum is rounded.


def add_in_order(x, kernel, fused):
    """x @ kernel in float32, one term after the other: (batch, units).

    Fused, each product stays exact (float64 holds it) until it is added.
    """
    total = np.float32(0)
    for feature, row in zip(x.T.astype("float64"), kernel):
        term = np.outer(feature, row)
        term = term if fused else term.astype("float32")
        total = (total + term).astype("float32")
    return total


def add_in_blocks(x, kernel, size):
    """The sum of each block of features, then the sum of these sums."""
    total = np.float32(0)
    for start in range(0, len(kernel), size):
        block = slice(start, start + size)
        total = total + add_in_order(x[:, block], kernel[block], fused=True)
    return total


# %%
# Check it
# --------
# Whatever the order, 512 inputs cost 512 / 2 rounding units at most.


def orders(x, kernel):
    return {
        "in order": add_in_order(x, kernel, fused=False),
        "in order, fused": add_in_order(x, kernel, fused=True),
        "blocks of 256": add_in_blocks(x, kernel, 256),
        "blocks of 192": add_in_blocks(x, kernel, 192),
    }


sums = orders(x, kernel)
expected = x @ kernel.astype("float64")
unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel).astype("float64"))
for result in [*answers.values(), *sums.values()]:
    np.testing.assert_array_less(np.abs(result - expected), 512 / 2 * unit)

# %%
# Where nothing is rounded, nothing can differ: with small whole numbers all
# answers are equal to the bit.

x_whole = rng.integers(-3000, 3001, size=(32, 512)).astype("float32")
kernel_whole = rng.integers(-3, 4, size=(512, 16)).astype("float32")
dense.set_weights([kernel_whole])
for y in ask(x_whole).values():
    np.testing.assert_array_equal(y, x_whole @ kernel_whole, strict=True)

# %%
# Break it
# --------
# Would you compare answers to the bit? Then you test the order of additions.
# Take :math:`2^{24}` and 509 ones. float32 cannot hold :math:`2^{24} + 1`, so a
# one that is added alone is lost. Ones that were added up before count.

x_ones = np.ones((1, 510), "float32")
x_ones[0, 0] = 2**24
counted = [y.item() - 2**24 for y in orders(x_ones, x_ones.T**0).values()]
print("ones that count, of 509:", counted)
np.testing.assert_equal(counted, [0, 0, 254, 318])

# %%
# See it
# ------
# How many of the 512 entries differ? This belongs to one processor and one
# library, so nothing checks it. A zero means that NumPy adds in Keras' order.

counts = [[np.sum(y != s) for s in sums.values()] for y in answers.values()]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
image = axis.imshow(counts, vmin=0, vmax=512, aspect="auto")
axis.set(title="Entries that differ", xlabel="NumPy", ylabel="Keras")
axis.set_xticks(range(4), [name.replace(", ", ",\n") for name in sums])
axis.set_yticks(range(4), answers)
fig.colorbar(image, label="entries of 512")
plt.show()
