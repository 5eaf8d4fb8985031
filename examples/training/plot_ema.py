r"""
EMA: use_ema keeps a moving average of the weights
==================================================

Gradients of batches are noisy: to the end, weights jump around the minimum.
Their average over the last steps lies nearer to it (*Polyak averaging*). With
``use_ema``, an optimizer keeps an *exponential moving average*, and ``fit``
ends with that.

.. math::

   a_1 = w_1, \qquad a_t = \mu \, a_{t-1} + (1 - \mu) \, w_t

:math:`w_t` is the weight after step :math:`t`, and :math:`a_t` its
average; :math:`\mu` is ``ema_momentum``, by default ``0.99``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``use_ema=True`` switches it on. A loop of your own has to *finalize* it.


def keras_steps(gradients, **options):
    options = {"use_ema": True, "ema_momentum": 0.5} | options
    optimizer = keras.optimizers.SGD(1.0, **options)
    weight, path = keras.Variable(0.0), []
    for gradient in np.float32(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        path.append(keras.ops.convert_to_numpy(weight))
    optimizer.finalize_variable_values([weight])
    return path, keras.ops.convert_to_numpy(weight)  # and in the end


gradients = [-8, -8, 4, -8, 8, -4]
path, last = keras_steps(gradients)

# %%
# Compute it
# ----------
# First the weight steps, then the average moves towards it.

w, average, by_hand = 0.0, 0.0, []
for step, gradient in enumerate(gradients):
    w = w - 1.0 * gradient
    average = w if step == 0 else 0.5 * average + 0.5 * w
    by_hand.append([w, average])

# %%
# Check it
# --------
# With ``ema_overwrite_frequency=3``, each third average replaces the weight.

from keras_by_hand.optimizers import average_weight

np.testing.assert_array_equal(path, np.array(by_hand)[:, 0])
np.testing.assert_array_equal(last, average)
options, w = {"ema_momentum": 0.5, "ema_overwrite_frequency": 3}, 0.0
for step, gradient in enumerate(gradients):
    w, average = average_weight(w - 1.0 * gradient, average, step, **options)
np.testing.assert_array_equal(keras_steps(gradients, **options)[1], average)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** An ``Optimizer`` with
#    ``gradient_accumulation_steps`` moves the average with each batch, even
#    where the weight waits for its step. So the average forgets too fast.

_, last = keras_steps([-8] * 5, gradient_accumulation_steps=2)
np.testing.assert_array_equal(last, 14)  # the average of 8 and 16 is 12

# %%
# Break it
# --------
# After each epoch, ``fit`` validates the weights, not their averages. Use
# ``SwapEMAWeights`` to validate these. Targets are 0 and 2 in turn: 1 is best.

x, y = np.ones((40, 1)), np.array([[0.0], [2.0]] * 20)


def val_loss(*callbacks):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([layer])
    sgd = keras.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.9)
    model.compile(sgd, "mse")
    options = {"callbacks": callbacks, "validation_data": (x, y)}
    fit = model.fit(x, y, 1, verbose=0, shuffle=False, **options)
    return fit.history["val_loss"][0]


wrong, right = val_loss(), val_loss(keras.callbacks.SwapEMAWeights())
print(f"right: {right:.3f}, wrong: {wrong:.3f}")
assert right < 1.01 < 1.1 < wrong

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.plot(range(1, 7), by_hand, "o-", label=["weight", "its average"])
axis.set(xlabel="step", title="The average jumps less than the weight")
axis.legend()
plt.show()
