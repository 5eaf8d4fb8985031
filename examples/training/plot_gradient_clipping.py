r"""
Gradient clipping: clipvalue, clipnorm and global_clipnorm
==========================================================

One exploding gradient can undo a long training. Clipping makes it smaller:
``clipvalue`` each entry, ``clipnorm`` each array, and ``global_clipnorm`` all
arrays as one. Only the last keeps the direction of the whole gradient. With a
bound :math:`c`, and the gradient :math:`g_k` of each kernel or bias:

.. math::

   \text{clipvalue:} \quad g_k &\leftarrow \max(-c, \min(c, g_k)) \\
   \text{clipnorm:} \quad g_k &\leftarrow g_k \, \frac{c}{\max(c, n_k)} \\
   \text{global:} \quad g_k &\leftarrow g_k \, \frac{c}{\max(c, n)}

The norm :math:`n_k` is the root of the sum of the squares of :math:`g_k`;
for :math:`n` the sum goes over all arrays.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Gradients of a kernel and a bias: their norms are 12 and 5. With a learning
# rate of 1, a step of ``SGD`` subtracts what clipping leaves.

gradients = [np.array([[7, -7], [5, 4], [2, 1]]), np.array([3, -4])]


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def keras_clipped(gradients, **bound):
    gradients = [keras.ops.convert_to_tensor(g, "float32") for g in gradients]
    weights = [keras.Variable(0 * g) for g in gradients]
    keras.optimizers.SGD(1.0, **bound).apply(gradients, weights)
    return -flat([keras.ops.convert_to_numpy(w) for w in weights])


# %%
# Compute it
# ----------
# ``clipvalue`` brings each entry between -6.5 and 6.5. ``clipnorm`` shortens an
# array whose own norm is larger than 6.5. ``global_clipnorm`` shortens all
# arrays if their common norm is larger, which is the norm of their norms.

by_value = [np.clip(g, -6.5, 6.5) for g in gradients]
norms = [np.linalg.norm(g) for g in gradients]  # 12 and 5
by_norm = [g * 6.5 / max(6.5, n) for g, n in zip(gradients, norms)]
global_norm = np.linalg.norm(norms)  # 13
by_global_norm = [g * 6.5 / max(6.5, global_norm) for g in gradients]

# %%
# Check it
# --------
# The library's functions do the same to any list of arrays.

from keras_by_hand.optimizers import clipnorm, clipvalue, global_clipnorm

for function, by_hand in (
    (clipvalue, by_value),
    (clipnorm, by_norm),
    (global_clipnorm, by_global_norm),
):
    y = keras_clipped(gradients, **{function.__name__: 6.5})
    expected = flat(function(gradients, 6.5))
    np.testing.assert_allclose([y, y], [flat(by_hand), expected], 1e-4, 1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Optimizer(clipnorm=0.0)`` switches clipping off. The documentation says
#    that the norm will be "no higher than this value".

unclipped = keras_clipped(gradients, clipnorm=0.0)
np.testing.assert_array_equal(unclipped, flat(gradients))

# %%
# Break it
# --------
# PyTorch's ``clip_grad_norm_`` is not ``clipnorm``, but ``global_clipnorm``.

right = keras_clipped(gradients, global_clipnorm=6.5)
wrong = keras_clipped(gradients, clipnorm=6.5)
print("right:", right.round(1), "wrong:", wrong.round(1))
assert not np.allclose(right, wrong, rtol=0.01)

# %%
# See it
# ------
# Only ``global_clipnorm`` leaves the same part of every entry.

ways = {"clipvalue": by_value, "clipnorm": by_norm}
ways["global_clipnorm"] = by_global_norm
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for offset, (name, clipped) in zip((-0.25, 0, 0.25), ways.items()):
    part = flat(clipped) / flat(gradients)
    axis.bar(np.arange(8) + offset, part, 0.25, label=name)
axis.set(title="What part of a gradient clipping leaves", ylim=(0, 1.2))
axis.set(xlabel="entries of kernel (first six) and bias")
axis.legend(ncols=3)
plt.show()
