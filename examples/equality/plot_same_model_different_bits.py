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

x = rng.normal(size=(32, 512)).astype("float32")  # (batch, features)
kernel = rng.normal(size=(512, 16)).astype("float32")  # (features, units)
dense.set_weights([kernel])

answers = {  # (batch, units) each
    "one by one": model.predict(x, batch_size=1, verbose=0),
    "31 and 1": model.predict(x, batch_size=31, verbose=0),
    "all at once": model.predict(x, batch_size=32, verbose=0),
    "model(x)": keras.ops.convert_to_numpy(model(x)),
}
differ = answers["one by one"] != answers["all at once"]
print(f"{differ.sum()} of {differ.size} entries differ on this machine")

# %%
# Compute it
# ----------
# NumPy can add in any order you choose. A processor that adds several numbers
# at once keeps several sums, for example of blocks, and adds them up at the
# end. Many processors *fuse* a product and its addition: they round only once.


def add_in_order(x, kernel):
    """x @ kernel in float32, one term after the other: (batch, units).

    As if fused: float64 holds each product exactly. (It also rounds the sum
    before float32 does, which hardly ever changes the result.)
    """
    total = np.float32(0)  # grows to (batch, units) with the first term
    for feature, row in zip(x.T.astype("float64"), kernel):
        total = (total + np.outer(feature, row)).astype("float32")
    return total


def add_in_blocks(x, kernel, size):
    """The sum of each block of features, then the sum of these sums."""
    total = np.float32(0)
    for start in range(0, len(kernel), size):
        block = slice(start, start + size)
        total = total + add_in_order(x[:, block], kernel[block])
    return total


# %%
# Check it
# --------
# In any order, the error is at most 512 / 2 units (see "Rounding error").


def orders(x, kernel):
    return {
        "in order": add_in_order(x, kernel),
        "blocks of 256": add_in_blocks(x, kernel, 256),
        "blocks of 192": add_in_blocks(x, kernel, 192),
    }


sums = orders(x, kernel)
expected = x @ kernel.astype("float64")
unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel).astype("float64"))
for result in [*answers.values(), *sums.values()]:
    np.testing.assert_array_less(np.abs(result - expected), 512 / 2 * unit)

# %%
# Break it
# --------
# Would you compare answers to the bit? Then you test the order of additions,
# except of whole numbers below ``2**24``. Take ``2**24`` and many ones. float32
# has no ``2**24 + 1``, so a one that is added alone is lost. Ones of another
# block are added up first: 510 - 256 = 254 and 510 - 192 = 318 of them count.

x_ones = np.ones((1, 510), "float32")
x_ones[0, 0] = 2**24
all_sums = orders(x_ones, np.ones((510, 1), "float32"))
counted = [y.item() - 2**24 for y in all_sums.values()]
np.testing.assert_equal(counted, [0, 254, 318])

# %%
# See it
# ------
# The counts depend on the processor and the library, so no line checks them.
# Where Keras and NumPy differ in no entry, Keras probably adds in that order.

columns = {**answers, **sums}
counts = [
    [np.sum(y != other) for other in columns.values()] for y in answers.values()
]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
image = axis.imshow(counts, vmin=0, vmax=512, aspect="auto")
axis.set(title="Entries that differ", ylabel="Keras", xlabel="Keras and NumPy")
axis.set_xticks(range(7), columns, rotation=60)
axis.set_yticks(range(4), answers)
fig.colorbar(image, label="entries of 512")
plt.show()
