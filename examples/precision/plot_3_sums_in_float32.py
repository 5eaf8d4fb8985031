r"""
A layer of 16 bits sums in 32
=============================

A ``Dense`` layer of ``float16`` or ``bfloat16`` rounds its input and its
weights to 16 bits. It multiplies and adds in float32, and rounds again when the
product is done, and when the bias has been added; a compiled model may leave
out the rounding in between. With :math:`r` for rounding to 16 bits:

.. math::

   y = r\left(r(z) + r(b)\right)
   \quad\text{or}\quad
   y = r\left(z + r(b)\right), \qquad
   z = \sum_i r(x_i) \, r(W_{ij}) \text{ in float32}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Odd whole numbers of 12 bits, which neither format holds. Rounded, they
# lose at least two bits; a sum of eight products of what is left has 24 bits at
# most, so that float32 adds them without rounding, in any order.


def odd_numbers(*shape):
    sign = np.random.choice([-1, 1], size=shape)
    odd = 2 * np.random.randint(1024, 2048, size=shape) + 1
    return (sign * odd).astype("float32")


kernel = odd_numbers(8, 5) / 4096  # (features, units)
bias = odd_numbers(5)  # (units,)
x = odd_numbers(40, 8)  # (batch, features)


def both_ways(dtype):
    """The answers of the layer alone and of its model, and its weights."""
    inputs = keras.Input(shape=(8,))
    dense = keras.layers.Dense(5, dtype=dtype)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    called = keras.ops.cast(dense(x), "float32")  # holds all 16-bit numbers
    called = keras.ops.convert_to_numpy(called)
    y = model.predict(x, batch_size=len(x), verbose=0)
    return called, y, dense.get_weights()


keras_answers = {name: both_ways(name) for name in ("float16", "bfloat16")}

# %%
# Compute it
# ----------
# Everything is computed in float32, and rounded as on the page before. There is
# one exception: on most processors without AVX-512, TensorFlow does not round a
# product to ``bfloat16``, but cuts it off, which is rounding towards zero.


def float16(values):
    return values.astype("float16").astype("float32")


def bfloat16(values):
    bits = values.view("uint32").astype("int64")
    even = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    return even.astype("uint32").view("float32")


def cut_off(values):
    """The bfloat16 numbers next to these, towards zero."""
    return (values.view("uint32") >> 16 << 16).view("float32")


def dense_16_bits(x, kernel, bias, rounded, product_rounded):
    """Product, total, and the total rounded twice and once: (batch, units)."""
    product = rounded(x) @ rounded(kernel)
    total = product + rounded(bias)
    twice = rounded(product_rounded(product) + rounded(bias))
    return product, total, twice, rounded(total)


roundings = {
    "float16": (float16, float16),
    "bfloat16": (bfloat16, bfloat16),
    "bfloat16, product cut off": (bfloat16, cut_off),
}
answers = {
    name: dense_16_bits(x, kernel, bias, *rounding)
    for name, rounding in roundings.items()
}

# %%
# Check it
# --------
# What this machine does with a product of ``bfloat16``.

cut = answers.pop("bfloat16, product cut off")
is_cut = np.array_equal(keras_answers["bfloat16"][0], cut[2])
is_cut = is_cut and keras.backend.backend() == "tensorflow"
if is_cut:
    answers["bfloat16"] = cut
print("A product of bfloat16 is", "cut off" if is_cut else "rounded")

# %%
# The layer that is called rounds twice. ``predict`` compiles: JAX and PyTorch
# compute the same, and TensorFlow may make product and bias one operation,
# which rounds once. Each entry is equal to the bit to one of the two.

for name, (called, predicted, _) in keras_answers.items():
    _, _, twice, once = answers[name]
    np.testing.assert_equal((predicted.shape, called.shape), ((40, 5), (40, 5)))
    np.testing.assert_equal(predicted.dtype.name, name)
    y = predicted.astype("float32")
    np.testing.assert_array_equal(called, twice, name)
    np.testing.assert_array_equal(y, np.where(y == once, once, twice), name)
    differ = np.count_nonzero(once != twice)
    print(f"{name}: rounded once or twice, {differ} of {y.size} entries differ")

# %%
# Either way there is a limit: two roundings, each of half a distance of 1 from
# the next number, of the product and of the answer; cutting off may take a
# whole distance. (Where float32 rounds as well, its own limit comes on top.)
# That is not two last bits of the answer: where the bias cancels most of the
# product, it is many more.

for name, distance in {"float16": 2**-10, "bfloat16": 2**-7}.items():
    product, total, _, _ = answers[name]
    lost = distance if is_cut and name == "bfloat16" else distance / 2
    limit = lost * np.abs(product) + distance / 2 * np.abs(total)
    last_bit = distance * 2.0 ** np.floor(np.log2(np.abs(total)))
    for y in keras_answers[name][:2]:
        error = np.abs(y.astype("float32") - total)
        part, bits = np.max(error / limit), np.max(error / last_bit)
        print(f"{name}: {part:.2f} of the limit, {bits:.1f} last bits")
        np.testing.assert_equal((part < 1, bits > 4), (True, True), name)

# %%
# The function that cuts off can be checked where Keras rounds, too: it takes
# less than a last bit, and a number of ``bfloat16`` is left.

product = answers["bfloat16"][0]
kept = cut_off(product)
np.testing.assert_array_equal(bfloat16(kept), kept)
last_bit = 2.0 ** (np.floor(np.log2(np.abs(product))) - 7)
lost = (np.abs(product) - np.abs(kept)) / last_bit
print(f"cut off: {np.min(lost):.2f} to {np.max(lost):.2f} of the last bit")
np.testing.assert_equal(np.all((lost >= 0) & (lost < 1)), True)

# %%
# The weights are stored in 16 bits too: what rounding took is lost.

for name, rounded in {"float16": float16, "bfloat16": bfloat16}.items():
    stored_kernel, stored_bias = keras_answers[name][2]
    np.testing.assert_equal(stored_kernel.dtype.name, name)
    stored_kernel = stored_kernel.astype("float32")
    np.testing.assert_array_equal(stored_kernel, rounded(kernel), name)
    stored_bias = stored_bias.astype("float32")
    np.testing.assert_array_equal(stored_bias, rounded(bias), name)

# %%
# Break it
# --------
# Whoever multiplies and adds in NumPy's own float16 rounds each product and
# each sum on the way. And whoever rounds only the answer forgets what happened
# to the input.

step_by_step = np.zeros((40, 5), "float16")
for feature in range(8):
    column, row = x[:, feature].astype("float16"), kernel[feature]
    step_by_step += np.outer(column, row.astype("float16"))
step_by_step += bias.astype("float16")
mistakes = {
    "each sum rounded": step_by_step,
    "only the answer rounded": float16(x @ kernel + bias),
    "bfloat16 for float16": answers["bfloat16"][2],
}
for name, wrong in mistakes.items():
    _, _, twice, once = answers["float16"]
    differ = np.count_nonzero((wrong != once) & (wrong != twice))
    print(f"{name}: {differ} of {once.size} entries differ")
    np.testing.assert_equal(differ > once.size / 4, True, name)

# %%
# See it
# ------
# Row k of this input has k ones, and the kernel has only ones: the sum is k.
# Added in bfloat16, ones get no further than 256, since 257 rounds to 256.

ones = np.tril(np.ones((600, 600), "float32"))
inputs = keras.Input(shape=(600,))
dense = keras.layers.Dense(1, "linear", False, "ones", dtype="bfloat16")
model = keras.Model(inputs, dense(inputs))
counted = model.predict(ones, batch_size=600, verbose=0)
counted = counted.astype("float32")[:, 0]
count = np.arange(1, 601, dtype="float32")
product_rounded = cut_off if is_cut else bfloat16
np.testing.assert_array_equal(counted, product_rounded(count))

stuck = [np.float32(0)]
for _ in count:
    stuck.append(bfloat16(stuck[-1:] + np.ones(1, "float32"))[0])
np.testing.assert_equal(stuck[-1], 256)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(count, counted, label="Keras: sums in float32")
axis.plot(count, stuck[1:], "--", label="sums in bfloat16")
axis.set(title="A sum of ones in bfloat16 would stop at 256")
axis.set(xlabel="number of ones", ylabel="their sum")
axis.legend()
plt.show()
