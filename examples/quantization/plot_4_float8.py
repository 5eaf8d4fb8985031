r"""
float8 keeps three bits of fraction
===================================

Quantized to ``float8``, a ``Dense`` layer goes on storing float32. Whenever it
is called, it rounds its input and its kernel to the numbers of eight bits that
are called e4m3, and its bias to bfloat16; then it computes in float32.

.. math::

   y = s_x \operatorname{float8}\left(\frac{x}{s_x}\right)
   \left( s_W \operatorname{float8}\left(\frac{W}{s_W}\right) \right)
   + \operatorname{bfloat16}(b)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer of one feature and one unit, with the kernel 1 and no bias, hands its
# input on, but for what float8 does to it. All scales begin as 1.

inputs = keras.Input(shape=(1,))
passing = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
passing_model = keras.Model(inputs, passing(inputs))
passing_model.quantize("float8", filters=passing.name)

# %%
# And an ordinary one, whose scales are set by hand. Training would set them to
# the largest entry divided by 448, the largest float8 number; then nothing has
# to be clipped. Here some inputs are beyond 7, which is 448 times their scale.

kernel = np.random.randint(-99, 100, size=(6, 4)) / 64  # (features, units)
bias = np.array([1 + 2**-8, -1 - 3 * 2**-8, 1.3, 3.9], "float32")  # (units,)
x = np.random.randint(-60, 61, size=(9, 6)) / 4  # (batch, features)
kernel_scale, x_scale = 2**-7, 2**-6

inputs = keras.Input(shape=(6,))
dense = keras.layers.Dense(4)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
model.quantize("float8", filters=dense.name)
for weight in dense.weights:
    print(f"{weight.name:27} {weight.dtype} {tuple(weight.shape)}")

np.testing.assert_equal(dense.quantization_mode, "float8")
dense.kernel_scale.assign(kernel_scale)
dense.inputs_scale.assign(x_scale)
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# A number is a fraction of four bits, the first of which is 1, times a power of
# two: `np.frexp`_ finds the power. It is 2**-6 at least, so that the numbers
# near zero are equally spaced, and what is beyond 448 becomes 448.
#
# .. _np.frexp: https://numpy.org/doc/stable/reference/generated/numpy.frexp.html


def float8(values):
    """The nearest number of eight bits (e4m3), the even one of two."""
    clipped = np.clip(values.astype("float64"), -448, 448)
    exponent = np.frexp(clipped)[1] - 1  # clipped = 1.xxx * 2**exponent
    step = 2.0 ** (np.maximum(exponent, -6) - 3)
    return np.rint(clipped / step) * step


def bfloat16(values):
    """float32 numbers rounded to the 7 bits of fraction of bfloat16.

    The first two entries of the bias lie halfway: they go to the even one.
    """
    bits = values.view("uint32").astype("int64")
    even = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    return even.astype("uint32").view("float32")


x_read = x_scale * float8(x / x_scale)
kernel_read = kernel_scale * float8(kernel / kernel_scale)
bias_read = bfloat16(bias)
expected = x_read @ kernel_read + bias_read

# %%
# Check it
# --------
# All numbers of such a format can be read off its bits: a sign, four bits of
# exponent, three of fraction, and the last pattern is not a number. The layer
# that hands on returns each of them as it is, and nothing else: not for inputs
# between two of them, halfway or not, and not for those beyond the last.


def all_numbers(exponent_bits, fraction_bits):
    """The numbers from 0 up, in order, whether finite or not: (128,)."""
    exponent, fraction = np.divmod(np.arange(128), 2**fraction_bits)
    fraction = fraction + 2**fraction_bits * (exponent > 0)
    power = np.maximum(exponent, 1) - 2 ** (exponent_bits - 1) + 1
    return fraction * 2.0 ** (power - fraction_bits)


positive = all_numbers(4, 3)[:-1]
numbers = np.concatenate([-positive[:0:-1], positive])
middle = (numbers[1:] + numbers[:-1]) / 2
many = [numbers, middle, 1.001 * middle, 0.999 * middle, 2 * numbers]
many = np.concatenate(many).astype("float32")
y_many = passing_model.predict(many[:, np.newaxis], verbose=0)
print(f"{len(many)} inputs, {len(np.unique(y_many))} answers")

np.testing.assert_equal((y_many.shape, y_many.dtype), ((1262, 1), np.float32))
np.testing.assert_array_equal(y_many[:, 0], float8(many))
np.testing.assert_array_equal(np.unique(y_many), numbers)

# %%
# What the other layer multiplies has so few bits that float32 rounds nothing
# more, and its answer is equal to the bit.

print("inputs clipped:", np.count_nonzero(np.abs(x) > 7), "of", x.size)

np.testing.assert_equal((y.shape, y.dtype), ((9, 4), np.float32))
np.testing.assert_array_equal(y, expected)

# %%
# It has become larger, by 12 kB: its kernel is the float32 one of before, and
# three times 1024 numbers are there to remember the largest entries of the last
# steps in training.

history = np.zeros(1024)
stored = {
    "kernel": kernel,
    "bias": bias,
    "inputs_scale": x_scale,
    "inputs_amax_history": history,
    "kernel_scale": kernel_scale,
    "kernel_amax_history": history,
    "outputs_grad_scale": 1,
    "outputs_grad_amax_history": history,
}
np.testing.assert_equal([weight.name for weight in dense.weights], list(stored))
for name, value in zip(stored, dense.get_weights()):
    np.testing.assert_array_equal(value, stored[name], name)
    np.testing.assert_equal(value.dtype, np.float32)

# %%
# Break it
# --------
# The kernel that is stored is not the one that is used, inputs do not pass 7,
# and the bias is not in float32.

mistakes = {
    "kernel as it is stored": x_read @ kernel + bias_read,
    "input not clipped": 2 * x_scale * float8(x / x_scale / 2) @ kernel_read
    + bias_read,
    "bias in float32": x_read @ kernel_read + bias,
}
for name, wrong in mistakes.items():
    print(f"{name}: {np.count_nonzero(wrong != y)} of {y.size} entries wrong")
    np.testing.assert_equal(np.any(wrong != y, axis=0), [True] * 4, name)

# %%
# See it
# ------
# A line for each number. Keras rounds gradients to e5m2 instead: one bit less
# of fraction, and one more of exponent.

formats = {"e4m3": positive, "e5m2": all_numbers(5, 2)[:-4]}
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for row, (name, values) in enumerate(formats.items()):
    axis.vlines(values[1:], row - 0.4, row + 0.4, color=f"C{row}", lw=0.8)
    print(f"{name}: from {values[1]} to {values[-1]:.0f}")
axis.set(title="All positive float8 numbers", xlabel="number", xscale="log")
axis.set(yticks=range(2), yticklabels=formats)
plt.show()
