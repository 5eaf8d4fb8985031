r"""
AWQ: finer steps where inputs are large
=======================================

AWQ multiplies the weights of each feature by a factor before it rounds them to
16 numbers, and divides by it afterwards. Features with large inputs get large
factors, so that their weights are rounded more finely.

.. math::

   a_i &= \frac{m_i^{\,p}}{\sqrt{\max_k m_k^{\,p} \; \min_k m_k^{\,p}}} \\
   q_{ij} &= \text{round}\left(\frac{a_i W_{ij}}{s} + z\right) \\
   \hat{W}_{ij} &= \frac{s \, (q_{ij} - z)}{a_i}

:math:`m_i` is the largest absolute input of feature i. The power p is 0, 1/20,
2/20, ... or 1: the one with the smallest mean of :math:`m_i^2 \, (\hat{W} -
W)_{ij}^2`. In each group s = (high - low) / 15 and z = round(-low / s), as in
GPTQ. Keras 3.15.1 ignores the data: it is compared with NumPy after a patch.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from calibrating import quantize_dense

from keras_by_hand.quantization import quantize_groups

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The inputs of 32 features differ in size, up to a hundredfold.

sizes = 10 ** rng.uniform(-1, 1, size=32)
data = rng.normal(size=(200, 32)) * sizes  # (samples, features)
kernel = rng.normal(size=(32, 5)).astype("float32")  # (features, units)

AWQ = keras.quantizers.AWQConfig
dense = quantize_dense(kernel, data, AWQ, group_size=16)
packed, scale, zero, factors, _ = dense.get_weights()
q = keras.quantizers.unpack_int4(packed, 5, dtype="uint8")  # (units, features)
print("factors:", factors[:8].round(2))

# %%
# Compute it
# ----------
# Try 21 powers. For each, multiply the weights by the factors, round them to 16
# numbers and divide again. An error counts more where inputs are large. Keep
# the factors with the smallest loss.

largest = np.abs(data).max(axis=0)[:, np.newaxis]  # (features, 1)
candidates, losses = [], []
for power in np.arange(21) / 20:
    a = largest**power
    a = a / np.sqrt(a.max() * a.min())  # (features, 1)
    rounded_q, s, z = quantize_groups(a * kernel, group_size=16)
    s, z = s.repeat(16, axis=1), z.repeat(16, axis=1)  # (units, features)
    read = (s * (np.float64(rounded_q) - z)).T / a  # (features, units)
    candidates.append(a)
    losses.append(np.mean(largest**2 * (read - kernel) ** 2))
by_hand = candidates[np.argmin(losses)][:, 0]  # (features,)

# %%
# The whole functions also return the numbers, and take features that are always
# zero.

from keras_by_hand.quantization import awq, dequantize_groups

# %%
# Check it
# --------
# With the data Keras finds the same.

np.testing.assert_allclose(factors, by_hand, rtol=1e-4)

found_q, found_scale, found_zero, found_factors = awq(kernel, data, 16)
np.testing.assert_array_equal(q, found_q, strict=True)
np.testing.assert_array_equal(zero, found_zero, strict=True)
np.testing.assert_allclose(scale, found_scale, rtol=1e-4)
np.testing.assert_allclose(factors, found_factors, rtol=1e-4)

# %%
# Break it
# --------
# The authors' own code (llm-awq) takes the mean of the absolute inputs. Would
# you?

means = np.abs(data).mean(axis=0, keepdims=True)
_, _, _, wrong_factors = awq(kernel, means, 16)
print("factors:", wrong_factors[:8].round(2))
assert not np.allclose(wrong_factors, factors)

# %%
# See it
# ------
# The more the inputs differ in size, the more AWQ helps. Each point is the
# median of 15 kernels.

spreads = 10.0 ** np.arange(0, 3.5, 0.5)  # largest feature / smallest
medians = []
for spread in spreads:
    ratios = []
    for _ in range(15):
        kernel = rng.normal(size=(32, 16))
        sizes = rng.permutation(np.geomspace(1, spread, 32))
        seen, samples = rng.normal(size=(2, 200, 32)) * sizes
        q, scale, zero, factors = awq(kernel, seen)
        read = dequantize_groups(q, scale, zero) / factors[:, np.newaxis]
        rounded = dequantize_groups(*quantize_groups(kernel))
        error = samples @ (read - kernel)
        plain = samples @ (rounded - kernel)
        ratios.append(np.linalg.norm(error) / np.linalg.norm(plain))
    medians.append(np.median(ratios))

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(spreads, medians, "o-", label="AWQ")
axis.axhline(1, linestyle=":", color="gray", label="plain rounding")
axis.set(title="AWQ helps where inputs differ in size", xscale="log")
axis.set(xlabel="largest feature / smallest", ylabel="error / plain rounding")
axis.legend()
plt.show()
