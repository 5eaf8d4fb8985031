r"""
softplus, squareplus and sparse_plus: smooth versions of relu
=============================================================

These three activations round off the corner of ``relu``: each is ``relu`` plus
a bump that is symmetric about zero.

.. math::

   \text{softplus}(x) &= \ln(1 + e^x) \\
   \text{squareplus}(x) &= \tfrac12 \left(x + \sqrt{x^2 + b}\right) \\
   \text{sparse\_plus}(x) &= \tfrac14 (x + 1)^2 \quad \text{if } |x| < 1

with :math:`b = 4` by default. Where :math:`|x| \ge 1`, ``sparse_plus`` is
``relu``. The derivatives are

.. math::

   \text{softplus}'(x) &= 1 / (1 + e^{-x}) \\
   \text{squareplus}'(x) &= \tfrac12 \left(1 + x / \sqrt{x^2 + b}\right) \\
   \text{sparse\_plus}'(x) &= \min(\max(\tfrac12 (x + 1), 0), 1)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``activation="squareplus"`` takes the default, ``b=4``. Here is another ``b``.

x = np.array([-100, -4, -2, -0.5, 0, 0.5, 2, 4, 100])
y = keras.activations.squareplus(x.astype("float32"), b=1)
print(keras.ops.convert_to_numpy(y)[1:-1].round(3))  # from -4 to 4

# %%
# Compute it
# ----------
# So nothing overflows, and no large numbers cancel. The second summand is the
# bump. ``np.log1p(z)`` is ``log(1 + z)`` without the rounding of that sum.


def softplus(x):
    """log(1 + exp(x)); x: any shape (Keras documentation, softplus)."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def squareplus(x, b=4):
    """The same as (x + sqrt(x**2 + b)) / 2; x: any shape (Barron, 2021)."""
    root = np.hypot(x, b**0.5)  # sqrt(x**2 + b) without a large square
    return np.maximum(x, 0) + 0.5 * b / (np.abs(x) + root)


def sparse_plus(x):
    """0 up to -1, x from 1 on, (x + 1)**2 / 4 between; x: any shape."""
    return np.maximum(x, 0) + np.maximum(1 - np.abs(x), 0) ** 2 / 4


# %%
# From other pages
# ----------------


def derivative_in_training(activation, x, dtype="float32"):
    """The derivative of an activation at x, (numbers,), as SGD uses it."""
    layer = keras.layers.Dense(x.size, activation, use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.set_weights([x[np.newaxis]])
    sgd = keras.optimizers.SGD(learning_rate=1.0)
    model.compile(sgd, lambda target, y: keras.ops.sum(y), run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    return x - layer.get_weights()[0][0]


# %%
# Check it
# --------
# First ``b=1``, then a row for each: name, values, derivatives. Training uses
# these derivatives. (The page "Custom activation" explains how one step of SGD
# shows them.) Only on TensorFlow does Keras compute in float64 throughout.

tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y, squareplus(x, b=1), tolerance, tolerance)
cases = [
    ("softplus", softplus(x), 1 / (1 + np.exp(-x))),
    ("squareplus", squareplus(x), (1 + x / np.sqrt(x**2 + 4)) / 2),
    ("sparse_plus", sparse_plus(x), np.clip((x + 1) / 2, 0, 1)),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for activation, values, derivatives in cases:
        y = keras.activations.get(activation)(x.astype(dtype))
        np.testing.assert_allclose(y, values, tolerance, tolerance)
        slopes = derivative_in_training(activation, x, dtype)
        np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``squareplus(-100000)`` is 0 in
#    float32, not 0.00001: the rounded root cancels with ``x``.

large = np.float32([-100_000])
of_keras = keras.ops.convert_to_numpy(keras.activations.squareplus(large))
print("Keras:", of_keras, "NumPy:", squareplus(large))
np.testing.assert_array_equal(of_keras, [0])
np.testing.assert_allclose(squareplus(large), [1e-5], rtol=1e-6)

# %%
# Break it
# --------
# Does ``log(1 + exp(x))`` do as well as ``softplus``? Not for 1000.

with np.errstate(over="ignore"):  # NumPy would warn
    as_defined = np.log(1 + np.exp(1000.0))
print("as defined:", as_defined, "softplus:", softplus(1000.0))
assert not np.allclose(as_defined, softplus(1000.0))

# %%
# See it
# ------
# The bump of ``softplus`` fades exponentially, that of ``squareplus`` like
# ``1 / abs(x)``, and that of ``sparse_plus`` is zero beyond 1.

x = np.linspace(-5, 5, 201)
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
axes[0].plot(x, np.maximum(x, 0), ":", color="gray", label="relu")
for function in (softplus, squareplus, sparse_plus):
    axes[0].plot(x, function(x), label=function.__name__)
    axes[1].plot(x, function(x) - np.maximum(x, 0))
axes[0].set(title="Value", xlabel="x")
axes[1].set(title="Bump above relu", xlabel="x")
axes[0].legend()
plt.show()
