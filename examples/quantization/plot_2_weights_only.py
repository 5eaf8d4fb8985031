r"""
With weights alone in int8 the input stays as it is
===================================================

By default a layer in ``int8`` rounds its input as well as its kernel, and one
large feature then costs the others their digits. Without a quantizer for the
activations it stores the same, and multiplies it by the input itself.

.. math:: y = \frac{x \, \operatorname{round}(s_W W)}{s_W} + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# One sample twelve times, except that its first feature doubles each time. The
# weights of that feature are zero, so the answer ought to stay the same.

kernel = np.random.normal(size=(8, 5)).astype("float32")
kernel[0] = 0
kernel[1:, 0] = [-127, 50.5, -49.5, 48.5, 2.5, 0.5, 9]  # (features, units)
bias = np.array([3, -2, 1, 0.5, -0.25], "float32")  # (units,)
x = np.tile(np.random.randint(-99, 100, size=8) / 32, (12, 1))
x[:, 0] = 2.0 ** np.arange(12)  # (batch, features)

# %%
# Three layers see it. The first is quantized as Keras does it by default, the
# second with a configuration. The third is told so in its constructor: it is in
# ``int8`` from the start, and takes over what the second stores.

config = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
both = keras.layers.Dense(5)
alone = keras.layers.Dense(5)
made = keras.layers.Dense(
    5, dtype="int8_from_float32", quantization_config=config
)
layers = [both, alone, made]
inputs = keras.Input(shape=(8,))
model = keras.Model(inputs, [layer(inputs) for layer in layers])

both.set_weights([kernel, bias])
alone.set_weights([kernel, bias])
both.quantize("int8")
alone.quantize(config=config)
for layer in layers:
    print(layer.quantization_mode, [weight.name for weight in layer.weights])
    shapes = [tuple(weight.shape) for weight in layer.weights]
    np.testing.assert_equal(layer.quantization_mode, "int8")
    np.testing.assert_equal(shapes, [(5,), (8, 5), (5,)])
made.set_weights(alone.get_weights())

y_both, y_alone, y_made = model.predict(x, verbose=0)  # (batch, units) each

# %%
# Compute it
# ----------
# In float32 as far as something is rounded to whole numbers, as in Keras.


def quantized(values, axis):
    """int8 numbers and the scale they share along ``axis``."""
    largest = np.abs(values).max(axis=axis, keepdims=True)
    scale = np.float32(127) / (largest + np.float32(1e-7))
    return np.rint(values * scale).astype("int8"), scale


kernel_q, kernel_scale = quantized(kernel, axis=0)  # a scale for each unit
x_q, x_scale = quantized(x.astype("float32"), axis=1)  # for each sample

total = x @ kernel_q.astype("float64")  # (batch, units)
expected = total / kernel_scale.astype("float64") + bias

total_both = x_q.astype("float64") @ kernel_q
scale_both = x_scale.astype("float64") * kernel_scale
expected_both = total_both / scale_both + bias

# %%
# Check it
# --------
# All three store the same numbers.

for layer in layers:
    stored_bias, stored_kernel, stored_scale = layer.get_weights()
    np.testing.assert_equal(stored_kernel.dtype, np.int8)
    np.testing.assert_array_equal(stored_kernel, kernel_q)
    np.testing.assert_array_equal(stored_scale, kernel_scale[0])
    np.testing.assert_array_equal(stored_bias, bias)

# %%
# The entries of this ``x`` are so short that float32 sums their products
# without rounding. A quotient and a sum follow, and some backends multiply by
# the reciprocal instead: three roundings, or one and a half rounding units.
# Where the input is rounded too, a product of scales comes first: two units.


def largest_error(y, expected, limit):
    """Check a prediction; return its largest error in rounding units."""
    np.testing.assert_equal((y.shape, y.dtype), ((12, 5), np.float32))
    magnitude = np.abs(expected - bias) + np.abs(bias)
    rounding_unit = np.finfo("float32").eps * magnitude
    error = np.abs(y - expected)
    np.testing.assert_array_less(error, limit * rounding_unit)
    return np.max(error / rounding_unit)


print(f"weights only: {largest_error(y_alone, expected, 1.5):.2f} units")
print(f"input too:    {largest_error(y_both, expected_both, 2.0):.2f} units")
np.testing.assert_array_equal(y_made, y_alone)

# %%
# The first unit has the scale 1, since its largest weight is -127, and so it is
# equal to the bit.

np.testing.assert_array_equal(y_alone[:, 0], total[:, 0] + bias[0])

# %%
# Break it
# --------
# Whoever takes the two modes for the same is wrong by more and more. To the
# weights alone, the growing feature means nothing. Where the input is rounded,
# it sets the scale of the sample: as soon as it is 254 times the others, these
# are rounded to zero, and the answer is the bias.

y_float = x @ kernel.astype("float64") + bias
print("largest distance from the float answer, weights only:")
print(np.abs(y_alone - y_float).max(axis=1).round(3))
print("and with the input rounded too:")
print(np.abs(y_both - y_float).max(axis=1).round(3))

np.testing.assert_array_equal(y_alone, np.tile(y_alone[0], (12, 1)))
np.testing.assert_array_equal(y_both[-1], bias)
np.testing.assert_equal(np.abs(x[-1, 1:]).max() * 254 < x[-1, 0], True)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.plot(x[:, 0], y_float[:, 1], color="gray", label="float")
axis.plot(x[:, 0], y_alone[:, 1], "o-", label="weights in int8")
axis.plot(x[:, 0], y_both[:, 1], "s-", label="input in int8 too")
axis.axhline(bias[1], linestyle=":", color="gray", label="bias")
axis.set(title="A large feature of weight 0 and the answer of int8")
axis.set(xlabel="the large feature", xscale="log", ylabel="y of one unit")
axis.set_xscale("log", base=2)
axis.legend()
plt.show()
