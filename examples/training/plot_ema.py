r"""
EMA: use_ema keeps a moving average of the weights
==================================================

Each batch is another sample: gradients are noisy, and to the end of training
the weights jump around the minimum. Their average over the last steps lies
nearer to it. With ``use_ema``, an optimizer keeps an *exponential moving
average* of each weight. When ``fit`` ends, it takes the weight's place.

.. math::

   a_1 = w_1, \qquad
   a_t = \mu \, a_{t-1} + (1 - \mu) \, w_t

:math:`w_t` is the weight after step :math:`t`, and :math:`a_t` its
average, which reaches back about :math:`1 / (1 - \mu)` steps; :math:`\mu` is
``ema_momentum``, by default ``0.99``. The average does not touch the steps.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``finalize_variable_values`` is what ``fit`` calls in the end. In a loop of
# your own, call it yourself.


def keras_steps(gradients, **options):
    """The weight after each step, and in the end."""
    options = {"use_ema": True, "ema_momentum": 0.5} | options
    optimizer = keras.optimizers.SGD(1.0, **options)
    weight, path = keras.Variable(0.0), []
    for gradient in np.float32(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        path.append(keras.ops.convert_to_numpy(weight))
    optimizer.finalize_variable_values([weight])
    return path, keras.ops.convert_to_numpy(weight)


gradients = [-8, -8, 4, -8, 8, -4]
path, last = keras_steps(gradients)
print("steps:", np.array(path), "in the end:", last)

# %%
# Compute it
# ----------
# First the weight steps, then the average moves towards it.

w, average, by_hand = 0.0, 0.0, []
for step, gradient in enumerate(gradients):
    w = w - 1.0 * gradient
    average = w if step == 0 else 0.5 * average + 0.5 * w
    by_hand.append(w)

# %%
# The whole function follows a step of any optimizer. It has
# ``ema_overwrite_frequency``, too: with 3, each third average takes the
# weight's place at once, and training goes on from there.

from keras_by_hand.optimizers import average_weight

# %%
# Check it
# --------
# Halves are not rounded.

np.testing.assert_array_equal(path, by_hand)
np.testing.assert_array_equal(last, average)
options = {"ema_momentum": 0.5, "ema_overwrite_frequency": 3}
w, average, by_hand = 0.0, 0.0, []
for step, gradient in enumerate(gradients):
    w, average = average_weight(w - 1.0 * gradient, average, step, **options)
    by_hand.append(float(w))
path, last = keras_steps(gradients, **options)
np.testing.assert_array_equal(path, by_hand)
np.testing.assert_array_equal(last, average)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** An ``Optimizer`` with
#    ``gradient_accumulation_steps`` moves the average with each batch, even
#    where the weight waits for its step. So the average forgets too fast.

path, last = keras_steps([-8] * 5, gradient_accumulation_steps=2)
np.testing.assert_array_equal(path, [0, 8, 8, 16, 16])
np.testing.assert_array_equal(last, 14)  # the average of 8 and 16 is 12

# %%
# Break it
# --------
# Is ``val_loss`` that of the averages? No: until its end, ``fit`` validates the
# weights as they are, unless a callback puts the averages in their place. Here
# the targets are 0 and 2 in turn, in batches of one sample. The best weight is
# 1, where the loss is 1, but each step goes halfway to its own target.

x, y = np.ones((40, 1)), np.array([[0.0], [2.0]] * 20)  # (samples, features)


def val_loss(*callbacks):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([layer])
    sgd = keras.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.9)
    model.compile(sgd, "mse")
    options = {"shuffle": False, "verbose": 0, "callbacks": callbacks}
    fit = model.fit(x, y, 1, validation_data=(x, y), **options)
    return layer.get_weights()[0], fit.history["val_loss"][0]


kernel, wrong = val_loss()
_, right = val_loss(keras.callbacks.SwapEMAWeights())
print(f"right: {right:.3f}, wrong: {wrong:.3f}")
assert right < 1.01 < 1.1 < wrong

# %%
# See it
# ------

w, average, paths = 0.0, 0.0, []
for step, target in enumerate(y.ravel()):
    w = (w + target) / 2
    w, average = average_weight(w, average, step, ema_momentum=0.9)
    paths.append([w, average])
np.testing.assert_allclose(kernel, [[average]], rtol=1e-4)
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.plot(np.array(paths), label=["weight", "its average"])
axis.set(xlabel="step", title="Targets 0 and 2 in turn: the average finds 1")
axis.legend()
plt.show()
