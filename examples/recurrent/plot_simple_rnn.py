r"""
SimpleRNN: guesses the next word from those before
==================================================

"anna has a red hat. the ...": what follows? ``SimpleRNN`` reads a sequence one
step at a time, and keeps what it has read in an array, its *state*. A ``Dense``
layer with two inputs, the word and the old state, makes the new state.

.. math:: h_t = \tanh(x_t W + h_{t-1} U + b), \qquad h_0 = 0

All steps share the kernel :math:`W`, the *recurrent kernel* :math:`U` and the
bias. The activation tanh keeps each number of the state between -1 and 1.
"""

from itertools import product

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
rng = np.random.default_rng(313)
x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
weights = [rng.normal(size=s) for s in ((3, 4), (4, 4), 4)]  # W, U and b
layer = keras.layers.SimpleRNN(4, return_sequences=True)  # every state
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x))  # (batch, steps, units)

# %%
# Compute it
# ----------
# The state begins with zeros. Multiply each step by the kernel and the state by
# the recurrent kernel. The tanh of their sum and the bias is the new state.


def read_words(x, kernel, recurrent_kernel, bias):
    h, states = np.zeros((len(x), len(bias))), []  # h: (batch, units)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        states.append(h)
    return np.stack(states, axis=1)  # (batch, steps, units)


# %%
# Check it
# --------

np.testing.assert_allclose(y, read_words(x, *weights), rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# Five networks learn to guess the next word of 700 lines, from the text of the
# page "Embedding". Then they read new lines with "has". Nobody can know a color
# or a thing at first. The thing returns after 3 steps, the color after 8.
names = "anna ben carla dave emma finn gina hugo".split()
colors = "red blue green white black yellow".split()
things = "hat ball kite book lamp coat drum boat".split()
lines = [
    f"{n} has a {c} {t} . the {t} of {n} is {c} ."
    for n, c, t in product(names, colors, things)
]
lines += [
    f"{n} gives {m} a {t} . now {m} has the {t} . ."
    for n, m, t in product(names, names, things)
]
vocabulary = sorted(set(" ".join(lines).split()))  # 30 words
text = np.array(
    [[vocabulary.index(word) for word in line.split()] for line in lines]
)
shares = []  # of right guesses
for seed in range(5):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    train, test = np.split(rng.permutation(text), [700])
    layers = [keras.layers.SimpleRNN(64, return_sequences=True)]
    layers = [keras.layers.Embedding(30, 16), *layers, keras.layers.Dense(30)]
    model = keras.Sequential([keras.Input((None,), dtype="int32"), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.optimizer.build(model.trainable_variables)  # now, to save time
    for _ in range(150):
        batch = train[rng.integers(700, size=64)]
        model.train_on_batch(batch[:, :-1], batch[:, 1:])
    test = test[test[:, 1] == vocabulary.index("has")]
    guesses = keras.ops.convert_to_numpy(model(test[:, :-1])).argmax(axis=-1)
    shares.append(np.mean(guesses == test[:, 1:], axis=0))
again = np.array(shares)[:, 6]  # the thing, after "anna has a red hat . the"
print("the thing again:", again.round(2))
assert again.min() > 0.5  # a blind guess of 8 things: 1/8
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(12), np.mean(shares, axis=0))
axis.set(title="How often the next word is guessed right", ylabel="share")
axis.set_xticks(range(12), lines[0].split()[1:])
plt.show()

# %%
# Break it
# --------
# Suppose you forget the old state. Each step sees only its own word, and the
# last network no longer knows of the hat when it reads "the".

embedding, layer, dense = layers
x = embedding.get_weights()[0][test[:, :-1]]  # (batch, steps, features)
kernel, recurrent_kernel, bias = layer.get_weights()
forgetful = read_words(x, kernel, 0 * recurrent_kernel, bias)
scores = keras.ops.convert_to_numpy(dense(forgetful[:, 6]))  # (batch, words)
wrong = np.mean(scores.argmax(axis=-1) == test[:, 7])
print("the thing again, right:", again[-1], "wrong:", wrong)
assert wrong < 0.35 < again[-1]

# %%
# Try it
# ------
# 1. Write ``guess(words)``: which word follows a list such as ["ben", "gives"]?
# 2. Write ``memory()``, weights of two units for ``read_words``. The first unit
#    is tanh(x) of one feature, the second tanh of the first unit a step before.
