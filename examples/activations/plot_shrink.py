r"""
hard_shrink, soft_shrink and tanh_shrink: small numbers to zero
===============================================================

These activations pull small numbers to zero. ``hard_shrink`` keeps the others,
``soft_shrink`` moves them towards zero by a threshold :math:`\lambda`, and
``tanh_shrink`` by their hyperbolic tangent.

.. math::

   \text{hard\_shrink}(x) = \begin{cases}
   x & |x| > \lambda \\
   0 & \text{otherwise}
   \end{cases}

   \text{soft\_shrink}(x) = \begin{cases}
   x - \lambda & x > \lambda \\
   x + \lambda & x < -\lambda \\
   0 & \text{otherwise}
   \end{cases}

   \text{tanh\_shrink}(x) = x - \tanh x

The first two have the derivative 1 above the threshold, and 0 below. That of
``tanh_shrink`` is :math:`\tanh^2 x`.
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# By name, as in ``activation="hard_shrink"``, an activation has its default
# arguments, here ``threshold=0.5``. ``partial`` sets others. (To save a model,
# write a function instead.)

activations = ["hard_shrink", "soft_shrink", "tanh_shrink"]
activations += [partial(keras.activations.hard_shrink, threshold=1.5)]
activations += [partial(keras.activations.soft_shrink, threshold=1.5)]
x = np.arange(-6, 7) / 2


def keras_values(x, dtype="float32"):
    y = [keras.activations.get(f)(x.astype(dtype)) for f in activations]
    return keras.ops.convert_to_numpy(keras.ops.stack(y))


y = keras_values(x)  # (activations, numbers)
print(y[[0, 1, 3, 4]])

# %%
# Compute it
# ----------
# What ``soft_shrink`` subtracts is ``x`` itself, clipped at the threshold.


def hard_shrink(x, threshold=0.5):
    """x where abs(x) > threshold, else 0; any shape (Keras documentation)."""
    return np.where(np.abs(x) > threshold, x, 0)


def soft_shrink(x, threshold=0.5):
    """x moved to 0, by no more than the threshold; x: any shape."""
    return x - np.clip(x, -threshold, threshold)


def tanh_shrink(x):
    """x - tanh(x); any shape (Keras documentation, tanh_shrink)."""
    return x - np.tanh(x)


# %%
# Check it
# --------
# Halves leave nothing to round, except in ``tanh_shrink``. So the others are
# equal to the bit. A number on the threshold counts as small.

functions = [hard_shrink, soft_shrink, tanh_shrink]
functions += [partial(hard_shrink, threshold=1.5)]
functions += [partial(soft_shrink, threshold=1.5)]
expected = np.float32([f(x) for f in functions])
exact = [0, 1, 3, 4]
np.testing.assert_array_equal(y[exact], expected[exact], strict=True)

# %%
# Now the derivatives, between the thresholds. A difference quotient is right to
# six digits and more.

x = x + 0.25
derivatives = [
    np.where(np.abs(x) > 0.5, 1, 0),  # hard_shrink
    np.where(np.abs(x) > 0.5, 1, 0),  # soft_shrink
    np.tanh(x) ** 2,  # tanh_shrink
    np.where(np.abs(x) > 1.5, 1, 0),  # hard_shrink, threshold=1.5
    np.where(np.abs(x) > 1.5, 1, 0),  # soft_shrink, threshold=1.5
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
    y = keras_values(x, dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    slopes = [derivative_in_training(f, dtype) for f in activations]
    np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# What are they good for? Find a ``v`` near ``x``, where not being zero has a
# price. If the price is ``0.5 * abs(v)``, as with an L1 penalty, the best ``v``
# is ``soft_shrink(x)``. If each ``v`` except 0 costs the same,
# ``0.5 * threshold**2``, it is ``hard_shrink(x)``.

v = np.arange(-32, 33)[:, np.newaxis] / 8  # (tried, 1)
distance = (v - x) ** 2 / 2  # (tried, numbers)
best_soft = v[np.argmin(distance + 0.5 * np.abs(v), axis=0), 0]
best_hard = v[np.argmin(distance + 0.125 * (v != 0), axis=0), 0]
np.testing.assert_array_equal(best_soft, soft_shrink(x))
np.testing.assert_array_equal(best_hard, hard_shrink(x))

# %%
# Break it
# --------
# Is ``soft_shrink`` the same as ``relu(x - threshold)``, or as ``hard_shrink``?
# The first loses what is negative, the second doesn't move large numbers.

for wrong in (np.maximum(x - 0.5, 0), hard_shrink(x)):
    print(f"{np.mean(y[1] == wrong):.0%} are right")
    assert np.any(y[1] != wrong)

# %%
# See it
# ------
# ``hard_shrink`` jumps at the threshold.

pieces = np.split(np.linspace(-2, 2, 801), [300, 501])  # at -0.5 and at 0.5
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for piece in pieces:
    axis.plot(piece, hard_shrink(piece), "C0")
    axis.plot(piece, soft_shrink(piece), "C1--")
    axis.plot(piece, tanh_shrink(piece), "C2:")
axis.set(title="Small numbers go to zero", xlabel="x")
axis.legend(["hard_shrink", "soft_shrink", "tanh_shrink"])
plt.show()
