r"""
BatchNorm2d, PyTorch to Keras: momentum, epsilon, variance
==========================================================

``BatchNorm2d`` of PyTorch (``BatchNorm1d``, too) has the four arrays of
``BatchNormalization`` in the same order. But its momentum, its epsilon and the
variance it stores differ.

.. math::

   m_{\text{PyTorch}} &= 1 - m_{\text{Keras}} \\
   \sigma'^2 &= (1 - m) \, \sigma^2 + m \; \frac{n}{n - 1} \; \sigma_B^2

The second line is what PyTorch stores after a batch of :math:`n` positions,
whose variance is :math:`\sigma_B^2`; :math:`m` is PyTorch's momentum. Keras
leaves out :math:`n / (n - 1)`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import batch_normalization

# %%
# Build it
# --------
# The arrays of ``norm = torch.nn.BatchNorm2d(3)``, and two images with the
# channels first. ``{name: t.numpy() for name, t in norm.state_dict().items()}``
# returns such arrays. (Drop ``num_batches_tracked``.)

rng = np.random.default_rng(313)
x = rng.normal(2, 0.5, size=(2, 3, 2, 4)).astype("float32")
state = {  # each (channels,)
    "weight": np.array([1, 2, 0.5]),
    "bias": np.array([0, 3, -2]),
    "running_mean": np.array([2, 1.5, 2.5]),
    "running_var": np.array([0.25, 0.5, 0.01]),
}

# %%
# Compute it
# ----------
# The arrays stay as they are. PyTorch's momentum, 0.1, is the weight of the new
# value, Keras' momentum that of the old one: 0.9. After a batch, both store the
# same mean. For the variance, PyTorch divides by n - 1: by 15, not by 16.

ported = list(state.values())  # gamma, beta, mean and variance
of_batch = np.var(x, axis=(0, 2, 3))  # n is 2 * 2 * 4 = 16
new_mean = 0.9 * state["running_mean"] + 0.1 * np.mean(x, axis=(0, 2, 3))
new_variance = 0.9 * state["running_var"] + 0.1 * of_batch
of_pytorch = 0.9 * state["running_var"] + 0.1 * of_batch * 16 / 15

from keras_by_hand.porting.pytorch import (
    batch_norm_from_pytorch,
    batch_norm_to_pytorch,
)

# %%
# Check it
# --------
# With the channels last, leave out ``axis``. ``batch_norm_from_pytorch`` gives
# the weights, and the arguments of the layer.

layer = keras.layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-5)
layer.build(x.shape)
layer.set_weights(ported)
y = keras.ops.convert_to_numpy(layer(x))
expected = batch_normalization(x, *state.values(), axis=1, epsilon=1e-5)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
layer(x, training=True)
_, _, *stored = layer.get_weights()
np.testing.assert_allclose(stored, [new_mean, new_variance], rtol=1e-4)
np.testing.assert_equal(batch_norm_from_pytorch(state)[0], ported)
np.testing.assert_equal(batch_norm_to_pytorch(*ported), state)

# %%
# Break it
# --------
# Suppose you leave out ``epsilon=1e-5``: Keras' own is 0.001. In training, the
# stored variances differ: no argument mends that.

wrong = batch_normalization(x, *ported, axis=1, epsilon=0.001)
print("right:", y[0, :, 0, 0].round(2), "wrong:", wrong[0, :, 0, 0].round(2))
assert not np.allclose(y, wrong)
print("Keras:", stored[1].round(4), "PyTorch:", of_pytorch.round(4))
assert not np.allclose(stored[1], of_pytorch)

# %%
# See it
# ------
# Batches of 4 samples from a distribution with a variance of 1. The variance
# within a batch is only 3/4 on average.

of_batches = np.var(rng.normal(size=(400, 4)), axis=1)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for label, factor in (("PyTorch", 4 / 3), ("Keras", 1)):
    moving = [1.0]
    for variance in factor * of_batches:
        moving.append(0.98 * moving[-1] + 0.02 * variance)
    axis.plot(moving, label=label)
axis.set(title="Small batches: Keras stores a smaller variance than PyTorch")
axis.set(xlabel="step of training", ylabel="moving variance")
axis.legend()
plt.show()
