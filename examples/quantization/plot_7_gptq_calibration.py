r"""
GPTQ makes up for what it rounds
================================

Calibration rounds one feature after the other and changes those that follow, so
that they make up for the error as far as the data say that they can. The layer
then computes as after any rounding.

.. math::

   w_k \leftarrow w_k - \frac{w_i - s \left(q_i - z\right)}{U_{ii}} U_{ik},
   \quad k > i, \qquad U^\top U = \left( X^\top X + \lambda I \right)^{-1}

This is the algorithm of GPTQ_. That of Keras 3.15.1 has the inverse itself in
place of U, and the data do not reach it; both_ have been mended_ since. So
NumPy calibrates here, and Keras predicts.

.. _GPTQ: https://arxiv.org/abs/2210.17323
.. _both: https://github.com/keras-team/keras/pull/23481
.. _mended: https://github.com/keras-team/keras/pull/23512
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Calibrate it
# ------------
# Eight features that are made of three, so that one can do for another; two
# groups of four features, with a scale and a zero point each.

data = np.random.normal(size=(200, 3)) @ np.random.normal(size=(3, 8))
data += 0.1 * np.random.normal(size=(200, 8))  # (samples, features)
kernel = np.random.normal(size=(8, 5))  # (features, units)
kernel[::4] = np.abs(kernel[::4])  # every group has both signs
kernel[1::4] = -np.abs(kernel[1::4])


def gptq(kernel, inverse):
    """Whole numbers (units, features), scales, zero points (units, 2)."""
    upper = np.linalg.cholesky(inverse).T
    rows = kernel.T.copy()  # (units, features)
    q, scale, zero = np.zeros((5, 8)), np.zeros((5, 2)), np.zeros((5, 2))
    for i in range(8):
        group = i // 4
        if i % 4 == 0:
            lowest = rows[:, i : i + 4].min(axis=1)
            highest = rows[:, i : i + 4].max(axis=1)
            scale[:, group] = (highest - lowest) / 15
            zero[:, group] = np.rint(-lowest / scale[:, group])
        steps = np.rint(rows[:, i] / scale[:, group] + zero[:, group])
        q[:, i] = np.clip(steps, 0, 15)
        error = rows[:, i] - scale[:, group] * (q[:, i] - zero[:, group])
        rows -= np.outer(error / upper[i, i], upper[i])  # changes i and later
    return q, scale, zero


products = data.T @ data  # of the features, (features, features)
damping = 0.01 * np.mean(np.diag(products)) * np.eye(8)
results = {
    "rounded": gptq(kernel, np.eye(8)),
    "calibrated": gptq(kernel, np.linalg.inv(products + damping)),
}
q_rounded, q_calibrated = (result[0] for result in results.values())
print(np.count_nonzero(q_rounded != q_calibrated), "of 40 weights differ")

# %%
# Build it
# --------
# A layer in ``gptq`` from the start, with 4 bits and groups of 4, takes its
# variables as from a file: a dictionary, in their order.

inputs = keras.Input(shape=(8,))
dense = keras.layers.Dense(5, dtype="gptq/4/4_from_float32")
model = keras.Model(inputs, dense(inputs))
np.testing.assert_equal(dense.quantization_mode, "gptq")

bias = np.array([3, -2, 1, 0.5, -0.25], "float32")  # (units,)
group = np.arange(8) // 4  # of each feature
x = np.random.randint(-9, 10, size=(6, 8))  # (batch, features)
answers = {}
for name, (q, scale, zero) in results.items():
    even = np.pad(q.astype("uint8"), [(0, 1), (0, 0)])  # of units
    variables = {
        "bias": bias,
        "quantized_kernel": even[::2] | even[1::2] << 4,  # two units a byte
        "kernel_scale": scale.astype("float32"),
        "kernel_zero": zero.astype("uint8"),
        "g_idx": group.astype("float32"),
    }
    order = dense.variable_serialization_spec["gptq"]
    np.testing.assert_equal(order, list(variables))
    dense.load_own_variables(dict(zip("01234", variables.values())))
    answers[name] = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------


def kernel_read(q, scale, zero):
    """The kernel that the layer reads: (features, units)."""
    return ((q - zero[:, group]) * scale[:, group]).T


expected = {}
for name, result in results.items():
    expected[name] = x @ kernel_read(*result) + bias

# %%
# Check it
# --------
# A scale is rounded once to float32, and so is each number read; eight
# products, their sum and the bias follow: five and a half rounding units.

for name, y in answers.items():
    np.testing.assert_equal((y.shape, y.dtype), ((6, 5), np.float32))
    magnitude = np.abs(x) @ np.abs(kernel_read(*results[name])) + np.abs(bias)
    rounding_unit = np.finfo("float32").eps * magnitude
    error = np.abs(y - expected[name])
    largest = np.max(error / rounding_unit)
    print(f"{name}: largest error {largest:.2f} rounding units")
    np.testing.assert_array_less(error, 5.5 * rounding_unit, name)

# %%
# Break it
# --------
# What was made for some data is not closer to the kernel. Data as large, but
# whose features do not occur together, fare worse with it than with plain
# rounding.

other = np.random.normal(size=(200, 8)) * data.std(axis=0)
moves = {}
for samples, kind in [(data, "these data"), (other, "other data")]:
    for name, result in results.items():
        move = samples @ (kernel_read(*result) - kernel)  # (samples, units)
        moves[f"{name},\n{kind}"] = np.sqrt(np.mean(move**2, axis=0))
means = [np.mean(values) for values in moves.values()]
print("answers move by", np.round(means, 2))

np.testing.assert_array_less(means[1], means[0])
np.testing.assert_array_less(means[2], means[3])

# %%
# See it
# ------
# A dot for each unit, a bar for their mean.

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
for place, (values, mean) in enumerate(zip(moves.values(), means)):
    axis.barh(place, mean, color=f"C{place % 2}", alpha=0.5)
    axis.plot(values, np.full(5, place), "o", color=f"C{place % 2}")
axis.set(title="GPTQ suits data like those it was calibrated with")
axis.set(xlabel="how far answers move (root mean square)")
axis.set_yticks(range(4), moves)
axis.invert_yaxis()
plt.show()
