"""Handwritten digits at random places, and a network that learns from pairs."""

import keras
import numpy as np
from keras import ops
from sklearn.datasets import load_digits

digits = load_digits()


def move(images, rng):
    """Images of 8 by 8 pixels, each somewhere on a canvas of 14 by 14."""
    y = np.zeros((len(images), 14, 14, 1))
    corners = rng.integers(0, 7, (len(images), 2))
    for canvas, image, (row, column) in zip(y, images, corners):
        canvas[row : row + 8, column : column + 8, 0] = image / 16
    return y


def learn_from_pairs(loss, seed):
    """All digits, moved, and their vectors before and after training.

    It learns from 170 batches of 64 pairs of views of the first 1297 digits.
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    encoder = keras.Sequential([keras.Input((14, 14, 1))])
    encoder.add(keras.layers.Conv2D(32, 8, activation="relu"))
    encoder.add(keras.layers.GlobalMaxPooling2D())
    encoder.add(keras.layers.Dense(64, activation="relu"))
    encoder.add(keras.layers.Dense(16))
    views = keras.Input((2, 14, 14, 1))
    z = encoder(ops.reshape(views, (-1, 14, 14, 1)))
    model = keras.Model(views, ops.reshape(z, (-1, 2, 16)))
    rate = keras.optimizers.schedules.CosineDecay(0.005, 170)
    model.compile(keras.optimizers.Adam(rate), loss)
    x = move(digits.images, rng)
    untrained = encoder.predict_on_batch(x)
    for _ in range(170):
        images = digits.images[rng.integers(0, 1297, 64)]
        pairs = np.stack([move(images, rng), move(images, rng)], axis=1)
        model.train_on_batch(pairs, np.zeros(64))
    return x, untrained, encoder.predict_on_batch(x)
