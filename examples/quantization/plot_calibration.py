r"""
Calibration: Keras 3.15.1 ignores the data of GPTQ and AWQ
==========================================================

GPTQ and AWQ round a kernel with the help of data. Keras 3.15.1 takes the data,
but doesn't use them: it rounds each weight to the nearest number. One line lets
it see the data (``if patched`` below).

.. math::

   s &= \frac{\text{high} - \text{low}}{15}, \quad
   z = \text{round}\left(\frac{-\text{low}}{s}\right) \\
   q &= \text{clip}\left(\text{round}\left(\frac{W}{s} + z\right), \;
   0, \; 15\right)

A group of features, 128 by default, has a scale and a zero point for each unit.
Low and high are the lowest and the highest of its weights and 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Features that are correlated (for GPTQ) and differ in size (for AWQ).

sources = rng.normal(size=(200, 8))
mixed = sources @ rng.normal(size=(8, 32)) + rng.normal(size=(200, 32))
data = mixed * 10 ** rng.uniform(-1, 1, size=32)  # (samples, features)
kernel = rng.normal(size=(32, 5)).astype("float32")  # (features, units)

# %%
# The calibration data of Keras are tokens: an ``Embedding`` turns token i into
# sample i.

from calibrating import quantize_dense

# %%
# Compute it
# ----------
# What Keras stores without the data, for the first group of 16 features. The
# lowest weight of each unit becomes 0, and the highest 15.

W = kernel[:16]  # (features of the group, units)
low = np.minimum(W.min(axis=0), 0)  # (units,)
high = np.maximum(W.max(axis=0), 0)  # (units,)
s = (high - low) / 15
z = np.rint(-low / s)
by_hand = np.clip(np.rint(W / s + z), 0, 15)  # (features of the group, units)

# %%
# The whole function takes all groups, and returns ``uint8`` numbers.

from keras_by_hand.quantization import quantize_groups

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``quantize("gptq")`` and ``quantize("awq")`` of a ``Dense`` layer ignore
#    the calibration data, and only round. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23512>`__.)

GPTQ, AWQ = keras.quantizers.GPTQConfig, keras.quantizers.AWQConfig
assert GPTQ(None, None).group_size == AWQ(None, None).group_size == 128
q, scale, zero = quantize_groups(kernel, group_size=16)
for Config in (GPTQ, AWQ):
    rounded = quantize_dense(kernel, data, Config, 16, patched=False)
    packed = rounded.quantized_kernel
    stored = keras.quantizers.unpack_int4(packed, 5, dtype="uint8")
    np.testing.assert_array_equal(stored[:, :16], by_hand.T)
    np.testing.assert_array_equal(stored, q, strict=True)
    np.testing.assert_allclose(rounded.kernel_scale, scale, rtol=1e-5)
    np.testing.assert_array_equal(rounded.kernel_zero, zero, strict=True)
np.testing.assert_array_equal(rounded.awq_scales, np.ones(32))  # AWQ's factors

# %%
# Break it
# --------
# Keras asks for data. Would you assume that it uses them?

y = rounded(data)
y_gptq = quantize_dense(kernel, data, GPTQ, 16)(data)
y_awq = quantize_dense(kernel, data, AWQ, 16)(data)
assert not np.allclose(y, y_gptq)
assert not np.allclose(y, y_awq)

# %%
# See it
# ------
# The outputs are better if the data are used.

exact = data @ kernel
fig, axis = plt.subplots(figsize=(6, 2.4))
for label, outputs in (("only rounded", y), ("AWQ", y_awq), ("GPTQ", y_gptq)):
    error = np.linalg.norm(outputs - exact) / np.linalg.norm(exact)
    axis.barh(label, error, color="C0")
axis.set(title="What the data are for", xlabel="relative error of the outputs")
plt.show()
