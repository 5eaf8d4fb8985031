r"""
AWQ in NumPy: finer steps where inputs are large
================================================

An error of a weight matters more where its inputs are large. AWQ (short for
activation-aware weight quantization) multiplies the weights of each feature by
a factor, rounds them to 4 bits (16 numbers), and divides by the factor again.
A large factor means a fine step, so features with large inputs get large ones.

.. math::

   a_i &= \frac{m_i^{\,p}}{\sqrt{\max_k m_k^{\,p} \; \min_k m_k^{\,p}}} \\
   q_{ij} &= \text{round}\left(\frac{a_i W_{ij}}{s} + z\right) \\
   \hat{W}_{ij} &= \frac{s \, (q_{ij} - z)}{a_i}

:math:`W` is the kernel, :math:`a_i` the factor of feature i, and :math:`m_i`
its largest absolute input in some calibration data. A group of features has a
scale s and a zero point z for each unit; :math:`q` are the integers. The power
:math:`p` is 0, 1/20, 2/20, ... or 1: the one with the smallest mean of
:math:`m_i^2 \, (\hat{W} - W)_{ij}^2`. The root centres the factors around 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from calibrating import quantize_dense

# %%
# Build it
# --------
# The inputs of 32 features differ in size, up to a hundredfold. A helper calls
# ``model.quantize("awq", config=AWQConfig(...))``. Keras 3.15.1 ignores the
# data, so the helper patches it: see the page "GPTQ and AWQ in Keras 3.15.1".
rng = np.random.default_rng(313)
sizes = 10 ** rng.uniform(-1, 1, size=32)
data = rng.normal(size=(200, 32)) * sizes  # (samples, features)
kernel = rng.normal(size=(32, 5)).astype("float32")  # (features, units)
AWQ = keras.quantizers.AWQConfig
dense = quantize_dense(kernel, data, AWQ, group_size=16)
factors = keras.ops.convert_to_numpy(dense.awq_scales)  # (features,)
read = keras.ops.convert_to_numpy(dense(np.eye(32)))  # the kernel it reads

# %%
# Compute it
# ----------
# For a power, compute the factors, and multiply the weights by them. In each
# group, round to 15 steps from a unit's lowest weight to its highest. Divide by
# the factors again. Of 21 powers, keep the one with the smallest loss.


def quantize(m, power):  # m: (features, 1)
    a = m**power / np.sqrt(np.max(m**power) * np.min(m**power))
    w = np.reshape(a * kernel, (2, 16, 5))  # (groups, features, units)
    s = np.ptp(w, axis=1, keepdims=True) / 15  # highest minus lowest
    z = np.rint(-np.min(w, axis=1, keepdims=True) / s)
    q = np.rint(w / s + z)  # from 0 to 15
    return a, np.reshape(s * (q - z), (32, 5)) / a  # factors, kernel


def find_best(m):
    def loss(found):
        return np.mean(m**2 * (found[1] - kernel) ** 2)

    return min([quantize(m, power) for power in np.arange(21) / 20], key=loss)


a, by_hand = find_best(np.abs(data).max(axis=0)[:, np.newaxis])

# %%
# Check it
# --------
np.testing.assert_allclose(factors, a[:, 0], rtol=1e-4)
np.testing.assert_allclose(read, by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# The authors of AWQ take the mean of the absolute inputs in their own code.
# Keras takes the largest, so its factors differ from theirs.
wrong, _ = find_best(np.abs(data).mean(axis=0)[:, np.newaxis])
print("by the largest, right:", factors[:4].round(2))
print("by the mean, wrong:", wrong[:4, 0].round(2))
assert not np.allclose(wrong[:, 0], factors)

# %%
# In full
# -------
# ``awq`` also returns the integers, scales and zero points.
from keras_by_hand.quantization import awq

*_, expected = awq(kernel, data, group_size=16)
np.testing.assert_allclose(factors, expected, rtol=1e-4)

# %%
# See it
# ------
# Errors of the outputs on 200 new samples. A power of 0 makes all factors 1.
samples = rng.normal(size=(200, 32)) * sizes
_, rounded = quantize(sizes[:, np.newaxis], power=0)
errors = [np.linalg.norm(samples @ (W - kernel)) for W in (rounded, by_hand)]
assert errors[1] < errors[0]
fig, axis = plt.subplots(figsize=(6, 2), layout="constrained")
axis.barh(["plain rounding", "AWQ"], errors / np.linalg.norm(samples @ kernel))
axis.set(title="AWQ helps where inputs differ", xlabel="relative error")
plt.show()
