r"""
TF32: float32 inputs with ten bits of fraction
==============================================

Recent NVIDIA GPUs may multiply float32 matrices as TF32: they keep only ten
bits of each factor's fraction, and sum in float32. CPUs do not.

.. math::

   y_j &= \sum_i t(x_i) \, t(W_{ij}) + b_j \\
   t(v) &= 2^{k - 10} \operatorname{round}\left(\frac{v}{2^{k - 10}}\right) \\
   k &= \left\lfloor \log_2 |v| \right\rfloor

and :math:`t(0) = 0`. For matrix products on such a GPU, the backends document:

- TensorFlow uses TF32, unless you call `enable_tensor_float_32_execution(False)
  <https://www.tensorflow.org/api_docs/python/tf/config/experimental/enable_tensor_float_32_execution>`__.
- JAX uses TF32, unless you set `jax_default_matmul_precision
  <https://docs.jax.dev/en/latest/201/precision.html>`__ to ``"float32"``.
- PyTorch uses float32, unless you call `set_float32_matmul_precision("high")
  <https://docs.pytorch.org/docs/stable/generated/torch.set_float32_matmul_precision.html>`__.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Above 2048, TF32 has only even numbers: not 2049 and 4093. float32 holds these
# and their products.

x = np.array([[2049, 4093]])  # (batch, features)
kernel = np.array([[1, 3], [1, 2049]])  # (features, units)
bias = np.array([-6142, 5])  # (units,)


def keras_dense(x, kernel, bias):
    inputs = keras.Input(shape=x.shape[1:])
    dense = keras.layers.Dense(bias.size)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


y = keras_dense(x, kernel, bias)
print(y)

# %%
# Compute it
# ----------
# Each of these odd numbers lies halfway between two numbers of TF32. To round,
# add almost half of the last bit kept to the bits, and clear the 13 bits below
# it, so a tie goes down. If the last bit kept is 1, add one more: the tie goes
# up. A GPU may decide ties otherwise.

odd = np.float32([2049, 2051, 4093])
bits = odd.view("uint32")
last_bit_kept = (bits >> 13) & 1
rounded_bits = ((bits + 0xFFF + last_bit_kept) >> 13) << 13
by_hand = rounded_bits.view("float32")

# %%
# The whole function takes any numbers, and returns float64.

from keras_by_hand.precision import tf32

# %%
# Check it
# --------
# Keras is exact. (On a GPU with TF32 this check fails, as it should.)

expected = x @ kernel + bias
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# The three ties go to multiples of four, and ``tf32`` computes what the formula
# says.

np.testing.assert_array_equal(by_hand, np.float32([2048, 2052, 4092]))

numbers = np.float32(np.arange(-24000, 24001) / 3)
k = np.frexp(numbers)[1] - 1
step = 2.0 ** (k - 10)
np.testing.assert_array_equal(tf32(numbers), step * np.rint(numbers / step))

# %%
# In a larger layer, float32 rounds as well. The page "What equal means" derives
# its limit: (n + 1)/2 rounding units for n features and a bias.

x = rng.normal(size=(20, 64)).astype("float32")
kernel = rng.normal(size=(64, 5)).astype("float32")
bias = rng.normal(size=5).astype("float32")
exact = x.astype("float64") @ kernel + bias
unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel) + np.abs(bias))
limit = (64 + 1) / 2
error = np.abs(keras_dense(x, kernel, bias) - exact) / unit
np.testing.assert_array_less(error, limit)

# %%
# Break it
# --------
# Would you allow TF32 only the limit of float32? Nearly all results exceed it.

tf32_error = np.abs(tf32(x) @ tf32(kernel) + bias - exact) / unit
print(f"units: Keras {error.max():.2f}, TF32 {tf32_error.max():.0f}")
assert np.mean(tf32_error > limit) > 0.9

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.axhline(limit, color="gray", label="limit")
axis.plot(tf32_error.ravel(), "s", markersize=4, label="TF32")
axis.plot(error.ravel(), "o", markersize=4, label="Keras on this processor")
axis.set(title="TF32: nearly every result beyond the limit", yscale="log")
axis.set(xlabel="entry of y", ylabel="error in rounding units")
fig.legend(loc="outside lower center", ncols=3)
plt.show()
