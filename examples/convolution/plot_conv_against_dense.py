r"""
Convolution against Dense: a fifth of the weights, more digits
==============================================================

What ``Dense`` learns about a digit on the left does not help on the right. What
a convolution learns at one place, it knows at all places: its weights are the
same everywhere. Here both learn to read scikit-learn's digits, which may stand
anywhere. An image has patches :math:`p_i`, and :math:`W_f` is a filter:

.. math:: h_f = \text{relu}(\max_i \; p_i \cdot W_f), \qquad z = h V
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, GlobalMaxPooling2D
from sklearn.datasets import load_digits

from keras_by_hand.gradients import softmax_cross_entropy

# %%
# Build it
# --------
# Each digit, 8 by 8 pixels, stands at one of 7 rows and 7 columns. The filters
# are as large. ``GlobalMaxPooling2D`` keeps each one's best match in the image.

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
layers = [first, GlobalMaxPooling2D(), Dense(10, use_bias=False)]
model = keras.Sequential([keras.Input((14, 14, 1)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(learning_rate=0.5), loss)
filters, last = model.get_weights()
model.train_on_batch(x, targets[:32])

# %%
# Compute it
# ----------
# One product compares each patch with each filter. On the way back, a maximum
# hands its gradient to the patch that won, so a filter learns from its best
# matches. With filters as large as the image, these are ``Dense`` layers.


def network(weights, x, target):
    size = int(np.sqrt(len(weights[0])))  # of a filter: (pixels, filters)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))
    patches = windows.reshape(len(x), -1, size**2)  # (batch, places, pixels)
    matches = patches @ weights[0]  # (batch, places, filters)
    h = np.maximum(0, np.max(matches, axis=1))  # (batch, filters)
    _, gradient = softmax_cross_entropy(h @ weights[1], target)
    h_gradient = gradient @ weights[1].T * (h > 0)  # the slope of relu
    of_filters = np.zeros_like(weights[0])
    for f, winners in enumerate(np.argmax(matches, axis=1).T):
        best = patches[np.arange(len(x)), winners]  # (batch, pixels)
        of_filters[:, f] = best.T @ h_gradient[:, f]
    return h @ weights[1], [of_filters, h.T @ gradient]


# %%
# Check it
# --------

_, gradients = network([filters.reshape(64, 32), last], x, targets[:32])
for after, w, g in zip(model.get_weights(), [filters, last], gradients):
    np.testing.assert_allclose(after, w - 0.5 * g.reshape(w.shape), 1e-4, 1e-4)

# %%
# See it
# ------
# NumPy trains both from five starts, on 1408 digits, and reads the other 389.


def compete(seed, sizes, columns=range(7), new_columns=range(7)):
    rng = np.random.default_rng(seed)
    x, new_x = scatter(rng, columns), scatter(rng, new_columns)
    weights = [np.float32(rng.normal(0, 0.1, size)) for size in sizes]
    for batch in rng.integers(0, 1408, size=(500, 32)):
        _, gradients = network(weights, x[batch], targets[batch])
        weights = [w - 0.5 * g for w, g in zip(weights, gradients)]
    logits, _ = network(weights, new_x, targets)
    return np.mean(np.argmax(logits, axis=1)[1408:] == digits.target[1408:])


networks = [(196, 64), (64, 10)], [(64, 32), (32, 10)]  # dense, convolution
assert 196 * 64 + 64 * 10 > 5 * (64 * 32 + 32 * 10)  # numbers of weights
shares = [[compete(seed, sizes) for seed in range(5)] for sizes in networks]
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
# right. ``Dense`` has to guess. Convolution loses less.

wrong = [compete(0, s, range(3), range(4, 7)) for s in networks]
print("right:", np.round(shares, 2)[:, 0], "wrong:", np.round(wrong, 2))
assert wrong[0] < 0.25 < wrong[1] - 0.1

# %%
# Try it
# ------
# 1. What does a filter look for? Write ``favourite(image, f)``. It returns the
#    patch of the image, (8, 8), that filter ``f`` of ``filters`` matches best.
