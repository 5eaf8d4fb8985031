r"""
Adam's epsilon: Keras and PyTorch differ
========================================

Keras adds epsilon to the root of Adam's second moment, PyTorch to the root
after bias correction. So where gradients are small, their steps differ.

.. math::

   \text{Keras:} \; & \frac{\eta \sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} + \epsilon} \\
   \text{PyTorch:} \; & \frac{\eta}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} \,/ \sqrt{1 - \beta_2^t} + \epsilon}

The page "Adam" explains the letters. The two are equal if Keras' epsilon is
PyTorch's times :math:`\sqrt{1 - \beta_2^t}`, which grows to 1.
"""

import keras
import numpy as np

from keras_by_hand.optimizers import adam_of_pytorch

# %%
# Check it
# --------
# To take PyTorch's steps, with an epsilon of ``1e-6``, set Keras' before each.

gradients = np.array([[1, 1e-4, 1e-6], [2, -1e-4, 2e-6]])  # (steps, weights)


def keras_adam(epsilons, dtype="float32"):
    weights = keras.Variable(np.zeros(3), dtype=dtype)
    adam = keras.optimizers.Adam()
    for adam.epsilon, gradient in zip(epsilons, gradients.astype(dtype)):
        adam.apply([keras.ops.convert_to_tensor(gradient)], [weights])
    return keras.ops.convert_to_numpy(weights)


ported = 1e-6 * np.sqrt(1 - 0.999 ** np.array([1, 2]))  # epsilons
w = m = v = np.zeros(3)
for t, gradient in enumerate(gradients, 1):
    w, m, v = adam_of_pytorch(w, gradient, m, v, t, epsilon=1e-6)
np.testing.assert_allclose(keras_adam(ported), w, rtol=1e-4)

# %%
# Break it
# --------
# With the same epsilon, Keras' steps of small gradients are shorter.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Even where the weights
#    are float64, ``Adam`` is off by more than 1e-6 with its default betas,
#    which float32 can't hold.

wrong = keras_adam([1e-6, 1e-6])
print("right:", w, "wrong:", wrong)
assert not np.isclose(w, wrong, rtol=0.1)[2]
if keras.backend.backend() == "tensorflow":  # others compute in float32
    error = keras_adam(ported, "float64") / w - 1
    np.testing.assert_array_less(1e-6, np.abs(error))
