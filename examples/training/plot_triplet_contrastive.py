r"""
Triplet loss and contrastive loss in Keras, and Circle
======================================================

To recognize faces, a model maps photographs to vectors, called *embeddings*:
those of one person close together, those of others far away. This is *metric
learning*. One model for both photographs of a pair is a *Siamese network*.

The *contrastive loss* takes pairs at distance :math:`d`. It draws those of one
label together, and pushes others apart, as far as a *margin* :math:`m`. The
*triplet loss* takes an *anchor*: it should be nearer to its own label, at
distance :math:`d_+`, than to another, at :math:`d_-`, by the margin.

.. math::

   \text{contrastive} &= d^2 \text{ (same)}, \max(m - d, 0)^2 \text{ (other)} \\
   \text{triplet} &= \max(d_+ - d_- + m, \, 0)
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

# %%
# Build it
# --------
# A custom loss function gets all labels and outputs of a batch: pass it as
# ``compile(loss=triplet_loss)``. Each label needs several samples. The margin
# is 1. *Batch hard* takes, for each anchor, the farthest of its label and the
# nearest of another. *Semi-hard* takes each pair of one label, and the nearest
# of another that is farther than :math:`d_+`; if none is, the farthest.


def compare(label, x, tiny=1e-12):
    squares = ops.sum((x[:, np.newaxis] - x) ** 2, axis=2)  # (batch, batch)
    same = ops.reshape(label, (-1, 1)) == ops.reshape(label, (1, -1))
    return ops.sqrt(squares + tiny), same


def contrastive_loss(label, x):
    d, same = compare(label, x)
    return ops.mean(ops.where(same, d**2, ops.maximum(1 - d, 0) ** 2), axis=1)


def triplet_loss(label, x, tiny=1e-12):
    d, same = compare(label, x, tiny)
    farthest = ops.max(ops.where(same, d, 0.0), axis=1)
    nearest = ops.min(ops.where(same, np.inf, d), axis=1)
    return ops.relu(farthest - nearest + 1)


label, angle = np.array([0, 0, 1, 1, 1]), np.radians([10, 70, 80, 100, 160])
x = np.float32(np.stack([np.cos(angle), np.sin(angle)], axis=1))
y = [contrastive_loss(label, x), triplet_loss(label, x)]

# %%
# Compute it
# ----------
# Take each anchor, and its distances to all embeddings, itself included.
contrastive, triplet = np.zeros((2, 5))  # of each anchor
for i in range(5):
    d, same = np.linalg.norm(x - x[i], axis=1), label == label[i]
    contrastive[i] = np.mean(np.where(same, d**2, np.maximum(1 - d, 0) ** 2))
    triplet[i] = max(np.max(d[same]) - np.min(d[~same]) + 1, 0)

# %%
# Check it
# --------
# Keras has neither of the two, but a third such loss, ``Circle``. It draws the
# cosines of one label above 1 - margin, and pushes others below the margin. It
# takes products of embeddings for cosines: end the model in
# ``UnitNormalization``. The reference has its formula, at ``circle``.

from keras_by_hand import circle

y.append(keras.losses.circle(label, x, margin=0.4))
expected = [contrastive, triplet, circle(label, x)]
for loss, by_hand in zip(map(ops.convert_to_numpy, y), expected):
    np.testing.assert_allclose(loss, by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# An anchor's distance to itself is 0, where the root has an infinite slope.
# Without ``tiny``, a step that XLA compiles, as on GPUs, makes all weights NaN.
for name, tiny in ("right", 1e-12), ("wrong", 0):
    model = keras.Sequential([layers.Dense(2, kernel_initializer="identity")])
    model.compile("sgd", partial(triplet_loss, tiny=tiny), jit_compile=True)
    model.train_on_batch(x, label)
    kernel = model.get_weights()[0].ravel()
    print(f"{name}: {kernel}")
    assert np.all(np.isnan(kernel)) == (tiny == 0)

# %%
# See it
# ------
d = np.linspace(0, 1.6, 101)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(d, d**2, d, np.maximum(1 - d, 0) ** 2)
axis.set(xlabel="distance", ylabel="contrastive loss")
axis.legend(["same label", "another label"])
plt.show()
