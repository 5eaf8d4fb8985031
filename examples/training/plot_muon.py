r"""
Muon: momentum made orthogonal by Newton-Schulz steps
=====================================================

Most of a kernel's gradient points in a few directions; the others hardly learn.
Muon makes all singular values of a kernel's momentum about 1: all count alike.

.. math::

   M &\leftarrow \mu M + G, \qquad
   X = \frac{G + \mu M}{\lVert G + \mu M \rVert} \\
   X &\leftarrow a X + (b X X^T + c (X X^T)^2) X \quad \text{(5 times)} \\
   W &\leftarrow W - 0.2 \, \eta \sqrt{\max(n, k)} \; X

:math:`G` is the gradient of the kernel :math:`W`, which is :math:`n \times k`,
:math:`\eta` the learning rate, :math:`\mu` the momentum, 0.95. Each of the five
*Newton-Schulz steps* turns a singular value :math:`s` of :math:`X` into
:math:`a s + b s^3 + c s^5`: a small one is more than tripled.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three gradients with columns of very different sizes, and no weight decay.

rng = np.random.default_rng(313)
start = rng.normal(size=(6, 4))  # (features, units)
gradients = rng.normal(size=(3, 6, 4)) * [1, 0.3, 0.1, 0.03]


def path_of(optimizer):
    kernel, path = keras.Variable(start, dtype="float32"), []
    for gradient in np.float32(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [kernel])
        path.append(keras.ops.convert_to_numpy(kernel))
    return path  # of (features, units) each


path = path_of(keras.optimizers.Muon(0.01, weight_decay=None))

# %%
# Compute it
# ----------
# Divided by its norm, a matrix has no singular value above 1.

w, m, by_hand = start, 0, []
for g in gradients:
    m = 0.95 * m + g
    x = g + 0.95 * m
    x = x / np.linalg.norm(x)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    w = w - 0.2 * 0.01 * np.sqrt(6) * x  # 0.2 is Keras' rms_rate
    by_hand.append(w)

# %%
# Check it
# --------
# ``muon`` is the whole optimizer. Embeddings, and all weights without exactly 2
# axes, take steps of AdamW. So should the last layer: use ``exclude_layers``.

from keras_by_hand import muon

np.testing.assert_allclose(path, by_hand, rtol=1e-4, atol=1e-4)
y = path_of(keras.optimizers.Muon(0.01, weight_decay=0.5))
w, slots = start, None
for t, g in enumerate(gradients, 1):
    w, slots = muon(w, g, slots, t, 0.01, weight_decay=0.5)
np.testing.assert_allclose(y[2], w, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow, ``Muon`` takes no
#    step of a float64 kernel, but raises an error, unless ``rms_rate`` is None.

if keras.backend.backend() == "tensorflow":
    kernel = keras.Variable(start, dtype="float64")
    pair = [keras.ops.convert_to_tensor(gradients[0])], [kernel]
    np.testing.assert_raises(Exception, keras.optimizers.Muon().apply, *pair)

# %%
# Break it
# --------
# Keras' factor suits learning rates of Adam. By default, PyTorch's is the root
# of rows / columns, but at least 1. With the same rate, its steps are longer.

right, wrong = (path[2] - path[1]) / 0.01, -np.sqrt(max(1, 6 / 4)) * x
print(f"right: {np.std(right):.2f}, wrong: {np.std(wrong):.2f} learning rates")
assert np.linalg.norm(wrong) > 2 * np.linalg.norm(right)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for label, step in {"gradient": g, "Muon": right}.items():
    sizes = np.linalg.svd(step)[1]
    axis.plot(sizes / sizes[0], "o-", label=label)
axis.set(xticks=range(4), title="Singular values, over the largest")
axis.legend()
plt.show()
