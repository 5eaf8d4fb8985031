r"""
Floating-point sums: the same model gives different results
===========================================================

You give one model the same samples one by one, in batches, or all at once, and
the last bits of its answers differ. Nothing is wrong, and no seed helps. (If a
training is not reproducible, first set a seed: see the page "Seeds". TensorFlow
may be nondeterministic, unless you call
``tf.config.experimental.enable_op_determinism()``.) A matrix product may add
its terms in any order, and float32 rounds after each addition, written
:math:`\oplus`:

.. math:: (a \oplus b) \oplus c \ne a \oplus (b \oplus c)

for many numbers :math:`a`, :math:`b` and :math:`c`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A layer of 512 inputs, and four ways to ask it about 32 samples.
rng = np.random.default_rng(313)
x = rng.normal(size=(32, 512)).astype("float32")  # (batch, features)
kernel = rng.normal(size=(512, 16)).astype("float32")  # (features, units)
dense = keras.layers.Dense(16, use_bias=False)
model = keras.Sequential([keras.Input(shape=(512,)), dense])
dense.set_weights([kernel])
answers = {  # (batch, units) each
    "one by one": model.predict(x, batch_size=1, verbose=0),
    "31 and 1": model.predict(x, batch_size=31, verbose=0),
    "all at once": model.predict(x, batch_size=32, verbose=0),
    "model(x)": keras.ops.convert_to_numpy(model(x)),
}

# %%
# Compute it
# ----------
# A processor that adds several numbers at once keeps several sums, for example
# of blocks of terms. It adds these up at the end. So does this function.


def add_in_blocks(x, kernel, size):
    total = np.float32(0)  # grows to (batch, units)
    for start in range(0, len(kernel), size):
        block = np.float32(0)
        for i in range(start, min(start + size, len(kernel))):
            block = block + np.outer(x[:, i], kernel[i])
        total = total + block
    return total


# %%
# Check it
# --------
# In any order, the error is at most 512 / 2 rounding units: the page "Rounding
# error of a sum" says what these are.
sums = {size: add_in_blocks(x, kernel, size) for size in (512, 256, 192)}
exact = x.astype("float64") @ kernel
unit = np.finfo("float32").eps * (np.abs(x).astype("float64") @ np.abs(kernel))
for y in [*answers.values(), *sums.values()]:
    np.testing.assert_array_less(np.abs(y - exact), 512 / 2 * unit)

# %%
# Break it
# --------
# Suppose you compare answers to the bit. Then you test the order of additions.
# Compare with a tolerance: the page "What equal means" says which.
print("sample 0, unit 0:", {way: str(y[0, 0]) for way, y in answers.items()})
first, *others = answers.values()
for y in others:
    np.testing.assert_allclose(y, first, rtol=1e-4, atol=1e-4)

# %%
# How far can the order lead? float32 has no ``2**24 + 1``, so a one that is
# added alone to ``2**24`` is lost. Ones of another block are added up first,
# and count.

x_ones = np.ones((1, 512), "float32")
x_ones[0, 0] = 2**24
ones = np.ones((512, 1), "float32")
wrong = [add_in_blocks(x_ones, ones, n).item() - 2**24 for n in (512, 256, 192)]
print("ones that count, right: 511, wrong:", wrong)
assert wrong == [0, 256, 320]

# %%
# See it
# ------
# The counts depend on the processor and the library, so no line checks them.
# Where Keras and NumPy differ in no entry, Keras probably adds in that order.

columns = {**answers, **{f"blocks of {n}": y for n, y in sums.items()}}
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
