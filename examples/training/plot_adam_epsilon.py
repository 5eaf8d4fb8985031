r"""
Adam's epsilon: Keras and PyTorch differ
========================================

Keras adds epsilon to the root of Adam's second moment, PyTorch to the root
after bias correction. So where gradients are small, their steps differ.

.. math::

   \text{Keras:} \quad
   & \eta \, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} + \epsilon} \\
   \text{PyTorch:} \quad
   & \eta \, \frac{1}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} \,/ \sqrt{1 - \beta_2^t} + \epsilon}

(The page on Adam explains the letters.) The two are equal if Keras' epsilon is
PyTorch's times :math:`\sqrt{1 - \beta_2^t}`, which begins small and grows to 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two steps of three weights in a training loop of your own. To take the steps
# of PyTorch (epsilon is ``1e-6`` here), set Keras' epsilon before each.

gradients = np.array([[1, 1e-4, 1e-6], [2, -1e-4, 2e-6]])  # (steps, weights)


def keras_adam(gradients, epsilons, dtype="float32", **arguments):
    weights = keras.Variable(np.zeros(gradients.shape[1]), dtype=dtype)
    optimizer = keras.optimizers.Adam(**arguments)
    path = []
    for gradient, epsilon in zip(gradients, epsilons):
        optimizer.epsilon = epsilon
        gradient = keras.ops.convert_to_tensor(gradient, dtype)
        optimizer.apply([gradient], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)  # (steps, weights)


t = np.arange(1, 3)  # the numbers of the steps
epsilons = 1e-6 * np.sqrt(1 - 0.999**t)
path = keras_adam(gradients, epsilons)
print("epsilons:", epsilons)

# %%
# Compute it
# ----------
# These are the steps of PyTorch: it corrects both moments first, and adds
# epsilon to the root afterwards.

w = m = v = np.zeros(3)
by_hand = []
for step, gradient in enumerate(gradients, 1):
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    corrected_m = m / (1 - 0.9**step)
    corrected_v = v / (1 - 0.999**step)
    w = w - 0.001 * corrected_m / (np.sqrt(corrected_v) + 1e-6)
    by_hand.append(w)

# %%
# The whole function takes one step, with any learning rate, betas and epsilon.

from keras_by_hand.optimizers import adam_of_pytorch


def numpy_path(gradients, **arguments):
    w = m = v = np.zeros(gradients.shape[1])
    path = []
    for t, gradient in enumerate(gradients, 1):
        w, m, v = adam_of_pytorch(w, gradient, m, v, t, **arguments)
        path.append(w)
    return np.stack(path)


# %%
# Check it
# --------
# First with the default learning rate and betas. Then in float64 (on TensorFlow
# only) with numbers that float32 represents exactly.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Even where the weights
#    are float64, ``Adam`` is off by more than 1e-6 with its default betas,
#    which float32 can't hold.

np.testing.assert_allclose(path, by_hand, rtol=1e-4)
expected = numpy_path(gradients, epsilon=1e-6)
np.testing.assert_allclose(path, expected, rtol=1e-4)
if keras.backend.backend() == "tensorflow":
    exact = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}
    epsilons = 1e-6 * np.sqrt(1 - 0.75**t)
    path = keras_adam(gradients, epsilons, "float64", **exact)
    expected = numpy_path(gradients, epsilon=1e-6, **exact)
    tolerance = 1000 * np.finfo("float64").eps
    np.testing.assert_allclose(path, expected, rtol=tolerance)
    epsilons = 1e-6 * np.sqrt(1 - 0.999**t)
    path = keras_adam(gradients, epsilons, "float64")
    error = path / numpy_path(gradients, epsilon=1e-6) - 1
    np.testing.assert_array_less(1e-6, np.abs(error))

# %%
# Break it
# --------
# Is it enough to give Keras the same epsilon? Not for small gradients: in the
# first step it counts many times as much as in PyTorch.

sizes = np.geomspace(1e-8, 1, 33)[np.newaxis]  # of gradients, (1, weights)
of_keras = -keras_adam(sizes, [1e-7])[0] / 0.001  # in learning rates
of_pytorch = -numpy_path(sizes, epsilon=1e-7)[0] / 0.001
print(f"Keras' epsilon counts {1 / np.sqrt(1 - 0.999):.0f} times as much")
assert not np.allclose(of_keras, of_pytorch, rtol=0.1)

# %%
# See it
# ------
# Both have the epsilon ``1e-7``. Keras' steps shrink at larger gradients.

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(sizes[0], of_keras, label="Keras")
axis.semilogx(sizes[0], of_pytorch, "--", label="PyTorch")
axis.set(title="Adam: epsilon shortens the steps of small gradients")
axis.set(xlabel="gradient", ylabel="first step in learning rates")
axis.legend()
plt.show()
