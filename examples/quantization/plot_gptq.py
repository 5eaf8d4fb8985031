r"""
GPTQ: later weights make up for rounding errors
===============================================

GPTQ rounds a kernel to 16 numbers, one feature after the other. Each time it
changes the weights of the features that follow, so that they make up for the
error on the calibration data.

.. math::

   q_i &= \text{clip}\left(\text{round}\left(\frac{w_i}{s} + z\right), \;
   0, \; 15\right) \\
   w_k &\leftarrow w_k - \frac{w_i - s (q_i - z)}{U_{ii}} \, U_{ik},
   \quad k > i \\
   U^\top U &= H^{-1} = \left( X^\top X + \lambda I \right)^{-1}

:math:`w` are the weights of a unit, :math:`s` and :math:`z` the scale and zero
point of a group of features, :math:`X` the data, a sample in a row;
:math:`U` is upper triangular, and :math:`\lambda` is 0.01 times the mean of the
diagonal of :math:`X^\top X`. Keras 3.15.1 takes :math:`H^{-1}` for :math:`U`:
in that form it is compared with NumPy here. The next page compares :math:`U`
with least squares.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from calibrating import quantize_dense

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# 144 features, mixed from 36 sources, so that they are correlated. (Keras
# 3.15.1 ignores the data of a calibration: ``quantize_dense`` mends that.)

data = rng.normal(size=(300, 36)) @ rng.normal(size=(36, 144)) / 6
data = data + 0.3 * rng.normal(size=(300, 144))  # (samples, features)
kernel = rng.normal(size=(144, 4)).astype("float32")  # (features, units)

GPTQ = keras.quantizers.GPTQConfig
dense = quantize_dense(kernel, data, GPTQ, group_size=16)
packed, scale, zero, _ = dense.get_weights()
q = keras.quantizers.unpack_int4(packed, 4, dtype="uint8")
q = keras.ops.convert_to_numpy(q)  # (units, features)

# %%
# Compute it
# ----------
# The data give the matrix U (in Keras 3.15.1 the inverse of H), and the first
# group of 16 features gives each unit a scale and a zero point. Round one
# feature after the other, and spread its error over the features that follow.

H = data.T @ data  # (features, features)
H = H + 0.01 * np.mean(np.diag(H)) * np.eye(144)
U = np.linalg.inv(H)
w = kernel[:16].astype("float64")  # (features of the group, units)
low, high = np.minimum(w.min(axis=0), 0), np.maximum(w.max(axis=0), 0)
s = (high - low) / 15  # (units,)
z = np.rint(-low / s)
numbers_by_hand = []
for i in range(16):
    q_i = np.clip(np.rint(w[i] / s + z), 0, 15)
    error = w[i] - s * (q_i - z)
    w = w - np.outer(U[:16, i] / U[i, i], error)  # features before i are done
    numbers_by_hand.append(q_i)

# %%
# The whole function takes all groups, and by default the right U, which is
# triangular.

from keras_by_hand.quantization import gptq

# %%
# Check it
# --------
# Keras finds the same integers and zero points, and the same scales.

np.testing.assert_array_equal(q[:, :16], np.transpose(numbers_by_hand))

found_q, found_scale, found_zero = gptq(kernel, data, 16, cholesky=False)
np.testing.assert_array_equal(q, found_q, strict=True)
np.testing.assert_array_equal(zero, found_zero, strict=True)
np.testing.assert_allclose(scale, found_scale, rtol=1e-4)

# %%
# Break it
# --------
# Would you take the inverse itself, and save the Cholesky factor?
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** With
#    ``keras.quantizers.GPTQConfig``, Keras takes the inverse matrix in place of
#    its Cholesky factor, so the later weights make up for less. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23481>`__.)

right, _, _ = gptq(kernel, data, group_size=16)
print(f"{np.mean(q == right):.0%} of the integers are right")
assert np.any(q != right)

# %%
# See it
# ------
# One unit: the lines are the 16 numbers of its first group.

numbers = (np.arange(16) - zero[0, 0]) * scale[0, 0]
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.hlines(numbers, -0.5, 15.5, color="gray", linewidth=0.5)
axis.plot(kernel[:16, 0], "o", markersize=9, label="weight")
axis.plot(numbers[right[0, :16]], "x", markersize=9, label="GPTQ")
axis.set(title="GPTQ does not always take the nearest number")
axis.set(xlabel="feature", ylabel="weight")
axis.legend()
plt.show()
