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
y_pred = rng.integers(-9, 10, size=(8, 4))  # (batch, units)
y_true = rng.integers(-9, 10, size=(8, 4))  # (batch, units)
weights = np.array([1, 0, 2, 0.5, 4, 1.5, 3, 4])  # (batch,), they sum to 16

layer = keras.layers.Dense(4, use_bias=False)
model = keras.Sequential([keras.Input((8,)), layer])
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, loss="mse", metrics=["mse"], weighted_metrics=["mse"])
model.set_weights([y_pred])
options = {"verbose": 0, "return_dict": True}
y = model.evaluate(np.eye(8), y_true, sample_weight=weights, **options)
print(y)

# %%
# Compute it
# ----------
# The loss of a sample is the mean over its units. Multiply it by the weight of
# the sample, and add up. The loss divides this sum by the number of samples,
# the weighted metric by the sum of the weights.

losses = np.mean((y_pred - y_true) ** 2, axis=1)  # (batch,)
weighted_sum = np.sum(weights * losses)
by_hand = {
    "loss": weighted_sum / len(losses),
    "mse": np.mean(losses),  # does not use the weights
    "weighted_mse": weighted_sum / np.sum(weights),
}
print("divisors:", len(losses), np.sum(weights))

# %%
# The whole function takes each ``reduction`` that a Keras loss has. This
# argument says how the losses of the samples become one number. ``"mean"`` is
# another name for the default.

from keras_by_hand.losses import reduce_losses

# %%
# Check it
# --------
# Both divisors are powers of two: equal to the bit.

np.testing.assert_equal(y, by_hand)

loss = reduce_losses(losses, weights)
metric = reduce_losses(losses)
weighted = reduce_losses(losses, weights, "mean_with_sample_weight")
expected = {"loss": loss, "mse": metric, "weighted_mse": weighted}
np.testing.assert_equal(y, expected)

# %%
# A loss object takes each reduction.

reductions = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"]
for reduction in reductions:
    mse = keras.losses.MeanSquaredError(reduction=reduction)
    y = float(mse(y_true, y_pred, sample_weight=weights))
    np.testing.assert_equal(y, reduce_losses(losses, weights, reduction))

# %%
# The gradient of a sample has its weight, too. It is divided by the numbers of
# units and samples. ``SGD`` with a learning rate of 1 subtracts it.

model.train_on_batch(np.eye(8), y_true, sample_weight=weights)
gradient = weights[:, np.newaxis] * 2 * (y_pred - y_true) / (4 * 8)
np.testing.assert_array_equal(y_pred - model.get_weights()[0], gradient)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For sequences,
#    ``MeanSquaredError`` and all other losses take ``sample_weight`` of shape
#    (batch,) for weights of steps, if there are as many steps as samples. Else
#    they raise an error. Shape (batch, 1) weighs samples.

losses_of_steps = np.array([[1.0] * 3, [2.0] * 3, [3.0] * 3])  # (batch, steps)
sequences = np.sqrt(losses_of_steps)[..., np.newaxis]
three = np.array([3, 0, 0])  # (batch,)
mse = keras.losses.MeanSquaredError()
y = float(mse(sequences, 0 * sequences, sample_weight=three))
np.testing.assert_allclose(y, np.mean(losses_of_steps * three), rtol=1e-6)
y = float(mse(sequences, 0 * sequences, sample_weight=three[:, np.newaxis]))
np.testing.assert_allclose(y, losses_of_steps[0].mean(), rtol=1e-6)

# %%
# Break it
# --------
# Would you give a weight of 0 to a sample that is to be left out? The loss
# still divides by all eight. (It does so in batches of six and two as well.)

model.set_weights([y_pred])
all_but_one = np.array([1, 0, 1, 1, 1, 1, 1, 1])
y = model.evaluate(
    np.eye(8), y_true, batch_size=6, sample_weight=all_but_one, **options
)
mean_of_seven = np.mean(losses[all_but_one == 1])
print(f"loss {y['loss']:.2f}, mean of seven losses {mean_of_seven:.2f}")
np.testing.assert_allclose(y["loss"], reduce_losses(losses, all_but_one), 1e-5)
assert not np.allclose(y["loss"], mean_of_seven)

# %%
# See it
# ------
# Weights with a mean of 1 would bring the two lines together.

samples = np.arange(8)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.bar(samples, weights * losses, label="loss times weight")
axis.bar(samples, losses, fill=False, edgecolor="gray", label="loss")
axis.axhline(loss, color="C0", label="mean of the bars: the loss")
axis.axhline(weighted, color="C1", label="weighted metric")
axis.set(title="Weights of 2 on average double the loss", xlabel="sample")
axis.legend()
plt.show()
