r"""
RMSprop: divide by the root mean square of gradients
====================================================

``RMSprop`` divides each gradient by the root of the average of its recent
squares. So weights with large gradients and weights with small ones take steps
of similar length. Keras adds epsilon *inside* the root, PyTorch outside.

.. math::

   v &\leftarrow \rho v + (1 - \rho) \, g^2 \\
   w &\leftarrow w - \eta \, \frac{g}{\sqrt{v + \epsilon}}

Here :math:`g` is the gradient of the weight :math:`w`, and :math:`\eta` the
learning rate. The average :math:`v` begins at zero.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three steps of three weights. ``apply`` takes gradients: no model is needed.

gradients = np.array([[20, 2, -0.03], [10, 3, -0.01], [30, 1, -0.02]])


def keras_rmsprop(gradients, **options):
    weights = keras.Variable(np.zeros(gradients.shape[1]), dtype="float32")
    optimizer, path = keras.optimizers.RMSprop(**options), []
    for gradient in keras.ops.convert_to_tensor(gradients, "float32"):
        optimizer.apply([gradient], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)  # (steps, weights)


path = keras_rmsprop(gradients)

# %%
# Compute it
# ----------
# By default, rho is 0.9: the average v keeps 9/10 of itself and takes 1/10 of
# the new square. The step is the learning rate, 0.001, times the gradient,
# divided by the root.

w = v = np.zeros(3)
by_hand = []
for gradient in gradients:
    v = 0.9 * v + 0.1 * gradient**2
    w = w - 0.001 * gradient / np.sqrt(v + 1e-7)
    by_hand.append(w)

# %%
# Check it
# --------
# The library's ``rmsprop`` has two more options. ``momentum`` repeats a part of
# the last step. ``centered=True`` makes ``v`` a variance: it subtracts the
# square of the average gradient.

from keras_by_hand import rmsprop

np.testing.assert_allclose(path, by_hand, rtol=1e-4)
options = {"momentum": 0.9, "centered": True}
w, slots = np.zeros(3), None
for gradient in gradients:
    w, slots = rmsprop(w, gradient, slots, **options)
np.testing.assert_allclose(keras_rmsprop(gradients, **options)[2], w, rtol=1e-4)

# %%
# Break it
# --------
# Suppose you write ``np.sqrt(v) + 1e-7``, as PyTorch does, for Keras'
# ``np.sqrt(v + 1e-7)``. If gradients are small, your steps are too long.
# (PyTorch's defaults differ, too: rate 0.01, rho 0.99, epsilon ``1e-8``.)
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``RMSprop`` calls epsilon the "epsilon hat" of Adam's paper, outside the
#    root. It stands inside.

sizes = np.geomspace(1e-8, 1, 33)  # of gradients
inside = -keras_rmsprop(sizes[np.newaxis])[0] / 0.001  # in learning rates
outside = sizes / (np.sqrt(0.1 * sizes**2) + 1e-7)
print(f"gradient 1e-6, right: {inside[8]:.3f}, wrong: {outside[8]:.3f} rates")
assert not np.allclose(inside, outside, rtol=0.5)

# %%
# See it
# ------
# Keras' steps begin to shrink at far larger gradients than PyTorch's.

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(sizes, inside, label="epsilon inside the root: Keras")
axis.semilogx(sizes, outside, "--", label="outside: PyTorch")
axis.set(title="Small gradients: the place of epsilon matters")
axis.set(xlabel="gradient", ylabel="first step in learning rates")
axis.legend()
plt.show()
