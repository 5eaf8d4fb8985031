r"""
int8: whole numbers and a scale for each unit
=============================================

A Dense layer in int8 stores its kernel as whole numbers from -127 to 127, with
one scale for each unit. On each call it rounds its input in the same way, with
one scale for each sample, and multiplies whole numbers.

.. math::

   s_W &= \frac{127}{\max_i \left|W_{ij}\right| + 10^{-7}} \\
   s_x &= \frac{127}{\max_j \left|x_{ij}\right| + 10^{-7}} \\
   y &= \frac{\text{round}(s_x x) \; \text{round}(s_W W)}{s_x \, s_W} + b

The small number keeps the scale finite where all numbers are zero. If only the
weights are in int8, then :math:`x` is not rounded, and :math:`s_x` is 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The largest numbers of the units and samples are 127, 254 and 63.5, so that
# their scales are 1, 0.5 and 2. ``model.quantize("int8")`` does the same to all
# layers of a model.

kernel = np.array([[127, 20, 0, 5], [2.5, -254, 0, 63.5], [-40.5, 7, 0, -8]])
bias = np.array([0.5, -2, 1, 3])  # (units,)
x = np.array([[127, -8.3, 3], [24, 254, -99], [0, 0, 0]])  # (batch, features)


def keras_int8(x, kernel, bias, weights_only=False, dtype="float32"):
    config = keras.quantizers.Int8QuantizationConfig()
    if weights_only:
        config.activation_quantizer = None
    layer = keras.layers.Dense(len(bias), dtype=dtype)
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    layer.quantize("int8", config=config)
    y = keras.ops.convert_to_numpy(layer(x.astype(dtype)))
    return y, layer.get_weights()


y, (stored_bias, stored_kernel, stored_scale) = keras_int8(x, kernel, bias)
print(stored_kernel, stored_scale, sep="\n")

# %%
# Compute it
# ----------
# ``np.rint`` rounds a half to the even neighbour, as Keras does: 2.5 becomes 2.
# Products of ``int8`` numbers need more bits, so they are summed in ``int32``.


def quantize_int8(values, axis=0):
    """Whole numbers from -127 to 127, and the scale they share along axis.

    A kernel (features, units) has a scale for each unit, (1, units). Inputs
    (batch, features) with axis=-1 have one for each sample, (batch, 1). To get
    a number back, divide by its scale (keras.quantizers.abs_max_quantize).
    """
    scale = 127 / (np.abs(values).max(axis=axis, keepdims=True) + 1e-7)
    return np.rint(values * scale).astype("int8"), scale


def int8_dense(x, kernel_q, kernel_scale, bias=0, weights_only=False):
    """Dense in int8; weights_only is Keras' activation_quantizer=None.

    x: (batch, features), kernel_q: (features, units), kernel_scale: (units,) or
    (1, units), bias: (units,). Returns (batch, units).
    """
    if weights_only:
        return x @ kernel_q / kernel_scale + bias
    x_q, x_scale = quantize_int8(x, axis=-1)
    total = x_q.astype("int32") @ kernel_q.astype("int32")
    return total / (x_scale * kernel_scale) + bias


# %%
# Check it
# --------
# Keras stores these whole numbers and scales, in float32. Where the scales are
# powers of two, the answers are equal to the bit.

x, kernel, bias = (values.astype("float32") for values in (x, kernel, bias))
kernel_q, kernel_scale = quantize_int8(kernel)
np.testing.assert_array_equal(stored_kernel, kernel_q, strict=True)
np.testing.assert_array_equal(stored_scale, kernel_scale[0], strict=True)

expected = int8_dense(x, kernel_q, kernel_scale, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Random numbers next, once with the input left in float. Only on TensorFlow
# does Keras compute in float64 throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    x_drawn = rng.normal(size=(3, 2, 8)).astype("float32").astype(dtype)
    kernel_drawn = rng.normal(size=(8, 4)).astype("float32").astype(dtype)
    for alone in (False, True):
        drawn_q, scale = quantize_int8(kernel_drawn)
        expected = int8_dense(x_drawn, drawn_q, scale, bias, alone)
        found, _ = keras_int8(x_drawn, kernel_drawn, bias, alone, dtype)
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(found, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you leave the input in float, or round a half up?

half_up = np.floor(kernel * kernel_scale + 0.5).astype("int8")
for wrong in (
    int8_dense(x, kernel_q, kernel_scale, bias, weights_only=True),
    int8_dense(x, half_up, kernel_scale, bias),
):
    print(f"{np.mean(wrong == y):.0%} of the answers are right")
    assert np.any(y != wrong)

# %%
# See it
# ------
# Where does the answer differ most? Rounding moves a weight by :math:`0.5 /
# s_W` at most, and an input by :math:`0.5 / s_x`, so one large number makes
# the steps coarse for all that share its scale. Here the weights of the large
# feature are zero, so it should not matter. But with the input in int8 the
# other features lose their digits, and finally become zero. 200 kernels and
# samples are drawn.

growing = 2.0 ** np.arange(12)
kernels = rng.normal(size=(200, 64, 32))
kernels[:, 0] = 0
samples = rng.normal(size=(200, 1, 64)).repeat(12, axis=1)
samples[:, :, 0] = growing

fig, axis = plt.subplots(figsize=(6, 3.4))
for label, alone in (
    ("input and kernel in int8", False),
    ("kernel only", True),
):
    moves = []
    for x, kernel in zip(samples, kernels):
        y = int8_dense(x, *quantize_int8(kernel), weights_only=alone)
        distance = np.linalg.norm(y - x @ kernel, axis=1)
        moves.append(distance / np.linalg.norm(x @ kernel, axis=1))
    low, middle, high = np.percentile(moves, [5, 50, 95], axis=0)
    print(f"{label}: from {middle[0]:.1%} to {middle[-1]:.1%} of the answer")
    (line,) = axis.loglog(growing, middle, label=label)
    axis.fill_between(growing, low, high, color=line.get_color(), alpha=0.3)
axis.set(title="int8: one large feature costs the others their digits")
axis.set(xlabel="the large feature", ylabel="move / size of the answer")
axis.legend(title="median, and 90 % of 200 kernels")
plt.show()
