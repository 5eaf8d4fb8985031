r"""
Contrastive learning without labels: InfoNCE
============================================

Labels take people's time; images are free. *Contrastive* learning needs only
images. It makes two *views* of each, here by moving it at random. The network
learns which two of all the views in a batch show the same image.

It turns the views of image :math:`i` into vectors :math:`a_i` and :math:`b_i`
of length 1. Their products, divided by a temperature :math:`T`, are logits:

.. math::

   s &= a \, b^T / T \\
   L &= -\frac{1}{2 n} \sum_i \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}} +
   \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ji}}}

This loss is *InfoNCE*: the cross-entropy of choosing the partner among
:math:`n` views, for each :math:`a_i` and for each :math:`b_i`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from moved_digits import digits, learn_from_pairs

# %%
# Build it
# --------
# Keras has no such loss, but takes any function of target and output. There is
# no target here: the partner of row i is always in column i.


def info_nce(_, z):  # z: (batch, 2 views, features)
    z = ops.normalize(z, axis=-1)
    s = ops.matmul(z[:, 0], ops.transpose(z[:, 1])) / 0.2  # (batch, batch)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    partner = ops.arange(ops.shape(s)[0])
    return (entropy(partner, s) + entropy(partner, ops.transpose(s))) / 2


z = np.random.default_rng(313).normal(size=(5, 2, 3)).astype("float32")
loss = keras.ops.convert_to_numpy(info_nce(None, z))

# %%
# Compute it
# ----------
# One product of matrices gives all logits. Those of partners stand on the
# diagonal. Divide their powers of e by the sum of the row, and of the column.


def info_nce_by_hand(z):
    a, b = np.moveaxis(z / np.linalg.norm(z, axis=-1, keepdims=True), 1, 0)
    powers = np.exp(a @ b.T / 0.2)  # (batch, batch)
    p = np.diag(powers) / np.sum(powers, axis=1)
    q = np.diag(powers) / np.sum(powers, axis=0)
    return -np.mean(np.log(p) + np.log(q)) / 2


# %%
# Check it
# --------
# Five images, with vectors that are not of length 1.

np.testing.assert_allclose(loss, info_nce_by_hand(z), rtol=1e-4)

# %%
# Break it
# --------
# Suppose you only pull partners together. A network that turns every image into
# the same vector is then perfect. For InfoNCE it is as bad as guessing, log(n).

same = np.ones_like(z)
right = info_nce_by_hand(same)
wrong = np.mean((same[:, 0] - same[:, 1]) ** 2)
print(f"all vectors equal, right: {right:.2f}, wrong: {wrong:.2f}")
np.testing.assert_allclose(right, np.log(5), rtol=1e-4)
assert wrong == 0

# %%
# See it
# ------
# A small convolutional network, folded above, trains on 1297 digits. Which of
# them is nearest to a new digit? By pixels, often one at the same place. By the
# network's vectors, more often one with the same label. Labels only count this.


def nearest(x):
    x = x.reshape(1797, -1)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    return np.argmax(x[1297:] @ x[:1297].T, axis=1)


shares = []
for seed in range(3):
    x, *vectors = learn_from_pairs(info_nce, seed)
    found = [nearest(x), *map(nearest, vectors)]
    agree = digits.target[found] == digits.target[1297:]
    shares.append(np.mean(agree, axis=1))
low, high = np.min(shares, axis=0), np.max(shares, axis=0)
for name, a, b in zip(["pixels", "untrained", "trained"], low, high):
    print(f"{name}: {a:.2f} to {b:.2f} have the same label")
assert low[2] > max(high[:2]) + 0.03
fig, axes = plt.subplots(3, 8, figsize=(7, 2.7), layout="constrained")
rows = {"new": range(1297, 1797)}
rows |= {"nearest\npixels": found[0], "nearest\nvector": found[2]}
for row, (name, chosen) in zip(axes, rows.items()):
    row[0].set_ylabel(name)
    for axis, i in zip(row, chosen):
        axis.imshow(x[i, ..., 0], cmap="gray_r")
        axis.set(xticks=[], yticks=[])
plt.show()
