r"""
Gradient accumulation: small batches, steps of a large one
==========================================================

A large batch has a steadier gradient, but may not fit into memory. With
``gradient_accumulation_steps``, an optimizer adds up the gradients of that many
small batches. Then it steps once, by their mean. So the *effective batch size*
is that many times as large.

.. math::

   w \leftarrow w - \frac{\eta}{k} \sum_{i=1}^{k} g_i

This is ``SGD`` with the gradients :math:`g_i` of :math:`k` batches and the
learning rate :math:`\eta`. Other optimizers use this mean as their gradient.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Seven batches, and a step with every third of them.


def path_of(optimizer, gradients):
    weight, path = keras.Variable(0.0), []
    for gradient in np.float32(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        path.append(keras.ops.convert_to_numpy(weight))
    return np.array(path)  # (batches,)


gradients = np.array([-3, -6, -9, -6, 0, -12, -3])
sgd = keras.optimizers.SGD(1.0, gradient_accumulation_steps=3)
path = path_of(sgd, gradients)

# %%
# Compute it
# ----------
# The total begins anew after each step. The seventh gradient waits for more.

w, total, by_hand = 0, 0, []
for batch, gradient in enumerate(gradients, 1):
    total = total + gradient
    if batch % 3 == 0:
        w, total = w - 1.0 * total / 3, 0
    by_hand.append(w)

# %%
# Check it
# --------
# ``accumulate_gradient`` hands on the mean, or None where there is no step yet.

from keras_by_hand.optimizers import accumulate_gradient

np.testing.assert_array_equal(path, by_hand)
total, means = 0, []
for batch, gradient in enumerate(gradients):
    mean, total = accumulate_gradient(gradient, total, batch, 3)
    means.append(mean or 0)
np.testing.assert_array_equal(path, -np.cumsum(means))

# %%
# A loss is a mean: so three batches of 4 lead to the weights of a batch of 12.
# (Not with ``BatchNormalization``: it takes its mean and variance from four.)
rng, kernels = np.random.default_rng(313), []
x, y = rng.normal(size=(24, 3)), rng.normal(size=(24, 1))  # 24 samples
for batch_size, options in (12, {}), (4, {"gradient_accumulation_steps": 3}):
    model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.Adam(0.1, **options), "mse")
    model.fit(x, y, batch_size, epochs=5, verbose=0, shuffle=False)
    kernels.append(model.get_weights()[0])
np.testing.assert_allclose(*kernels, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** An ``Optimizer`` with
#    ``gradient_accumulation_steps`` counts its own steps, but a schedule of its
#    learning rate counts batches. So give ``decay_steps`` in batches.

schedule = keras.optimizers.schedules.PolynomialDecay(0.0, 6, 6.0)  # 0, 1, 2...
sgd = keras.optimizers.SGD(schedule, gradient_accumulation_steps=3)
moved = np.diff(path_of(sgd, gradients)[[0, 2, 5]])
np.testing.assert_allclose(moved, [2 * 6, 5 * 6], rtol=1e-4)

# %%
# Break it
# --------
# PyTorch adds gradients up: write ``(loss / 3).backward()`` for each batch. If
# you forget to divide, the steps are three times as long.

right, sums = path[[2, 5]], gradients[:6].reshape(2, 3).sum(axis=1)
wrong = path_of(keras.optimizers.SGD(1.0), sums)
print("right:", right, "wrong:", wrong)
assert np.all(right != wrong)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.step(range(8), [0, *path], "o-", where="post")
axis.set(xlabel="batches", ylabel="weight", title="It waits, then steps")
plt.show()
