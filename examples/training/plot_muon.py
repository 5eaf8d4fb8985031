r"""
Muon: momentum made orthogonal by Newton-Schulz steps
=====================================================

Most of a kernel's gradient points in a few directions. ``SGD`` and Adam follow
these, and hardly learn the others. Muon takes the kernel as a matrix, and makes
all singular values of its momentum about 1: each direction counts the same.
No decomposition is needed, only products of matrices.

.. math::

   M &\leftarrow \mu M + G, \qquad
   X = \frac{G + \mu M}{\lVert G + \mu M \rVert} \\
   X &\leftarrow a X + (b X X^T + c (X X^T)^2) X \quad \text{(5 times)} \\
   W &\leftarrow W - 0.2 \, \eta \sqrt{\max(n, k)} \; X

:math:`G` is the gradient of the kernel :math:`W`, which is :math:`n \times k`,
:math:`\eta` the learning rate, :math:`\mu` the momentum, 0.95. Each of these
five *Newton-Schulz steps* turns a singular value :math:`s` of :math:`X` into
:math:`a s + b s^3 + c s^5`. The numbers :math:`a`, :math:`b` and :math:`c` are
such that small ones are more than tripled, and those near 1 stay near 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three gradients, whose columns are of very different sizes. The weight decay
# that Muon has by default is that of AdamW. We leave it out at first.

rng = np.random.default_rng(313)
start = rng.normal(size=(6, 4))  # (features, units)
gradients = rng.normal(size=(3, 6, 4)) * [1, 0.3, 0.1, 0.03]


def path_of(optimizer):
    kernel, path = keras.Variable(start, dtype="float32"), []
    for gradient in np.float32(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [kernel])
        path.append(keras.ops.convert_to_numpy(kernel))
    return np.stack(path)  # (steps, features, units)


path = path_of(keras.optimizers.Muon(0.01, weight_decay=None))

# %%
# Compute it
# ----------
# The norm is the root of the sum of all squares. Divided by it, no singular
# value is above 1, and the Newton-Schulz steps can begin.

w, m, by_hand = start, 0, []
for g in gradients:
    m = 0.95 * m + g
    x = g + 0.95 * m
    x = x / np.linalg.norm(x)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    w = w - 0.2 * 0.01 * np.sqrt(6) * x
    by_hand.append(w)

# %%
# The whole function is the whole optimizer: embeddings, and what is no matrix,
# such as a bias, take steps of AdamW. So should the last layer: give its name
# to ``exclude_layers``.

from keras_by_hand import muon

# %%
# Check it
# --------
# First without weight decay. Then the whole function, with it.

np.testing.assert_allclose(path, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(np.linalg.svd(x)[1], 1, atol=0.35)
decayed = path_of(keras.optimizers.Muon(0.01, weight_decay=0.5))
w, slots = start, None
for t, g in enumerate(gradients, 1):
    w, slots = muon(w, g, slots, t, 0.01, weight_decay=0.5)
np.testing.assert_allclose(decayed[2], w, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow, ``Muon`` takes no
#    step of a float64 kernel, but raises an error, unless ``rms_rate`` is None.

if keras.backend.backend() == "tensorflow":
    kernel = keras.Variable(start, dtype="float64")
    gradient = keras.ops.convert_to_tensor(gradients[0])
    optimizer = keras.optimizers.Muon()
    np.testing.assert_raises(Exception, optimizer.apply, [gradient], [kernel])

# %%
# Break it
# --------
# With Keras' factor, the root mean square of a step is about 0.2 learning
# rates, as of Adam in the course of training. PyTorch's default is another
# factor: the root of rows / columns, or 1 if that is larger. Its steps are more
# than twice as long here. (Keras' factor is its "match_rms_adamw".)

right = (path[2] - path[1]) / 0.01  # in learning rates
wrong = -np.sqrt(max(1, 6 / 4)) * x
for name, step in (("right", right), ("wrong", wrong)):
    print(f"{name}: {np.sqrt(np.mean(step**2)):.2f} learning rates")
assert np.linalg.norm(wrong) > 2 * np.linalg.norm(right)

# %%
# See it
# ------
# The singular values of the third step, divided by the largest.

of_adam = np.diff(path_of(keras.optimizers.Adam(0.01)), axis=0)
steps = {"gradient": gradients[2], "Adam": of_adam[1], "Muon": right}
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for place, (name, step) in enumerate(steps.items()):
    sizes = np.linalg.svd(step)[1]
    axis.bar(np.arange(4) + 0.25 * place, sizes / sizes[0], 0.25, label=name)
axis.set_xticks(np.arange(4) + 0.25, ["1", "2", "3", "4"])
axis.set(xlabel="direction", ylabel="singular value")
axis.set_title("Muon steps about equally far in all directions")
axis.legend()
plt.show()
