r"""
Muon: momentum made orthogonal by Newton-Schulz steps
=====================================================

The momentum of a kernel is a matrix, and most of it points in a few directions:
those of its large singular values. The others hardly learn. Muon makes all
singular values about 1, as in an orthogonal matrix: all directions count alike.

.. math::

   M &\leftarrow \mu M + G, \qquad
   X = \frac{G + \mu M}{\lVert G + \mu M \rVert} \\
   X &\leftarrow a X + b X X^T X + c X X^T X X^T X \quad \text{(5 times)} \\
   W &\leftarrow W - 0.2 \, \eta \sqrt{\max(n, k)} \; X

:math:`G` is the gradient of the kernel :math:`W`, which is :math:`n \times k`,
:math:`M` the momentum, :math:`\mu` is 0.95, and :math:`\eta` the learning rate.
Each of the five *Newton-Schulz steps* turns a singular value :math:`s` of
:math:`X` into :math:`a s + b s^3 + c s^5`. With the numbers :math:`a, b, c`,
small ones grow fast, and none grows far beyond 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three gradients with columns of very different sizes.

rng = np.random.default_rng(313)
start = rng.normal(size=(6, 4))  # (features, units)
gradients = rng.normal(size=(3, 6, 4)) * [1, 0.3, 0.1, 0.03]
optimizer = keras.optimizers.Muon(0.01, weight_decay=None)
kernel, path = keras.Variable(start, dtype="float32"), []
for gradient in np.float32(gradients):
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [kernel])
    path.append(keras.ops.convert_to_numpy(kernel))

# %%
# Compute it
# ----------
# Divided by its norm, a matrix has no singular value above 1. With all near 1,
# the root mean square of its entries is about 1 / sqrt(6), as 6 is its longer
# side. The factor makes that 0.2, as in Adam's steps: so Adam's rates fit.

a, b, c = 3.4445, -4.775, 2.0315
w, m, by_hand = start, 0, []
for g in gradients:
    m = 0.95 * m + g
    x = (g + 0.95 * m) / np.linalg.norm(g + 0.95 * m)
    for _ in range(5):
        square = x @ x.T
        x = a * x + b * square @ x + c * square @ square @ x
    w = w - 0.01 * 0.2 * np.sqrt(6) * x
    by_hand.append(w)

# %%
# Check it
# --------
# ``muon`` is the whole optimizer. Embeddings and all that is no matrix, such as
# biases and kernels of convolution and attention, take steps of AdamW. So
# should the last layer: pass its name in the list ``exclude_layers``.

from keras_by_hand import muon

np.testing.assert_allclose(path, by_hand, rtol=1e-4, atol=1e-4)
w, slots = start, None
for t, g in enumerate(gradients, 1):
    w, slots = muon(w, g, slots, t, 0.01, weight_decay=None)
np.testing.assert_allclose(path[2], w, rtol=1e-4, atol=1e-4)

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
# PyTorch's weight is the kernel transposed, of shape (4, 6). By default, the
# factor of ``torch.optim.Muon`` is the root of rows / columns, but at least 1:
# here 1. So steps are longer. Pass ``adjust_lr_fn="match_rms_adamw"`` to it.

right, wrong = (path[2] - path[1]) / 0.01, -x
sizes = [np.sqrt(np.mean(step**2)).round(2) for step in (right, wrong)]
print("step / learning rate, right:", sizes[0], "wrong:", sizes[1])
np.testing.assert_allclose(right / wrong, 0.2 * np.sqrt(6), rtol=0.01)

# %%
# See it
# ------
before = after = np.geomspace(1e-4, 1, 201)
for _ in range(5):
    after = a * after + b * after**3 + c * after**5
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.loglog(before, after)
axis.set(xlabel="singular value", ylabel="after five steps")
axis.set_title("All but the smallest come near 1")
plt.show()
