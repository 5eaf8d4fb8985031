r"""
sigmoid, tanh and softsign: curves in the shape of an S
=======================================================

Keras has six activations in the shape of an S, and the logarithm of one. Far
from zero they are flat: their derivatives are small, so little of the gradient
passes.

.. math::

   \sigma(x) &= 1 / (1 + e^{-x}) \\
   \tanh(x) &= 2 \, \sigma(2x) - 1 \\
   \text{softsign}(x) &= x / (1 + |x|)

Their derivatives follow from their values :math:`y`. They are
:math:`y \, (1 - y)`, :math:`1 - y^2` and :math:`(1 - |y|)^2`. The other three,
``hard_sigmoid``, ``hard_tanh`` and ``sparse_sigmoid``, are made of straight
lines.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A layer takes an activation by name, and so does ``keras.activations.get``.

names = ["sigmoid", "tanh", "softsign", "log_sigmoid"]
names += ["hard_sigmoid", "hard_tanh", "sparse_sigmoid"]
x = np.array([-1000, *np.arange(-5.75, 6, 0.5), 1000])


def keras_values(dtype="float32"):
    y = [keras.activations.get(name)(x.astype(dtype)) for name in names]
    return keras.ops.convert_to_numpy(keras.ops.stack(y))


print(keras_values()[:, 1:-1:4].round(2))  # (activations, numbers)

# %%
# Compute it
# ----------
# For large numbers, ``exp`` overflows. ``sigmoid`` and ``log_sigmoid`` need it
# for negative numbers only. ``np.log1p(small)`` is the logarithm of
# ``1 + small``, without the rounding of that sum.


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def tanh(x):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)); x: any shape."""
    return np.tanh(x)


def softsign(x):
    """x / (1 + abs(x)); x: any shape (Keras documentation, softsign)."""
    return x / (1 + np.abs(x))


def hard_sigmoid(x):
    """x / 6 + 0.5, from 0 to 1; x: any shape (Keras documentation)."""
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_tanh(x):
    """x itself, from -1 to 1; x: any shape (Keras documentation)."""
    return np.clip(x, -1, 1)


def sparse_sigmoid(x):
    """(x + 1) / 2, from 0 to 1; x: any shape (Blondel et al., 2019)."""
    return np.clip((x + 1) / 2, 0, 1)


def log_sigmoid(x):
    """log(sigmoid(x)) without underflow; x: any shape."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


# %%
# Check it
# --------
# First the derivatives. A difference quotient is right to six digits and more.

functions = [sigmoid, tanh, softsign, log_sigmoid]
functions += [hard_sigmoid, hard_tanh, sparse_sigmoid]
derivatives = [
    sigmoid(x) * (1 - sigmoid(x)),
    1 - tanh(x) ** 2,
    (1 - np.abs(softsign(x))) ** 2,
    1 - sigmoid(x),  # log_sigmoid
    np.where(np.abs(x) < 3, 1 / 6, 0),  # hard_sigmoid
    np.where(np.abs(x) < 1, 1, 0),  # hard_tanh
    np.where(np.abs(x) < 1, 1 / 2, 0),  # sparse_sigmoid
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
    slopes = [derivative_in_training(name, dtype) for name in names]
    np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# Break it
# --------
# Does ``exp(x) / (1 + exp(x))`` do as well? For 1000 it divides infinity by
# infinity. And does ``log(sigmoid(x))``? For -1000 it is minus infinity.

with np.errstate(all="ignore"):  # NumPy would warn
    as_defined = np.stack([np.exp(x) / (1 + np.exp(x)), np.log(sigmoid(x))])
print("as defined:", as_defined[:, [0, -1]], "Keras:", y[[0, 3]][:, [0, -1]])
for wrong, right in zip(as_defined, y[[0, 3]]):
    assert not np.allclose(wrong, right)

# %%
# Is ``tanh`` the ``sigmoid`` stretched to go from -1 to 1? No, ``x`` is
# doubled, too. Is ``hard_sigmoid`` that of Keras 2? No, that was steeper.

assert not np.allclose(2 * sigmoid(x) - 1, tanh(x))
assert not np.allclose(np.clip(0.2 * x + 0.5, 0, 1), hard_sigmoid(x))

# %%
# See it
# ------
# All cross the middle at 0, but with different slopes.

x = np.linspace(-6, 6, 241)
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
for function in (sigmoid, hard_sigmoid, sparse_sigmoid):
    axes[0].plot(x, function(x), label=function.__name__)
for function in (tanh, hard_tanh, softsign):
    axes[1].plot(x, function(x), label=function.__name__)
axes[0].set(title="From 0 to 1", xlabel="x")
axes[1].set(title="From -1 to 1", xlabel="x")
axes[0].legend(loc="lower right")
axes[1].legend(loc="lower right")
plt.show()
