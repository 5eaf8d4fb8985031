r"""
Adam: the average gradient, divided by its size
===============================================

With Adam, a weight whose gradients agree moves by about the learning rate in
each step, whether the gradients are large or small. A weight whose gradients
keep changing sign hardly moves. Adam takes two averages, the moments, and
divides one by the root of the other:

.. math::

   m &\leftarrow \beta_1 m + (1 - \beta_1) \, g \\
   v &\leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
   w &\leftarrow w - \eta \,
   \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} + \epsilon}

Here :math:`g` is the gradient of the weight :math:`w`, :math:`\eta` the
learning rate, and :math:`t` the number of the step, from 1. The moments begin
at zero, so at first they are too small. The first fraction, the *bias
correction*, makes up for that.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The first two weights have steady gradients, large and small. The gradients of
# the third keep changing sign. How many learning rates does each weight move?

gradients = np.array([[100, 0.01, 1], [100, 0.01, -1]] * 3)  # (steps, weights)


def keras_adam(gradients, dtype="float32", **arguments):
    """The path of weights that start at 0, (steps, weights)."""
    weights = keras.Variable(np.zeros(gradients.shape[1]), dtype=dtype)
    optimizer = keras.optimizers.Adam(**arguments)
    path = []
    for gradient in gradients:
        gradient = keras.ops.convert_to_tensor(gradient, dtype)
        optimizer.apply([gradient], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)


path = keras_adam(gradients)
print(np.diff(path, axis=0, prepend=0).round(6) / 0.001)

# %%
# Dividing by :math:`\sqrt{v}` makes the first two equal. Averaging in :math:`m`
# stops the third: its gradients cancel, but their squares don't.
#
# Compute it
# ----------


def adam(
    w, gradient, m, v, t,
    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of Adam (Kingma and Ba, 2015, end of section 2).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.
    """
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


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
# First with Keras' defaults in float32. Then in float64, with a learning rate
# and betas that float32 can hold. It cannot hold 0.9 and 0.999. Only on
# TensorFlow does Keras compute in float64 throughout.
#
# .. warning:: **Seen in Keras 3.15.1:** Adam rounds its betas to float32 in the
#    bias correction, but not in the moments, even where the weights are
#    float64. This makes the first step shorter by seven millionths.

tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(path, numpy_adam(gradients), tolerance)

if keras.backend.backend() == "tensorflow":
    tolerance = 1000 * np.finfo("float64").eps
    exact = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}
    path = keras_adam(gradients, "float64", epsilon=0.001, **exact)
    expected = numpy_adam(gradients, epsilon=0.001, **exact)
    np.testing.assert_allclose(path, expected, tolerance)

    first = keras_adam(gradients, "float64", learning_rate=0.125)[0]
    beta_1, beta_2 = np.float32([0.9, 0.999]).astype("float64")
    factor = np.sqrt((1 - beta_2) / (1 - 0.999)) * (1 - 0.9) / (1 - beta_1)
    print(f"The first step is shorter by {1 - factor:.1e} of itself.")
    expected = factor * numpy_adam(gradients, learning_rate=0.125)[0]
    np.testing.assert_allclose(first, expected, tolerance)

# %%
# Break it
# --------
# PyTorch and Algorithm 1 of the paper correct ``v`` *before* they add epsilon.
# Their first step is ``g / (|g| + epsilon)`` learning rates long. Does that
# matter? Yes, for gradients that are hardly larger than epsilon. (PyTorch's
# default is ``1e-8``. Here both have Keras' ``1e-7``.)

gradient = np.array([1, 1e-6])
of_keras = -keras_adam(gradient[np.newaxis])[0] / 0.001
of_pytorch = gradient / (gradient + 1e-7)
print("Keras:  ", of_keras)
print("PyTorch:", of_pytorch)
assert np.isclose(of_keras[0], of_pytorch[0], rtol=1e-4)
assert not np.isclose(of_keras[1], of_pytorch[1], rtol=0.1)

# %%
# See it
# ------
# Why the bias correction? Without it, a steady gradient makes Adam start three
# times too fast, and six times by the tenth step. The first moment averages
# about ten gradients, so it is soon complete. The second averages a thousand.

t = np.arange(1, 5001)
correction = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(t, 1 / correction, label="without bias correction")
axis.semilogx(t, np.ones(5000), "--", label="Adam")
axis.set(title="Steps of Adam for a steady gradient", ylim=(0, 7))
axis.set(xlabel="step", ylabel="length in learning rates")
axis.legend()
plt.show()
