r"""
RMSprop: divide by the root mean square of gradients
====================================================

``RMSprop`` divides each gradient by the root of the average of its recent
squares. So weights with large gradients and weights with small ones take steps
of similar length.

.. math::

   v &\leftarrow \rho v + (1 - \rho) \, g^2 \\
   w &\leftarrow w - \eta \, \frac{g}{\sqrt{v + \epsilon}}

Here :math:`g` is the gradient of the weight :math:`w`, and :math:`\eta` the
learning rate. The average :math:`v` begins at zero.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Five steps of three weights, whose gradients differ a thousandfold. An
# optimizer needs no model: ``apply`` takes gradients and variables.

gradients = rng.uniform(1, 3, size=(5, 3)) * [10, 1, -0.01]  # (steps, weights)


def keras_rmsprop(gradients, dtype="float32", **arguments):
    """How far weights move from 0 in all steps, (weights,)."""
    weights = keras.Variable(np.zeros(gradients.shape[1]), dtype=dtype)
    optimizer = keras.optimizers.RMSprop(**arguments)
    for gradient in gradients:
        gradient = keras.ops.convert_to_tensor(gradient, dtype)
        optimizer.apply([gradient], [weights])
    return keras.ops.convert_to_numpy(weights)


print(keras_rmsprop(gradients))

# %%
# Compute it
# ----------
# Two options change the step. ``centered=True`` subtracts the square of the
# average gradient ``a``, and so takes the root of a variance. ``momentum``
# repeats a part of ``m``, the step before.


def rmsprop(
    w, gradient, v, m, a,
    learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False,
):  # fmt: skip
    """One step of RMSprop (Keras documentation, RMSprop; Hinton, 2012).

    w, gradient, and the states v, m and a, which begin at 0, have one shape.
    Returns the new w, v, m and a.
    """
    v = rho * v + (1 - rho) * gradient**2
    a = rho * a + (1 - rho) * gradient
    variance = v - a**2 if centered else v
    m = momentum * m + learning_rate * gradient / np.sqrt(variance + epsilon)
    return w - m, v, m, a


def numpy_rmsprop(gradients, **arguments):
    w = v = m = a = np.zeros(gradients.shape[1])
    for gradient in gradients:
        w, v, m, a = rmsprop(w, gradient, v, m, a, **arguments)
    return w


# %%
# Check it
# --------
# First with Keras' defaults. Then in float64 too, with a learning rate that is
# a power of two, because Keras rounds it to float32. Only on TensorFlow does
# Keras compute in float64 throughout.

tolerance = 1000 * np.finfo("float32").eps
w, expected = keras_rmsprop(gradients), numpy_rmsprop(gradients)
np.testing.assert_allclose(w, expected, tolerance)

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for options in ({"momentum": 0.9}, {"centered": True, "rho": 0.8}):
        options |= {"learning_rate": 0.125, "epsilon": 0.001}
        w = keras_rmsprop(gradients, dtype, **options)
        expected = numpy_rmsprop(gradients, **options)
        np.testing.assert_allclose(w, expected, tolerance)

# %%
# Break it
# --------
# PyTorch adds epsilon *after* it takes the root. Does the place of such a small
# number matter? It does: inside the root, ``1e-7`` is as large as the square of
# a gradient of ``3e-4``. Smaller gradients make much smaller steps.
#
# .. warning:: **Seen in Keras 3.15.1:** the documentation says that RMSprop's
#    epsilon is the "epsilon hat" of Adam's paper, which stands outside the
#    root. It stands inside.

gradient = np.array([1, 1e-4])
steps = -keras_rmsprop(gradient[np.newaxis]) / 0.001
outside = gradient / (np.sqrt(0.1 * gradient**2) + 1e-7)
print("inside: ", steps, "learning rates")
print("outside:", outside)
assert np.isclose(steps[0], outside[0], rtol=1e-4)
assert not np.isclose(steps[1], outside[1], rtol=0.5)

# %%
# See it
# ------
# Near a minimum the gradients shrink, but RMSprop divides them by their size.
# So it does not come to rest: here each weight ends up jumping from one side of
# the minimum to the other. Two runs that start ``1e-7`` apart, about the
# rounding error of float32, end up on opposite sides. Neither is wrong. So
# compare a port with Keras after each step, not after the last one.

slopes = np.array([[1, 0.9], [0.9, 1]])  # of the loss w @ slopes @ w / 2
w = np.array([[1, -0.5], [1 + 1e-7, -0.5]])  # (runs, weights)
v, m, a, runs = 0, 0, 0, []
for _ in range(150):
    w, v, m, a = rmsprop(w, w @ slopes, v, m, a, learning_rate=0.05)
    runs.append(w)
first, second = np.stack(runs, axis=1)  # (steps, weights)
apart = np.linalg.norm(first - second, axis=1)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogy(np.linalg.norm(first, axis=1), label="to the minimum")
axis.semilogy(apart, "--", label="between two runs")
axis.set(title="RMSprop jumps around the minimum")
axis.set(xlabel="step", ylabel="distance")
axis.legend()
plt.show()
