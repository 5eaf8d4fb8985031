r"""
Batch renormalization: BatchNormalization with renorm=True
==========================================================

In a small batch, mean and variance are noisy. With ``renorm=True``, training
corrects them with moving averages, so that it does nearly what predicting does.

.. math::

   y &= \gamma \left(
   \frac{x - \mu_B}{\sigma_B} \; r + d \right) + \beta \\
   r &= \frac{\sigma_B}{\sigma_R}, \qquad d = \frac{\mu_B - \mu_R}{\sigma_R}

B stands for the batch, R for the moving averages ``renorm_mean`` and
``renorm_stddev``. ``renorm_clipping`` limits r and d. Each σ is the root of a
variance plus epsilon.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.gradients import batch_normalization_gradients
from keras_by_hand.layers.normalization import batch_moments, moving_average

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three weights are added at the end: ``moving_stddev``, ``renorm_mean`` and
# ``renorm_stddev``. The last two have their own momentum, ``renorm_momentum``.

x = rng.normal([2, -5, 0], [1, 3, 0.1], size=(8, 3)).astype("float32")
weights = rng.uniform(0.5, 2, size=(7, 3))  # (weights, features)
gamma, beta, moving_mean, _, moving_stddev, renorm_mean, renorm_stddev = weights


def keras_renorm(x, weights, **arguments):
    layer = keras.layers.BatchNormalization(renorm=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x, training=True))
    return [y, *layer.get_weights()[2:]]


y, *after = keras_renorm(x, weights)
print(y[0].round(2))

# %%
# Compute it
# ----------
# Normalize the batch by its own mean and standard deviation. Then correct this
# by r and d, which compare the batch with the moving averages. At the end, both
# averages move 1 % of the way to the batch.

batch_mean = np.mean(x, axis=0)  # (features,)
batch_stddev = np.sqrt(np.var(x, axis=0) + 0.001)
r = batch_stddev / renorm_stddev
d = (batch_mean - renorm_mean) / renorm_stddev
corrected = (x - batch_mean) / batch_stddev * r + d  # (batch, features)
y_by_hand = gamma * corrected + beta
new_mean = 0.99 * renorm_mean + 0.01 * batch_mean
new_stddev = 0.99 * renorm_stddev + 0.01 * batch_stddev

# %%
# The whole function limits r and d. It leaves gamma and beta to its caller.

from keras_by_hand.layers.normalization import renormalize

# %%
# Check it
# --------
# First without limits, then with them. (Only TensorFlow computes a whole layer
# in float64.)

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)
# One step changes the averages by only 1 %, so look more closely.
np.testing.assert_allclose(after[3], new_mean, rtol=1e-5, atol=1e-5)
np.testing.assert_allclose(after[4], new_stddev, rtol=1e-5, atol=1e-5)

limits = {"rmin": 0.5, "rmax": 1.5, "dmax": 2}
arguments = {"renorm_clipping": limits, "renorm_momentum": 0.75}
tensorflow = keras.backend.backend() == "tensorflow"
x64 = x.astype("float64")
mean, variance = batch_moments(x64)
stddev = np.sqrt(variance + 0.001)
normalized = renormalize(x64, renorm_mean, renorm_stddev, **limits)
expected = [
    gamma * normalized + beta,
    moving_average(moving_mean, mean),
    moving_average(moving_stddev, stddev) ** 2 - 0.001,
    moving_average(moving_stddev, stddev),
    moving_average(renorm_mean, mean, 0.75),
    moving_average(renorm_stddev, stddev, 0.75),
]
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    of_keras = keras_renorm(x, weights, dtype=dtype, **arguments)
    for a, b in zip(of_keras, expected):
        np.testing.assert_allclose(a, b, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** On all backends,
#    ``BatchNormalization(renorm=True)`` computes ``moving_variance`` from
#    ``moving_stddev`` in training, and ignores its old value. If you load it
#    from a layer without ``renorm``, set ``moving_stddev``, too.

np.testing.assert_allclose(after[1], after[2] ** 2 - 0.001, 1e-4, 1e-4)

# %%
# Break it
# --------
# Without limits, the batch cancels out: only the moving averages normalize x.
# Is the gradient that of a frozen layer, then? No, r and d count as constants.

normalized = renormalize(x64, renorm_mean, renorm_stddev)
np.testing.assert_allclose(normalized, (x64 - renorm_mean) / renorm_stddev)
np.testing.assert_allclose(y, gamma * normalized + beta, 1e-4, 1e-4)
np.testing.assert_allclose(after[3], moving_average(renorm_mean, mean), 1e-4)


def loss(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


embedding = keras.layers.Embedding(8, 3)  # x as its table is a weight
layer = keras.layers.BatchNormalization(renorm=True)
model = keras.Sequential([keras.Input(()), embedding, layer])
model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
model.set_weights([x, *weights])
y_gradient = rng.integers(-3, 4, size=(8, 3))
model.train_on_batch(np.arange(8), y_gradient)
x_gradient = x - model.get_weights()[0]
scale = gamma * stddev / renorm_stddev
right, _, _ = batch_normalization_gradients(x64, scale, y_gradient)
np.testing.assert_allclose(x_gradient, right, 1e-4, 1e-4)
assert not np.allclose(x_gradient, gamma / renorm_stddev * y_gradient)

# %%
# See it
# ------
# Six batches of four samples. ``renorm=False`` gives each batch a mean of 0,
# which removes what its samples have in common. ``renorm=True`` keeps it.

batches = rng.normal(rng.normal(size=(6, 1, 1)), 0.5, size=(6, 4, 1))
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), sharey=True)
fig.suptitle("Batch renormalization keeps small batches apart")
for axis, renorm in zip(axes, (False, True)):
    limits = {} if renorm else {"rmin": 1, "rmax": 1, "dmax": 0}
    y = [renormalize(batch, [0], [1], **limits) for batch in batches]
    axis.plot(np.squeeze(y), "C0o", alpha=0.5)
    axis.set(title=f"renorm={renorm}", xlabel="batch")
plt.show()
