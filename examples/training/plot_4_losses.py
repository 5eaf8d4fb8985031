r"""
A loss is a mean over units, then over samples
==============================================

Keras first takes the loss of each sample, a mean over its units, and then the
mean of these. Sample weights multiply the losses of the samples, but the sum is
still divided by how many samples there are, not by the weights.

.. math::

   \ell_i = \frac{1}{\text{units}} \sum_j f(y_{ij}, t_{ij}), \qquad
   L = \frac{1}{\text{batch}} \sum_i w_i \, \ell_i
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# With ``reduction=None``, a loss returns what it has for each sample. Numbers
# in quarters, and sizes that are powers of two, leave float32 nothing to round
# where a loss only multiplies, compares and adds.

batch, units = 8, 4
y = np.random.randint(-12, 13, size=(batch, units)) / 4
target = np.random.randint(-4, 5, size=(batch, units)) / 4
p = np.random.randint(1, 16, size=(batch, units)) / 16  # probabilities
classes = np.eye(units)[[0, 3, 1, 1, 2, 0, 3, 3]]  # (batch, units), one-hot
weights = np.array([1, 0, 2, 0.5, 4, 1.5, 3, 4])  # (batch,)


def keras_loss(name, y, target, weights=None, **options):
    """What the loss of this name returns, as an array."""
    loss = getattr(keras.losses, name)(**options)
    value = loss(target, y, sample_weight=weights)
    return keras.ops.convert_to_numpy(value)


# %%
# Compute it
# ----------
# Of these, categorical cross-entropy alone sums over the units. It also divides
# the probabilities by their sum first, so they need not add up to 1.

error = y - target
distance = np.abs(error)
delta = 0.5
linear = delta * distance - delta**2 / 2
right = np.where(classes == 1, p, 1 - p)  # probability of the right answer
shares = p / np.sum(p, axis=1)[:, None]

expected = {  # (batch,)
    "MeanSquaredError": np.mean(error**2, axis=1),
    "MeanAbsoluteError": np.mean(distance, axis=1),
    "Huber": np.mean(np.where(distance < delta, error**2 / 2, linear), axis=1),
    "LogCosh": np.mean(np.logaddexp(error, -error) - np.log(2), axis=1),
    "BinaryCrossentropy": -np.mean(np.log(right), axis=1),
    "CategoricalCrossentropy": -np.sum(classes * np.log(shares), axis=1),
}

weighted = weights * expected["MeanSquaredError"]
reductions = {
    "sum_over_batch_size": np.sum(weighted) / batch,  # the default
    "mean": np.sum(weighted) / batch,
    "sum": np.sum(weighted),
    "mean_with_sample_weight": np.sum(weighted) / np.sum(weights),
}

# %%
# Check it
# --------
# Three losses are exact. The others take logarithms of what was rounded a few
# times: 4 eps of 1 plus the loss.

for name, losses in expected.items():
    arrays = (p, classes) if name.endswith("Crossentropy") else (y, target)
    options = {"delta": delta} if name == "Huber" else {}
    value = keras_loss(name, *arrays, reduction=None, **options)
    np.testing.assert_equal((value.shape, value.dtype), ((8,), np.float32))
    np.testing.assert_equal(np.all(losses > 0), True, err_msg=name)
    if name in ("MeanSquaredError", "MeanAbsoluteError", "Huber"):
        np.testing.assert_array_equal(value, losses, err_msg=name)
    else:
        rounding_unit = np.finfo("float32").eps * (1 + losses)
        error = np.abs(value - losses)
        print(f"{name}: {np.max(error / rounding_unit):.2f} rounding units")
        np.testing.assert_array_less(error, 4.0 * rounding_unit, err_msg=name)

# %%
# ``reduction`` says how they become one number. Only the last one divides by
# the weights, which sum to 16.

for name, wanted in reductions.items():
    value = keras_loss("MeanSquaredError", y, target, weights, reduction=name)
    print(f"{name}: {value}")
    np.testing.assert_equal((value.shape, value.dtype), ((), np.float32))
    np.testing.assert_equal(float(value), wanted, err_msg=name)

# %%
# What training sees
# ------------------
# A layer whose kernel is ``y``, fed with the identity matrix, predicts ``y``.
# A step of ``SGD`` with a learning rate of 1 shows that its gradient has the
# same weights and the same divisor. The loss that is returned is the one from
# before the step. And ``"mse"`` as a weighted metric is not the loss ``"mse"``:
# metrics do divide by the weights.

x = np.eye(batch)
inputs = keras.Input(shape=(batch,))
dense = keras.layers.Dense(units, use_bias=False)
model = keras.Model(inputs, dense(inputs))
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, loss="mse", weighted_metrics=["mse"])
dense.set_weights([y])

loss, metric = model.train_on_batch(x, target, sample_weight=weights)
(new_y,) = dense.get_weights()
gradient = weights[:, None] * 2 * (y - target) / (batch * units)
print(f"loss: {loss}, metric: {metric}")

np.testing.assert_equal(new_y.shape, y.shape)
np.testing.assert_array_equal(y - new_y, gradient)
np.testing.assert_equal(loss, reductions["mean"])
np.testing.assert_equal(metric, reductions["mean_with_sample_weight"])

# %%
# ``evaluate`` cuts six samples into batches of four and two. For the loss it
# counts each batch by its size: the mean of all six. The metric counts by the
# weights.

dense.set_weights([y])
loss, metric = model.evaluate(
    x[:6], target[:6], batch_size=4, sample_weight=weights[:6], verbose=0
)
six = weighted[:6]
np.testing.assert_equal(loss, np.float32(np.sum(six) / 6))
np.testing.assert_equal(metric, np.float32(np.sum(six) / np.sum(weights[:6])))

# %%
# Break it
# --------
# Dividing by the weights, or taking the mean of the two batches' means.

mistakes = {
    "divided by the weights": np.sum(six) / np.sum(weights[:6]),
    "mean of means": (np.mean(six[:4]) + np.mean(six[4:])) / 2,
}
for name, wrong in mistakes.items():
    print(f"{name}: {wrong:.3f} instead of {loss:.3f}")
    np.testing.assert_equal(abs(wrong - loss) > 0.1, True, err_msg=name)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
axis.bar(np.arange(batch), weighted, label="loss times weight")
lines = {"loss: mean over 8 samples": reductions["mean"]}
lines["metric: divided by weights"] = reductions["mean_with_sample_weight"]
for number, (name, value) in enumerate(lines.items(), 1):
    axis.axhline(value, linestyle="--", color=f"C{number}", label=name)
axis.set(title="The loss divides by samples, the metric by weights")
axis.set(xlabel="sample")
axis.legend()
plt.show()
