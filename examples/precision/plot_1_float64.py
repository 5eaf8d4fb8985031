r"""
predict hands float32 to a float64 layer
========================================

A ``Dense`` layer with ``dtype="float64"`` stores and computes in float64. What
reaches it is another matter: ``predict`` first casts its input to float32, and
so does a model whose ``Input`` is of float32.

.. math::

   \begin{aligned}
   y &= x W + b & &\text{ the layer} \\
   y &= \operatorname{float32}(x) \, W + b & &\text{ predict}
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Odd whole numbers of 25 bits, which are one bit too long for float32, times a
# power of two. Sums of four products of them have 53 bits at most: float64
# holds them all, and nothing is rounded.


def long_numbers(*shape):
    """Odd multiples of 2**-24, positive or negative, of a size from 1 to 2."""
    sign = np.random.choice([-1, 1], size=shape)
    return sign * (2 * np.random.randint(2**23, 2**24, size=shape) + 1) / 2**24


kernel = long_numbers(4, 3)  # (features, units)
bias = long_numbers(3)  # (units,)
x = long_numbers(6, 4)  # (batch, features)

dense = keras.layers.Dense(3, dtype="float64")
inputs = keras.Input(shape=(4,))  # of float32
model = keras.Model(inputs, dense(inputs))
wide_inputs = keras.Input(shape=(4,), dtype="float64")
wide_model = keras.Model(wide_inputs, dense(wide_inputs))
dense.set_weights([kernel, bias])
print(dense.dtype_policy, inputs.dtype, wide_inputs.dtype)

answers = {  # each of shape (batch, units)
    "dense(x)": dense(x),
    "wide_model(x)": wide_model(x),
    "model(x)": model(x),
    "model.predict(x)": model.predict(x, verbose=0),
    "wide_model.predict(x)": wide_model.predict(x, verbose=0),
}

# %%
# ``predict`` asks Keras for its `floatx`_, the dtype of all that is not told
# otherwise. A model that was built before keeps the dtype of its ``Input``.
#
# .. _floatx: https://keras.io/api/utils/config_utils/

keras.config.set_floatx("float64")
answers["model.predict(x), floatx float64"] = model.predict(x, verbose=0)
answers["wide_model.predict(x), floatx float64"] = wide_model.predict(
    x, verbose=0
)
keras.config.set_floatx("float32")

# %%
# Compute it
# ----------
# NumPy computes in float64 by itself. To cast to float32 and back is to round
# to 24 bits.

x_cast = x.astype("float32").astype("float64")
long, short = x @ kernel + bias, x_cast @ kernel + bias
expected = {
    "dense(x)": long,
    "wide_model(x)": long,
    "model(x)": short,
    "model.predict(x)": short,
    "wide_model.predict(x)": short,
    "model.predict(x), floatx float64": short,
    "wide_model.predict(x), floatx float64": long,
}

# %%
# Check it
# --------
# On TensorFlow everything is equal to the bit. JAX has no float64 unless it is
# started with ``JAX_ENABLE_X64=1``, and on PyTorch Keras multiplies float64 in
# float32. There each entry is off by the rounding of input and kernel, of four
# products and their sums, and of the bias and its sum: by ten halves of the
# distance of 1 from the next float32 number, times the sum of magnitudes.

double = keras.backend.backend() == "tensorflow"
unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel) + np.abs(bias))
np.testing.assert_equal(list(answers), list(expected))
for name, answer in answers.items():
    y = keras.ops.convert_to_numpy(answer)
    np.testing.assert_equal(y.shape, (6, 3), name)
    error = np.abs(y - long)
    print(f"{name:37} {y.dtype}, off by {np.max(error):.1e}")
    if double:
        np.testing.assert_equal(y.dtype, np.float64, name)
        np.testing.assert_array_equal(y, expected[name], name)
    else:
        np.testing.assert_equal(np.all(error < 5 * unit), True, name)

# %%
# Whatever multiplies, the weights are stored as they were set, in 25 bits.

stored_kernel, stored_bias = dense.get_weights()
print(stored_kernel[0])
if keras.backend.backend() != "jax":
    np.testing.assert_equal(stored_kernel.dtype, np.float64)
    np.testing.assert_array_equal(stored_kernel, kernel)
    np.testing.assert_array_equal(stored_bias, bias)

# %%
# Break it
# --------
# That the answer of ``predict`` has the dtype float64 does not make it one: all
# entries differ. And it is not the answer of a float32 layer either, for kernel
# and bias are not cast.

kernel_cast, bias_cast = kernel.astype("float32"), bias.astype("float32")
float32_layer = x_cast @ kernel_cast.astype("float64") + bias_cast
for name, other in {"float64": long, "float32": float32_layer}.items():
    wrong = np.count_nonzero(short != other)
    print(f"predict against {name}: {wrong} of {short.size} entries differ")
    np.testing.assert_equal(wrong, short.size, name)

# %%
# See it
# ------
# What float32 takes from the input, each entry of the answer has to do without.

called, predicted = answers["dense(x)"], answers["model.predict(x)"]
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.axhline(0, color="gray", linewidth=0.8)
for answer, style, name in zip(
    [called, predicted], ["o", "s"], ["dense(x)", "model.predict(x)"]
):
    error = keras.ops.convert_to_numpy(answer) - long
    axis.plot(error.ravel() * 2**24, style, label=name)
axis.set(title="predict is off by what float32 takes from x")
axis.set(xlabel="entry of the answer", ylabel="error times 2**24")
axis.legend()
plt.show()
