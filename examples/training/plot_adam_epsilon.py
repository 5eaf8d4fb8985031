r"""
Adam's epsilon: Keras and PyTorch differ
========================================

You take learning rate, betas and epsilon from PyTorch, and still, weights with
small gradients move less in Keras. Adam divides by the root of :math:`v`, the
average square of gradients, plus epsilon. :math:`v` is too small in the first
steps. PyTorch corrects it, then adds epsilon; Keras adds epsilon first, and
corrects the whole step. (Defaults: ``1e-7`` in Keras, ``1e-8`` in PyTorch.)

.. math::

   \text{Keras:} \quad \sqrt{v} + \epsilon \qquad
   \text{PyTorch:} \quad \sqrt{v} \,/ \sqrt{1 - \beta_2^t} + \epsilon

:math:`t` counts the steps from 1, :math:`\beta_2` is ``beta_2``. The steps are
equal if Keras' epsilon is PyTorch's times :math:`\sqrt{1 - \beta_2^t}`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

# %%
# Build it
# --------
# ``TorchAdam`` takes PyTorch's steps, in ``fit``, too. (A callback that sets
# ``epsilon`` before each step does not: ``fit`` compiles the first one.) The
# loss is the output: so the gradient of the kernel is the sample itself.

gradients = np.array([[1, 1e-4, 1e-6], [2, -1e-4, 2e-6]])  # (samples, weights)


class TorchAdam(keras.optimizers.Adam):
    def update_step(self, gradient, variable, learning_rate):
        epsilon, t = self.epsilon, ops.cast(self.iterations + 1, "float32")
        self.epsilon = epsilon * ops.sqrt(1 - self.beta_2**t)
        super().update_step(gradient, variable, learning_rate)
        self.epsilon = epsilon  # as it was, to be saved with the model


def train(optimizer, dtype="float32"):
    layer = keras.layers.Dense(1, kernel_initializer="zeros", dtype=dtype)
    model = keras.Sequential([layer])
    model.compile(optimizer, loss=lambda target, y: y)
    model.fit(gradients, np.zeros(2), batch_size=1, shuffle=False, verbose=0)
    return layer.get_weights()[0][:, 0]


y = train(TorchAdam(epsilon=1e-6))

# %%
# Compute it
# ----------
# PyTorch corrects the root, and then adds epsilon.

y_by_hand = m = v = np.zeros(3)
for t, gradient in enumerate(gradients, 1):
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    root = np.sqrt(v) / np.sqrt(1 - 0.999**t)
    y_by_hand = y_by_hand - 0.001 / (1 - 0.9**t) * m / (root + 1e-6)

# %%
# Check it
# --------
# ``adam_of_pytorch`` takes such a step, with any rate, betas and epsilon.

from keras_by_hand.optimizers import adam_of_pytorch

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4)
w, m, v = adam_of_pytorch(0, 1e-6, 0, 0, t=1, epsilon=1e-6)
np.testing.assert_allclose(w, -0.001 / 2)  # the gradient is epsilon

# %%
# Break it
# --------
# Suppose you pass PyTorch's epsilon to ``Adam``. Only the first weight, with
# large gradients, is right.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Even where the weights
#    are float64, ``Adam`` is off by more than 1e-6 with its default betas,
#    which float32 can't hold.

wrong = train(keras.optimizers.Adam(epsilon=1e-6))
print("right:", y, "wrong:", wrong)
assert np.all(np.isclose(y, wrong, rtol=0.1) == [True, False, False])
if keras.backend.backend() == "tensorflow":  # others compute in float32
    error = train(TorchAdam(epsilon=1e-6), "float64") / y_by_hand - 1
    np.testing.assert_array_less(1e-6, np.abs(error))

# %%
# See it
# ------
# Keras' first step is short if the gradient is not far larger than epsilon.

sizes = np.geomspace(1e-8, 1e-2, 61)  # of gradients
of_pytorch = sizes / (sizes + 1e-6)  # times the learning rate
of_keras = sizes / (sizes + 1e-6 / np.sqrt(1 - 0.999))
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.semilogx(sizes, of_pytorch, sizes, of_keras, "--")
axis.set(xlabel="gradient", ylabel="first step / rate", title="epsilon: 1e-6")
axis.legend(["PyTorch", "Keras"])
plt.show()
