r"""
relu, leaky_relu and relu6: made of straight pieces
===================================================

These activations keep what is above a threshold, and drop or damp the rest.
``relu`` with all of its arguments, and its derivative, are

.. math::

   y = \begin{cases}
   \min(x, m) & x > \theta \\
   s \, (x - \theta) & x \le \theta
   \end{cases}

   y' = \begin{cases}
   0 & x > m \\
   1 & \theta < x < m \\
   s & x < \theta
   \end{cases}

where :math:`\theta` is ``threshold``, :math:`m` is ``max_value``, and :math:`s`
is ``negative_slope``.
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# By name, as in ``activation="relu"``, an activation has its default arguments.
# ``partial`` sets others. (To save a model, write a function instead.)

activations = [
    keras.activations.linear,
    keras.activations.relu,
    keras.activations.relu6,
    partial(keras.activations.leaky_relu, negative_slope=0.25),
    partial(keras.activations.threshold, threshold=2, default_value=-1),
    partial(keras.activations.relu, max_value=6, threshold=-3),
    partial(
        keras.activations.relu, negative_slope=0.5, max_value=6, threshold=2
    ),
]
x = np.array([-np.inf, *range(-8, 10), np.inf])
y = [f(x.astype("float32")) for f in activations]
y = keras.ops.convert_to_numpy(keras.ops.stack(y))  # (activations, numbers)
print(y[-1])

# %%
# Compute it
# ----------
# ``relu6`` and ``leaky_relu`` are ``relu`` with one argument set.


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """x above the threshold, negative_slope * (x - threshold) up to it.

    x: any shape. If max_value is given, no result is larger (Keras
    documentation, relu).
    """
    y = np.where(x <= threshold, 0, x)
    if max_value is not None:
        y = np.clip(y, 0, max_value)
    if negative_slope != 0:  # 0 times minus infinity is not a number
        y = y + negative_slope * np.minimum(x - threshold, 0)
    return y


def relu6(x):
    """relu with a ceiling of 6; any shape (Keras documentation, relu6)."""
    return relu(x, max_value=6)


def leaky_relu(x, negative_slope=0.2):
    """x above 0, negative_slope * x below; any shape (Maas et al., 2013)."""
    return relu(x, negative_slope)


def threshold(x, threshold, default_value):
    """x above the threshold, else default_value; x: any shape."""
    return np.where(x > threshold, x, default_value)


def linear(x):
    """x itself, as without an activation; any shape (Keras documentation)."""
    return x


# %%
# Check it
# --------
# These numbers leave nothing to round, so all values are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1:** With a negative ``threshold``, ``relu``
#    keeps the numbers between it and 0. With a ``max_value``, they become 0.

functions = [
    linear,
    relu,
    relu6,
    partial(leaky_relu, negative_slope=0.25),
    partial(threshold, threshold=2, default_value=-1),
    partial(relu, max_value=6, threshold=-3),
    partial(relu, negative_slope=0.5, max_value=6, threshold=2),
]
expected = np.float32([f(x) for f in functions])
np.testing.assert_array_equal(y, expected, strict=True)

# %%
# Now the derivatives, halfway between whole numbers. The pieces are straight,
# so a difference quotient is exact.

halves = np.arange(-8, 10) + 0.5
quotients = [(f(halves + 0.25) - f(halves - 0.25)) / 0.5 for f in functions]
derivative = np.where(halves > 2, halves < 6, 0.5)
np.testing.assert_array_equal(quotients[-1], derivative)

# %%
# Training uses these derivatives, too. Give a ``Dense`` layer the input 1 and
# the kernel ``x``: its units are ``f(x)``. If the loss is their sum, the
# gradient of the kernel is ``f'(x)``, and one step of SGD with learning rate 1
# subtracts it. (For one step, ``run_eagerly`` is faster than compiling.)


def derivative_in_training(activation, x):
    layer = keras.layers.Dense(x.size, activation, use_bias=False)
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.set_weights([x[np.newaxis]])
    sgd = keras.optimizers.SGD(learning_rate=1.0)
    model.compile(sgd, lambda target, y: keras.ops.sum(y), run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    return x - layer.get_weights()[0][0]


in_training = [derivative_in_training(f, halves) for f in activations]
np.testing.assert_array_equal(in_training, quotients)

# %%
# The default slope of ``leaky_relu`` is 0.2. (The layer ``LeakyReLU`` has 0.3,
# and PyTorch 0.01.) Float32 can't hold this number. Only on TensorFlow does
# Keras compute in float64 throughout, except here:
#
# .. warning:: **Seen in Keras 3.15.1:** Even in float64, ``leaky_relu`` rounds
#    its slope to float32.

of_keras = keras.activations.leaky_relu(x.astype("float32"))
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(of_keras, leaky_relu(x), tolerance, tolerance)
if keras.backend.backend() == "tensorflow":
    of_keras = keras.activations.leaky_relu(x.astype("float64"))
    rounded = float(np.float32(0.2))
    np.testing.assert_array_equal(of_keras, leaky_relu(x, rounded))

# %%
# Break it
# --------
# Does ``threshold=2`` shift ``relu`` to the right? Does ``negative_slope``
# multiply ``x``? No: numbers above the threshold stay whole, and the slope
# multiplies the distance from the threshold.

shifted = relu(x - 2, negative_slope=0.5, max_value=6)
slope_of_x = np.where(x > 2, np.minimum(x, 6), 0.5 * x)
for wrong in (shifted, slope_of_x):
    print(f"{np.mean(y[-1] == wrong):.0%} are right")
    assert np.any(y[-1] != wrong)

# %%
# See it
# ------
# Where the value bends or jumps, the derivative jumps.

pieces = np.split(np.linspace(-4, 8, 1201), [601, 1001])  # at 2 and at 6
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for piece in pieces:
    axis.plot(piece, functions[-1](piece), "C0")
    axis.plot(piece, np.gradient(functions[-1](piece), piece), "C1--")
axis.set(title="relu: slope 0.5 up to 2, ceiling 6", xlabel="x")
axis.legend(["value", "derivative"])
plt.show()
