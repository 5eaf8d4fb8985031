r"""
Fine-tuning with LoRA: learn a new task, and keep the old one
=============================================================

A trained network is to learn something new. *LoRA* leaves each kernel W as it
is, and trains two thin matrices beside it: A has few columns, and B few rows.
Their number is the *rank*. Without A and B, the network is the old one again.

.. math:: y = x \left(W + A B\right)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from mirrored_digits import labels, mirrored, upright

from keras_by_hand import softmax

# %%
# Build it
# --------
# The old task is to read digits, the new one to read them in a mirror.


def test(x):
    digits = model.predict_on_batch(x[1408:]).argmax(axis=-1)
    return np.mean(digits == labels[1408:])


keras.utils.set_random_seed(313)
first = keras.layers.Dense(64, activation="relu", use_bias=False)
second = keras.layers.Dense(10, use_bias=False)
model = keras.Sequential([keras.Input((64,)), first, second])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.005), loss)
for rows in np.random.default_rng(313).integers(1408, size=(400, 64)):
    model.train_on_batch(upright[rows], labels[rows])
before = test(upright), test(mirrored)

# %%
# ``enable_lora`` freezes the kernels, and adds A and B. B begins with zeros, so
# nothing changes at first. Other weights learn now, so compile again.

first.enable_lora(rank=4)
second.enable_lora(rank=4)
model.compile(keras.optimizers.SGD(0.1), loss)
start = model.get_weights()  # W, A, B of each layer
learning = sum(np.prod(w.shape) for w in model.trainable_weights)
print(f"{learning} of {model.count_params()} numbers learn")

# %%
# Compute it
# ----------
# ``G`` is the gradient of the kernel ``W + A @ B``. It goes on to A and B as on
# the page "Gradient of a Dense layer", as ``A @ B`` is a product, too.


def lora_step(x, labels, weights, rate):
    W_1, A_1, B_1, W_2, A_2, B_2 = weights  # A: (features, 4), B: (4, units)
    h = np.maximum(x @ (W_1 + A_1 @ B_1), 0)  # (batch, hidden)
    p = softmax(h @ (W_2 + A_2 @ B_2))  # (batch, digits)
    d_2 = (p - np.eye(10)[labels]) / len(x)  # the gradient at the logits
    d_1 = d_2 @ (W_2 + A_2 @ B_2).T * (h > 0)  # back through relu
    G_1, G_2 = x.T @ d_1, h.T @ d_2  # (features, units); W learns nothing: 0
    gradients = [0, G_1 @ B_1.T, A_1.T @ G_1, 0, G_2 @ B_2.T, A_2.T @ G_2]
    return [w - rate * gradient for w, gradient in zip(weights, gradients)]


# %%
# Check it
# --------

batch, by_hand = (mirrored[:64], labels[:64]), start
for _ in range(20):
    model.train_on_batch(*batch)
    by_hand = lora_step(*batch, by_hand, 0.1)
for of_keras, weight in zip(model.get_weights(), by_hand):
    np.testing.assert_allclose(of_keras, weight, rtol=1e-3, atol=1e-3)

# %%
# Break it
# --------
# Suppose A begins with zeros, too. Each gradient has the other matrix as a
# factor, so neither ever changes.

zeros = [start[0], 0 * start[1], start[2], start[3], 0 * start[4], start[5]]
wrong = lora_step(*batch, zeros, 0.1)
print("right:", by_hand[2][0, :4].round(3), "wrong:", wrong[2][0, :4])
assert np.any(by_hand[2]) and not np.any(wrong[1]) and not np.any(wrong[2])

# %%
# See it
# ------
# A and B learn the new task, five times, each from other batches. They make the
# network worse at upright digits. Take them out, and it reads as before.

after = []
for seed in range(5):
    model.set_weights(start)
    for rows in np.random.default_rng(seed).integers(1408, size=(300, 64)):
        model.train_on_batch(mirrored[rows], labels[rows])
    after.append((test(upright), test(mirrored)))
old, new = np.sort(after, axis=0).T
print(f"mirrored {before[1]:.3f} -> {new.round(3)}, upright {old.round(3)}")
assert new[0] > before[1] + 0.2 and old[-1] < before[0] - 0.1
W_1, A_1, B_1, W_2, A_2, B_2 = model.get_weights()
model.set_weights([W_1, A_1, 0 * B_1, W_2, A_2, 0 * B_2])  # takes A B out
assert (test(upright), test(mirrored)) == before
shares = [before, np.mean(after, axis=0), before]  # (states, tasks)
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
axis.plot(["before", "with A and B", "without them"], shares, "o-")
axis.set(title="Share read: A and B learn, and can be taken out", ylim=(0, 1))
axis.legend(["upright", "mirrored"])
plt.show()

# %%
# Try it
# ------
# 1. Write ``merge(weights)``: two kernels with which the network computes the
#    same without LoRA. What are they good for?
