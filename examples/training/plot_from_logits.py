r"""
from_logits: why a loss should be given logits
==============================================

From logits, cross-entropy is right for numbers of any size. Probabilities are
clipped, because the logarithm of 0 is infinite. So where a model is sure
and wrong, the loss is too small and the gradient is 0: the model learns nothing
from such a sample.

.. math::

   \text{logits:} \quad L &= \log \sum_j e^{z_j} - z_t \\
   \text{probabilities:} \quad L &= -\log \, \text{clip}(p_t)

for the right class :math:`t`. Keras clips to ``1e-7`` and ``1 - 1e-7``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import categorical_crossentropy, softmax

# %%
# Build it
# --------
# A model that ends without an activation returns logits: ``from_logits=True``.
# After softmax they are probabilities: ``False``, the default. (Here the logits
# are a kernel, from which ``SGD`` with a learning rate of 1 subtracts the
# gradient. ``Rescaling(1.0)`` changes no number, but keeps TensorFlow from
# finding the logits: see the warning below.)

logits = np.array([[2.0, 1, 0], [30, 0, 0]])  # (batch, classes)
target = np.array([[1.0, 0, 0], [0, 1, 0]])  # the second is sure and wrong


def keras_step(layers, from_logits):
    """The mean loss, and its gradient at the logits."""
    kernel_layer = keras.layers.Dense(3, use_bias=False)
    model = keras.Sequential([keras.Input((2,)), kernel_layer, *layers])
    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits)
    model.compile(keras.optimizers.SGD(learning_rate=1.0), cross_entropy)
    model.set_weights([logits])
    loss = model.train_on_batch(np.eye(2), target)
    return loss, logits - model.get_weights()[0]


softmax_layer = keras.layers.Activation("softmax")
same = keras.layers.Rescaling(1.0)
loss, gradient = keras_step([], from_logits=True)
clipped_loss, clipped_gradient = keras_step([softmax_layer, same], False)
print("gradients of the second:", gradient[1], clipped_gradient[1])

# %%
# Compute it
# ----------
# Where the probability of the right class is clipped, the loss is flat.


def gradient_from_probabilities(logits, target):
    """p - target, or 0 where p is clipped; all of them (batch, classes)."""
    p = softmax(logits)
    p_right = np.sum(target * p, axis=-1, keepdims=True)  # (batch, 1)
    return np.where(p_right < 1e-7, 0, p - target)


# %%
# Check it
# --------
# For the first sample both losses agree, for the second they don't.

from_logits = categorical_crossentropy(target, logits, from_logits=True)
from_p = categorical_crossentropy(target, softmax(logits))
print("from logits:", from_logits, "from probabilities:", from_p)
right = (softmax(logits) - target) / 2  # the mean over two samples
flat = gradient_from_probabilities(logits, target) / 2
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(loss, np.mean(from_logits), tolerance)
np.testing.assert_allclose(gradient, right, atol=tolerance)
np.testing.assert_allclose(clipped_loss, np.mean(from_p), tolerance)
np.testing.assert_allclose(clipped_gradient, flat, atol=tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``CategoricalCrossentropy`` finds the logits behind a softmax that comes
#    last, and takes the loss from them: the model learns. On JAX and PyTorch it
#    gets the clipped loss and a gradient of 0.

y, y_gradient = keras_step([softmax_layer], from_logits=False)
if keras.backend.backend() == "tensorflow":
    np.testing.assert_allclose(y, np.mean(from_logits), tolerance)
    np.testing.assert_allclose(y_gradient, right, atol=tolerance)
else:
    np.testing.assert_allclose(y, np.mean(from_p), tolerance)
    np.testing.assert_allclose(y_gradient, flat, atol=tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On no backend does
#    ``CategoricalCrossentropy`` find the logits behind a softmax in float64. It
#    casts to ``floatx``, by default float32, and the copy has no logits.

softmax_64 = keras.layers.Activation("softmax", dtype="float64")
y, y_gradient = keras_step([softmax_64], from_logits=False)
np.testing.assert_allclose(y, np.mean(from_p), tolerance)
np.testing.assert_allclose(y_gradient, flat, atol=tolerance)

# %%
# Break it
# --------
# What if a loss is given an array of probabilities, with ``from_logits=True``?
# Softmax is applied twice. Nothing fails, but even perfect answers, with a
# probability of 1, have a loss.

y = keras.losses.categorical_crossentropy(target, target, from_logits=True)
print("loss of perfect answers:", keras.ops.convert_to_numpy(y))
assert not np.allclose(y, categorical_crossentropy(target, target))

# %%
# See it
# ------
# The right class has the logit ``z``. A model learns nothing on a flat curve.

z = np.linspace(-30, 10, 201)
y_true = np.tile([1, 0, 0], (201, 1))  # (samples, classes)
y_pred = y_true * z[:, np.newaxis]
right = categorical_crossentropy(y_true, y_pred, from_logits=True)
clipped = categorical_crossentropy(y_true, softmax(y_pred))
twice = categorical_crossentropy(y_true, softmax(y_pred), from_logits=True)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(z, right, label="from logits")
axis.plot(z, clipped, "--", label="from probabilities")
axis.plot(z, twice, ":", label="softmax twice")
axis.set(title="Three losses of one model", xlabel="z", ylabel="loss")
axis.legend()
plt.show()
