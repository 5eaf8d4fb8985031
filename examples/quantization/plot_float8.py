r"""
float8: three bits of fraction, and a scale that lags behind
============================================================

A Dense layer in float8 keeps its kernel in float32. On each call it rounds its
input and its kernel to numbers of eight bits, called e4m3. In training it
rounds the gradient of its output to another kind, e5m2. It remembers the
largest numbers of the last steps, and takes its scales from this history.

.. math::

   \hat{x} &= s_x \, \text{e4m3}\left(\frac{x}{s_x}\right) \\
   \hat{W} &= s_W \, \text{e4m3}\left(\frac{W}{s_W}\right) \\
   y &= \hat{x} \hat{W} + \text{bfloat16}(b)

The next scale is the largest number of the history divided by 448, the largest
number of e4m3. What is larger becomes 448.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer that remembers three steps; the default is 1024. All scales begin as
# 1. The largest input is -7.

kernel = np.array([[3, -1.25], [-2, 7], [1, 2]])  # (features, units)
bias = np.array([1 + 2**-8, -3])  # (units,)
x = rng.integers(-27, 28, size=(8, 3)) / 4  # (batch, features)
x[0] = -7
target = rng.integers(-30, 31, size=(8, 2))  # (batch, units)


def keras_float8(learning_rate):
    """A layer in float8, in a model to train."""
    policy = keras.dtype_policies.QuantizedFloat8DTypePolicy(
        "float8", "float32", amax_history_length=3
    )
    dense = keras.layers.Dense(2, dtype=policy)
    model = keras.Sequential([keras.Input(shape=(3,)), dense])
    dense.kernel.assign(kernel)
    dense.bias.assign(bias)
    model.compile(keras.optimizers.SGD(learning_rate), loss="mse")
    return dense, model


dense, model = keras_float8(learning_rate=1.0)
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# ``np.frexp`` finds the power of two in a number. The power is -6 at least, so
# that the numbers next to zero are equally spaced.


def round_bits(values, fraction_bits, lowest):
    """The nearest number with so many bits of fraction, a half to the even one.

    Below 2**lowest the numbers are equally spaced.
    """
    power = np.maximum(np.frexp(values)[1] - 1, lowest)
    step = 2.0 ** (power - fraction_bits)
    return np.rint(values / step) * step


def quantize_and_dequantize(inputs, scale, quantized_dtype="float8_e4m3fn"):
    """The inputs as float8 reads them (keras.quantizers)."""
    bits, lowest, largest = 3, -6, 448
    if quantized_dtype == "float8_e5m2":
        bits, lowest, largest = 2, -14, 57344
    clipped = np.clip(inputs / scale, -largest, largest)
    return scale * round_bits(clipped, bits, lowest)


def compute_float8_scale(amax, scale, dtype_max):
    """The next scale, from the largest of the history (keras.quantizers)."""
    return amax / dtype_max if amax > 0 else scale


def compute_float8_amax_history(x, amax_history):
    """The history moved on by one, the newest first (keras.quantizers)."""
    return np.append(np.abs(x).max(), np.roll(amax_history, -1)[1:])


def float8_dense(x, kernel, bias=0, inputs_scale=1.0, kernel_scale=1.0):
    """Dense in float8; x: (batch, features), kernel: (features, units)."""
    x = quantize_and_dequantize(x, inputs_scale)
    kernel = quantize_and_dequantize(kernel, kernel_scale)
    return x @ kernel + round_bits(bias, 7, -126)  # the bias in bfloat16


# %%
# Check it
# --------
# A layer with a kernel of 1 returns what it reads. All numbers of e4m3 come
# back, and nothing else: no middle between two of them, nothing larger. The
# function is right for tiny numbers of e5m2, too.

numbers = np.unique(np.outer(np.arange(16), 2.0 ** np.arange(-9, 6)))
numbers = numbers[numbers <= 448]  # 127 of them, from 0 up
middles = (numbers[1:] + numbers[:-1]) / 2
many = np.concatenate([numbers, middles, 0.999 * middles, 2 * numbers])
many = np.concatenate([many, -many]).astype("float32")[:, np.newaxis]
policy = "float8_from_float32"
passing = keras.layers.Dense(1, kernel_initializer="ones", dtype=policy)
read = keras.ops.convert_to_numpy(passing(many))
np.testing.assert_array_equal(read, quantize_and_dequantize(many, 1))
np.testing.assert_array_equal(np.unique(np.abs(read)), numbers)
tiny, kind = many * np.float32(2**-14), "float8_e5m2"
read = keras.quantizers.quantize_and_dequantize(tiny, 1.0, kind, "float32")
np.testing.assert_array_equal(read, quantize_and_dequantize(tiny, 1, kind))

# %%
# So few bits leave float32 nothing to round: the answers are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1:** a layer in float8 rounds its float32
#    bias to bfloat16, and the gradient of the bias, too. A bias of 1 + 1/256
#    counts as 1.

expected = float8_dense(x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# A step of training with the learning rate 1. The loss is a mean of 16 squares,
# so its gradient is ``2 * (y - target) / 16``. On the way to the kernel it is
# rounded to e5m2.

model.train_on_batch(x, target)
gradient = (y - target) / 8
g = quantize_and_dequantize(gradient, 1, "float8_e5m2")
expected = kernel - quantize_and_dequantize(x, 1).T @ g
np.testing.assert_array_equal(dense.kernel, expected)
expected = bias - round_bits(gradient.sum(axis=0), 7, -126)
np.testing.assert_array_equal(dense.bias, expected)

# %%
# Ten steps, in which the largest input grows from 7 to 28 and shrinks again. A
# step still reads with the old scale, and makes the next one from the history
# before it. So the scale follows two steps late.

dense, model = keras_float8(learning_rate=0.0)
sizes = [7, 7, 28, 28, 28, 7, 7, 7, 7, 7]
scale, history, reach = 1.0, np.zeros(3), []
for size in sizes:
    reach.append(int(448 * scale))
    model.train_on_batch(x * size / 7, target)
    scale = compute_float8_scale(history.max(), scale, 448)
    history = compute_float8_amax_history(x * size / 7, history)
    np.testing.assert_array_equal(dense.inputs_scale, scale)
    np.testing.assert_array_equal(dense.inputs_amax_history, history)
print("largest input:", sizes)
print("can be read:  ", reach)

# %%
# Break it
# --------
# Would you take the scale from the input itself? Then 28 would not be clipped.

y = model.predict(4 * x, verbose=0)
expected = float8_dense(4 * x, kernel, bias, 7 / 448, 7 / 448)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
wrong = float8_dense(4 * x, kernel, bias, 28 / 448, 7 / 448)
print(f"{np.mean(wrong == y):.0%} of the answers are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# In steps 3 and 4 the input is clipped. 28 is forgotten after step 8.

fig, axis = plt.subplots(figsize=(6, 3.4))
steps = np.arange(1, 11)
line = axis.hlines(reach, steps - 0.5, steps + 0.5, "C1", linewidth=2)
line.set_label("largest it can read")
axis.plot(steps, sizes, "o", label="largest input")
axis.set(title="float8: the scale follows the input two steps late")
axis.set(xlabel="step of training", yscale="log")
axis.set(yticks=[7, 28, 448], yticklabels=["7", "28", "448"])
axis.minorticks_off()
axis.legend()
plt.show()
