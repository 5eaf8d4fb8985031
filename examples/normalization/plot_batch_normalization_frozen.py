r"""
BatchNormalization frozen: trainable=False means predicting
===========================================================

In fine-tuning, freeze ``BatchNormalization`` by ``layer.trainable = False``. It
keeps its weights, and uses stored averages, not the statistics of the batch.

.. math::

   \mu, \sigma^2 = \begin{cases}
   \text{of batch} & \text{training, trainable} \\
   \text{stored} & \text{otherwise}
   \end{cases}

Here :math:`\mu` is the mean and :math:`\sigma^2` the variance. In a pretrained
model, freeze all such layers by a loop, as below. Loop over its own ``layers``:
a model that contains it lists it as one layer.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The stored mean and variance are of other data, and do not fit this batch.

rng = np.random.default_rng(313)
x = rng.normal(3, 2, size=(8, 2)).astype("float32")  # (batch, features)
weights = np.array([[1, 2], [0, 3], [1, -1], [4, 0.25]])  # (weights, features)
gamma, beta, mean, variance = weights


def call(trainable):
    layer = keras.layers.BatchNormalization(trainable=trainable)
    layer.build(x.shape)
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x, training=True))
    return y, layer.get_weights()


y_frozen, after = call(trainable=False)
y_trainable, _ = call(trainable=True)

# %%
# Compute it
# ----------
# Both normalize alike, with other means and variances. Keras' epsilon is 0.001.

with_stored = gamma * (x - mean) / np.sqrt(variance + 0.001) + beta
centred = x - np.mean(x, axis=0)
of_batch = gamma * centred / np.sqrt(np.var(x, axis=0) + 0.001) + beta

from keras_by_hand import batch_normalization

# %%
# Check it
# --------
np.testing.assert_allclose(y_frozen, with_stored, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y_trainable, of_batch, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(after, np.float32(weights))
np.testing.assert_allclose(with_stored, batch_normalization(x, *weights))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** After a step of
#    training, compile the model again when you freeze a ``BatchNormalization``
#    layer. Otherwise TensorFlow goes on training the layer, and JAX raises an
#    error. PyTorch freezes it at once.

layer, target = keras.layers.BatchNormalization(), np.zeros((8, 2))
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), layer])
model.compile("sgd", loss="mse")
model.train_on_batch(x, target)
for each in model.layers:
    if isinstance(each, keras.layers.BatchNormalization):
        each.trainable = False
before = layer.get_weights()
if keras.backend.backend() == "tensorflow":
    model.train_on_batch(x, target)
    assert np.any(layer.get_weights()[2] != before[2])
model.compile("sgd", loss="mse")
before = layer.get_weights()
model.train_on_batch(x, target)
np.testing.assert_array_equal(layer.get_weights(), before)

# %%
# Break it
# --------
# Suppose you take mean and variance of the batch, as ``training=True`` says.

print("right:", y_frozen[0].round(2), "wrong:", of_batch[0].round(2))
assert not np.allclose(y_frozen, of_batch)

# %%
# See it
# ------
# The first feature. The frozen layer does not move the mean of the batch to 0.
fig, axis = plt.subplots(figsize=(6, 2.2), layout="constrained")
axis.plot(y_frozen[:, 0], np.zeros(8), "o", alpha=0.5)
axis.plot(y_trainable[:, 0], np.ones(8), "o", alpha=0.5)
axis.set_yticks([0, 1], ["frozen", "trainable"])
axis.set(title="A frozen layer normalizes with its stored mean and variance")
axis.set(xlabel="y in training", ylim=(-0.5, 1.5))
plt.show()
