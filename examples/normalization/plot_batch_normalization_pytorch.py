r"""
BatchNormalization weights: Keras to PyTorch and back
=====================================================

``BatchNorm2d`` of PyTorch has the four arrays of ``BatchNormalization`` in the
same order. But its momentum, its epsilon and the variance it stores differ.

.. math::

   m_{\text{PyTorch}} &= 1 - m_{\text{Keras}} \\
   \sigma'^2 &= (1 - m) \, \sigma^2 + m \; \frac{n}{n - 1} \; \sigma_B^2

The second line is what PyTorch stores. Keras leaves out n / (n - 1), where n is
the number of positions in the batch.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import batch_normalization, layer_normalization
from keras_by_hand.layers.normalization import moving_average

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The arrays of ``torch.nn.BatchNorm2d(3)``, and two images with the channels
# first, as in PyTorch. (It has one more array, which counts the steps.)

x = rng.normal(2, 0.5, size=(2, 3, 2, 4)).astype("float32")
state = {  # each (channels,)
    "weight": np.array([1, 2, 0.5]),
    "bias": np.array([0, 3, -2]),
    "running_mean": np.array([2, 1.5, 2.5]),
    "running_var": np.array([0.25, 0.5, 0.01]),
}


def keras_call(x, weights, training, dtype="float32", **arguments):
    layer = keras.layers.BatchNormalization(axis=1, dtype=dtype, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x, training=training))
    return y, layer.get_weights()


# %%
# Compute it
# ----------
# Take the four arrays in PyTorch's order. By default, PyTorch has an epsilon of
# 1e-5 and a momentum of 0.1. Its momentum is the weight of the new value, and
# that of Keras is the weight of the old one. The last line is the mean that
# PyTorch stores after a step of training.

ported = [state["weight"], state["bias"]]  # gamma and beta
ported += [state["running_mean"], state["running_var"]]
settings = {"momentum": 1 - 0.1, "epsilon": 1e-5}
batch_mean = np.mean(x, axis=(0, 2, 3))  # (channels,)
running_mean = (1 - 0.1) * state["running_mean"] + 0.1 * batch_mean

# %%
# The whole functions do this and the way back. This page passes ``axis=1`` to
# Keras. With the channels last, leave it out.

from keras_by_hand.porting.pytorch import (
    batch_norm_from_pytorch,
    batch_norm_to_pytorch,
)

# %%
# Check it
# --------
# Both predict the same. (Only TensorFlow computes a whole layer in float64.)

y, _ = keras_call(x, ported, False, **settings)
of_pytorch = batch_normalization(x, *state.values(), axis=1, epsilon=1e-5)
np.testing.assert_allclose(y, of_pytorch, rtol=1e-4, atol=1e-4)
_, after = keras_call(x, ported, True, **settings)
np.testing.assert_allclose(after[2], running_mean, rtol=1e-4)

weights, arguments = batch_norm_from_pytorch(state)
x64 = x.astype("float64")
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    y, _ = keras_call(x, weights, False, dtype, **arguments)
    expected = batch_normalization(x64, *weights, axis=1, epsilon=1e-5)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
np.testing.assert_equal(batch_norm_to_pytorch(*weights), state)

# %%
# In training, all but the stored variance is the same. n is 2 * 2 * 4 = 16.

y_training, after = keras_call(x, weights, True, **arguments)
of_batch = np.var(x64, axis=(0, 2, 3))
of_keras = moving_average(state["running_var"], of_batch, 0.9)
np.testing.assert_allclose(after[3], of_keras, 1e-4)
running_var = moving_average(state["running_var"], of_batch * 16 / 15, 0.9)

# %%
# ``LayerNorm(4)`` of PyTorch is ``LayerNormalization(epsilon=1e-5)``. Its
# ``weight`` and ``bias`` are gamma and beta.

y_layer = keras.layers.LayerNormalization(epsilon=1e-5)(x)
y_layer = keras.ops.convert_to_numpy(y_layer)
expected = layer_normalization(x64, epsilon=1e-5)
np.testing.assert_allclose(y_layer, expected, 1e-4, 1e-4)

if keras.backend.backend() == "torch":  # then ask PyTorch itself
    import torch

    layer = torch.nn.BatchNorm2d(3).eval()  # a new one is in training
    tensors = {key: torch.tensor(np.float32(state[key])) for key in state}
    layer.load_state_dict(tensors, strict=False)
    answer = layer(torch.tensor(x)).detach()
    np.testing.assert_allclose(answer, y, 1e-4, 1e-4)
    answer = layer.train()(torch.tensor(x)).detach()
    np.testing.assert_allclose(answer, y_training, 1e-4, 1e-4)
    np.testing.assert_allclose(layer.running_mean, after[2], 1e-4)
    np.testing.assert_allclose(layer.running_var, running_var, 1e-4)
    answer = torch.nn.LayerNorm(4)(torch.tensor(x)).detach()
    np.testing.assert_allclose(answer, y_layer, 1e-4, 1e-4)

# %%
# ``SyncBatchNorm`` of PyTorch is ``synchronized=True``: the statistics are
# those of all devices together. On one device it changes nothing. Keras has it
# on TensorFlow only.

if tensorflow:
    synchronized = {"synchronized": True, **arguments}
    y_synchronized, _ = keras_call(x, weights, True, **synchronized)
    np.testing.assert_allclose(y_synchronized, y_training, 1e-4, 1e-4)
else:
    with np.testing.assert_raises(ValueError):
        keras.layers.BatchNormalization(synchronized=True)

# %%
# Break it
# --------
# Would you keep the epsilon of Keras? It matters where a variance is small.

wrong = batch_normalization(x64, *weights, axis=1)
print("right:", y[0, :, 0, 0].round(3), "wrong:", wrong[0, :, 0, 0].round(3))
assert not np.allclose(y, wrong, 1e-4, 1e-4)

# %%
# See it
# ------
# Batches of 4 samples from a distribution with a variance of 1. On average, the
# variance of a batch is only 3/4. PyTorch's factor of 4/3 corrects this.

of_batches = np.var(rng.normal(size=(400, 4)), axis=1)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for label, factor in (("PyTorch", 4 / 3), ("Keras", 1)):
    moving = [1.0]
    for variance in factor * of_batches:
        moving.append(moving_average(moving[-1], variance, 0.98))
    axis.plot(moving, label=label)
axis.set(title="Small batches: Keras stores a smaller variance than PyTorch")
axis.set(xlabel="step of training", ylabel="moving variance")
axis.legend()
plt.show()
