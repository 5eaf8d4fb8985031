r"""
TF32: float32 on a GPU, with ten bits of fraction
=================================================

Your float32 model gives other numbers on a GPU than on a CPU, and rounding in
float32 is too small to explain it. The tensor cores of recent NVIDIA GPUs may
multiply float32 matrices as TF32 (TensorFloat): they keep only ten bits of
each factor's fraction, and sum in float32. CPUs do not.

.. math::

   y_j &= \sum_i t(x_i) \, t(W_{ij}) + b_j \\
   t(v) &= 2^{k - 10} \operatorname{round}\left(\frac{v}{2^{k - 10}}\right) \\
   k &= \left\lfloor \log_2 |v| \right\rfloor

and :math:`t(0) = 0`; :math:`x` is the input, :math:`W` the kernel, :math:`b`
the bias. For matrix products on such a GPU, the backends document:

- TensorFlow uses TF32, unless you call
  `tf.config.experimental.enable_tensor_float_32_execution(False)
  <https://www.tensorflow.org/api_docs/python/tf/config/experimental/enable_tensor_float_32_execution>`__.
- JAX uses TF32, unless you call
  `jax.config.update("jax_default_matmul_precision", "float32")
  <https://docs.jax.dev/en/latest/201/precision.html>`__.
- PyTorch uses float32, unless you call
  `torch.set_float32_matmul_precision("high")
  <https://docs.pytorch.org/docs/stable/generated/torch.set_float32_matmul_precision.html>`__.
  But its convolutions use TF32, unless you set
  ``torch.backends.cudnn.allow_tf32 = False``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Above 2048, TF32 has only even numbers. float32 holds these odd ones and their
# products.

x = np.float32([[2049, 2051, 4093]])  # (batch, features)
kernel = np.float32([[1, 3], [0, 2051], [1, 2049]])  # (features, units)
bias = np.array([-6142, 5])  # (units,)
dense = keras.layers.Dense(2)
dense.build(x.shape)
dense.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(dense(x))

# %%
# Compute it
# ----------
# Round as the formula says: find the power of two in a number, and take a whole
# number of steps. Ties go to the even number; a GPU may decide them otherwise.


def t(v):
    k = np.frexp(v)[1] - 1
    step = 2.0 ** (k - 10)
    return np.rint(v / step) * step


by_hand = x @ kernel + bias  # what a CPU computes
in_tf32 = t(x) @ t(kernel) + bias  # what a GPU may compute

from keras_by_hand.precision import tf32  # rounds the bits instead

# %%
# Check it
# --------
# This page was made on a CPU, which is exact here. (On a GPU with TF32 this
# check fails, as it should.)

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
np.testing.assert_array_equal(tf32(x), [[2048, 2052, 4092]])
np.testing.assert_array_equal(tf32(x) @ tf32(kernel) + bias, in_tf32)

# %%
# Break it
# --------
# Suppose you compare a GPU's answers with a tolerance made for float32. Then a
# correct model looks wrong: turn TF32 off, as above, before you compare.

print("right:", y[0].tolist(), "in TF32:", in_tf32[0].tolist())
assert np.all(np.abs(in_tf32 - y) > 1e-4 * np.abs(y))

# %%
# See it
# ------
# Errors of larger sums, in rounding units: the page "Rounding error of a sum"
# says what these are.

rng = np.random.default_rng(313)
x, kernel = rng.normal(size=(20, 64)), rng.normal(size=(64, 5))
in_float32 = np.float32(x) @ np.float32(kernel)
unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel))
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for name, sums in [("TF32", t(x) @ t(kernel)), ("float32", in_float32)]:
    axis.semilogy(np.ravel(np.abs(sums - x @ kernel) / unit), "o", label=name)
axis.set(title="TF32 is much further off", xlabel="entry of y")
axis.set(ylabel="error in rounding units")
axis.legend()
plt.show()
