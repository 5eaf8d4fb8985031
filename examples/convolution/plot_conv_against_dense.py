r"""
Convolution against Dense: a fifth of the weights, more digits
==============================================================

What ``Dense`` learns about a digit on the left does not help on the right. A
convolution has the same weights everywhere: what it learns at one place helps
at each. With patches :math:`p_i`, filters :math:`W_f`, and a last kernel V:

.. math:: h_f = \text{relu}(\max_i \; p_i \cdot W_f), \qquad z = h V
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from sklearn.datasets import load_digits

from keras_by_hand.gradients import softmax_cross_entropy

# %%
# Build it
# --------
# A digit of 8 by 8 pixels stands anywhere in 14 by 14. Filters are as large.
# ``MaxPooling2D(7)`` keeps the best match of each, ``Flatten`` makes it a row.

digits = load_digits()
targets = np.eye(10, dtype="float32")[digits.target]  # one-hot


def scatter(rng, columns=range(7)):
    x = np.zeros((1797, 14, 14), "float32")
    for image, digit in zip(x, digits.images):
        row, column = rng.integers(7), rng.choice(columns)
        image[row : row + 8, column : column + 8] = digit / 16
    return x


x = scatter(np.random.default_rng(313))[:32]
first = Conv2D(32, 8, activation="relu", use_bias=False)
layers = [first, MaxPooling2D(7), Flatten(), Dense(10, use_bias=False)]
model = keras.Sequential([keras.Input((14, 14, 1)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(learning_rate=0.5), loss)
filters, last = model.get_weights()
first_loss = model.train_on_batch(x, targets[:32])

# %%
# Compute it
# ----------
# One product compares each patch with each filter. On the way back, a maximum
# hands its gradient to the patch that won, so a filter learns from its best
# matches. A filter of 14 by 14 pixels has only one patch, so it is ``Dense``.


def network(size, weights, x, target):
    places = range(15 - size)
    cut = [x[:, i : i + size, j : j + size] for i in places for j in places]
    patches = np.reshape(cut, (len(cut), len(x), size**2))
    matches = patches @ weights[0]  # (places, batch, filters)
    h = np.maximum(0, np.max(matches, axis=0))  # relu may come first or last
    _, gradient = softmax_cross_entropy(h @ weights[1], target)
    h_gradient = gradient @ weights[1].T * (h > 0)  # the slope of relu
    winners = np.argmax(matches, axis=0)  # (batch, filters)
    of_filters = np.zeros_like(weights[0])  # (pixels, filters)
    for f in range(len(weights[1])):
        best = patches[winners[:, f], range(len(x))]  # (batch, pixels)
        of_filters[:, f] = best.T @ h_gradient[:, f]
    return h @ weights[1], [of_filters, h.T @ gradient]


# %%
# Check it
# --------

_, gradients = network(8, [filters.reshape(64, 32), last], x, targets[:32])
for after, w, g in zip(model.get_weights(), [filters, last], gradients):
    np.testing.assert_allclose(after, w - 0.5 * g.reshape(w.shape), 1e-4, 1e-4)

# %%
# See it
# ------
# NumPy trains both from five starts, on 1408 digits, and reads the others.


def compete(seed, size, shapes, columns=range(7), new_columns=range(7)):
    rng = np.random.default_rng(seed)
    x, new_x = scatter(rng, columns), scatter(rng, new_columns)
    weights = [np.float32(rng.normal(0, 0.1, shape)) for shape in shapes]
    for batch in rng.integers(0, 1408, size=(500, 32)):
        _, gradients = network(size, weights, x[batch], targets[batch])
        weights = [w - 0.5 * g for w, g in zip(weights, gradients)]
    logits, _ = network(size, weights, new_x[1408:], targets[1408:])
    return np.mean(np.argmax(logits, axis=1) == digits.target[1408:])


networks = [(14, [(196, 64), (64, 10)]), (8, [(64, 32), (32, 10)])]
assert 196 * 64 + 64 * 10 > 5 * (64 * 32 + 32 * 10)  # dense has more weights
shares = [[compete(seed, *of) for seed in range(5)] for of in networks]
print(np.sort(shares).round(3))
assert min(shares[1]) > max(shares[0]) + 0.15
fig, axis = plt.subplots(figsize=(6, 1.8), layout="constrained")
axis.plot(shares[0], ["dense"] * 5, "o", shares[1], ["convolution"] * 5, "o")
axis.set(title="Share of new digits read", xlim=(0, 1), ylim=(-0.5, 1.5))
plt.show()

# %%
# Break it
# --------
# Suppose training sees digits on the left alone, and later they stand on the
# right. ``Dense`` guesses. Convolution loses less: only cut-off parts are new.

wrong = [compete(0, *of, range(3), range(4, 7)) for of in networks]
print("right:", np.round(shares, 2)[:, 0], "wrong:", np.round(wrong, 2))
assert wrong[0] < 0.25 < wrong[1] - 0.1

# %%
# Try it
# ------
# 1. Write ``favourite(image, f)``: the patch of 8 by 8 pixels that filter ``f``
#    of ``filters`` matches best in an image of 14 by 14.
