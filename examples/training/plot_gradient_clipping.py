r"""
Gradient clipping: clipvalue, clipnorm and global_clipnorm
==========================================================

Clipping makes large gradients smaller before the optimizer uses them:
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
# Gradients of a kernel and a bias: their norms are 12 and 5 (13 as one array).
# With a learning rate of 1, a step of ``SGD`` subtracts what clipping leaves.

gradients = [np.array([[7, -7], [5, 4], [2, 1]]), np.array([3, -4])]


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def keras_clipped(gradients, dtype="float32", rate=1.0, **bound):
    """What one step subtracts from each weight, (weights,)."""
    optimizer = keras.optimizers.SGD(rate, **bound)
    gradients = [keras.ops.convert_to_tensor(g, dtype) for g in gradients]
    weights = [keras.Variable(0 * g, dtype=dtype) for g in gradients]
    optimizer.apply(gradients, weights)
    return -flat([keras.ops.convert_to_numpy(w) for w in weights])


print("norm of all:", np.linalg.norm(flat(gradients)))
for name in ("clipvalue", "clipnorm", "global_clipnorm"):
    print(name, keras_clipped(gradients, **{name: 6.5}))

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
# The whole functions take any bound.

from keras_by_hand.optimizers import clipnorm, clipvalue, global_clipnorm

# %%
# Check it
# --------
# For these gradients, and for a quarter of them, which is not clipped. On
# TensorFlow also in float64: other backends compute parts in float32.

by_hand = {"clipvalue": by_value, "clipnorm": by_norm}
by_hand["global_clipnorm"] = by_global_norm
for name, expected in by_hand.items():
    clipped = keras_clipped(gradients, **{name: 6.5})
    np.testing.assert_allclose(clipped, flat(expected), rtol=1e-4, atol=1e-4)

smaller = [g / 4 for g in gradients]
ways = [("clipvalue", clipvalue), ("clipnorm", clipnorm)]
ways.append(("global_clipnorm", global_clipnorm))
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for name, function in ways:
        for given in (gradients, smaller):
            clipped = keras_clipped(given, dtype, **{name: 6.5})
            expected = flat(function(given, 6.5))
            np.testing.assert_allclose(clipped, expected, rtol=tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Optimizer(clipnorm=0.0)`` switches clipping off. The documentation says
#    that the norm will be "no higher than this value".

unclipped = keras_clipped(gradients, clipnorm=0.0)
np.testing.assert_array_equal(unclipped, flat(gradients))

# %%
# Break it
# --------
# Is PyTorch's ``clip_grad_norm_`` Keras' ``clipnorm``? No, it is
# ``global_clipnorm``. Is the step clipped? No, the gradient: the step is the
# learning rate times that.

step = keras_clipped(gradients, rate=0.25, global_clipnorm=6.5)
assert not np.allclose(step, 0.25 * flat(clipnorm(gradients, 6.5)))
assert not np.allclose(step, flat(global_clipnorm(smaller, 6.5)))

# %%
# See it
# ------
# Only ``global_clipnorm`` leaves the same part of every entry.

fig, axis = plt.subplots(figsize=(6, 3.4))
for offset, (name, function) in zip((-0.25, 0, 0.25), ways):
    part = flat(function(gradients, 6.5)) / flat(gradients)
    axis.bar(np.arange(8) + offset, part, 0.25, label=name)
axis.set(title="What part of a gradient clipping leaves", ylim=(0, 1.2))
axis.set(xlabel="entries of kernel (first six) and bias", ylabel="part left")
axis.set_xticks(range(8), flat(gradients))
axis.legend(ncols=3)
plt.show()
