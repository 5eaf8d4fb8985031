r"""
GPTQ is least squares, one rounding after the other
===================================================

Once some features are rounded, GPTQ gives the others the weights with which the
outputs on the data come closest to the exact ones.

.. math::

   \hat{w}_R &= w_R - H_{RR}^{-1} H_{RF} \, (\hat{w}_F - w_F) \\
   H &= X^\top X + \lambda I

F are the features that are fixed, R are the rest. This is the minimum of
:math:`\|X (\hat{w} - w)\|^2 + \lambda \, \|\hat{w} - w\|^2`. GPTQ finds it
without a new inverse for each feature. Keras 3.15.1 does not find it: this page
computes GPTQ in NumPy, and shows what the difference costs.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from calibrating import quantize_dense

from keras_by_hand.quantization import gptq

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Sixteen features, mixed from four sources. The error of Keras' outputs:

data = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 16))
data = data + 0.3 * rng.normal(size=(200, 16))  # (samples, features)
kernel = rng.normal(size=(16, 5)).astype("float32")  # (features, units)

dense = quantize_dense(kernel, data, keras.quantizers.GPTQConfig)
y = keras.ops.convert_to_numpy(dense(data))
keras_error = np.linalg.norm(y - data @ kernel)
print(f"error of Keras: {keras_error:.2f}")

# %%
# Compute it
# ----------


def gptq_by_least_squares(kernel, data, scale, zero, hessian_damping=0.01):
    """The integers of GPTQ, (units, features), with one group of features.

    kernel: (features, units), data: (samples, features), scale and zero:
    (units, 1).
    """
    products = data.T @ data
    damping = hessian_damping * np.mean(np.diag(products))
    products = products + damping * np.eye(len(products))
    rows = kernel.T.astype("float64")  # (units, features)
    q = np.zeros((len(rows), 0))
    for i in range(len(kernel)):
        error = scale * (q - zero) - rows[:, :i]  # of the fixed features
        change = np.linalg.solve(products[i:, i:], products[i:, :i] @ error.T)
        best = rows[:, i:] - change.T
        q_i = np.rint(best[:, :1] / scale + zero).clip(0, 15)
        q = np.hstack([q, q_i])
    return q


# %%
# Check it
# --------
# Both find the same integers.

q, scale, zero = gptq(kernel, data)
expected = gptq_by_least_squares(kernel, data, scale, zero)
np.testing.assert_array_equal(q, expected)

# %%
# Break it
# --------
# Would you take the inverse of :math:`H` in place of its Cholesky factor, as
# Keras 3.15.1 does? Then the error is larger.


def output_error(samples, kernel, q, scale, zero):
    """The length of the outputs' error, with one group of features."""
    read = scale * (q.astype("float64") - zero)  # (units, features)
    return np.linalg.norm(samples @ (read.T - kernel))


error = output_error(data, kernel, q, scale, zero)
print(f"error of GPTQ: {error:.2f}")
np.testing.assert_array_less(error, 0.95 * keras_error)
with_inverse, _, _ = gptq(kernel, data, cholesky=False)
assert np.any(q != with_inverse)

# %%
# See it
# ------
# Fifty kernels, each with data of its own. GPTQ is better than plain rounding
# on data like those of its calibration, and worse on data without correlation.

ratios, keras_ratios, other_ratios = [], [], []
for _ in range(50):
    kernel, mix = rng.normal(size=(16, 5)), rng.normal(size=(4, 16))
    seen, alike = rng.normal(size=(2, 200, 4)) @ mix
    other = rng.normal(size=(200, 16))
    rounded = gptq(kernel, 0 * seen)
    found = gptq(kernel, seen)
    of_keras = gptq(kernel, seen, cholesky=False)
    plain = output_error(alike, kernel, *rounded)
    ratios.append(output_error(alike, kernel, *found) / plain)
    keras_ratios.append(output_error(alike, kernel, *of_keras) / plain)
    plain = output_error(other, kernel, *rounded)
    other_ratios.append(output_error(other, kernel, *found) / plain)
print("medians:", np.median([ratios, keras_ratios, other_ratios], axis=1))

fig, axis = plt.subplots(figsize=(6, 3.4))
bins = np.geomspace(0.1, 4, 30)
axis.hist(ratios, bins, label="GPTQ", alpha=0.7)
axis.hist(keras_ratios, bins, label="Keras 3.15.1", alpha=0.7)
axis.hist(other_ratios, bins, label="GPTQ, other data", alpha=0.7)
axis.axvline(1, linestyle=":", color="gray")
axis.set(title="GPTQ suits data like those of its calibration", xscale="log")
axis.set(xlabel="error / error of plain rounding", ylabel="kernels")
axis.legend(loc="upper left")
plt.show()
