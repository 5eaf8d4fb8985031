r"""
Gradient clipping: clipvalue, clipnorm and global_clipnorm
==========================================================

Clipping makes large gradients smaller before the optimizer uses them. Keras has
three ways, and only ``global_clipnorm`` keeps the direction of the step. With a
bound :math:`c`, and one array of gradients :math:`g_k` for each kernel and each
bias:

.. math::

   \text{clipvalue:} \quad g_k &\leftarrow \max(-c, \min(c, g_k)) \\
   \text{clipnorm:} \quad g_k &\leftarrow g_k \, \frac{c}{\max(c, n_k)} \\
   \text{global:} \quad g_k &\leftarrow g_k \, \frac{c}{\max(c, n)}

The norm :math:`n_k` is the root of the sum of the squares of :math:`g_k`, and
:math:`n` is the norm of all arrays together.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# These two arrays have the norms 12 and 5, together 13. The bound is 6.5. One
# step of ``SGD`` with a learning rate of 1 subtracts what clipping leaves.

kernel = np.array([[8.0, -8.0], [4.0, 0.0]])  # the gradient of a kernel
bias = np.array([3.0, -4.0])  # the gradient of a bias
gradients = [kernel, bias]


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def keras_clipped(gradients, dtype="float32", learning_rate=1.0, **arguments):
    """How far each weight moves down, (weights,)."""
    optimizer = keras.optimizers.SGD(learning_rate, **arguments)
    weights = [
        keras.Variable(np.zeros(g.shape), dtype=dtype) for g in gradients
    ]
    gradients = [keras.ops.convert_to_tensor(g, dtype) for g in gradients]
    optimizer.apply(gradients, weights)
    return 0 - flat(map(keras.ops.convert_to_numpy, weights))


print(keras_clipped(gradients, clipvalue=6.5))
print(keras_clipped(gradients, clipnorm=6.5))
print(keras_clipped(gradients, global_clipnorm=6.5))

# %%
# ``clipnorm`` leaves the bias alone, as its norm is within the bound.
#
# Compute it
# ----------


def norm(array):
    return np.sqrt(np.sum(np.square(array)))


def clipvalue(gradients, bound):
    """Clip each entry of a list of arrays (Keras documentation, Optimizer)."""
    return [np.clip(g, -bound, bound) for g in gradients]


def clipnorm(gradients, bound):
    """Scale each array of a list whose norm is larger than bound (likewise)."""
    return [g * (bound / max(bound, norm(g))) for g in gradients]


def global_clipnorm(gradients, bound):
    """Scale all arrays of a list by one factor (Pascanu et al., 2013)."""
    global_norm = norm([norm(g) for g in gradients])
    return [g * (bound / max(bound, global_norm)) for g in gradients]


# %%
# Check it
# --------
# The second gradients are so small that they are not clipped. Only on
# TensorFlow does Keras compute in float64 throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for function in (clipvalue, clipnorm, global_clipnorm):
        for given in (gradients, [kernel / 4, bias / 4]):
            clipped = keras_clipped(given, dtype, **{function.__name__: 6.5})
            expected = flat(function(given, 6.5))
            np.testing.assert_allclose(clipped, expected, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** a bound of 0 switches clipping off,
#    although the documentation says that the norm will be "no higher than this
#    value".

for name in ("clipvalue", "clipnorm", "global_clipnorm"):
    clipped = keras_clipped(gradients, **{name: 0.0})
    np.testing.assert_array_equal(clipped, flat(gradients))

# %%
# Break it
# --------
# Is ``clipnorm`` the same as PyTorch's ``clip_grad_norm_``? No, but
# ``global_clipnorm`` is, except that PyTorch adds ``1e-6`` to the norm. Is the
# global norm the sum of the norms? No, it is the root of the sum of their
# squares. Is the step clipped? No, the gradient is, before the learning rate
# multiplies it.

clipped = keras_clipped(gradients, learning_rate=0.25, global_clipnorm=6.5)
sum_of_norms = norm(kernel) + norm(bias)
mistakes = {
    "clipnorm": 0.25 * flat(clipnorm(gradients, 6.5)),
    "sum of norms": 0.25 * flat(gradients) * 6.5 / sum_of_norms,
    "step": flat(global_clipnorm([0.25 * kernel, 0.25 * bias], 6.5)),
}
print("Keras:", clipped)
for mistake, wrong in mistakes.items():
    print(f"{mistake}:", wrong.round(3))
    assert not np.allclose(clipped, wrong)

# %%
# See it
# ------
# Only ``global_clipnorm`` scales all entries by the same factor.

names = ["kernel 0, 0", "kernel 0, 1", "kernel 1, 0", "bias 0", "bias 1"]
fig, axis = plt.subplots(figsize=(6, 3.4))
bars = np.arange(5) - 0.3
heights = np.delete(flat(gradients), 3)  # without the entry that is 0
axis.bar(bars, heights, 0.2, label="gradient")
for function in (clipvalue, clipnorm, global_clipnorm):
    bars += 0.2
    heights = np.delete(flat(function(gradients, 6.5)), 3)
    axis.bar(bars, heights, 0.2, label=function.__name__)
axis.set(title="What clipping leaves of a gradient", ylabel="gradient")
axis.set_xticks(range(5), names)
axis.legend()
plt.show()
