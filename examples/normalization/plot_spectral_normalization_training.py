r"""
SpectralNormalization in training: on JAX, the division is lost
===============================================================

On TensorFlow and PyTorch, a training step stores the divided kernel, and
predicting uses it. On JAX, a step computes with the divided kernel but stores
the undivided one, so the trained model predicts with another kernel.

.. math::

   \text{TensorFlow:} \quad W &\leftarrow W' - \eta \, G,
   \qquad W' = W / \sigma \\
   \text{JAX:} \quad W &\leftarrow W - \eta \,
   (G - s \, v^\top u') / \sigma

where G is the gradient of W', η the learning rate, and s the sum of G times W',
entry by entry. On JAX, the gradient passes through σ, as in the paper.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, SpectralNormalization

from keras_by_hand import spectral_normalization

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# One step of ``SGD(1.0)`` on the sum of all outputs, then a prediction.

x = rng.normal(size=(2, 4)).astype("float32")  # (batch, features)
kernel = rng.normal(size=(4, 3)).astype("float32")  # (features, units)
vector_u = rng.normal(size=(1, 3)).astype("float32")  # (1, units)


def sum_of_outputs(targets, y):
    return keras.ops.sum(y)


layer = SpectralNormalization(Dense(3, use_bias=False))
model = keras.Sequential([keras.Input((4,)), layer])
layer.set_weights([kernel, vector_u])
model.compile(keras.optimizers.SGD(1.0), sum_of_outputs, run_eagerly=True)
loss = model.train_on_batch(x, np.zeros((2, 3)))
trained, new_u = layer.get_weights()
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------


def storing_step(kernel, vector_u, gradient):
    """The kernel after a step of SGD(1.0) on TensorFlow and PyTorch.

    kernel, gradient: (features, units), vector_u: (1, units).
    """
    divided, _ = spectral_normalization(kernel, vector_u)
    return divided - gradient


def losing_step(kernel, vector_u, gradient):
    """The kernel after the same step on JAX (Miyato et al., 2018)."""
    divided, new_u = spectral_normalization(kernel, vector_u)
    vector_v = vector_u @ kernel.T / np.linalg.norm(vector_u @ kernel.T)
    sigma = np.linalg.norm(vector_v @ kernel)
    of_sigma = np.sum(gradient * divided) * vector_v.T @ new_u
    return kernel - (gradient - of_sigma) / sigma


# %%
# Check it
# --------
# On all backends, the loss is that of the divided kernel.

tolerance = 1000 * np.finfo("float32").eps
divided, expected = spectral_normalization(kernel, vector_u)
np.testing.assert_allclose(loss, np.sum(x @ divided), tolerance, tolerance)
np.testing.assert_allclose(new_u, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On JAX, a training step
#    of ``SpectralNormalization`` stores the undivided kernel, and predicting
#    uses it.

gradient = x.T @ np.ones((2, 3))  # of the sum of x @ divided
jax = keras.backend.backend() == "jax"
step = losing_step if jax else storing_step
expected = step(kernel, vector_u, gradient)
np.testing.assert_allclose(trained, expected, tolerance, tolerance)
np.testing.assert_allclose(y, x @ expected, tolerance, tolerance)

# %%
# A call outside of ``fit`` stores the divided kernel, on JAX, too. So after
# training on JAX, call the model once with ``training=True``.

layer.set_weights([kernel, vector_u])
layer(x, training=True)
y = keras.ops.convert_to_numpy(layer(x))
np.testing.assert_allclose(y, x @ divided, tolerance, tolerance)

# %%
# Break it
# --------
# Would you train on one backend and go on with another? The same step leads to
# another kernel.

other_step = storing_step if jax else losing_step
wrong = other_step(kernel, vector_u, gradient)
print("largest difference:", np.max(np.abs(trained - wrong)))
assert not np.allclose(trained, wrong)

# %%
# See it
# ------
# A layer learns to triple its input, which no divided kernel can do. On JAX,
# the stored kernel grows while it tries.

inputs = rng.normal(size=(40, 5))
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
steps = [(storing_step, "TensorFlow, PyTorch"), (losing_step, "JAX")]
for step, label in steps:
    kernel, vector_u, largest = np.eye(5), rng.normal(size=(1, 5)), []
    for _ in range(60):
        largest.append(np.linalg.norm(kernel, ord=2))
        divided, new_u = spectral_normalization(kernel, vector_u)
        gradient = inputs.T @ (inputs @ divided - 3 * inputs) / 400
        kernel, vector_u = step(kernel, vector_u, gradient), new_u
    axis.plot(largest, label=label)
axis.set(title="SpectralNormalization: the kernel that predicting uses")
axis.set(xlabel="steps", ylabel="largest singular value", ylim=(0, None))
axis.legend()
plt.show()
