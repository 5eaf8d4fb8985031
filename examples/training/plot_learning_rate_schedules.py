r"""
Learning rate schedules: cosine decay with warm-up
==================================================

Long steps get far, short ones settle: so the learning rate falls during
training. At first, while weights are random, long steps do harm: with a
*warm-up*, the rate climbs from 0. A *schedule* computes it from the step
:math:`t`, which counts batches. Here it climbs, then falls like a cosine
(*cosine annealing*).

.. math::

   \eta_t = \begin{cases}
   \eta \; t / T_w & t < T_w \\
   \eta \; (1 + \cos \pi p) / 2 & t \ge T_w
   \end{cases} \qquad p = \min\left(1, \frac{t - T_w}{T}\right)

The warm-up takes :math:`T_w` steps, up to the highest rate :math:`\eta`; the
decay takes :math:`T` more. Then the rate stays at 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.optimizers import schedules

# %%
# Build it
# --------
# Where all gradients are -1, each step of ``SGD`` is as long as the rate.

schedule = schedules.CosineDecay(0.0, 80, warmup_target=0.5, warmup_steps=20)
optimizer = keras.optimizers.SGD(schedule)
weight, path = keras.Variable(0.0), []
for _ in range(110):
    optimizer.apply([-keras.ops.ones(())], [weight])
    path.append(keras.ops.convert_to_numpy(weight))

# %%
# Compute it
# ----------
# The cosine counts from the end of the warm-up.
t = np.arange(110)
climb = 0.5 * t / 20
part = np.minimum(1, (t - 20) / 80)
cosine = 0.5 * (1 + np.cos(np.pi * part)) / 2
rates = np.where(t < 20, climb, cosine)

# %%
# Check it
# --------
# After each step, the weight is the sum of all rates. Warm restarts repeat the
# cosine, each twice as long. Exponential decay takes a power of ``decay_rate``.

from keras_by_hand import cosine_decay, cosine_decay_restarts

np.testing.assert_allclose(path, np.cumsum(rates), rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(rates[70], cosine_decay(50, 0.5, 80), rtol=1e-4)
y = float(schedules.CosineDecayRestarts(0.5, 20)(30))
np.testing.assert_allclose(y, cosine_decay_restarts(30, 0.5, 20), rtol=1e-4)
y = float(schedules.ExponentialDecay(0.5, decay_steps=10, decay_rate=0.9)(25))
np.testing.assert_allclose(y, 0.5 * 0.9 ** (25 / 10), rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``ExponentialDecay``
#    computes in the type of ``initial_learning_rate``. If that is the whole
#    number 1, a ``decay_rate`` of 0.5 becomes 0, and so does the rate, after
#    the first step. Write 1.0. And write 0.0 for a warm-up from 0:
#    ``CosineDecay`` with ``initial_learning_rate = 0``, as in its
#    documentation, raises an error on TensorFlow, and is always 0 elsewhere.

from_1 = schedules.ExponentialDecay(1, decay_steps=10, decay_rate=0.5)
np.testing.assert_equal([float(from_1(step)) for step in (0, 5, 10)], [1, 0, 0])
from_0 = schedules.CosineDecay(0, 80, warmup_target=0.5, warmup_steps=20)
if keras.backend.backend() == "tensorflow":
    np.testing.assert_raises(Exception, from_0, 10)
else:
    np.testing.assert_equal([float(from_0(step)) for step in (10, 20)], [0, 0])

# %%
# Break it
# --------
# Five epochs of four batches are 20 steps. Suppose you write 5, as in PyTorch,
# where ``CosineAnnealingLR`` often counts epochs. Learning ends in epoch two.
# (In Keras, the callback ``LearningRateScheduler`` counts epochs, too.)
x = np.linspace(-1, 1, 64).reshape(64, 1)  # (batch, features)
losses = []
for steps in (20, 5):
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([layer])
    rate = schedules.CosineDecay(0.4, decay_steps=steps)
    model.compile(keras.optimizers.SGD(rate), "mse")
    fit = model.fit(x, 2 * x, 16, epochs=5, shuffle=False, verbose=0)
    losses.append(np.array(fit.history["loss"]))  # (epochs,)
right, wrong = losses
print("right:", right.round(3), "wrong:", wrong.round(3))
assert np.allclose(wrong[2:], wrong[2]) and right[4] < wrong[4] / 2

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.plot(t, rates)
axis.set(xlabel="step", ylabel="learning rate", title="Warm-up, then decay")
plt.show()
