r"""
Triplet loss and contrastive loss in Keras, and Circle
======================================================

To recognize faces, a model maps photographs to vectors, called *embeddings*:
those of one person close to each other, those of others far away. Keras has one
loss for that, ``Circle``. The two best known ones take a few lines.

The *contrastive loss* takes pairs, at distance :math:`d`. The *triplet loss*
takes an anchor, an embedding with its label, at distance :math:`d_+`, and one
with another label, at :math:`d_-`. Both want a margin :math:`m`. ``Circle``
takes all pairs of an anchor at once, and their cosines :math:`s`:

.. math::

   \text{contrastive} &= \begin{cases}
   d^2 & \text{same label} \\
   \max(m - d, \, 0)^2 & \text{another}
   \end{cases} \\
   \text{triplet} &= \max(d_+ - d_- + m, \, 0) \\
   \text{Circle} &= \log(1 + P N) \\
   P &= \sum_{\text{same}} e^{\gamma (1 - s + m) (1 - s - m)} \\
   N &= \sum_{\text{another}} e^{\gamma (s + m) (s - m)}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

# %%
# Build it
# --------
# A loss gets the labels and outputs of a whole batch. So it can compare each
# sample with all others. Of the triplets of an anchor, only the hardest counts:
# the farthest embedding with its label, and the nearest one with another.


def compare(label, x):
    difference = ops.expand_dims(x, 1) - ops.expand_dims(x, 0)
    squares = ops.sum(difference**2, axis=2)  # (batch, batch)
    same = ops.reshape(label, (-1, 1)) == ops.reshape(label, (1, -1))
    return ops.sqrt(squares + 1e-12), same  # 0 has an infinite slope


def contrastive_loss(label, x):
    d, same = compare(label, x)
    return ops.mean(ops.where(same, d**2, ops.maximum(1 - d, 0) ** 2), axis=1)


def triplet_loss(label, x):
    d, same = compare(label, x)
    farthest = ops.max(ops.where(same, d, 0.0), axis=1)
    nearest = ops.min(ops.where(same, np.inf, d), axis=1)
    return ops.maximum(farthest - nearest + 1, 0)


label = np.array([0, 0, 1, 1, 1])  # (batch,)
angle = np.radians([10, 70, 80, 100, 160])
x = np.float32(np.stack([np.cos(angle), np.sin(angle)], axis=1))

# %%
# Compute it
# ----------
# One anchor after the other, without itself in ``Circle``. Its cosines are the
# products of embeddings, which must have length 1.

contrastive = np.zeros((5, 5))  # of each pair
triplet, of_circle = np.zeros((2, 5))
for i in range(5):
    d, s = np.linalg.norm(x - x[i], axis=1), x @ x[i]
    same, other = label == label[i], label != label[i]
    contrastive[i] = np.where(same, d**2, np.maximum(1 - d, 0) ** 2)
    triplet[i] = max(np.max(d[same]) - np.min(d[other]) + 1, 0)
    same[i] = False
    near = np.exp(8 * (1 - s[same] + 0.4) * (1 - s[same] - 0.4))
    far = np.exp(8 * np.maximum(s[other] + 0.4, 0) * (s[other] - 0.4))
    of_circle[i] = np.log1p(np.sum(near) * np.sum(far))

# %%
# With Keras' gamma of 80, such powers could overflow. The library's ``circle``
# adds up their logarithms, as Keras does.

from keras_by_hand import circle

# %%
# Check it
# --------

y = ops.convert_to_numpy(contrastive_loss(label, x))
np.testing.assert_allclose(y, contrastive.mean(1), rtol=1e-4, atol=1e-4)
y = ops.convert_to_numpy(triplet_loss(label, x))
np.testing.assert_allclose(y, triplet, rtol=1e-4, atol=1e-4)
y = ops.convert_to_numpy(keras.losses.circle(label, x, gamma=8))
np.testing.assert_allclose(y, of_circle, rtol=1e-4, atol=1e-4)
y = ops.convert_to_numpy(keras.losses.circle(label, x))
np.testing.assert_allclose(y, circle(label, x), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Would you give ``Circle`` embeddings of any length? It takes their products as
# cosines, without a word: end the model with ``UnitNormalization``. And would
# you shuffle as ever? An anchor without another of its label has a loss of 0.

of_keras = keras.losses.Circle(reduction=None)
right = ops.convert_to_numpy(of_keras(label, x))
wrong = ops.convert_to_numpy(of_keras(label, 2 * x))
alone = ops.convert_to_numpy(of_keras(np.arange(5), x))
print("right:", right.round(1), "wrong:", wrong.round(1), "alone:", alone)
assert not np.allclose(right, wrong, rtol=0.1) and np.all(alone == 0)

# %%
# See it
# ------
# Twelve samples with three labels, each free to go anywhere.

labels = np.arange(12) % 3
model = keras.Sequential([keras.layers.Dense(2, use_bias=False)])
model.compile(keras.optimizers.SGD(1.0), contrastive_loss)
model.build((None, 12))
model.set_weights([np.random.default_rng(313).normal(size=(12, 2))])
fig, axes = plt.subplots(1, 2, figsize=(6, 3.3), layout="constrained")
for axis, steps in zip(axes, (0, 100)):
    model.fit(np.eye(12), labels, batch_size=12, epochs=steps, verbose=0)
    points = model.get_weights()[0]
    for number, marker in enumerate("os^"):
        axis.plot(*points[labels == number].T, marker, ms=9, alpha=0.6)
    axis.set(title=f"after {steps} steps", aspect="equal")
    axis.set(xlim=(-2.7, 2.7), ylim=(-2.2, 2.2))
d = np.linalg.norm(points[:, np.newaxis] - points, axis=2)
same = labels[:, np.newaxis] == labels
print(f"within labels up to {np.max(d[same]):.2f}")
print(f"between labels at least {np.min(d[~same]):.2f}")
fig.suptitle("The contrastive loss gives each label a place of its own")
plt.show()
