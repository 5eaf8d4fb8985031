r"""
elu, celu and selu: exponential below zero
==========================================

``elu``, ``celu`` and ``selu`` keep positive numbers, and bend negative ones
along an exponential curve. ``exponential`` is that curve alone. For negative
:math:`x`

.. math::

   \text{elu}(x) &= \alpha \, (e^x - 1) \\
   \text{celu}(x) &= \alpha \, (e^{x / \alpha} - 1) \\
   \text{selu}(x) &= \lambda \, \alpha_s \, (e^x - 1)

with the derivatives :math:`\alpha \, e^x`, :math:`e^{x / \alpha}` and
:math:`\lambda \, \alpha_s \, e^x`. For positive :math:`x`, ``elu`` and ``celu``
are :math:`x`, and ``selu`` is :math:`\lambda x`.
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# By name, as in ``activation="elu"``, an activation has its default arguments,
# here ``alpha=1``. ``partial`` sets others. (To save a model, write a function
# instead.)

activations = ["elu", "celu", "selu", "exponential"]
activations += [partial(keras.activations.elu, alpha=2)]
activations += [partial(keras.activations.celu, alpha=2)]
x = np.arange(-4.75, 5, 0.5)  # without 0, where elu may have a kink


def keras_values(dtype="float32"):
    y = [keras.activations.get(f)(x.astype(dtype)) for f in activations]
    return keras.ops.convert_to_numpy(keras.ops.stack(y))


print(keras_values()[:, ::4].round(1))  # (activations, numbers)

# %%
# Compute it
# ----------
# ``np.expm1(x)`` is ``exp(x) - 1`` without the loss of digits near zero.
# ``np.minimum`` keeps it from overflowing where its value isn't used.


def elu(x, alpha=1.0):
    """x above 0, alpha * (exp(x) - 1) below; any shape (Clevert, 2015)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x, alpha=1.0):
    """x above 0, alpha * (exp(x / alpha) - 1) below (Barron, 2017)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def selu(x):
    """elu with two fixed constants; any shape (Klambauer et al., 2017)."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * elu(x, alpha)


def exponential(x):
    """e to the power of x; any shape (Keras documentation, exponential)."""
    return np.exp(x)


# %%
# Check it
# --------
# First the derivatives. A difference quotient is right to six digits and more.
# For ``selu`` note that :math:`\lambda` is ``selu(1)``, and
# :math:`\lambda \, \alpha_s` is ``-selu(-np.inf)``.

functions = [elu, celu, selu, exponential]
functions += [partial(elu, alpha=2), partial(celu, alpha=2)]
derivatives = [
    np.where(x > 0, 1, np.exp(x)),  # elu
    np.where(x > 0, 1, np.exp(x)),  # celu
    np.where(x > 0, selu(1), -selu(-np.inf) * np.exp(x)),  # selu
    np.exp(x),  # exponential
    np.where(x > 0, 1, 2 * np.exp(x)),  # elu, alpha=2
    np.where(x > 0, 1, np.exp(x / 2)),  # celu, alpha=2
]
quotients = [(f(x + 1e-5) - f(x - 1e-5)) / 2e-5 for f in functions]
np.testing.assert_allclose(quotients, derivatives, rtol=1e-6)

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
# The two constants of ``selu`` keep signals at the same size from layer to
# layer. If ``x`` is standard normal, ``selu(x)`` has a mean of 0 and a variance
# of 1, too.

normal = np.linspace(-9, 9, 18001)
density = np.exp(-(normal**2) / 2) / np.sqrt(2 * np.pi)
mean = np.trapezoid(selu(normal) * density, normal)
variance = np.trapezoid(selu(normal) ** 2 * density, normal)
np.testing.assert_allclose([mean, variance], [0, 1], atol=1e-6)

# %%
# Break it
# --------
# Is ``elu`` equal to ``alpha * exp(x) - 1`` below zero? Is ``celu`` another
# name for ``elu``? Both are true for ``alpha=1`` alone.

misread = np.where(x > 0, x, 2 * np.exp(x) - 1)
for wrong in (misread, celu(x, alpha=2)):
    print(f"{np.mean(np.isclose(wrong, y[4])[x < 0]):.0%} right below zero")
    assert not np.allclose(wrong, y[4])

# %%
# See it
# ------
# With ``alpha=2``, ``elu`` has a kink at zero. ``celu`` never has one.

x = np.linspace(-5, 2, 141)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, elu(x, alpha=2), label="elu, alpha=2")
axis.plot(x, celu(x, alpha=2), "--", label="celu, alpha=2")
axis.plot(x, selu(x), "-.", label="selu")
axis.plot(x, exponential(x), ":", label="exponential")
axis.set(title="Exponential below zero", xlabel="x", ylim=(-2.2, 3))
axis.legend()
plt.show()
