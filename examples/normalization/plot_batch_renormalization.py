r"""
Batch renormalization: BatchNormalization with renorm=True
==========================================================

In a small batch, mean and variance are noisy. With ``renorm=True``, training
corrects them with moving averages. So its outputs are near those of predicting.

.. math::

   y &= \gamma \left(
   \frac{x - \mu_B}{\sigma_B} \; r + d \right) + \beta \\
   r &= \frac{\sigma_B}{\sigma_R}, \qquad d = \frac{\mu_B - \mu_R}{\sigma_R}

B stands for the batch, R for the moving averages ``renorm_mean`` and
``renorm_stddev``. ``renorm_clipping`` limits :math:`r` (``rmin``, ``rmax``) and
:math:`d` (``dmax``). Without it, there are no limits. In the paper, training
ends with ``rmax=3`` and ``dmax=5``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.gradients import batch_normalization_gradients

# %%
# Build it
# --------
# The order of weights: gamma, beta, moving mean, variance and stddev, and the
# two of R. Training uses R, predicting the moving mean and variance.
rng = np.random.default_rng(313)
x = rng.normal([2, -5, 0], [1, 3, 0.1], size=(8, 3)).astype("float32")
weights = rng.uniform(0.5, 2, size=(7, 3))  # (weights, features)
gamma, beta, _, _, _, renorm_mean, renorm_stddev = weights
options = {"renorm_clipping": {"rmin": 0.5, "rmax": 1.5, "dmax": 2}}
layer = keras.layers.BatchNormalization(renorm=True, **options)
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x, training=True))
after = layer.get_weights()

# %%
# Compute it
# ----------
# Normalize the batch, multiply by r, and add d, as ``renormalize`` does. Then
# both averages move 1 % of the way to the batch: ``renorm_momentum`` is 0.99.
batch_mean = np.mean(x, axis=0)  # (features,)
batch_stddev = np.sqrt(np.var(x, axis=0) + 0.001)
r = np.clip(batch_stddev / renorm_stddev, 0.5, 1.5)
d = np.clip((batch_mean - renorm_mean) / renorm_stddev, -2, 2)
y_by_hand = gamma * ((x - batch_mean) / batch_stddev * r + d) + beta
new_mean = 0.99 * renorm_mean + 0.01 * batch_mean
new_stddev = 0.99 * renorm_stddev + 0.01 * batch_stddev

from keras_by_hand.layers.normalization import renormalize

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, documentation:** On all backends,
#    ``BatchNormalization(renorm=True)`` computes ``moving_variance`` from
#    ``moving_stddev`` in training, and ignores its old value. If you load it
#    from a layer without ``renorm``, set ``moving_stddev``, too.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(after[5], new_mean, rtol=1e-5, atol=1e-5)
np.testing.assert_allclose(after[6], new_stddev, rtol=1e-5, atol=1e-5)
np.testing.assert_allclose(after[3], after[4] ** 2 - 0.001, 1e-4, 1e-4)

# %%
# Break it
# --------
# Without limits, y is x normalized by the moving averages. A port that derives
# the gradient from this gets ``gamma / renorm_stddev * delta``. But Keras takes
# r and d as constants: the gradient is r times that of batch normalization.
embedding = keras.layers.Embedding(8, 3)  # makes x a weight
layer = keras.layers.BatchNormalization(renorm=True)
model = keras.Sequential([keras.Input(()), embedding, layer])
loss = lambda delta, y: keras.ops.sum(delta * y)  # delta: the gradient at y
model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
model.set_weights([x, *weights])
delta = rng.integers(-3, 4, size=(8, 3))
model.train_on_batch(np.arange(8), delta)
right = x - model.get_weights()[0]
scale = gamma * batch_stddev / renorm_stddev
expected, _, _ = batch_normalization_gradients(x, scale, delta)
np.testing.assert_allclose(right, expected, rtol=1e-4, atol=1e-4)
wrong = gamma / renorm_stddev * delta
print("right:", right[0].round(2), "wrong:", wrong[0].round(2))
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# Six batches of four samples. r = 1 and d = 0 are ordinary batch normalization,
# which gives each batch a mean of 0.
batches = rng.normal(rng.normal(size=(6, 1, 1)), 0.5, size=(6, 4, 1))
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), sharey=True)
fig.suptitle("Batch renormalization keeps small batches apart")
for axis, renorm in zip(axes, (False, True)):
    limits = {} if renorm else {"rmin": 1, "rmax": 1, "dmax": 0}
    y = [renormalize(batch, [0], [1], **limits) for batch in batches]
    axis.plot(np.squeeze(y), "C0o", alpha=0.5)
    axis.set(title=f"renorm={renorm}", xlabel="batch")
plt.show()
