r"""
One step of fit, by hand: all of it
===================================

``fit`` takes a batch, and all weights change. What happens in between? Forward,
loss, backward, clipping, optimizer: for two ``Dense`` layers, twenty lines of
NumPy. They end with the new weights, and with the number in ``history``.

.. math::

   z &= x W_1 + b_1, \quad h = \max(z, 0), \quad y = h W_2 + b_2 \\
   L &= \frac{1}{N} \sum_i s_i \, (y_i - t_i)^2

:math:`t` are the targets, :math:`s` the ``sample_weight`` of the :math:`N`
samples in the batch. The pages "Backpropagation", "Gradient clipping" and
"Adam" derive what follows from the loss.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Six samples in batches of four. So ``fit`` makes one step with four samples,
# and another one with the two that are left.

rng = np.random.default_rng(323)
x = rng.normal(size=(6, 3))  # (samples, features)
target = rng.normal(size=(6, 1))  # (samples, 1)
sample_weight = np.array([1, 2, 0.5, 3, 4, 1])  # (samples,)
shapes = [(3, 4), (4,), (4, 1), (1,)]  # kernel, bias, kernel, bias
start = [rng.normal(scale=0.5, size=shape) for shape in shapes]
hidden = keras.layers.Dense(4, activation="relu")
model = keras.Sequential([keras.Input((3,)), hidden, keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam(learning_rate=0.01, global_clipnorm=5.0)
model.compile(optimizer, loss="mse")
model.set_weights(start)
options = {"batch_size": 4, "epochs": 1, "shuffle": False, "verbose": 0}
fit = model.fit(x, target, sample_weight=sample_weight, **options)

# %%
# Compute it
# ----------
# *Forward*, up to the loss, then *backward*, from the loss to the first layer.
# Where ``relu`` let nothing through, no gradient comes back.


def backpropagate(weights, x, target, sample_weight):
    kernel_1, bias_1, kernel_2, bias_2 = weights
    z = x @ kernel_1 + bias_1  # (batch, hidden)
    h = np.maximum(z, 0)
    error = h @ kernel_2 + bias_2 - target  # (batch, 1)
    weighted = sample_weight[:, np.newaxis] * error
    loss = np.mean(weighted * error)
    y_gradient = 2 * weighted / len(x)
    z_gradient = y_gradient @ kernel_2.T * (z > 0)
    of_first = [x.T @ z_gradient, np.sum(z_gradient, axis=0)]
    return loss, [*of_first, h.T @ y_gradient, np.sum(y_gradient, axis=0)]


# %%
# *Clipping* brings the norm of all gradients together down to 5, if it is above
# that. Then *Adam* keeps two averages for each weight: ``m``, of its gradients,
# and ``v``, of their squares. Both begin at 0. ``t`` counts the steps from 1.


def clip(gradients):
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    return [gradient * 5 / max(norm, 5) for gradient in gradients]


def adam_step(w, gradient, m, v, t):
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    correction = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - 0.01 * correction * m / (np.sqrt(v) + 1e-7), m, v


# %%
# Check it
# --------
# Two steps: in the second one, ``m`` and ``v`` are no longer zero. Keras calls
# them momentum and velocity.


def train(sample_weight):
    """The losses, and w, m and v of all arrays at first and after each step."""
    losses, states = [], [[(w, 0, 0) for w in start]]
    for t, batch in [(1, slice(0, 4)), (2, slice(4, 6))]:
        weights = [w for w, m, v in states[-1]]
        data = x[batch], target[batch], sample_weight[batch]
        loss, gradients = backpropagate(weights, *data)
        pairs = zip(states[-1], clip(gradients))
        states.append([adam_step(w, g, m, v, t) for (w, m, v), g in pairs])
        losses.append(loss)
    return losses, states


losses, states = train(sample_weight)
all_w, all_m, all_v = zip(*states[-1])
expected = [w - old for w, old in zip(all_w, start)]  # how far they went
expected += [*all_m, *all_v]
arrays = [w - old for w, old in zip(model.get_weights(), start)]
for name in ("_momentum", "_velocity"):
    slots = [v for v in optimizer.variables if v.path.endswith(name)]
    arrays += [keras.ops.convert_to_numpy(slot) for slot in slots]
for by_keras, by_hand in zip(arrays, expected, strict=True):
    limit = 1e-4 * np.abs(by_hand).max()
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-4, atol=limit)

# %%
# ``history`` has the mean of the losses, weighted by the samples in each batch.
# Each is the loss *before* its step: the last weights have no part in it.

loss = np.average(losses, weights=[4, 2])
np.testing.assert_allclose(fit.history["loss"], [loss], rtol=1e-4)

# %%
# ``load_model(path).fit(...)`` of keras_by_hand does the same for a whole model
# in a file of Keras, with the loss and the optimizer that the file names.
#
# Break it
# --------
# Would you divide the loss by the sum of ``sample_weight``? The losses and the
# second step go wrong. The first step stays right, as Adam divides a gradient
# by its size: compare more than one. (Printed are the losses of both steps, and
# how far the last bias goes.)

means = np.repeat([6.5 / 4, 5 / 2], [4, 2])  # of the weights in each batch
wrong_losses, wrong_states = train(sample_weight / means)
steps = np.diff([state[3][0].item() for state in states])
wrong_steps = np.diff([state[3][0].item() for state in wrong_states])
print("right:", np.round(losses, 2), steps.round(4))
print("wrong:", np.round(wrong_losses, 2), wrong_steps.round(4))
assert np.isclose(steps[0], wrong_steps[0], rtol=1e-3)
assert not np.isclose(steps[1], wrong_steps[1], rtol=1e-2)
assert not np.allclose(losses, wrong_losses)

# %%
# See it
# ------
# In Adam's first step, each weight moves by one learning rate, however large
# its gradient is.

_, gradients = backpropagate(start, x[:4], target[:4], sample_weight[:4])
gradients = np.concatenate([np.ravel(gradient) for gradient in gradients])
rates = [np.ravel(w - old) / 0.01 for (w, *_), old in zip(states[1], start)]
rates = np.concatenate(rates)
np.testing.assert_allclose(rates, -np.sign(gradients), atol=0.01)
fig, axes = plt.subplots(2, 1, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Gradients differ in size, Adam's first steps only in sign")
for axis, heights, label in zip(axes, (gradients, rates), ("gradient", "step")):
    axis.bar(range(len(heights)), heights)
    axis.set(ylabel=label, xticks=[])
plt.show()
