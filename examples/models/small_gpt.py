"""The model of the page "GPT in NumPy", trained as there."""

import keras
import numpy as np
from keras import layers, ops


def train_small_gpt(text, seed):
    """A model that has learned from half of the lines of a text of 30 words."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    train, _ = np.split(rng.permutation(text), 2)
    tokens = keras.Input((None,), dtype="int32")  # (batch, steps)
    steps = ops.subtract(ops.cumsum(ops.ones_like(tokens), axis=1), 1)
    of_words = layers.Embedding(30, 32)(tokens)
    of_steps = layers.Embedding(12, 32)(steps)
    x = layers.add([of_words, of_steps])  # tests can replay calls, but no +
    u = layers.LayerNormalization(epsilon=1e-5)(x)
    seen = layers.MultiHeadAttention(8, 4)(u, u, use_causal_mask=True)
    h = layers.add([x, seen])
    u = layers.LayerNormalization(epsilon=1e-5)(h)
    last = layers.Dense(32)
    y = layers.add([h, last(layers.Dense(64, activation="gelu")(u))])
    u = layers.LayerNormalization(epsilon=1e-5)(y)
    model = keras.Model(tokens, layers.Dense(30)(u))  # (batch, steps, words)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rate = keras.optimizers.schedules.CosineDecay(0.005, 300)
    model.compile(keras.optimizers.Adam(rate), loss)
    for _ in range(300):
        batch = train[rng.integers(0, 448, 32)]
        model.train_on_batch(batch[:, :-1], batch[:, 1:])
    return model
