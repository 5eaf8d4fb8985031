r"""
SpectralNormalization: divide a kernel by its largest singular value
====================================================================

GANs train more steadily if no layer lengthens vectors much. The largest factor
by which a kernel lengthens one is its largest singular value, its *spectral
norm*. This layer wraps another one. At each step of training, it divides the
kernel by :math:`\sigma`, which comes nearer to that norm step by step.

.. math::

   v &= u W^\top / |u W^\top|, \qquad \sigma = |v W| \\
   u' &= v W / \sigma, \qquad W' = W / \sigma

This is a power iteration for the kernel :math:`W`. The first :math:`u` is
random. The layer stores :math:`u'` as the :math:`u` of the next step.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Embedding, SpectralNormalization

# %%
# Build it
# --------
# Only calls with ``training=True`` divide, and they overwrite the kernel.

rng = np.random.default_rng(313)
kernel = rng.normal(size=(4, 3)).astype("float32")  # (features, units)
vector_u = rng.normal(size=(1, 3)).astype("float32")  # (1, units)
layer = SpectralNormalization(Dense(3, use_bias=False))
layer.build((2, 4))  # (batch, features)
layer.set_weights([kernel, vector_u])
layer(np.ones((2, 4)), training=True)
of_kernel, of_u = layer.get_weights()

# %%
# Compute it
# ----------
# u goes back through the kernel: divided by its length, this is v. Then v goes
# forward: the length of this product is σ, and its direction the new u. With
# ``Conv2D``, reshape the kernel first: ``kernel.reshape(-1, filters)``.
back = vector_u @ kernel.T  # (1, features)
product = back / np.linalg.norm(back) @ kernel  # v W, (1, units)
sigma = np.linalg.norm(product)
new_u = product / sigma
new_kernel = kernel / sigma  # (features, units)

from keras_by_hand import spectral_normalization

# %%
# Check it
# --------

np.testing.assert_allclose(of_kernel, new_kernel, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_u, new_u, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On JAX, a training step
#    of ``SpectralNormalization`` stores the undivided kernel, and predicting
#    uses it.
#
# After training on JAX, call the layer once with ``training=True``: it then
# stores W'. On JAX, the gradient goes through σ, too. Elsewhere, it does not.
layer.set_weights([kernel, vector_u])
model = keras.Sequential([keras.Input((4,)), layer])
model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)  # rate 0
model.train_on_batch(np.ones((2, 4)), np.zeros((2, 3)))
stored = kernel if keras.backend.backend() == "jax" else new_kernel
np.testing.assert_allclose(layer.get_weights()[0], stored, 1e-4, 1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends,
#    ``SpectralNormalization`` casts its output to the dtype of the input. The
#    vectors of an ``Embedding`` lose their fractions. Pass tokens as floats.

wrapped = SpectralNormalization(Embedding(4, 3, weights=kernel))
vectors = keras.ops.convert_to_numpy(wrapped(np.array([0, 2, 3])))
np.testing.assert_array_equal(vectors, np.trunc(kernel[[0, 2, 3]]))

# %%
# Break it
# --------
# The spectral norm is ``np.linalg.norm`` with ``ord=2``. Without ``ord``, it is
# another norm, the root of the sum of squares.
right, _ = spectral_normalization(kernel, vector_u, power_iterations=50)
np.testing.assert_allclose(right, kernel / np.linalg.norm(kernel, ord=2), 1e-4)
wrong = kernel / np.linalg.norm(kernel)
print("right:", right[0].round(2), "wrong:", wrong[0].round(2))
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# A kernel of 30 by 20 numbers, divided in each call.

new, largest = (rng.normal(size=(30, 20)), rng.normal(size=(1, 20))), []
for _ in range(13):
    largest.append(np.linalg.norm(new[0], ord=2))
    new = spectral_normalization(*new)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.semilogy(largest, "o-")
axis.set(title="The largest singular value nears 1", xlabel="training calls")
plt.show()
