r"""
Overfitting: training improves, and new images are read worse
=============================================================

A network with many weights can learn its training data by heart, even wrong
labels. It then reads new data worse: it *overfits*. Two cures: stop in time, or
keep weights small by *weight decay*, which adds their squares to the loss:

.. math:: L' = L + \text{decay} \sum w^2
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from keras_by_hand.gradients import dense_gradients, softmax_cross_entropy

# %%
# Build it
# --------
# The network learns from 300 *training* images, 60 of them with a wrong label.
# *Validation* images choose when to stop; *test* images only judge, at the end.
# After each epoch, here one step, Keras asks a *callback* whether to stop.

digits, rng = load_digits(), np.random.default_rng(313)
digits.target[:60] = (digits.target[:60] + rng.integers(1, 10, 60)) % 10
x, x_new, _, x_test = np.split(digits.data / 16, [300, 700, 1408])
t, t_new, _, t_test = np.split(np.eye(10)[digits.target], [300, 700, 1408])
kernels = rng.normal(0, 0.18, (5, 2, 64, 64))  # of five networks
starts = [[a, np.zeros(64), b[:, :10], np.zeros(10)] for a, b in kernels]
layers = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]
model = keras.Sequential([keras.Input((64,)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.3, momentum=0.9), loss, metrics=["acc"])
model.set_weights(starts[0])
stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
new = {"validation_data": (x_new, t_new), "callbacks": [stop], "verbose": 0}
fit = model.fit(x, t, batch_size=300, epochs=99, **new)

# %%
# Compute it
# ----------
# Weight decay adds ``2 * decay * w`` to a gradient. ``EarlyStopping`` goes on
# while one of the next ten validation losses is smaller: ten is its *patience*.


def judge(weights, x, t):
    h = np.maximum(0, x @ weights[0] + weights[1])  # (batch, hidden)
    logits = h @ weights[2] + weights[3]  # (batch, digits)
    loss, gradient = softmax_cross_entropy(logits, t)
    right = np.mean(np.argmax(logits, axis=1) == np.argmax(t, axis=1))
    return {"h": h, "gradient": gradient, "loss": loss, "accuracy": right}


def train(weights, x, t, decay=0):
    velocities, path = np.zeros(4), []
    for _ in range(100):
        h, gradient, *_ = judge(weights, x, t).values()
        h_gradient, *second = dense_gradients(h, weights[2], gradient)
        first = dense_gradients(x, weights[0], h_gradient * (h > 0))[1:]
        rows = zip(velocities, [*first, *second], weights)
        velocities = [0.9 * v - 0.3 * (g + 2 * decay * w) for v, g, w in rows]
        weights = [w + v for w, v in zip(weights, velocities)]
        path.append(weights)
    return path  # (steps, arrays of weights)


path = train(starts[0], x, t)
losses = [judge(weights, x_new, t_new)["loss"] for weights in path]
best = next(s for s in range(90) if min(losses[s + 1 : s + 11]) >= losses[s])

# %%
# Check it
# --------
# Keras saw the same losses, stopped at the same step, and kept these weights.

assert len(path) == 100
np.testing.assert_allclose(fit.history["val_loss"], losses[: best + 11], 1e-4)
read = judge(path[best], x_new, t_new)["accuracy"]
np.testing.assert_allclose(fit.history["val_acc"][best], read, rtol=1e-4)
for by_keras, by_hand in zip(model.get_weights(), path[best]):
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# A dot is the best step. With decay, weights stay too small to learn by heart.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for start in starts:
    path, decayed = train(start, x, t), train(start, x, t, decay=0.01)
    falls = [judge(weights, x, t)["loss"] for weights in path]
    rises = [judge(weights, x_new, t_new)["loss"] for weights in path]
    best = np.argmin(rises)
    axis.plot(falls, "C0--", rises, "C1-o", markevery=[best])
    ends = path[-1], path[best], decayed[-1]
    last, early, small = [judge(w, x_test, t_test)["accuracy"] for w in ends]
    print(f"last {last:.2f}, best step {early:.2f}, weight decay {small:.2f}")
    assert falls[-1] < 0.3 and rises[-1] > 1.3 * rises[best]
    assert early > last + 0.04 and small > last + 0.08
axis.set(title="Training falls, validation rises", xlabel="step", ylabel="loss")
axis.legend(["training images", "validation images"])
plt.show()

# %%
# Break it
# --------
# Suppose test images slip in among the training images, and are learned, too.

weights = train(starts[0], np.vstack([x, x_test]), np.vstack([t, t_test]))[-1]
right = judge(weights, x_new, t_new)["accuracy"]
wrong = judge(weights, x_test, t_test)["accuracy"]
print(f"right: {right:.2f}, wrong: {wrong:.2f}")
assert wrong > right + 0.08

# %%
# Try it
# ------
# 1. Write ``stop_at(losses, patience)``, which also works if the losses end.
# 2. In Keras, ``kernel_regularizer="l2"`` and ``bias_regularizer="l2"`` are a
#    decay of 0.01. Write ``keras_decayed(epochs)``: the weights so trained.
