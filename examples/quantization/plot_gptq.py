r"""
GPTQ in NumPy: later weights make up for rounding errors
========================================================

Four bits can do better than rounding each weight to the nearest of 16 numbers.
GPTQ, a post-training quantization, rounds one feature after the other. Each
time it changes the weights of the features that follow, to keep the outputs
right on some *calibration* data.

.. math::

   q_i &= \text{clip}(\text{round}(w_i / s + z), \; 0, \; 15) \\
   w_k &\leftarrow w_k - \frac{w_i - s (q_i - z)}{U_{ii}} \, U_{ik},
   \quad k > i \\
   U^\top U &= H^{-1} = \left( X^\top X + \lambda I \right)^{-1}

:math:`w` are the weights of a unit, :math:`q` the integers, :math:`s` and
:math:`z` their scale and zero point. :math:`X` is the data, a sample in each
row. :math:`U`, the Cholesky factor, is upper triangular. :math:`\lambda` is
0.01 times the mean of the diagonal of :math:`X^\top X`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from calibrating import quantize_dense

# %%
# Build it
# --------
# A helper calls ``model.quantize("gptq", config=GPTQConfig(...))``, patched:
# Keras 3.15.1 ignores the data (see the page "GPTQ and AWQ in Keras 3.15.1").
rng = np.random.default_rng(313)
data = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 16))
data = data + 0.3 * rng.normal(size=(200, 16))  # (samples, features)
kernel = rng.normal(size=(16, 5)).astype("float32")  # (features, units)
dense = quantize_dense(kernel, data, keras.quantizers.GPTQConfig)

# %%
# Compute it
# ----------
# The range of its weights gives each unit a scale s and a zero point z. Round
# feature by feature, and spread the errors. ``wrong`` is as in Keras 3.15.1.


def quantize(U):
    w = kernel.astype("float64")  # (features, units)
    low, high = np.minimum(w.min(axis=0), 0), np.maximum(w.max(axis=0), 0)
    s = (high - low) / 15  # (units,)
    z = np.rint(-low / s)
    numbers = []
    for i in range(16):
        numbers.append(np.clip(np.rint(w[i] / s + z), 0, 15))
        error = w[i] - s * (numbers[i] - z)
        w = w - np.outer(U[i] / U[i, i], error)  # features before i are done
    return s * (np.array(numbers) - z)  # the kernel as it is read


H = data.T @ data  # (features, features)
inverse = np.linalg.inv(H + 0.01 * np.mean(np.diag(H)) * np.eye(16))
right = quantize(np.linalg.cholesky(inverse).T)  # (features, units)
wrong = quantize(inverse)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** With
#    ``keras.quantizers.GPTQConfig``, Keras takes the inverse matrix in place of
#    its Cholesky factor, so the later weights make up for less. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23481>`__.)
of_keras = keras.ops.convert_to_numpy(dense(np.eye(16)))
np.testing.assert_allclose(of_keras, wrong, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# On the calibration data, the inverse matrix and plain rounding both do worse.
kernels = [right, of_keras, quantize(np.eye(16))]  # the last spreads nothing
good, bad, plain = [np.linalg.norm(data @ (W - kernel)) for W in kernels]
print(f"error, right: {good:.2f}, wrong: {bad:.2f}, rounded: {plain:.2f}")
assert good < 0.95 * min(bad, plain)

# %%
# In full
# -------
# Pack what ``gptq`` returns (see the page "GPTQ and AWQ weights in Keras").
from keras_by_hand.quantization import gptq, pack_int4

q, scale, zero = gptq(kernel, data)  # the right ones; a bias would come first
dense.set_weights([pack_int4(q, dtype="uint8"), scale, zero, dense.g_idx])
mended = keras.ops.convert_to_numpy(dense(np.eye(16)))
np.testing.assert_allclose(mended, right, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# The last unit: the lines are the 16 numbers that it can have.
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
numbers = scale[4] * (np.arange(16) - zero[4])  # what the integers stand for
axis.hlines(numbers, -0.5, 15.5, "lightgray")
axis.plot(kernel[:, 4], "o", label="weight")
axis.plot(right[:, 4], "x", label="GPTQ")
axis.set(title="GPTQ does not always take the nearest number", xlabel="feature")
axis.legend()
plt.show()
