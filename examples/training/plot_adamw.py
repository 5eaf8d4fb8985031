r"""
AdamW: weight decay is not L2 regularization
============================================

AdamW makes each weight smaller by the same part, *decoupled* from the gradient.
An L2 penalty adds to the gradient instead, which Adam divides by its size: the
larger the gradients, the less the penalty does.

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
weights = keras.Variable(start, dtype="float32")
optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
for gradient in np.float32(gradients):
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
y = keras.ops.convert_to_numpy(weights)

# %%
# Compute it
# ----------
# First each weight loses the same part of itself. Then Adam takes its step for
# the gradient alone; ``slots`` are its two averages. Keras multiplies the decay
# by the learning rate, as PyTorch does; the paper keeps the two apart. (The
# default decay is 0.004 in Keras, and 0.01 in PyTorch.)

w, slots = start, None
for t, gradient in enumerate(gradients, 1):
    w = w - 0.1 * 0.5 * w
    w, slots = adam(w, gradient, slots, t, learning_rate=0.1)

# %%
# Check it
# --------
# ``adamw`` takes both steps at once. All weights decay, biases, too: to leave
# some out, see the page "exclude_from_weight_decay".

from keras_by_hand import adamw

np.testing.assert_allclose(y, w, rtol=1e-4, atol=1e-4)
w, slots = start, None
for t, gradient in enumerate(gradients, 1):
    w, slots = adamw(w, gradient, slots, t, 0.1, weight_decay=0.5)
np.testing.assert_allclose(y, w, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# PyTorch's ``Adam(weight_decay=0.5)`` is an L2 penalty, and no weight decay.
# (In plain ``SGD``, :math:`s(g)` is :math:`g`, and they would be the same.)

wrong, slots = start, None
for t, gradient in enumerate(gradients, 1):
    gradient = gradient + 0.5 * wrong
    wrong, slots = adam(wrong, gradient, slots, t, learning_rate=0.1)
print("right:", y, "wrong:", wrong)
assert not np.allclose(y, wrong, rtol=0.01)

# %%
# See it
# ------
# Each weight has a gradient of another size, which changes sign in each of 300
# steps: so only decay or penalty moves the weights far.

sizes = np.geomspace(1e-3, 1e3, 37)  # of the gradients, one for each weight
decayed = penalized = np.ones(37)
first = second = None  # slots
for t in range(1, 301):
    g = sizes * (-1) ** t
    decayed, first = adamw(decayed, g, first, t, 0.01, weight_decay=0.5)
    g = g + 0.5 * penalized
    penalized, second = adam(penalized, g, second, t, 0.01)
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.semilogx(sizes, decayed, label="AdamW")
axis.semilogx(sizes, penalized, "--", label="Adam with L2")
axis.set(title="What 300 steps leave of a weight", xlabel="size of gradients")
axis.legend()
plt.show()
