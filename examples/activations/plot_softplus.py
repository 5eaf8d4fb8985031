r"""
softplus, squareplus and sparse_plus: smooth versions of relu
=============================================================

These three activations round off the corner of ``relu``. They are

.. math::

   \text{softplus}(x) &= \ln(1 + e^x) \\
   \text{squareplus}(x) &= \tfrac12 \left(x + \sqrt{x^2 + b}\right) \\
   \text{sparse\_plus}(x) &= \tfrac14 (x + 1)^2
   \quad \text{if } |x| < 1

and otherwise ``sparse_plus`` is ``relu``. Each is ``relu`` plus a bump
:math:`h`, which is equally high on both sides of zero. In this form nothing
overflows or cancels. In the same order,

.. math::

   y &= \max(x, 0) + h(x) \\
   h_1(x) &= \ln(1 + e^{-|x|}) \\
   h_2(x) &= \tfrac12 b \, / \left(|x| + \sqrt{x^2 + b}\right) \\
   h_3(x) &= \tfrac14 \max(1 - |x|, 0)^2
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# By name, as in ``activation="squareplus"``, an activation has its default
# arguments, here ``b=4``. ``partial`` sets others. (To save a model,
# write a function instead.)

activations = ["softplus", "squareplus", "sparse_plus"]
activations += [partial(keras.activations.squareplus, b=1)]
x = np.array([-1000, *np.arange(-4.75, 5, 0.5), 1000])


def keras_values(dtype="float32"):
    y = [keras.activations.get(f)(x.astype(dtype)) for f in activations]
    return keras.ops.convert_to_numpy(keras.ops.stack(y))


print(keras_values()[:, 1:-1:4].round(2))  # (activations, numbers)

# %%
# Compute it
# ----------
# ``np.log1p(small)`` is the logarithm of ``1 + small``, without the rounding of
# that sum.


def softplus(x):
    """log(1 + exp(x)); x: any shape (Keras documentation, softplus)."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def squareplus(x, b=4):
    """(x + sqrt(x**2 + b)) / 2; x: any shape (Barron, 2021)."""
    root = np.hypot(x, b**0.5)  # sqrt(x**2 + b) without a large square
    return np.maximum(x, 0) + b / 2 / (np.abs(x) + root)


def sparse_plus(x):
    """0 up to -1, x from 1 on, (x + 1)**2 / 4 between; x: any shape."""
    return np.maximum(x, 0) + np.maximum(1 - np.abs(x), 0) ** 2 / 4


# %%
# Check it
# --------
# First the derivatives. A difference quotient is right to six digits and more.

functions = [softplus, squareplus, sparse_plus, partial(squareplus, b=1)]
derivatives = [
    np.exp(-softplus(-x)),  # the sigmoid of x
    (1 + x / np.sqrt(x**2 + 4)) / 2,  # squareplus
    np.clip((x + 1) / 2, 0, 1),  # sparse_plus
    (1 + x / np.sqrt(x**2 + 1)) / 2,  # squareplus, b=1
]
quotients = [(f(x + 1e-5) - f(x - 1e-5)) / 2e-5 for f in functions]
np.testing.assert_allclose(quotients, derivatives, rtol=1e-6, atol=1e-6)

# %%
# Training uses these derivatives, too. Give a ``Dense`` layer the input 1 and
# the kernel ``x``: its units are ``f(x)``. If the loss is their sum, the
# gradient of the kernel is ``f'(x)``, and one step of SGD with learning rate 1
# subtracts it. (For one step, ``run_eagerly`` is faster than compiling.)


def derivative_in_training(activation, dtype):
    layer = keras.layers.Dense(x.size, activation, use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.set_weights([x[np.newaxis]])
    sgd = keras.optimizers.SGD(learning_rate=1.0)
    model.compile(sgd, lambda target, y: keras.ops.sum(y), run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    return x - layer.get_weights()[0][0]


# %%
# In float64 all agree to twelve digits and more. Only on TensorFlow does Keras
# compute in float64 throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
expected = [f(x) for f in functions]
for dtype in dtypes:
    y = keras_values(dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    slopes = [derivative_in_training(f, dtype) for f in activations]
    np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# Break it
# --------
# Does ``log(1 + exp(x))`` do as well? For 1000 it is infinite. And can
# ``sparse_plus`` do without its lower limit? The parabola rises on the left.

with np.errstate(over="ignore"):  # NumPy would warn
    as_defined = np.log(1 + np.exp(x))
parabola = np.where(x < 1, (x + 1) ** 2 / 4, x)
print("as defined:", as_defined[-1], "parabola:", parabola[0])
assert not np.allclose(as_defined, y[0])
assert not np.allclose(parabola, y[2])

# %%
# In float32, half of ``x + sqrt(x**2 + 4)`` is 0 for a large negative ``x``.
# The root is rounded, and then the two cancel.

large = np.float32(-100_000)
cancelled = (large + np.sqrt(large**2 + 4)) / 2
print("cancelled:", cancelled, "squareplus:", squareplus(large))
assert not np.allclose(cancelled, squareplus(large), rtol=0.1, atol=0)

# %%
# See it
# ------
# The bumps are highest at zero. That of ``softplus`` fades exponentially, that
# of ``squareplus`` slowly, and that of ``sparse_plus`` ends.

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
