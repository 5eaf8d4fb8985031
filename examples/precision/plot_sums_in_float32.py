r"""
16-bit layers sum in float32
============================

A ``Dense`` layer of ``float16`` or ``bfloat16`` rounds its input and weights to
16 bits, but multiplies and adds in float32. Then it rounds the product, and
rounds again when it has added the bias. A compiled model may do both at once.
With :math:`r` for rounding to 16 bits:

.. math::

   z &= \sum_i r(x_i) \, r(W_{ij}) \quad\text{in float32} \\
   y &= r\left(r(z) + r(b)\right)
   \quad\text{or}\quad
   y = r\left(z + r(b)\right)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Odd whole numbers of 12 bits, which neither format holds. Rounding shortens
# them so much that float32 adds eight products and a bias exactly, in any
# order.


def odd_numbers(*shape):
    odd = 2 * rng.integers(1024, 2048, size=shape) + 1
    return np.float32(odd * rng.choice([-1, 1], size=shape))


kernel = odd_numbers(8, 5) / 4096  # (features, units)
bias = odd_numbers(5)  # (units,)
x = odd_numbers(40, 8)  # (batch, features)


def keras_dense(x, kernel, bias, dtype):
    """What the layer returns, what its model predicts, and the weights."""
    inputs = keras.Input(shape=x.shape[1:])
    dense = keras.layers.Dense(bias.size, dtype=dtype)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    called = keras.ops.cast(dense(x), "float32")  # exact
    predicted = model.predict(x, batch_size=len(x), verbose=0)
    return keras.ops.convert_to_numpy(called), predicted, dense.get_weights()


# %%
# From other pages
# ----------------


def float16(values):
    """The nearest float16 numbers, as float32 (IEEE 754, binary16).

    values: numbers of any shape. What is too large becomes infinite.
    """
    with np.errstate(over="ignore"):
        return np.asarray(values).astype("float16").astype("float32")


def bfloat16(values):
    """The nearest bfloat16 numbers, as float32 (Intel, BFLOAT16, 2018).

    values: numbers of any shape, which are first cast to float32.
    """
    values = np.asarray(values, "float32")
    bits = values.view("uint32").astype("int64")
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    rounded = bits.astype("uint32").view("float32")
    return np.where(np.isnan(values), values, rounded)


# %%
# Compute it
# ----------
# Some processors do not round the product to the nearest number. They *cut off*
# its last bits: 16 of them in ``bfloat16``, 13 in ``float16``. So y may come
# about in three ways.


def cut_off(values, dropped):
    """The next numbers towards zero without so many bits of float32."""
    return (values.view("uint32") >> dropped << dropped).view("float32")


def dense_16_bits(x, kernel, bias, rounded, dropped):
    """z + b, and y by the way it comes about: (batch, units) each."""
    z = rounded(x) @ rounded(kernel)
    b = rounded(bias)
    ways = {
        "product rounded": rounded(rounded(z) + b),
        "product cut off": rounded(cut_off(z, dropped) + b),
        "rounded once": rounded(z + b),
    }
    return z + b, ways


# %%
# Check it
# --------
# ``dense(x)`` rounds twice: it stores the product in 16 bits before it adds the
# bias. ``predict`` may round once. Each entry comes about in a way above.
# The printout tells which it is here, for ``dense(x)`` and for ``predict``.

computed = {}
formats = [("float16", float16, 13), ("bfloat16", bfloat16, 16)]
for dtype, rounded, dropped in formats:
    called, predicted, weights = keras_dense(x, kernel, bias, dtype)
    np.testing.assert_equal(predicted.dtype.name, dtype)
    total, ways = dense_16_bits(x, kernel, bias, rounded, dropped)
    computed[dtype] = all_ways = list(ways.values())
    predicted = predicted.astype("float32")  # exact
    one_of_two = np.any(np.equal(called, all_ways[:2]), axis=0)
    one_of_three = np.any(np.equal(predicted, all_ways), axis=0)
    np.testing.assert_equal(np.all(one_of_two & one_of_three), True)
    for stored, given in zip(weights, [kernel, bias]):
        np.testing.assert_equal(stored.dtype.name, dtype)
        np.testing.assert_array_equal(stored.astype("float32"), rounded(given))
    product = rounded(x) @ rounded(kernel)
    bits_lost = -23 + dropped
    last_bit = 2.0 ** (np.floor(np.log2(np.abs(total))) + bits_lost)
    bit_of_product = 2.0 ** (np.floor(np.log2(np.abs(product))) + bits_lost)
    for way, y in ways.items():
        np.testing.assert_array_less(
            np.abs(y - total), bit_of_product + last_bit
        )
        off = np.max(np.abs(y - total) / last_bit)
        here = np.all(called == y), np.all(predicted == y)
        print(f"{dtype:8} {way}: {off:4.1f} last bits off; here", *here)
        np.testing.assert_equal(off > 4, way != "rounded once")

# %%
# The first rounding costs up to one last bit of the *product*. Where the bias
# cancels most of it, this is many last bits of y. The way depends on the
# processor. JAX and PyTorch round twice. With TensorFlow:
#
# - On x86 processors without VNNI, or without the library oneDNN, a product of
#   ``bfloat16`` is cut off.
# - With VNNI or BF16 it is rounded, and ``predict`` rounds ``bfloat16`` once.
# - With FP16 or AMX, ``predict`` rounds ``float16`` once, too.
#
# Break it
# --------
# Would you compute in NumPy's own float16? It rounds each product and each sum
# on the way. Would you round only the result? Keras rounds x and W before.

step_by_step = np.zeros((40, 5), "float16")
for column, row in zip(x.T.astype("float16"), kernel.astype("float16")):
    step_by_step += np.outer(column, row)
step_by_step += bias.astype("float16")
for wrong in (step_by_step, float16(x @ kernel + bias)):
    differ = np.all(wrong != computed["float16"], axis=0)
    print(f"{np.mean(differ):.0%} of the entries differ from all three")
    assert np.mean(differ) > 1 / 4

# %%
# See it
# ------
# Row k of this input has k ones, and the kernel has only ones: the sum is k.
# Added in bfloat16, ones get no further than 256, since 257 rounds to 256.

count = np.arange(1, 601, dtype="float32")
ones = np.tril(np.ones((600, 600), "float32"))
one_unit = np.ones((600, 1), "float32"), np.zeros(1, "float32")
_, counted, _ = keras_dense(ones, *one_unit, "bfloat16")
counted = counted.astype("float32")[:, 0]
either = (counted == bfloat16(count)) | (counted == cut_off(count, 16))
np.testing.assert_equal(np.all(either), True)
np.testing.assert_equal(bfloat16(257), 256)

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(count, counted, label="Keras: sums in float32")
axis.plot(count, np.minimum(count, 256), "--", label="sums in bfloat16")
axis.set(title="A sum of ones in bfloat16 would stop at 256")
axis.set(xlabel="number of ones", ylabel="their sum")
axis.legend()
plt.show()
