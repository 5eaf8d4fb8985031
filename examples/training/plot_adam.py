r"""
Adam: the average gradient, divided by its size
===============================================

With Adam, a weight with steady gradients moves by about the learning rate in
each step, however large they are. If their signs change, the steps get shorter.

.. math::

   m &\leftarrow \beta_1 m + (1 - \beta_1) \, g \\
   v &\leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
   w &\leftarrow w - \eta \, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} + \epsilon}

Here :math:`g` is the gradient of the weight :math:`w`, :math:`\eta` the
learning rate; :math:`t` counts the steps from 1. The averages :math:`m` and
:math:`v`, the *moments*, begin at zero, so at first they are too small: the
first fraction, the *bias correction*, makes up for that.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The first two weights have steady gradients, large and small. Those of the
# third change sign: they cancel in :math:`m`, but their squares don't in
# :math:`v`. ``apply`` takes gradients, so no model is needed.

gradients = np.array([[100, 0.01, 1], [100, 0.01, -1]] * 3)  # (steps, weights)


def keras_adam(gradients, dtype="float32", **arguments):
    weights = keras.Variable(np.zeros(gradients.shape[1]), dtype=dtype)
    optimizer = keras.optimizers.Adam(**arguments)
    path = []
    for gradient in keras.ops.convert_to_tensor(gradients, dtype):
        optimizer.apply([gradient], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)  # (steps, weights)


path = keras_adam(gradients)
print(np.diff(path, axis=0, prepend=0) / 0.001)  # each step in learning rates

# %%
# Compute it
# ----------
# m averages the gradients, and v their squares. ``rate`` is the learning rate,
# 0.001 by default, times the bias correction. The step is ``rate`` times m,
# divided by the root of v plus a small epsilon.

w = m = v = np.zeros(3)
by_hand = []
for t, gradient in enumerate(gradients, 1):
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    rate = 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    w = w - rate * m / (np.sqrt(v) + 1e-7)
    by_hand.append(w)

# %%
# The whole function takes one step, with any learning rate, betas and epsilon.

from keras_by_hand import adam


def numpy_adam(gradients, **arguments):
    w = m = v = np.zeros(gradients.shape[1])
    path = []
    for t, gradient in enumerate(gradients, 1):
        w, m, v = adam(w, gradient, m, v, t, **arguments)
        path.append(w)
    return np.stack(path)


# %%
# Check it
# --------
# First with Keras' defaults. Then in float64 (on TensorFlow, as other backends
# compute parts in float32), with numbers that float32 represents exactly.
#
# .. warning:: **Seen in Keras 3.15.1:** even where the weights are float64,
#    Adam is off by more than 1e-6 with its default betas, which float32 can't
#    hold.

np.testing.assert_allclose(path, by_hand, rtol=1e-4)
np.testing.assert_allclose(path, numpy_adam(gradients), rtol=1e-4)
if keras.backend.backend() == "tensorflow":
    exact = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}
    path = keras_adam(gradients, "float64", **exact)
    tolerance = 1000 * np.finfo("float64").eps
    np.testing.assert_allclose(path, numpy_adam(gradients, **exact), tolerance)
    path = keras_adam(gradients, "float64", learning_rate=0.125)
    error = path / numpy_adam(gradients, learning_rate=0.125) - 1
    np.testing.assert_array_less(1e-6, np.abs(error))

# %%
# Break it
# --------
# Can you leave the bias correction out? No: :math:`v`, in the divisor, is too
# small for longer than :math:`m`, as it averages about a thousand gradients,
# not ten. So the first steps would be too long.

path = numpy_adam(np.ones((5000, 1)))[:, 0]  # of a steady gradient
length = -np.diff(path, prepend=0) / 0.001  # in learning rates
t = np.arange(1, 5001)
uncorrected = length * (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
assert not np.allclose(uncorrected, length)

# %%
# See it
# ------
# The correction matters for thousands of steps.

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(t, uncorrected, label="without bias correction")
axis.semilogx(t, length, "--", label="Adam")
axis.set(title="Steps of Adam for a steady gradient", ylim=(0, 7))
axis.set(xlabel="step", ylabel="length in learning rates")
axis.legend()
plt.show()
