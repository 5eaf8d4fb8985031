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
``renorm_stddev``. ``renorm_clipping`` limits :math:`r` and :math:`d`. Each
:math:`\sigma` is the root of a variance plus epsilon.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three weights are added at the end: ``moving_stddev``, ``renorm_mean`` and
# ``renorm_stddev``. The last two have their own momentum.

rng = np.random.default_rng(313)
x = rng.normal([2, -5, 0], [1, 3, 0.1], size=(8, 3)).astype("float32")
weights = rng.uniform(0.5, 2, size=(7, 3))  # (weights, features)
gamma, beta, _, _, _, renorm_mean, renorm_stddev = weights
limits = {"rmin": 0.5, "rmax": 1.5, "dmax": 2}
layer = keras.layers.BatchNormalization(
    renorm=True, renorm_clipping=limits, renorm_momentum=0.75
)
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x, training=True))
after = layer.get_weights()

# %%
# Compute it
# ----------
# Normalize the batch by its own mean and standard deviation. Then correct this
# by r and d, which compare the batch with the moving averages. At the end, both
# averages move a quarter of the way to the batch.

batch_mean = np.mean(x, axis=0)  # (features,)
batch_stddev = np.sqrt(np.var(x, axis=0) + 0.001)
r = np.clip(batch_stddev / renorm_stddev, 0.5, 1.5)
d = np.clip((batch_mean - renorm_mean) / renorm_stddev, -2, 2)
y_by_hand = gamma * ((x - batch_mean) / batch_stddev * r + d) + beta
new_mean = 0.75 * renorm_mean + 0.25 * batch_mean
new_stddev = 0.75 * renorm_stddev + 0.25 * batch_stddev

# %%
# ``renormalize`` does this without gamma and beta.

from keras_by_hand.layers.normalization import renormalize

# %%
# Check it
# --------
# Numbers of about 1 agree to four digits.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** On all backends,
#    ``BatchNormalization(renorm=True)`` computes ``moving_variance`` from
#    ``moving_stddev`` in training, and ignores its old value. If you load it
#    from a layer without ``renorm``, set ``moving_stddev``, too.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(after[5], new_mean, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(after[6], new_stddev, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(after[3], after[4] ** 2 - 0.001, 1e-4, 1e-4)

# %%
# Break it
# --------
# Without limits, the batch cancels out: only the moving averages normalize x.
# With limits, that is wrong.

wrong = gamma * (x - renorm_mean) / renorm_stddev + beta
without_limits = gamma * renormalize(x, renorm_mean, renorm_stddev) + beta
np.testing.assert_allclose(without_limits, wrong, rtol=1e-4, atol=1e-4)
print("right:", y[0].round(2), "wrong:", wrong[0].round(2))
assert not np.allclose(y, wrong)

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
