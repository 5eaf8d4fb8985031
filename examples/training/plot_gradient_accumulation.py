r"""
Gradient accumulation: small batches, steps of a large one
==========================================================

A large batch has a steadier gradient, but may not fit into memory. With
``gradient_accumulation_steps``, an optimizer adds up the gradients of that many
small batches. Then it steps once, by their mean, and begins anew. A loss is a
mean over samples: if batches are equally large, this is the large one's step.

.. math::

   w \leftarrow w - \frac{\eta}{k} \sum_{i=1}^{k} g_i

This is ``SGD`` with the gradients :math:`g_i` of :math:`k` batches and the
learning rate :math:`\eta`. For any other optimizer as well, the mean takes the
place of the gradient. It is clipped, enters averages, and counts as one step.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Seven batches, a gradient of each, and a step with every third of them.


def path_of(optimizer, gradients):
    weight, path = keras.Variable(0.0), []
    for gradient in np.float32(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        path.append(keras.ops.convert_to_numpy(weight))
    return np.array(path)  # (batches,)


gradients = np.array([-3, -6, -9, -6, 0, -12, -3])
optimizer = keras.optimizers.SGD(1.0, gradient_accumulation_steps=3)
path = path_of(optimizer, gradients)
print(path)

# %%
# Compute it
# ----------
# The total begins anew after each step. The seventh gradient waits for two
# more, even if ``fit`` ends before.

w, total, by_hand = 0, 0, []
for batch, gradient in enumerate(gradients, 1):
    total = total + gradient
    if batch % 3 == 0:
        w = w - 1.0 * total / 3
        total = 0
    by_hand.append(w)

# %%
# The whole function hands on the mean, for any optimizer, or None where there
# is no step yet.

from keras_by_hand.optimizers import accumulate_gradient

# %%
# Check it
# --------
# Whole numbers are equal to the bit.

np.testing.assert_array_equal(path, np.float32(by_hand), strict=True)
total, means = 0, []
for batch, gradient in enumerate(gradients):
    mean, total = accumulate_gradient(gradient, total, batch, 3)
    means.append(0 if mean is None else mean)
np.testing.assert_array_equal(path, np.float32(-np.cumsum(means)), strict=True)

# %%
# A model that is trained on batches of 4, three for each step, comes to the
# weights of one that is trained on batches of 12.

rng = np.random.default_rng(313)
x, y = rng.normal(size=(24, 3)), rng.normal(size=(24, 1))  # (samples, features)
kernels = []
for batch_size, options in (12, {}), (4, {"gradient_accumulation_steps": 3}):
    layer = keras.layers.Dense(1, kernel_initializer="ones")
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.Adam(0.1, **options), "mse")
    model.fit(x, y, batch_size, epochs=5, shuffle=False, verbose=0)
    kernels.append(layer.get_weights()[0])
np.testing.assert_allclose(*kernels, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** An ``Optimizer`` with
#    ``gradient_accumulation_steps`` counts its own steps, but a schedule of its
#    learning rate counts batches. So ``decay_steps`` must be as many batches.

schedule = keras.optimizers.schedules.PolynomialDecay(0.0, 6, 6.0)  # 0, 1, 2...
optimizer = keras.optimizers.SGD(schedule, gradient_accumulation_steps=3)
moved = np.diff(path_of(optimizer, gradients)[[0, 2, 5]])
np.testing.assert_allclose(moved, [2 * 6, 5 * 6], rtol=1e-4)

# %%
# Break it
# --------
# PyTorch adds up gradients until ``zero_grad``. Suppose you forget to divide:
# ``SGD`` takes steps three times as long. Adam hides the mistake, as it divides
# by the size of gradients, until you clip them or change to ``SGD``.

sums = gradients[:6].reshape(2, 3).sum(axis=1)
for kind in keras.optimizers.SGD, keras.optimizers.Adam:
    right, wrong = path_of(kind(1.0), sums / 3), path_of(kind(1.0), sums)
    print(f"{kind.__name__} right: {right}, wrong: {wrong}")
    assert np.allclose(right, wrong) == (kind is keras.optimizers.Adam)

# %%
# See it
# ------
# Beside it, ``SGD`` with a third of the learning rate and no accumulation.

at_once = path_of(keras.optimizers.SGD(1 / 3), gradients)
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for weights, label in (at_once, "step with each batch"), (path, "accumulation"):
    axis.step(range(8), [0, *weights], "o-", where="post", label=label)
axis.set(xlabel="batches", ylabel="weight")
axis.set_title("The weight waits, then takes three steps in one")
axis.legend()
plt.show()
