r"""
float64: predict casts its input to float32
===========================================

A ``Dense`` layer with ``dtype="float64"`` stores and computes in float64. But
``predict`` casts its input to float32 first, and so does a model whose
``Input`` is float32, the default.

.. math::

   y &= x W + b & &\text{ the layer} \\
   y &= \operatorname{float32}(x) \, W + b & &\text{ predict}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Odd whole numbers of 25 bits, one bit too long for float32, times a power of
# two. Four products of them add up to 53 bits at most: float64 holds the sums.


def long_numbers(*shape):
    odd = 2 * rng.integers(2**23, 2**24, size=shape) + 1
    return rng.choice([-1, 1], size=shape) * odd / 2**24


kernel, bias = (
    long_numbers(4, 3),
    long_numbers(3),
)  # (features, units), (units,)
x = long_numbers(6, 4)  # (batch, features)

dense = keras.layers.Dense(3, dtype="float64")
inputs = keras.Input(shape=(4,))  # float32
model = keras.Model(inputs, dense(inputs))
wide_inputs = keras.Input(shape=(4,), dtype="float64")
wide_model = keras.Model(wide_inputs, dense(wide_inputs))
dense.set_weights([kernel, bias])

# %%
# ``predict`` casts to ``keras.config.floatx()``, the default dtype. Models that
# exist keep the dtype of their ``Input`` when you change it.

wide = {"dense(x)": dense(x), "wide_model(x)": wide_model(x)}
narrow = {
    "model(x)": model(x),
    "model.predict(x)": model.predict(x, verbose=0),
    "wide_model.predict(x)": wide_model.predict(x, verbose=0),
}
keras.config.set_floatx("float64")
wide["wide_model.predict(x), floatx"] = wide_model.predict(x, verbose=0)
narrow["model.predict(x), floatx"] = model.predict(x, verbose=0)
keras.config.set_floatx("float32")

# %%
# Compute it
# ----------
# NumPy computes in float64 by itself.


def to_float32(values):  # rounded, but stored in float64
    return values.astype("float32").astype("float64")


expected = x @ kernel + bias
expected_narrow = to_float32(x) @ kernel + bias

# %%
# Check it
# --------
# On TensorFlow everything is equal to the bit. JAX and PyTorch compute this
# layer in float32, so the results are only as close as float32 allows.

tolerance = 1000 * np.finfo("float32").eps
for answers, right in [(wide, expected), (narrow, expected_narrow)]:
    for name, answer in answers.items():
        y = keras.ops.convert_to_numpy(answer)
        print(f"{name:29} off by {np.abs(y - expected).max():.1e}")
        if keras.backend.backend() == "tensorflow":
            np.testing.assert_array_equal(y, right, strict=True)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# The weights stay in float64 even there, except on JAX.

if keras.backend.backend() != "jax":
    for stored, given in zip(dense.get_weights(), [kernel, bias]):
        np.testing.assert_array_equal(stored, given, strict=True)

# %%
# Break it
# --------
# The result of ``predict`` has the dtype float64. Is it as precise? No. Is it
# that of a float32 layer? No: kernel and bias are not cast.

float32_layer = to_float32(x) @ to_float32(kernel) + to_float32(bias)
assert np.all(expected_narrow != expected)
assert np.all(expected_narrow != float32_layer)

# %%
# See it
# ------
# What float32 takes from the input is missing in each entry of the output.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, answer in [("dense(x)", wide), ("model.predict(x)", narrow)]:
    error = keras.ops.convert_to_numpy(answer[name]) - expected
    axis.plot(error.ravel() * 2**24, "o", label=name)
axis.set(title="predict loses what float32 cannot hold of x")
axis.set(xlabel="entry of the output", ylabel="error times 2**24")
axis.legend()
plt.show()
