r"""
One step of fit, by hand: all of it
===================================

In a training step, ``fit`` takes a batch, and all weights change. In between, a
lot happens: forward, loss, backward, optimizer. For two ``Dense`` layers, a
custom training loop in NumPy, of fewer than twenty lines, does the same.

.. math::

   z &= x W_1 + b_1, \quad h = \max(z, 0), \quad y = h W_2 + b_2 \\
   L &= \frac{1}{N} \sum_i s_i \, (y_i - t_i)^2

:math:`W_1, b_1, W_2, b_2` are the kernels and biases, :math:`t` the targets,
and :math:`s` the ``sample_weight`` of the :math:`N` samples. The pages
"Backpropagation" and "Adam" derive the rest.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# One epoch of two batches is two steps. (Adam's default epsilon is ``1e-7``.)

rng = np.random.default_rng(323)
x, target = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))  # 8 samples
s = np.array([1, 2, 0.5, 3, 4, 1, 2, 5])  # sample_weight, (samples,)
dense = keras.layers.Dense
model = keras.Sequential([dense(4, "relu"), dense(1)])
model.build(x.shape)
start = [rng.normal(size=w.shape) / 2 for w in model.weights]
model.set_weights(start)
model.compile(keras.optimizers.Adam(0.01, epsilon=1e-4), loss="mse")
fit = model.fit(x, target, 4, verbose=0, shuffle=False, sample_weight=s)

# %%
# Compute it
# ----------
# *Forward*, up to the loss, then *backward*, from the loss to the first layer.
# Where ``relu`` let nothing through, no gradient comes back. *Adam* keeps two
# averages for each weight: ``m``, of its gradients, and ``v``, of their
# squares. Both begin at 0. ``t`` counts the steps from 1. ``changes`` has what
# each step adds to the four arrays.


def train(s):
    weights, m, v, losses, changes = start, [0] * 4, [0] * 4, [], []
    for t, batch in (1, slice(0, 4)), (2, slice(4, 8)):
        kernel_1, bias_1, kernel_2, bias_2 = weights
        z = x[batch] @ kernel_1 + bias_1
        h = np.maximum(z, 0)  # (batch, hidden)
        error = h @ kernel_2 + bias_2 - target[batch]  # (batch, 1)
        weighted = s[batch, np.newaxis] * error
        losses.append(np.mean(weighted * error))
        dy = 2 / 4 * weighted  # of the mean of four squares
        dz = dy @ kernel_2.T * (z > 0)
        gradients = x[batch].T @ dz, sum(dz), h.T @ dy, sum(dy)
        m = [0.9 * a + 0.1 * g for a, g in zip(m, gradients)]
        v = [0.999 * a + 0.001 * g**2 for a, g in zip(v, gradients)]
        rate = 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        changes.append([-rate * a / (b**0.5 + 1e-4) for a, b in zip(m, v)])
        weights = [w + step for w, step in zip(weights, changes[-1])]
    return losses, changes


# %%
# Check it
# --------
# ``history`` has the mean of the losses. Each is the loss *before* its step:
# the last weights have no part in it. ``load_model(path).fit(...)`` of
# keras_by_hand does the same for any model in a file of Keras.

losses, changes = train(s)
for w, old, *steps in zip(model.get_weights(), start, *changes):
    np.testing.assert_allclose(w - old, sum(steps), rtol=1e-4, atol=1e-6)
np.testing.assert_allclose(fit.history["loss"], [np.mean(losses)], rtol=1e-4)

# %%
# Break it
# --------
# Suppose you divide the loss by the sum of ``sample_weight``. The first step of
# Adam hardly changes, as the gradient's size cancels. The second one is wrong:
# compare more than one step.

means = np.repeat([6.5 / 4, 12 / 4], 4)  # of the weights in each batch
_, wrong_changes = train(s / means)
right, wrong = [np.ravel([a[3] for a in c]) for c in (changes, wrong_changes)]
print("steps of the last bias, right:", right, "wrong:", wrong)
assert np.array_equal(np.isclose(right, wrong, rtol=0.01), [True, False])

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for place, steps in enumerate(changes):
    rates = np.concatenate([np.ravel(step) for step in steps]) / 0.01
    axis.bar(np.arange(21) + 0.4 * place, rates, 0.4)
axis.set_title("Adam's first step: the learning rate, up or down")
axis.set(xlabel="weights", ylabel="change in learning rates", xticks=[])
axis.legend(["step 1", "step 2"])
plt.show()
