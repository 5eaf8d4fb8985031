r"""
Contrastive learning without labels: InfoNCE
============================================

*Contrastive* learning is *self-supervised* (unsupervised): it needs no labels.
SimCLR makes two *views* of each image, here by moving it, and learns to tell
*positive pairs* (one image) from *negative pairs*. CLIP pairs image and text.

Views of image :math:`i` get representations, :math:`a_i`, :math:`b_i`: vectors
of length 1. Their products, divided by a temperature :math:`T`, are logits:

.. math::

   s &= a \, b^T / T, \quad L = -\frac{1}{2 n} \sum_i (\log p_i + \log q_i) \\
   p_i &= e^{s_{ii}} / \sum_j e^{s_{ij}}, \quad
   q_i = e^{s_{ii}} / \sum_j e^{s_{ji}}

:math:`p_i` is the probability that :math:`a_i` picks out its :math:`b_i` among
all :math:`n`, :math:`q_i` vice versa. *InfoNCE*, :math:`L`, falls as both rise.
(SimCLR's NT-Xent compares :math:`a_i` with the other :math:`a_j`, too.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from moved_digits import digits, learn_from_pairs

# %%
# Build it
# --------
# A loss for ``compile``. The model returns z: two vectors for each image.


def info_nce(_, z):  # ignores targets; z: (batch, 2 views, features)
    z = ops.normalize(z, axis=-1)
    s = ops.matmul(z[:, 0], ops.transpose(z[:, 1])) / 0.2  # divided by T
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    partner = ops.arange(ops.shape(s)[0])  # of row i: column i
    return (entropy(partner, s) + entropy(partner, ops.transpose(s))) / 2


z = np.random.default_rng(313).normal(size=(5, 2, 3)).astype("float32")
loss = keras.ops.convert_to_numpy(info_nce(None, z))

# %%
# Compute it
# ----------
# The logits of partners stand on the diagonal. Divide their powers of e by the
# sum of the row, and by that of the column.


def info_nce_by_hand(z):
    a, b = np.moveaxis(z / np.linalg.norm(z, axis=-1, keepdims=True), 1, 0)
    powers = np.exp(a @ b.T / 0.2)  # (batch, batch)
    p = np.diag(powers) / np.sum(powers, axis=1)
    q = np.diag(powers) / np.sum(powers, axis=0)
    return -np.mean(np.log(p) + np.log(q)) / 2


# %%
# Check it
# --------
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
np.testing.assert_allclose([right, wrong], [np.log(5), 0], 1e-4, 1e-4)

# %%
# See it
# ------
# A small network, folded above, trains on 1297 digits, from three seeds. The
# nearest to a new digit is the same digit more often by vectors than by pixels.


def nearest(x):
    x = x.reshape(1797, -1) / np.linalg.norm(x.reshape(1797, -1, 1), axis=1)
    return np.argmax(x[1297:] @ x[:1297].T, axis=1)


shares = []
for seed in range(3):
    views = learn_from_pairs(info_nce, seed)  # pixels, vectors before and after
    found = [nearest(x) for x in views]
    shares.append(np.mean(digits.target[found] == digits.target[1297:], axis=1))
pixels, untrained, trained = np.transpose(shares)
print(f"by pixels {pixels}, untrained {untrained}, trained {trained}")
assert min(trained) > max(*pixels, *untrained) + 0.03
rows = {"new": range(1297, 1797), "pixels": found[0], "vector": found[2]}
fig, axes = plt.subplots(3, 8, figsize=(7, 2.7), layout="constrained")
fig.suptitle("New digits, and the nearest by pixels and by vector")
for row, (name, chosen) in zip(axes, rows.items()):
    row[0].set_ylabel(name)
    for axis, i in zip(row, chosen):
        axis.imshow(views[0][i, ..., 0], cmap="gray_r")
        axis.set(xticks=[], yticks=[])
plt.show()
