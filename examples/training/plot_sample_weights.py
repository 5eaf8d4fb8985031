r"""
Sample weights: the loss divides by samples, the metric by weights
==================================================================

``sample_weight`` makes some samples count more than others. The loss is still
divided by the number of samples. A metric in ``weighted_metrics`` is divided by
the sum of the weights, and one in ``metrics`` does not use them at all.

For :math:`N` samples with losses :math:`\ell_i` and weights :math:`w_i`:

.. math::

   \text{loss} &= \frac{1}{N} \sum_i w_i \, \ell_i \\
   \text{weighted metric} &= \frac{\sum_i w_i \, \ell_i}{\sum_i w_i}

``fit(x, y, class_weight={0: 1, 1: 3})`` gives each sample of class 1 the weight
3; validation ignores it. (PyTorch's ``CrossEntropyLoss`` divides by the sum.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A layer that is fed with the identity matrix returns its kernel, as
# ``np.eye(8) @ kernel`` is ``kernel``. So the model predicts what we choose.

rng = np.random.default_rng(313)
y_pred, y_true = rng.integers(-9, 10, size=(2, 8, 4))  # (batch, units) each
weights = np.array([1, 0, 2, 0.5, 4, 1.5, 3, 4])  # (batch,), they sum to 16
layer = keras.layers.Dense(4, use_bias=False)
model = keras.Sequential([keras.Input((8,)), layer])
model.compile(loss="mse", metrics=["mse"], weighted_metrics=["mse"])
model.set_weights([y_pred])
options = {"verbose": 0, "return_dict": True}
y = model.evaluate(np.eye(8), y_true, sample_weight=weights, **options)

# %%
# Compute it
# ----------
# The loss of a sample is the mean over its units. Multiply it by the weight of
# the sample, and add up. Loss and weighted metric divide this sum, as above.
losses = np.mean((y_pred - y_true) ** 2, axis=1)  # (batch,)
weighted_sum = np.sum(weights * losses)
by_hand = {
    "loss": weighted_sum / len(losses),
    "mse": np.mean(losses),
    "weighted_mse": weighted_sum / np.sum(weights),
}

# %%
# Check it
# --------
# Both divisors are powers of two: equal to the bit. ``reduce_losses`` takes any
# ``reduction`` of a Keras loss: this one divides by the sum of weights.

from keras_by_hand.losses import reduce_losses

np.testing.assert_equal(y, by_hand)
expected = reduce_losses(losses, weights, "mean_with_sample_weight")
np.testing.assert_equal(y["weighted_mse"], expected)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For sequences,
#    ``MeanSquaredError`` and all other losses take ``sample_weight`` of shape
#    (batch,) for weights of steps, if there are as many steps as samples. Else
#    they raise an error. Shape (batch, 1) weighs samples.

of_steps = np.array([[1.0] * 3, [2.0] * 3, [3.0] * 3])  # (batch, steps)
pair = np.sqrt(of_steps)[..., np.newaxis], np.zeros((3, 3, 1))
three, mse = np.array([3, 0, 0]), keras.losses.MeanSquaredError()
wrong, right = float(mse(*pair, three)), float(mse(*pair, three[:, np.newaxis]))
np.testing.assert_allclose(wrong, np.mean(of_steps * three), rtol=1e-6)
np.testing.assert_allclose(right, of_steps[0].mean(), rtol=1e-6)

# %%
# Break it
# --------
# Suppose you leave a sample out by a weight of 0. The loss still divides by
# eight. Read the weighted metric. Or compile with the loss ``mse_of_seven``. It
# divides by the sum of the weights, but in each batch by that of the batch.
all_but_one = np.array([1, 0, 1, 1, 1, 1, 1, 1])
options |= {"batch_size": 6, "sample_weight": all_but_one}
y = model.evaluate(np.eye(8), y_true, **options)
mse_of_seven = keras.losses.MeanSquaredError("mean_with_sample_weight")
right, wrong = float(mse_of_seven(y_true, y_pred, all_but_one)), y["loss"]
print(f"right: {right:.2f}, wrong: {wrong:.2f}")
np.testing.assert_allclose(y["weighted_mse"], right, rtol=1e-5)
np.testing.assert_allclose(right, np.mean(losses[all_but_one == 1]), rtol=1e-5)
np.testing.assert_allclose(wrong * 8, right * 7, rtol=1e-5)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.bar(range(8), weights * losses, label="loss times weight")
axis.bar(range(8), losses, fill=False, edgecolor="gray", label="loss")
axis.axhline(by_hand["loss"], color="C0", label="mean of the bars: the loss")
axis.axhline(by_hand["weighted_mse"], color="C1", label="weighted metric")
axis.set(title="Weights of 2 on average double the loss", xlabel="sample")
axis.legend()
plt.show()
