r"""
GPTQ and AWQ: groups whose weights are all positive
===================================================

In Keras 3.15.1 GPTQ and AWQ give wrong weights for a group whose weights are
all positive: its zero point is negative, but is stored as an integer without a
sign.

.. math::

   z = \text{round}\left(\frac{-\text{low}}{s}\right), \qquad
   s = \frac{\text{high} - \text{low}}{15}

The remedy is the same as in int4: low and high have to be the lowest and the
highest of the weights and 0. Then z is between 0 and 15.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from calibrating import quantize_dense

from keras_by_hand.quantization import dequantize_groups, quantize_groups

# %%
# Build it
# --------
# The weights of a unit lie between m - 1 and m + 1, with another m for each
# unit. The identity matrix as input gives the kernel that the layer reads.

means = np.linspace(-2, 2, 41)
weights = np.linspace(-1, 1, 16)[:, np.newaxis] ** 3
kernel = (means + weights).astype("float32")  # (features, units)


def keras_reads(Config):
    dense = quantize_dense(kernel, np.eye(16), Config, patched=False)
    return keras.ops.convert_to_numpy(dense(np.eye(16)))


gptq = keras_reads(keras.quantizers.GPTQConfig)
awq = keras_reads(keras.quantizers.AWQConfig)

# %%
# Compute it
# ----------

q, scale, zero = quantize_groups(kernel)
right = dequantize_groups(q, scale, zero)
print("zero points from", zero.min(), "to", zero.max())

# %%
# Check it
# --------
# With the 0 each weight is right to half a step. If the weights have both
# signs, Keras reads the same.

error = np.abs(right - kernel).max(axis=0)  # (units,)
np.testing.assert_array_less(error, 0.501 * scale[:, 0])
mixed = np.abs(means) < 0.9
np.testing.assert_allclose(gptq[:, mixed], right[:, mixed], atol=1e-5)
np.testing.assert_allclose(awq[:, mixed], right[:, mixed], atol=1e-5)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``keras.quantizers.GPTQConfig`` and ``keras.quantizers.AWQConfig`` give
#    wrong weights for a group whose weights are all positive. How wrong they
#    are depends on what the processor makes of a negative number. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23512>`__.)

positive = means > 1.3
gptq_error = np.abs(gptq - kernel).max(axis=0)
awq_error = np.abs(awq - kernel).max(axis=0)
print(f"largest error: {gptq_error.max():.1f}")
limit = means[positive] - 1.15
np.testing.assert_array_less(limit, gptq_error[positive])
np.testing.assert_array_less(limit, awq_error[positive])

# %%
# Break it
# --------
# Would you leave the 0 out, as the scale gets smaller without it?

assert not np.allclose(gptq, right, atol=0.2)
assert not np.allclose(awq, right, atol=0.2)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogy(means, gptq_error, label="GPTQ in Keras 3.15.1")
axis.semilogy(means, error, label="with 0")
axis.set(title="GPTQ: a group with weights from m - 1 to m + 1")
axis.set(xlabel="m, the mean of the weights", ylabel="largest error")
axis.legend()
plt.show()
