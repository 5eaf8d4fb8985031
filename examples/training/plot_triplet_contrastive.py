r"""
Triplet loss and contrastive loss in Keras, and Circle
======================================================

To recognize faces, a model maps photographs to vectors, called *embeddings*:
those of one person close to each other, those of others far away.

The *contrastive loss* takes pairs, at distance :math:`d`. The *triplet loss*
compares two distances from an anchor: :math:`d_+` to the same label, and
:math:`d_-` to another. Both have a margin :math:`m`. Keras' ``Circle`` takes
cosines :math:`s` of an anchor with all others, and a factor :math:`\gamma`:

.. math::

   \text{contrastive} &= d^2 \text{ (same label)},
   \, \max(m - d, 0)^2 \text{ (another)} \\
   \text{triplet} &= \max(d_+ - d_- + m, \, 0) \\
   \text{Circle} &= \log(1 + P N) \\
   P &= \sum_{\text{same}} e^{\gamma (1 - s + m) (1 - s - m)} \\
   N &= \sum_{\text{another}} e^{\gamma \max(s + m, 0) (s - m)}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

# %%
# Build it
# --------
# A loss gets the labels and outputs of a whole batch, and can compare them all.
# Each anchor uses its farthest of the same label, and its nearest of another.


def compare(label, x):
    squares = ops.sum((x[:, np.newaxis] - x) ** 2, axis=2)  # (batch, batch)
    same = ops.reshape(label, (-1, 1)) == ops.reshape(label, (1, -1))
    return ops.sqrt(squares + 1e-12), same  # 0 has an infinite slope


def contrastive_loss(label, x):
    d, same = compare(label, x)
    return ops.mean(ops.where(same, d**2, ops.maximum(1 - d, 0) ** 2), axis=1)


def triplet_loss(label, x):
    d, same = compare(label, x)
    farthest = ops.max(ops.where(same, d, 0.0), axis=1)
    nearest = ops.min(ops.where(same, np.inf, d), axis=1)
    return ops.relu(farthest - nearest + 1)


label, angle = np.array([0, 0, 1, 1, 1]), np.radians([10, 70, 80, 100, 160])
x = np.float32(np.stack([np.cos(angle), np.sin(angle)], axis=1))

# %%
# Compute it
# ----------
# Take one anchor after the other. ``Circle`` leaves out its pair with itself;
# its cosines are products of embeddings of length 1, m is 0.4, and gamma is 8.

contrastive, triplet, of_circle = np.zeros((3, 5))  # of each anchor
for i in range(5):
    d, s = np.linalg.norm(x - x[i], axis=1), x @ x[i]
    same, other = label == label[i], label != label[i]
    contrastive[i] = np.mean(np.where(same, d**2, np.maximum(1 - d, 0) ** 2))
    triplet[i] = max(np.max(d[same]) - np.min(d[other]) + 1, 0)
    same[i] = False
    near = np.exp(8 * (1 - s[same] + 0.4) * (1 - s[same] - 0.4))
    far = np.exp(8 * np.maximum(s[other] + 0.4, 0) * (s[other] - 0.4))
    of_circle[i] = np.log1p(np.sum(near) * np.sum(far))

# %%
# Check it
# --------
# Keras' gamma is 80. So that nothing overflows, ``circle`` adds up logarithms.

from keras_by_hand import circle

y = [contrastive_loss(label, x), triplet_loss(label, x)]
y += [keras.losses.circle(label, x, gamma=8), keras.losses.circle(label, x)]
expected = [contrastive, triplet, of_circle, circle(label, x)]
for loss, by_hand in zip(map(ops.convert_to_numpy, y), expected):
    np.testing.assert_allclose(loss, by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# ``Circle`` takes products as cosines. End the model in ``UnitNormalization``.

wrong = circle(label, 2 * x, gamma=8)
print("right:", of_circle.round(1), "wrong:", wrong.round(1))
assert not np.allclose(of_circle, wrong, rtol=0.1)

# %%
# See it
# ------

d = np.linspace(0, 1.6, 101)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(d, d**2, d, np.maximum(1 - d, 0) ** 2)
axis.set(xlabel="distance", ylabel="contrastive loss")
axis.set_title("A label is drawn together, others are pushed 1 away")
axis.legend(["same label", "another label"])
plt.show()
