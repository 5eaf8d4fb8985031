r"""
gelu, silu (swish), mish and hard_silu: x times a gate
======================================================

Each of these activations multiplies its input by a gate, which opens from 0 to
1 as the input grows. The derivative follows from the product rule.

.. math::

   y = x \, g(x), \quad y' = g(x) + x \, g'(x)

The gates of ``gelu``, ``silu``, ``mish`` and ``hard_silu`` are

.. math::

   g_1(x) &= \tfrac12 \left(1 + \operatorname{erf}(x / \sqrt2)\right) \\
   g_2(x) &= \sigma(x) \\
   g_3(x) &= \tanh(\ln(1 + e^x)) \\
   g_4(x) &= \min(\max(x / 6 + \tfrac12, 0), 1)
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``swish`` is another name for ``silu``, and ``hard_swish`` for ``hard_silu``.

names = ["gelu", "swish", "mish", "hard_swish"]
x = np.array([-1000, *np.arange(-5.75, 6, 0.5), 1000])


def keras_values(dtype="float32"):
    y = [keras.activations.get(name)(x.astype(dtype)) for name in names]
    return keras.ops.convert_to_numpy(keras.ops.stack(y))


print(keras_values()[:, 1:-1:4].round(2))  # (activations, numbers)

# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def softplus(x):
    """log(1 + exp(x)); x: any shape (Keras documentation, softplus)."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# %%
# Compute it
# ----------
# ``erfc(-u)`` is ``1 + erf(u)``, and keeps its digits where that is small.
# NumPy lacks both functions, but Python's ``math`` has them.


def gelu(x, approximate=False):
    """x times the probability that a standard normal number is below x.

    x: any shape (Hendrycks and Gimpel, 2016).
    """
    if approximate:
        u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return x * (1 + np.tanh(u)) / 2
    u = np.asarray(x) / math.sqrt(2)
    return x * np.vectorize(math.erfc, otypes=[u.dtype])(-u) / 2


def silu(x):
    """x * sigmoid(x), or swish; any shape (Ramachandran et al., 2017)."""
    return x * sigmoid(x)


def mish(x):
    """x * tanh(softplus(x)); any shape (Misra, 2019)."""
    return x * np.tanh(softplus(x))


def hard_silu(x):
    """x * hard_sigmoid(x), or hard_swish; any shape (Howard et al., 2019)."""
    return x * np.clip(x / 6 + 0.5, 0, 1)


# %%
# Check it
# --------
# First the derivatives. A difference quotient is right to six digits and more.

functions = [gelu, silu, mish, hard_silu]


def numpy_derivatives(x):
    gates = np.stack([f(x) / x for f in functions])
    gate_slopes = [
        np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi),  # gelu
        sigmoid(x) * sigmoid(-x),  # silu
        sigmoid(x) * (1 - np.tanh(softplus(x)) ** 2),  # mish
        np.where(np.abs(x) < 3, 1 / 6, 0),  # hard_silu
    ]
    return gates + x * gate_slopes


derivatives = numpy_derivatives(x)
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
# compute in float64 throughout, except here:
#
# .. warning:: **Seen in Keras 3.15.1:** Even in float64, ``gelu`` rounds
#    :math:`\sqrt{1/2}` to float32, and is right to eight digits only.
#
# The rounded root multiplies ``x`` by a factor ``s`` that is nearly 1.

s = float(np.float32(0.5**0.5)) / 0.5**0.5
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
expected = [f(x) for f in functions]
for dtype in dtypes:
    if dtype == "float64":
        expected[0] = gelu(s * x) / s
        derivatives[0] = numpy_derivatives(s * x)[0]
    y = keras_values(dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    slopes = [derivative_in_training(name, dtype) for name in names]
    np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# The approximation of ``gelu`` is close to it, and easily taken for it:
#
# .. warning:: **Seen in Keras 3.15.1:** ``keras.ops.gelu`` is approximate by
#    default, while ``keras.activations.gelu`` is exact.

x = x.astype("float32")
tolerance = 1000 * np.finfo("float32").eps
approximation = gelu(x, approximate=True)
for y in (keras.activations.gelu(x, approximate=True), keras.ops.gelu(x)):
    np.testing.assert_allclose(y, approximation, tolerance, tolerance)

# %%
# Break it
# --------
# Will any approximation do? There is also ``x * sigmoid(1.702 * x)``, which
# CLIP of OpenAI uses. Neither is equal to the exact ``gelu``.

for wrong in (approximation, x * sigmoid(1.702 * x)):
    print(f"off by up to {np.abs(wrong - gelu(x)).max():.1e}")
    assert not np.allclose(wrong, gelu(x))

# %%
# See it
# ------
# Below zero, each of them dips before its gate is closed.

x = np.linspace(-5, 2, 141)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for function in (gelu, silu, mish, hard_silu):
    axis.plot(x, function(x), label=function.__name__)
axis.set(title="The gate closes below zero", xlabel="x", ylim=(-0.5, 1))
axis.legend()
plt.show()
