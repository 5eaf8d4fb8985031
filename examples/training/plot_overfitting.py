r"""
Overfitting: training improves, and new images are read worse
=============================================================

A network with many weights can learn its training data by heart, even wrong
labels. On new data it then gets worse: it *overfits*. ``EarlyStopping`` goes
back to the step after which the loss on new data was smallest.
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
# A *callback* is asked after each epoch: a step, as all images are one batch.

digits, rng = load_digits(), np.random.default_rng(313)
digits.target[:60] = (digits.target[:60] + rng.integers(1, 10, 60)) % 10
one_hot = np.eye(10)[digits.target]  # (images, digits)
x, x_new, _, x_test = np.split(digits.data / 16, [300, 700, 1408])
t, t_new, _, t_test = np.split(one_hot, [300, 700, 1408])
kernels = rng.normal(0, 0.18, (5, 2, 64, 64))  # of five networks
starts = [[a, np.zeros(64), b[:, :10], np.zeros(10)] for a, b in kernels]

layers = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]
model = keras.Sequential([keras.Input((64,)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.3, momentum=0.9), loss)
model.set_weights(starts[0])
stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
new = {"validation_data": (x_new, t_new), "callbacks": [stop], "verbose": 0}
fit = model.fit(x, t, batch_size=300, epochs=99, **new)

# %%
# Compute it
# ----------
# Early stopping looks for the smallest loss on new images. Ten steps that bring
# no smaller one use up its *patience*. (``look`` also counts what is right.)


def look(weights, x, t):
    h = np.maximum(0, x @ weights[0] + weights[1])  # (batch, hidden)
    logits = h @ weights[2] + weights[3]  # (batch, digits)
    right = np.argmax(logits, axis=1) == np.argmax(t, axis=1)
    return h, *softmax_cross_entropy(logits, t), np.mean(right)


def train(weights, x, t):
    velocities, path = np.zeros(4), []
    for _ in range(100):
        h, _, logits_gradient, _ = look(weights, x, t)
        h_gradient, *second = dense_gradients(h, weights[2], logits_gradient)
        first = dense_gradients(x, weights[0], h_gradient * (h > 0))[1:]
        pairs = zip(velocities, [*first, *second])
        velocities = [0.9 * v - 0.3 * gradient for v, gradient in pairs]
        weights = [w + v for w, v in zip(weights, velocities)]
        path.append(weights)
    return path  # (steps, arrays of weights)


path = train(starts[0], x, t)
losses = [look(weights, x_new, t_new)[1] for weights in path]
best = step = 0
while step < best + 10:
    step += 1
    best = step if losses[step] < losses[best] else best

# %%
# Check it
# --------
# Keras saw the same losses, stopped at the same step, and kept these weights.

np.testing.assert_allclose(fit.history["val_loss"], losses[: step + 1], 1e-4)
for by_keras, by_hand in zip(model.get_weights(), path[best]):
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# Five networks. A dot is the best step. Test images judge it and the last one.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for start in starts:
    path = train(start, x, t)
    falls = [look(weights, x, t)[1] for weights in path]
    rises = [look(weights, x_new, t_new)[1] for weights in path]
    best = np.argmin(rises)
    axis.plot(falls, "C0--", rises, "C1-o", markevery=[best])
    last, early = [look(path[s], x_test, t_test)[3] for s in (-1, best)]
    print(f"last step {last:.2f}, best step {early:.2f}")
    np.testing.assert_array_less([falls[-1], last + 0.04], [0.3, early])
    np.testing.assert_array_less(1.3 * rises[best], rises[-1])
axis.set(title="Training falls, validation rises", xlabel="step", ylabel="loss")
axis.legend(["training images", "validation images"])
plt.show()

# %%
# Break it
# --------
# Suppose the test images slip in among the training images. The network learns
# them by heart, too, so they praise it. Images it has never seen know better.

weights = train(starts[0], np.vstack([x, x_test]), np.vstack([t, t_test]))[-1]
right, wrong = look(weights, x_new, t_new)[3], look(weights, x_test, t_test)[3]
print(f"right: {right:.2f}, wrong: {wrong:.2f}")
assert wrong > right + 0.08

# %%
# Try it
# ------
# 1. Write ``stop_at(losses, patience)``, which also works if the losses end.
# 2. *Weight decay* adds ``decay * np.sum(w**2)`` to the loss for both kernels.
#    Write ``decayed(weights, x, t, decay)``, which trains so. Does 0.005 help?
