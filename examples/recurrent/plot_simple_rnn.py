r"""
SimpleRNN: guesses the next word from those before
==================================================

"anna has a red hat. the ...": what follows? ``SimpleRNN`` reads a sequence one
step at a time, and keeps what it has read in an array, its *state*. Each step
is a ``Dense`` layer with two inputs: this step, and the state before it.

.. math:: h_t = \tanh(x_t W + h_{t-1} U + b), \qquad h_0 = 0

All steps share the kernel :math:`W`, recurrent kernel :math:`U` and bias.
"""

from itertools import product

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The text is that of the page "Embedding". From each word, the network guesses
# the one after it. ``return_sequences=True`` returns the state of every step,
# not just the last one. The network learns from 700 lines, and the other lines
# are its test. All that, with each of five seeds.

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
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
shares = []  # of right guesses in sentences such as "anna has a red hat ."
for seed in range(5):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    train, test = np.split(rng.permutation(text), [700])
    embedding, dense = keras.layers.Embedding(30, 16), keras.layers.Dense(30)
    layer = keras.layers.SimpleRNN(64, return_sequences=True)
    model = keras.Sequential([embedding, layer, dense])
    model.compile(keras.optimizers.Adam(0.01), loss)
    for _ in range(150):
        batch = train[rng.integers(700, size=64)]
        model.train_on_batch(batch[:, :-1], batch[:, 1:])
    for part in (train, test):
        part = part[part[:, 1] == vocabulary.index("has")]
        guesses = keras.ops.convert_to_numpy(model(part[:, :-1])).argmax(-1)
        shares.append(np.mean(guesses == part[:, 1:], axis=0))
trained, tested = np.array(shares[::2]), np.array(shares[1::2])
print("the thing again, training:", trained[:, 6].round(2))
print("the thing again, test:    ", tested[:, 6].round(2))
assert tested[:, 6].min() > 0.5  # a blind guess of 8 things: 1/8

# %%
# Compute it
# ----------
# The state begins with zeros. Multiply each step by the kernel and the state by
# the recurrent kernel. The tanh of their sum and the bias is the new state.


def read_words(x, kernel, recurrent_kernel, bias):
    h = np.zeros((len(x), len(bias)))
    states = []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias  # (batch, units)
        h = np.tanh(z)
        states.append(h)
    return np.stack(states, axis=1)  # (batch, steps, units)


# %%
# Check it
# --------

x = embedding.get_weights()[0][part[:, :-1]]  # (batch, steps, features)
states = read_words(x, *layer.get_weights())
expected = keras.ops.convert_to_numpy(layer(x))
np.testing.assert_allclose(states, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose each step starts from zeros again. Then the network sees one word, and
# has forgotten the hat when it reads "the".

kernel, recurrent_kernel, bias = layer.get_weights()
forgetful = read_words(x, kernel, 0 * recurrent_kernel, bias)
scores = forgetful @ dense.get_weights()[0] + dense.get_weights()[1]
wrong = np.mean(scores[:, 6].argmax(axis=-1) == part[:, 7])
print("the thing again, right:", tested[-1, 6], "wrong:", wrong)
assert wrong < 0.35 < tested[-1, 6]

# %%
# See it
# ------
# The thing returns 3 steps after it was named, the color 8 steps.
words = "has a red hat . the hat of anna is red .".split()
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(12), tested.mean(axis=0))
axis.set(title="How often the next word is guessed right", ylabel="share")
axis.set_xticks(range(12), words)
plt.show()

# %%
# Try it
# ------
# 1. Write ``guess(words)``: which word follows a list such as ["ben", "gives"]?
# 2. Write ``memory()``, weights of two units for ``read_words``: the first is
#    tanh(x) of one feature, the second tanh of the first unit a step before.
