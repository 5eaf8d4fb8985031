r"""
AWQ rounds more finely where inputs are large
=============================================

After ``awq`` a ``Dense`` layer holds what it holds after ``gptq``, and a factor
for each feature. By these its kernel was multiplied before it was rounded, and
by these the layer divides what it reads, and with it the error of rounding.

.. math:: W_\text{read} = \frac{\left( s \left(q - z\right) \right)^\top}{a},
   \qquad y = x \, W_\text{read} + b

AWQ_ chooses larger factors for features with larger inputs.

.. _AWQ: https://arxiv.org/abs/2306.00978
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer that is in ``awq`` from the start, with groups of four features, takes
# its variables in the order of a file. Scales and factors are powers of two.

inputs = keras.Input(shape=(8,))
dense = keras.layers.Dense(5, dtype="awq/4/4_from_float32")
model = keras.Model(inputs, dense(inputs))
for weight in dense.weights:
    print(f"{weight.name:13} {weight.dtype:8} {tuple(weight.shape)}")
np.testing.assert_equal(dense.quantization_mode, "awq")

q = np.random.randint(0, 16, size=(5, 8))  # (units, features)
zero = np.random.randint(0, 16, size=(5, 2))  # (units, groups)
scale = 2.0 ** np.random.randint(-3, 4, size=(5, 2))
factors = 2.0 ** np.array([0, 3, -1, 2, -2, 1, 4, -3])  # (features,)
bias = np.array([3, -2, 1, 0.5, -0.25])  # (units,)
x = np.random.randint(-9, 10, size=(6, 8))  # (batch, features)
group = np.arange(8) // 4  # of each feature


def load(q, scale, zero, factors):
    """Store the variables in the layer, two units in a byte."""
    even = np.pad(q, [(0, 1), (0, 0)]).astype("uint8")
    joined = even[::2] | even[1::2] << 4
    variables = {
        "bias": bias.astype("float32"),
        "quantized_kernel": joined,  # (units / 2, features)
        "kernel_scale": scale.astype("float32"),
        "kernel_zero": zero.astype("uint8"),
        "awq_scales": factors.astype("float32"),
        "g_idx": group.astype("float32"),
    }
    order = dense.variable_serialization_spec["awq"]
    np.testing.assert_equal(order, list(variables))
    dense.load_own_variables(dict(zip("012345", variables.values())))


load(q, scale, zero, factors)
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------


def kernel_read(q, scale, zero, factors):
    """The kernel that the layer reads: (features, units)."""
    steps = (q - zero[:, group]) * scale[:, group]
    return steps.T / factors[:, np.newaxis]


expected = x @ kernel_read(q, scale, zero, factors) + bias

# %%
# Check it
# --------
# Nothing is rounded, and the answer is equal to the bit.

np.testing.assert_equal((y.shape, y.dtype), ((6, 5), np.float32))
np.testing.assert_array_equal(y, expected)

# %%
# Where the factors come from
# ---------------------------
# From the largest input of each feature, to a power between 0 and 1: the one of
# the smallest error, counted as often as the inputs are large. All of them are
# divided by one number, so that the largest is one over the smallest. NumPy
# does it here, for data whose features differ ninety times in size. (In Keras
# 3.15.1 the data do not reach this search, which `has been mended`_ since.)
#
# .. _has been mended: https://github.com/keras-team/keras/pull/23512

kernel = np.random.normal(size=(8, 5))
kernel[::4] = np.abs(kernel[::4])  # every group has both signs
kernel[1::4] = -np.abs(kernel[1::4])
data = np.random.normal(size=(200, 8)) * [9, 0.1, 1, 3, 0.2, 5, 0.1, 1]
largest = np.abs(data).max(axis=0)  # (features,)


def rounded(factors):
    """Whole numbers, scales and zero points of the kernel times factors."""
    rows = (kernel * factors[:, np.newaxis]).T.reshape(5, 2, 4)
    lowest, highest = rows.min(axis=2), rows.max(axis=2)
    scale = (highest - lowest) / 15
    zero = np.rint(-lowest / scale)
    q = np.rint(rows / scale[:, :, np.newaxis] + zero[:, :, np.newaxis])
    return np.clip(q, 0, 15).reshape(5, 8), scale, zero, factors


def factors_of(power):
    """The factors, (features,), for the largest inputs to a power."""
    factors = largest**power
    return factors / np.sqrt(factors.max() * factors.min())


powers = np.arange(21) / 20
candidates = [rounded(factors_of(power)) for power in powers]
errors = [kernel_read(*candidate) - kernel for candidate in candidates]
weighted = [np.mean((largest * error.T) ** 2) for error in errors]
best = np.argmin(weighted)
print(f"power {powers[best]}, factors {candidates[best][-1].round(2)}")

load(*candidates[best])
y = model.predict(x, verbose=0)

# %%
# Scales and factors are rounded to float32, and so are the number read and its
# quotient, which takes two roundings on some backends; eight products, their
# sum and the bias follow. Together that is seven rounding units.

np.testing.assert_equal((y.shape, y.dtype), ((6, 5), np.float32))

magnitude = np.abs(x) @ np.abs(kernel_read(*candidates[best])) + np.abs(bias)
rounding_unit = np.finfo("float32").eps * magnitude
error = np.abs(y - (x @ kernel_read(*candidates[best]) + bias))
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 7.0 * rounding_unit)

# %%
# Break it
# --------
# The factors are no scales of the input: to multiply by them, or to ignore
# them, gives another kernel. And with all of them 1, which is the power 0, the
# answers to these data are further off.

*others, factors = candidates[best]
for wrong in (1 / factors, np.ones(8)):
    y_wrong = x @ kernel_read(*others, wrong) + bias
    right = np.count_nonzero(np.abs(y - y_wrong) < 7.0 * rounding_unit)
    print("entries right:", right, "of", y.size)
    np.testing.assert_equal(right, 0)

moves = [np.sqrt(np.mean((data @ error) ** 2)) for error in errors]
print(f"answers move by {moves[best]:.3f}, without factors by {moves[0]:.3f}")
np.testing.assert_array_less(moves[best], moves[0])

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.plot(powers, moves, "o-")
axis.plot(powers[best], moves[best], "o", markersize=12, label="chosen")
axis.plot(0, moves[0], "s", markersize=10, label="all factors 1")
axis.set(title="AWQ: factors from the inputs, and how far answers move")
axis.set(xlabel="power of the largest input", ylabel="root mean square", ylim=0)
axis.legend()
plt.show()
