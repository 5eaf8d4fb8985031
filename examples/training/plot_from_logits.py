r"""
from_logits: why a loss should be given logits
==============================================

A model that ends without an activation returns logits: ``from_logits=True``.
After softmax they are probabilities: ``False``, the default. Keras clips these,
as the logarithm of 0 is infinite. Then, where a model is sure and wrong, the
loss is too small and the gradient 0: it learns nothing from such a sample.

.. math::

   \text{logits:} \quad L &= \log \sum_j e^{z_j} - z_t \\
   \text{probabilities:} \quad L &= -\log \, \text{clip}(p_t)

:math:`z` are the logits, :math:`p` the probabilities, :math:`t` is the right
class. Keras clips to ``1e-7`` and ``1 - 1e-7``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Given the identity matrix, a layer returns its kernel: so the kernel is the
# logits, and what a step of ``SGD`` takes from it is their gradient.
# ``Rescaling(1.0)`` only hides the softmax from TensorFlow: see the warnings.

logits = np.array([[2.0, 1, 0], [30, 0, 0]])  # (batch, classes)
target = np.eye(2, 3)  # the second sample is sure and wrong


def keras_step(layers, from_logits):
    model = keras.Sequential([keras.layers.Dense(3, use_bias=False), *layers])
    model.build((None, 2))
    model.set_weights([logits])
    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits)
    model.compile(keras.optimizers.SGD(1.0), cross_entropy, run_eagerly=True)
    loss = model.train_on_batch(np.eye(2), target)
    return [loss, *np.ravel(logits - model.get_weights()[0])]  # and gradient


softmax = keras.layers.Activation("softmax")
y_right = keras_step([], from_logits=True)
y_clipped = keras_step([softmax, keras.layers.Rescaling(1.0)], False)

# %%
# Compute it
# ----------
# The gradient is :math:`p` minus the target, halved by the mean of two samples.
# Where the right class's probability is clipped, the loss is flat: it is 0.

p = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
p_t = np.diag(p)  # of the right classes, 0 and 1
right = [np.mean(-np.log(p_t)), *np.ravel((p - target) / 2)]
flat = np.where(p_t[:, np.newaxis] < 1e-7, 0, p - target)
clipped = [np.mean(-np.log(np.clip(p_t, 1e-7, 1))), *np.ravel(flat / 2)]

# %%
# Check it
# --------
np.testing.assert_allclose(y_right, right, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y_clipped, clipped, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# ``from_logits=True`` for probabilities applies softmax twice (double softmax),
# ``False`` for logits never. (After ``predict``, apply ``keras.ops.softmax``.)

twice = keras_step([softmax, keras.layers.Rescaling(1.0)], True)[0]
never = keras_step([], from_logits=False)[0]
print(f"right: {y_right[0]:.2f}, twice: {twice:.2f}, never: {never:.2f}")
assert max(twice, never) < y_right[0] - 1

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``CategoricalCrossentropy`` finds the logits behind a softmax that comes
#    last, and takes the loss from them: the model learns. On JAX and PyTorch it
#    gets the clipped loss and a gradient of 0.

y = keras_step([softmax], from_logits=False)
y_here = right if keras.backend.backend() == "tensorflow" else clipped
np.testing.assert_allclose(y, y_here, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On no backend does
#    ``CategoricalCrossentropy`` find the logits behind a softmax in float64. It
#    casts to ``floatx``, by default float32, and the copy has no logits.

softmax_64 = keras.layers.Activation("softmax", dtype="float64")
y = keras_step([softmax_64], from_logits=False)
np.testing.assert_allclose(y, clipped, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
z = np.linspace(-30, 10, 201)
p_t = 1 / (1 + 2 * np.exp(-z))
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(z, -np.log(p_t), z, -np.log(np.clip(p_t, 1e-7, 1)), "--")
axis.set(title="A clipped loss is flat", xlabel="logit of the right class")
axis.legend(["from logits", "from probabilities"])
plt.show()
