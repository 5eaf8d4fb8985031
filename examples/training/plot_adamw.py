r"""
AdamW: weight decay is not L2 regularization
============================================

AdamW makes each weight smaller by the same part. An L2 penalty adds to the
gradient instead, which Adam divides by its size: the larger the gradients, the
less the penalty does.

.. math::

   \text{AdamW:} \quad w &\leftarrow w - \eta \lambda w - \eta \, s(g) \\
   \text{L2:} \quad w &\leftarrow w - \eta \, s(g + \lambda w)

Here :math:`\eta` is the learning rate, :math:`\lambda` the weight decay, and
:math:`\eta \, s(g)` Adam's step for the gradient :math:`g`. As a regularizer of
Keras, this penalty is ``L2(decay / 2)``. Keras' ``Adam(weight_decay=...)`` is
AdamW, PyTorch's is L2.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import adam

# %%
# Build it
# --------
# Three steps of three weights. ``apply`` takes gradients: no model is needed.

start = np.array([1.0, -2.0, 4.0])
gradients = np.array([[200, 1, 0.01], [-100, 2, 0.03], [300, -1, 0.02]])


def train(optimizer, gradients, dtype="float32"):
    weights = keras.Variable(start, dtype=dtype)
    for gradient in keras.ops.convert_to_tensor(gradients, dtype):
        optimizer.apply([gradient], [weights])
    return keras.ops.convert_to_numpy(weights)  # after the last step


print(train(keras.optimizers.AdamW(0.1, weight_decay=0.5), gradients))

# %%
# Compute it
# ----------
# First each weight loses the same part of itself. Then Adam takes its step for
# the gradient alone. Keras multiplies the decay by the learning rate, as
# PyTorch (with the default 0.01) does. The paper keeps the two apart.

w, slots = start, None
for t, gradient in enumerate(gradients, 1):
    w = w - 0.1 * 0.5 * w
    w, slots = adam(w, gradient, slots, t, learning_rate=0.1)

# %%
# The whole function takes one such step.

from keras_by_hand import adamw


def numpy_adamw(gradients, **arguments):
    w, slots = start, None
    for t, gradient in enumerate(gradients, 1):
        w, slots = adamw(w, gradient, slots, t, **arguments)
    return w


# %%
# Check it
# --------
# First with Keras' default decay. Then with numbers that float32 represents
# exactly, in float64, too (others than TensorFlow compute parts in float32).

weights = train(keras.optimizers.AdamW(0.1, weight_decay=0.5), gradients)
np.testing.assert_allclose(weights, w, rtol=1e-4, atol=1e-4)

weights = train(keras.optimizers.AdamW(learning_rate=1.0), gradients)
expected = numpy_adamw(gradients, learning_rate=1.0)
np.testing.assert_allclose(weights, expected, rtol=1e-4)

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
exact = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}
expected = numpy_adamw(gradients, weight_decay=0.5, **exact)
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for kind in (keras.optimizers.AdamW, keras.optimizers.Adam):
        weights = train(kind(weight_decay=0.5, **exact), gradients, dtype)
        np.testing.assert_allclose(weights, expected, rtol=tolerance)

# %%
# Break it
# --------
# Is the ``Adam(weight_decay=0.5)`` of PyTorch, an L2 penalty, the same? No. (In
# plain ``SGD``, :math:`s(g)` is :math:`g`, and it would be.)

w, slots = start, None
for t, gradient in enumerate(gradients, 1):
    w, slots = adam(w, gradient + 0.5 * w, slots, t, **exact)
assert not np.allclose(w, expected)

# %%
# See it
# ------
# 37 weights start at 1. Their gradients change sign in each of 300 steps, so
# only decay or penalty move them far. Decay takes the same part of each.

sizes = np.geomspace(1e-3, 1e3, 37)  # of the gradients, one for each weight
decayed = penalized = np.ones(37)
first = second = None  # slots
for t in range(1, 301):
    g = sizes * (-1) ** t
    decayed, first = adamw(decayed, g, first, t, 0.01, weight_decay=0.5)
    g = g + 0.5 * penalized
    penalized, second = adam(penalized, g, second, t, 0.01)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(sizes, decayed, "o-", markersize=4, label="AdamW")
axis.semilogx(sizes, penalized, "s-", markersize=4, label="Adam with L2")
axis.set(title="What decay and penalty leave of a weight")
axis.set(xlabel="size of its gradients", ylabel="weight after 300 steps")
axis.legend()
plt.show()
