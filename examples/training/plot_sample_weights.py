r"""
Sample weights: the loss divides by samples, the metric by weights
==================================================================

``sample_weight`` makes some samples count more than others. The loss is still
divided by the number of samples. A weighted metric of the same name is divided
by the sum of the weights, so the two are not the same number.

With the loss :math:`\ell_i` of a sample and its weight :math:`w_i`:

.. math::

   \text{loss} &= \frac{1}{\text{batch}} \sum_i w_i \, \ell_i \\
   \text{metric} &= \frac{\sum_i w_i \, \ell_i}{\sum_i w_i}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer that is fed with the identity matrix returns its kernel. So the model
# predicts ``y``.

y = rng.integers(-9, 10, size=(8, 4))  # (batch, units)
target = rng.integers(-9, 10, size=(8, 4))  # (batch, units)
weights = np.array([1, 0, 2, 0.5, 4, 1.5, 3, 4])  # (batch,), they sum to 16

model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(4, use_bias=False)]
)
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, loss="mse", weighted_metrics=["mse"])
model.set_weights([y])
loss, metric = model.evaluate(
    np.eye(8), target, sample_weight=weights, verbose=0
)
print("loss:", loss, "metric:", metric)

# %%
# Compute it
# ----------
# The argument ``reduction`` of a Keras loss says how the losses of the samples
# become one number. ``"mean"`` is another name for the default.


def reduce_losses(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """One number from the losses of the samples (Keras documentation, Loss).

    losses, sample_weight: (batch,).
    """
    if sample_weight is None:
        sample_weight = np.ones_like(losses)
    total = np.sum(losses * sample_weight)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight":
        return total / np.sum(sample_weight)
    return total / losses.size


# %%
# Check it
# --------
# All divisors are powers of two, so the numbers are equal to the bit.

losses = np.mean((y - target) ** 2, axis=1)  # (batch,)
np.testing.assert_equal(loss, reduce_losses(losses, weights))
by_weights = reduce_losses(losses, weights, "mean_with_sample_weight")
np.testing.assert_equal(metric, by_weights)

# %%
# The same loss as an object, with each reduction, with weights and without.

reductions = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"]
for reduction in reductions:
    mse = keras.losses.MeanSquaredError(reduction)
    for sample_weight in (None, weights):
        of_keras = mse(target, y, sample_weight)
        expected = reduce_losses(losses, sample_weight, reduction)
        np.testing.assert_equal(float(of_keras), expected)
    print(f"{reduction}: {expected}")

# %%
# The gradient has the weights and the divisor of the loss. ``SGD`` with a
# learning rate of 1 subtracts it from the kernel.

model.train_on_batch(np.eye(8), target, sample_weight=weights)
gradient = 2 * (y - target) / 4 * weights[:, np.newaxis] / 8
np.testing.assert_array_equal(y - model.get_weights()[0], gradient)

# %%
# Break it
# --------
# ``evaluate`` cuts six samples into batches of four and two. Would you take the
# mean of the two losses? Keras counts each batch by its size, which gives the
# mean of all six. The metric counts them by their weights.

model.set_weights([y])
loss, metric = model.evaluate(
    np.eye(8)[:6], target[:6], 4, sample_weight=weights[:6], verbose=0
)
weighted = (losses * weights)[:6]
mean_of_means = (np.mean(weighted[:4]) + np.mean(weighted[4:])) / 2
print(f"loss {loss:.3f}, mean of two means {mean_of_means:.3f}")
np.testing.assert_allclose(loss, np.sum(weighted) / 6, rtol=1e-5)
np.testing.assert_allclose(
    metric, np.sum(weighted) / np.sum(weights[:6]), rtol=1e-5
)
assert not np.allclose(mean_of_means, loss)

# %%
# See it
# ------
# Double all weights: the metric stays, but the loss doubles, and so does the
# step of ``SGD``. Weights with a mean of 1 keep the learning rate what it was.

factors = np.linspace(0.25, 2, 8)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, reduction in ("loss", "mean"), ("metric", reductions[-1]):
    values = [reduce_losses(losses, k * weights, reduction) for k in factors]
    axis.plot(factors, values, ".-", label=name)
axis.set(
    title="Larger weights, larger loss", xlabel="factor of all weights", ylim=0
)
axis.legend()
plt.show()
