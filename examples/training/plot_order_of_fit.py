r"""
model.fit step by step: what it does in which order
===================================================

A custom training loop in another order gets other numbers. In a step, ``fit``
lets weights decay, subtracts the clipped gradient, updates the average of the
weights (``use_ema``), and applies their constraint, in this order:

.. math::

   w_1 &= w - \eta \lambda w, \quad w_2 = w_1 - \eta \, \text{clip}(g) \\
   a &\leftarrow \mu a + (1 - \mu) w_2, \quad
   w \leftarrow \text{constraint}(w_2)

:math:`g` is the gradient of loss and penalty at the old weights :math:`w`,
:math:`\eta` the learning rate, :math:`\lambda` the weight decay, :math:`a` the
average, with a momentum of :math:`\mu`. This is the step of ``SGD``. In a loop
of your own, ``optimizer.apply`` does it. First, add ``sum(model.losses)`` to
the loss. At the end, ``optimizer.finalize_variable_values`` takes the average.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Penalty, constraint, clipping, decay, average: a small model with all of it.
rng = np.random.default_rng(313)
x = rng.normal(size=(8, 2))  # (samples, features)
target = x @ [[3], [-1]] + rng.normal(size=(8, 1))
options = {"kernel_constraint": "non_neg", "kernel_regularizer": "l2"}
dense = keras.layers.Dense(1, use_bias=False, **options)
model = keras.Sequential([keras.Input((2,)), dense])
options = {"weight_decay": 0.5, "use_ema": True, "ema_momentum": 0.5}
model.compile(keras.optimizers.SGD(0.5, clipnorm=1.5, **options), "mse")
kernel = np.array([[0.5], [2.0]])
dense.set_weights([kernel])
plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, min_delta=9)
options = {"validation_data": (x, target), "callbacks": [plateau]}
fit = model.fit(x, target, 4, epochs=3, verbose=0, shuffle=False, **options)

# %%
# Compute it
# ----------
# The loss, with the penalty, is taken before the step. The average starts as
# the weights after the first step, before the constraint. Validation follows
# each epoch, then the callbacks. No later ``val_loss`` beats the first one by
# ``min_delta``, so ``ReduceLROnPlateau`` halves the rate after those epochs. In
# the end, the average replaces the weights.
w, average, rate = kernel, 0, 0.5
losses, val_losses, rates, path = [], [], [], []
for t in range(6):
    part = slice(0, 4) if t % 2 == 0 else slice(4, 8)
    error = x[part] @ w - target[part]
    losses.append(np.mean(error**2) + 0.01 * np.sum(w**2))
    gradient = 2 * x[part].T @ error / 4 + 2 * 0.01 * w
    gradient = gradient * min(1, 1.5 / np.linalg.norm(gradient))  # clipnorm
    free = w - rate * 0.5 * w - rate * gradient  # weight decay, and the step
    average = (average + free) / 2 if t else free
    w = np.maximum(free, 0)  # the constraint
    path.append([free, average, w])
    if t % 2 == 1:  # the epoch is over
        error = x @ w - target
        val_losses.append(np.mean(error**2) + 0.01 * np.sum(w**2))
        rates.append(rate)
        rate = 0.5 if t == 1 else rate / 2  # ReduceLROnPlateau

# %%
# Check it
# --------
# An epoch's training loss is the mean of its batches, each before its step. The
# validation loss comes after the last step, so it is lower on the same samples.
by_hand = [np.reshape(losses, (3, 2)).mean(axis=1), val_losses, rates]
y = [fit.history[name] for name in ("loss", "val_loss", "learning_rate")]
np.testing.assert_allclose(y, by_hand, rtol=1e-4)
np.testing.assert_array_less(fit.history["val_loss"], fit.history["loss"])
last = dense.get_weights()[0]
np.testing.assert_allclose(last, average, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** An ``Optimizer`` with
#    ``use_ema=True`` averages weights before their constraint. So the weights
#    that ``fit`` ends with may violate it: one is negative.
np.testing.assert_array_less(last[1], 0)

# %%
# Break it
# --------
# Suppose you step first, and only then let the weights decay, by 0.5 * 0.5.
free = path[0][0]  # after the first step
step = 0.75 * kernel - free  # rate times gradient
wrong = 0.75 * (kernel - step)
print("right:", free.ravel(), "wrong:", wrong.ravel())
assert not np.allclose(free, wrong, rtol=0.01)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(range(1, 7), np.array(path)[:, :, 1, 0], ".-")
axis.set(xlabel="step", ylabel="second weight", title="Its average is negative")
axis.legend(["after the step", "average", "after the constraint"])
plt.show()
