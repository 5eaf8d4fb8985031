r"""
BatchNormalization frozen: trainable=False means predicting
===========================================================

A frozen ``BatchNormalization`` does not move its averages, and it uses them
instead of the statistics of the batch, even with ``training=True``.

.. math::

   \mu, \sigma^2 = \begin{cases}
   \text{of batch} & \text{training, trainable} \\
   \text{stored} & \text{otherwise}
   \end{cases}

Freezing another layer only keeps its weights: a frozen ``Dropout`` still drops.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.layers.normalization import batch_moments

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer that was trained on other data: its stored mean and variance, the last
# two weights, do not fit this batch.

x = rng.normal(3, 2, size=(8, 2)).astype("float32")  # (batch, features)
gamma, beta = np.array([1, 2]), np.array([0, 3])  # (features,)
weights = [gamma, beta, np.array([1, -1]), np.array([4, 0.25])]


def keras_call(x, weights, trainable, training, dtype="float32"):
    layer = keras.layers.BatchNormalization(dtype=dtype)
    layer.build(x.shape)
    layer.set_weights(weights)
    layer.trainable = trainable
    y = keras.ops.convert_to_numpy(layer(x, training=training))
    return y, layer.get_weights()


y_frozen, _ = keras_call(x, weights, trainable=False, training=True)
print("frozen:", y_frozen[0].round(2))

# %%
# Compute it
# ----------
# ``batch_normalization`` from keras_by_hand is the equation of the page
# "BatchNormalization", with any epsilon, and any axis for the channels.

from keras_by_hand import batch_normalization


def normalize(x, gamma, beta, mean, variance, trainable, training):
    """BatchNormalization (Keras documentation, BatchNormalization).

    x: (batch, ..., features), the others: (features,). Returns the shape of x.
    """
    if training and trainable:
        mean, variance = batch_moments(x)
    return batch_normalization(x, gamma, beta, mean, variance)


# %%
# Check it
# --------
# In float32 and in float64. (Only TensorFlow computes a whole layer in
# float64.) The weights change in one case of four.

tensorflow = keras.backend.backend() == "tensorflow"
x64 = x.astype("float64")
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for trainable in (True, False):
        for training in (True, False):
            y, after = keras_call(x, weights, trainable, training, dtype)
            expected = normalize(x64, *weights, trainable, training)
            np.testing.assert_allclose(y, expected, tolerance, tolerance)
            changed = not np.array_equal(after, weights)
            np.testing.assert_equal(changed, trainable and training)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** After a step of
#    training, compile the model again when you freeze a ``BatchNormalization``
#    layer. Otherwise TensorFlow goes on training the layer, and JAX raises an
#    error. PyTorch freezes it at once.

layer, target = keras.layers.BatchNormalization(), np.zeros((8, 2))
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), layer])
model.compile(keras.optimizers.SGD(0.125), loss="mse")
model.train_on_batch(x, target)
layer.trainable = False
before = layer.get_weights()
if keras.backend.backend() == "jax":
    np.testing.assert_raises(ValueError, model.train_on_batch, x, target)
else:
    model.train_on_batch(x, target)
    changed = not np.array_equal(layer.get_weights(), before)
    np.testing.assert_equal(changed, tensorflow)

model.compile(keras.optimizers.SGD(0.125), loss="mse")
before = layer.get_weights()
model.train_on_batch(x, target)
np.testing.assert_array_equal(layer.get_weights(), before)

# %%
# Break it
# --------
# Does ``training=True`` undo the freezing? Does freezing turn off ``Dropout``?
# Both answers are no.

wrong = normalize(x64, *weights, trainable=True, training=True)
assert not np.allclose(y_frozen, wrong, 1e-4, 1e-4)

dropout = keras.layers.Dropout(0.5, seed=313, trainable=False)
dropped = keras.ops.convert_to_numpy(dropout(np.ones((8, 8)), training=True))
assert np.any(dropped == 0)

# %%
# See it
# ------
# The stored mean is 0, the stored variance 1, and the values of the batch are
# about 3. The frozen layer leaves them there.

values = rng.normal(3, 0.5, size=(20, 1))
fig, axis = plt.subplots(figsize=(6, 2.2), layout="constrained")
for trainable in (True, False):
    y = normalize(values, 1, 0, 0, 1, trainable, training=True)
    axis.plot(y, np.full(20, int(trainable)), "o", alpha=0.5)
axis.set_yticks([0, 1], ["frozen", "trainable"])
axis.set(title="A frozen layer normalizes with its stored mean and variance")
axis.set(xlabel="y in training", ylim=(-0.5, 1.5))
plt.show()
