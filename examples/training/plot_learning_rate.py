r"""
Learning rate: too small, too large, and falling
================================================

With too small a learning rate, training creeps; with too large a rate, the loss
explodes. Take a parabola with the curvature (the second derivative) c, and step
against its gradient, c w. Steps shrink w only if :math:`1 - \eta c` is above
-1, so the learning rate :math:`\eta` must be below 2 / c:

.. math:: L = \frac{c}{2} w^2, \quad w \leftarrow w - \eta c w = (1 - \eta c) w
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

# %%
# Build it
# --------
# Ten units tell digits apart. Targets are *one-hot*: a 1 for the digit, else 0.

digits = load_digits()
images = digits.data[:1408] / 16  # (images, pixels)
one_hot = np.eye(10)[digits.target[:1408]]  # (images, digits)


def keras_kernel(rate):
    layer = keras.layers.Dense(10, use_bias=False)
    model = keras.Sequential([keras.Input((64,)), layer])
    model.compile(keras.optimizers.SGD(learning_rate=rate), loss="mse")
    model.set_weights([np.zeros((64, 10))])
    for _ in range(20):  # each step takes all images
        model.train_on_batch(images, one_hot)
    return model.get_weights()[0]


# %%
# Compute it
# ----------
# The largest eigenvalue of the second derivatives is the curvature c in the
# direction in which the loss curves most. ``eigvalsh`` has it last. ``train``
# takes a step with each rate and batch. ``falling`` follows a cosine down to 0.

second = 2 * images.T @ images / one_hot.size  # (pixels, pixels)
bound = 2 / np.linalg.eigvalsh(second)[-1]


def train(rates, batches):
    path = [np.zeros((64, 10))]  # kernels: (pixels, digits)
    for rate, batch in zip(rates, batches):
        error = images[batch] @ path[-1] - one_hot[batch]
        gradient = 2 * images[batch].T @ error / error.size
        path.append(path[-1] - rate * gradient)
    return path


def falling(rate, steps):
    return rate * (1 + np.cos(np.pi * np.arange(steps) / steps)) / 2


# %%
# Check it
# --------
# At 2 % below the bound the loss falls to a third. At 2 % above it each step
# multiplies the last one by 1 - 2.04, and the loss explodes.

losses = []
for rate in (0.98 * bound, 1.02 * bound):
    path = train([rate] * 300, [np.arange(1408)] * 300)
    np.testing.assert_allclose(keras_kernel(rate), path[20], 1e-4, 1e-4)
    losses.append(np.mean((images @ path[-1] - one_hot) ** 2))
print("loss: 0.1 at first, at last", *losses)
np.testing.assert_array_less(losses[0], 0.1 / 3)
steps = np.diff(path[-3:], axis=0)  # the last two
np.testing.assert_allclose(steps[1], (1 - 2.04) * steps[0], rtol=1e-4)

# %%
# See it
# ------
# In batches of four images, small rates are slow, and large ones jump.
# ``lstsq`` finds the kernel with the least loss.

least = np.mean((images @ np.linalg.lstsq(images, one_hot)[0] - one_hot) ** 2)
schedules = {f"{rate}": [rate] * 1000 for rate in (0.01, 0.1, 0.6)}
schedules["0.6, falling"] = falling(0.6, 1000)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
runs = np.random.default_rng(313).integers(1408, size=(5, 1000, 4))  # batches
last = []  # (schedules, runs)
for name, rates in schedules.items():
    paths = np.array([train(rates, batches)[::20] for batches in runs])
    curves = np.mean((images @ paths - one_hot) ** 2, axis=(2, 3)) - least
    low, high = np.min(curves, axis=0), np.max(curves, axis=0)
    axis.fill_between(range(0, 1001, 20), low, high, alpha=0.7, label=name)
    last.append(curves[:, -1])
axis.set(title="A falling rate ends lowest, in each of five runs")
axis.set(yscale="log", xlabel="step", ylabel="loss above the least")
axis.legend(title="learning rate")
plt.show()
np.testing.assert_array_less(last[3], 0.6 * np.min(last[:3], axis=0))

# %%
# Break it
# --------
# ``CosineDecay`` counts steps. Suppose you count rounds through all images: 3
# instead of 1000. Then the rate is 0 from step 3 on, and nothing is learned.

CosineDecay = keras.optimizers.schedules.CosineDecay
right = [float(CosineDecay(0.6, 1000)(step)) for step in range(5)]
wrong = [float(CosineDecay(0.6, 3)(step)) for step in range(5)]
np.testing.assert_allclose(right, falling(0.6, 1000)[:5], rtol=1e-4)
print("right:", right, "wrong:", wrong, sep="\n")
assert right[3] > 0.59 and wrong[3] == 0

# %%
# Try it
# ------
# 1. Write ``bound_of(x)``, the bound for one unit with inputs ``x`` and MSE.
# 2. Write ``warm(rate, warm_steps, steps)``: first ``warm_steps`` rates, rising
#    from 0 by ``rate / warm_steps``, then those of ``falling(rate, steps)``.
