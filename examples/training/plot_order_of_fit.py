r"""
model.fit step by step: what it does in which order
===================================================

A training loop of your own gets other numbers than ``fit`` if it does the same
things in another order. Does weight decay come before the step? Is the loss
that of the old weights? Which weights are validated? In each step, ``fit`` does

.. math::

   w_1 &= w - \eta \lambda w, \qquad
   w_2 = w_1 - \eta \, \text{clip}(g) \\
   a &\leftarrow \mu a + (1 - \mu) \, w_2, \qquad
   w \leftarrow \text{constraint}(w_2)

:math:`g` is the gradient of loss and penalty at the old weights :math:`w`,
:math:`\eta` the learning rate, :math:`\lambda` the weight decay, and :math:`a`
the moving average of the weights. The step shown is that of ``SGD``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A small model with all of it: statistics, a penalty, a constraint, clipping,
# weight decay and an average. There are two batches in each of three epochs.

rng = np.random.default_rng(313)
x = rng.normal([1, -2], [1, 2], size=(8, 2))  # (samples, features)
target = (x - [1, -2]) @ [[3], [-1]] + rng.normal(size=(8, 1))
kernel = np.array([[0.5], [2.0]])  # (features, units)
norm = keras.layers.BatchNormalization(momentum=0.5, center=False, scale=False)
l2 = keras.regularizers.L2(0.25)
dense = keras.layers.Dense(
    1, use_bias=False, kernel_regularizer=l2, kernel_constraint="non_neg"
)
model = keras.Sequential([keras.Input((2,)), norm, dense])
options = {"weight_decay": 0.5, "use_ema": True, "ema_momentum": 0.5}
sgd = keras.optimizers.SGD(0.5, clipnorm=2.0, **options)
model.compile(sgd, loss="mse", metrics=["mae"])
dense.set_weights([kernel])
kernels = []  # after each step


class Log(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        kernels.append(self.model.layers[1].get_weights()[0])


plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, min_delta=9)
options = {"epochs": 3, "shuffle": False, "verbose": 0}
options |= {"validation_data": (x, target), "callbacks": [Log(), plateau]}
history = model.fit(x, target, batch_size=4, **options).history

# %%
# Compute it
# ----------
# Read it from top to bottom: this is the order. The forward pass moves the
# statistics at once, but normalizes by those of the batch. Loss and metric are
# taken before the step; only the loss has the penalty. The validation uses the
# new weights and the moved statistics. Callbacks run after it, so the learning
# rate changes for the next epoch. The averages come in when all is over.

w, mean, variance, rate = kernel, np.zeros(2), np.ones(2), 0.5
by_hand, steps, average = {name: [] for name in history}, [], 0
for epoch in range(3):
    losses, errors = [], []
    for part in (slice(0, 4), slice(4, 8)):  # the batches
        of_batch, spread = np.mean(x[part], axis=0), np.var(x[part], axis=0)
        mean = 0.5 * mean + 0.5 * of_batch
        variance = 0.5 * variance + 0.5 * spread
        normalized = (x[part] - of_batch) / np.sqrt(spread + 0.001)
        error = normalized @ w - target[part]
        losses.append(np.mean(error**2) + 0.25 * np.sum(w**2))
        errors.append(np.mean(np.abs(error)))
        gradient = 2 * normalized.T @ error / 4 + 2 * 0.25 * w
        gradient = gradient * min(1, 2 / np.linalg.norm(gradient))  # clipnorm
        decayed = w - rate * 0.5 * w
        free = decayed - rate * gradient
        average = 0.5 * average + 0.5 * free if steps else free
        w = np.maximum(free, 0)  # the constraint
        steps.append([free, average, w])
    error = (x - mean) / np.sqrt(variance + 0.001) @ w - target
    by_hand["loss"].append(np.mean(losses))
    by_hand["mae"].append(np.mean(errors))
    by_hand["val_loss"].append(np.mean(error**2) + 0.25 * np.sum(w**2))
    by_hand["val_mae"].append(np.mean(np.abs(error)))
    by_hand["learning_rate"].append(rate)
    rate = 0.5 if epoch == 0 else rate / 2  # ReduceLROnPlateau

# %%
# Check it
# --------
# The weights after each step, the last averages, the statistics, the history.

steps = np.array(steps)[..., 0]  # (steps, kinds, features)
kernels = np.array(kernels)[..., 0]  # (steps, features)
np.testing.assert_allclose(kernels, steps[:, 2], rtol=1e-4, atol=1e-4)
last = dense.get_weights()[0]
np.testing.assert_allclose(last, average, rtol=1e-4, atol=1e-4)
moved = norm.get_weights()
np.testing.assert_allclose(moved, [mean, variance], rtol=1e-4, atol=1e-4)
for name, numbers in history.items():
    np.testing.assert_allclose(numbers, by_hand[name], rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** An ``Optimizer`` with
#    ``use_ema=True`` averages weights before their constraint. So the weights
#    that ``fit`` ends with may violate it: one is negative, in spite of
#    ``non_neg``.

np.testing.assert_array_less(last[1], 0)

# %%
# Break it
# --------
# What becomes of the last step in another order? And is the metric of a batch
# that of the new weights? No: that would be another number.

before, after, step = steps[-2, 2], steps[-1, 2], 0.25 * gradient[:, 0]
orders = {
    "right": after,
    "constraint first": np.maximum(before, 0) * (1 - 0.25 * 0.5) - step,
    "decay last": np.maximum(before - step, 0) * (1 - 0.25 * 0.5),
}
for order, weights in orders.items():
    print(f"{order}: {weights.round(3)}")
    assert np.allclose(kernels[-1], weights, 1e-3) == (order == "right")
right, wrong = errors[-1], np.mean(np.abs(normalized @ after - target[4:, 0]))
print(f"metric right: {right:.3f}, after the step: {wrong:.3f}")
assert not np.isclose(right, wrong, rtol=1e-3)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
names = "after the step", "moving average", "after the constraint"
for kind, (mark, name) in enumerate(zip(("C0s:", "C1^--", "C2o-"), names)):
    axis.plot(range(1, 7), steps[:, kind, 1], mark, label=name)
axis.plot(6, last[1], "C1*", markersize=14, label="when fit ends")
axis.set(xlabel="step", ylabel="second weight")
axis.set_title("The average ignores the constraint, and has the last word")
axis.legend(ncols=2)
plt.show()
