r"""
float8: a scale that follows the input two steps late
=====================================================

In training, a ``Dense`` layer in float8 remembers the largest absolute values
of its last inputs. The scale comes from this history, and takes effect two
steps later. An input that is too large by then is clipped.

.. math::

   \hat{x} &= s \, \text{e4m3}\left(\frac{x}{s}\right) \\
   s &\leftarrow \frac{\max(\text{history})}{448} \\
   \text{history} &\leftarrow \text{history, moved on, with } \max |x|

In this order, in each step. The largest number of e4m3 is 448, so :math:`448 s`
is the largest that the layer can read. Kernel and gradients have a scale and a
history, too. ``predict`` changes neither.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer that remembers three steps; the default is 1024. The largest input
# grows from 7 to 28 in the third step, and shrinks again.

kernel = np.array([[3, -1.25], [-2, 7], [1, 2]])  # (features, units)
bias = np.array([1, -3])  # (units,)
x = rng.integers(-28, 28, size=(40, 3)) / 4  # (batch, features), from -7
target = np.zeros((40, 2))  # (batch, units)
largest_inputs = [7, 7, 28, 28, 28, 7, 7, 7, 7, 7]

policy = keras.dtype_policies.QuantizedFloat8DTypePolicy(
    "float8", "float32", amax_history_length=3
)
dense = keras.layers.Dense(2, dtype=policy)
model = keras.Sequential([keras.Input(shape=(3,)), dense])
dense.kernel.assign(kernel)
dense.bias.assign(bias)
model.compile(keras.optimizers.SGD(learning_rate=0.0), loss="mse")

# %%
# From other pages
# ----------------


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


def float8_dense(x, kernel, bias=0, inputs_scale=1.0, kernel_scale=1.0):
    """Dense in float8; x: (batch, features), kernel: (features, units)."""
    x = quantize_and_dequantize(x, inputs_scale)
    kernel = quantize_and_dequantize(kernel, kernel_scale)
    return x @ kernel + round_bits(bias, 7, -126)  # the bias in bfloat16


# %%
# Compute it
# ----------
# The history begins with the newest entry. The others follow from the oldest to
# the second newest: the newest goes to the end, and the oldest is dropped.


def compute_float8_scale(amax, scale, dtype_max):
    """The next scale, from the largest of the history (keras.quantizers).

    dtype_max: 448 for inputs and kernels (e4m3), 57344 for gradients (e5m2).
    """
    return amax / dtype_max if amax > 0 else scale


def compute_float8_amax_history(x, amax_history):
    """The history with the largest of x, (length,) (keras.quantizers)."""
    newest, *others = amax_history
    return np.array([np.abs(x).max(), *others[1:], newest])


# %%
# Check it
# --------
# The scale begins as 1, and the history as zeros.

scale, history = 1.0, np.zeros(3)
reach = []  # the largest number that each step can read
for largest in largest_inputs:
    reach.append(448 * scale)
    x_of_step = x * largest / 7
    model.train_on_batch(x_of_step, target)
    scale = compute_float8_scale(history.max(), scale, 448)
    history = compute_float8_amax_history(x_of_step, history)
    print(f"largest {largest:2}, can read {reach[-1]:3.0f}, then", history)
    np.testing.assert_array_equal(dense.inputs_scale, scale)
    np.testing.assert_array_equal(dense.inputs_amax_history, history)
np.testing.assert_array_equal(dense.kernel_scale, kernel.max() / 448)

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
# In steps 3 and 4 the input is clipped. 28 leaves the history after step 8, so
# the scale falls in step 10.

fig, axis = plt.subplots(figsize=(6, 3.4))
steps = np.arange(1, 11)
axis.step(steps, reach, "C1", where="mid", label="largest it can read")
axis.plot(steps, largest_inputs, "oC0", label="largest input")
axis.set(title="float8: the scale follows the input two steps late")
axis.set(xlabel="step of training", yscale="log")
axis.set(yticks=[7, 28, 448], yticklabels=["7", "28", "448"])
axis.minorticks_off()
axis.legend()
plt.show()
