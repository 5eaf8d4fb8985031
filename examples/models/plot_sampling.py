r"""
Temperature, top-k and top-p: a GPT between boring and wrong
============================================================

A GPT that always takes the likeliest word writes the same line again and
again. So programs draw the next word at random, by its probability. Three
settings make the draw bolder, or keep it from nonsense.

.. math:: p = \text{softmax}(\text{logits} / T)

The temperature :math:`T` divides the logits. Below 1, likely words become still
likelier; above 1, all words become more alike. *Top-k* allows only the k
likeliest words. *Top-p* allows the likeliest words until their probabilities
add up to p.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sentences import text, vocabulary
from small_gpt import train_small_gpt
from written_before import softmax

# %%
# Build it
# --------
# The model and its text are those of the page "GPT in NumPy", folded above. Its
# logits say how likely each word is to be the next one. Keras' ``categorical``
# draws from logits. Divide them by the temperature yourself.

model = train_small_gpt(text, seed=313)
start = np.array([[vocabulary.index(word) for word in "anna has a".split()]])
logits = keras.ops.convert_to_numpy(model(start))[:, -1]  # (1, words)
draws = keras.random.categorical(logits / 2, 10_000, seed=313)  # temperature 2
draws = keras.ops.convert_to_numpy(draws)[0]
print("anna has a", *np.take(vocabulary, draws[:8]), sep=" ... ")

# %%
# Compute it
# ----------
# Sort the words, the likeliest first. ``likelier`` is the sum of all
# probabilities before a word. Words that are not allowed get 0, and the others
# are divided by their sum. ``np.argsort(order)`` tells where each word went: it
# brings everything back to its old place.


def probabilities(logits, temperature=1, top_k=30, top_p=1):
    order = np.argsort(-logits, axis=-1)  # (batch, words)
    z = np.take_along_axis(logits, order, axis=-1) / temperature
    p = softmax(z)
    likelier = np.cumsum(p, axis=-1) - p
    p = np.where((np.arange(30) < top_k) & (likelier < top_p), p, 0)
    p = p / np.sum(p, axis=-1, keepdims=True)
    return np.take_along_axis(p, np.argsort(order, axis=-1), axis=-1)


# %%
# To draw, put the probabilities end to end, on a line of length 1, and choose a
# random point. ``argmax`` finds the first True: the first end beyond the point.


def draw(p, rng):
    ends = np.cumsum(p, axis=-1)  # (batch, words)
    return np.argmax(rng.random((len(p), 1)) < ends, axis=-1)


# %%
# Check it
# --------
# Of n draws, Keras' and ours, a word of probability p gets its share, give or
# take five standard deviations, the root of p (1 - p) / n, and one draw.

p = probabilities(logits, temperature=2)
rng = np.random.default_rng(313)
for drawn in (draws, draw(np.tile(p, (10_000, 1)), rng)):
    shares = np.bincount(drawn, minlength=30) / 10_000
    deviations = np.sqrt(p[0] * (1 - p[0]) / 10_000)
    np.testing.assert_array_less(np.abs(shares - p[0]), 5 * deviations + 1e-4)

# %%
# ``keras.ops.top_k`` finds the three likeliest words. Top-p allows the same if
# p is more than the sum of two, and not more than that of three.

values, words = map(keras.ops.convert_to_numpy, keras.ops.top_k(logits[0], 3))
expected = np.zeros(30)
expected[words] = softmax(values)
p = softmax(logits)[0, words]  # the likeliest first
for setting in ({"top_k": 3}, {"top_p": p[0] + p[1] + p[2] / 2}):
    found = probabilities(logits, **setting)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you divide the probabilities by the temperature, and not the logits.
# They must add up to 1 again, and then the temperature is gone.

right = probabilities(logits, temperature=2)
wrong = softmax(logits) / 2
wrong = wrong / np.sum(wrong)
print("right:", np.sort(right[0])[-4:].round(3))
print("wrong:", np.sort(wrong[0])[-4:].round(3))
assert not np.allclose(right, wrong, atol=0.01)
np.testing.assert_allclose(wrong, probabilities(logits), rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# What comes after "anna has a"? Only the six colors can. Each bar is a word.

settings = {"T = 1": {}, "T = 2": {"temperature": 2}}
settings["T = 2, top-k 3"] = {"temperature": 2, "top_k": 3}
settings["T = 2, top-p 0.8"] = {"temperature": 2, "top_p": 0.8}
fig, axes = plt.subplots(
    2, 2, figsize=(6, 4), sharex=True, sharey=True, layout="constrained"
)
fig.suptitle("Temperature spreads the probabilities, top-k and top-p cut")
for axis, (title, setting) in zip(axes.flat, settings.items()):
    p = probabilities(logits, **setting)[0]
    axis.bar(range(30), np.sort(p)[::-1])
    axis.set(title=title, xticks=[])
plt.show()

# %%
# Now the model writes, five times 60 lines for each setting. Words that are yet
# to come are zeros: no step sees them. A line is true if it is one of those
# that follow the rules.


def write(**settings):
    written = np.zeros((300, 13), dtype="int32")  # (lines, words)
    written[:, 0] = vocabulary.index("anna")
    for t in range(12):
        logits = model.predict_on_batch(written[:, :-1])[:, t]
        written[:, t + 1] = draw(probabilities(logits, **settings), rng)
    known = set(map(tuple, text))
    true = [tuple(line) in known for line in written]
    shares = np.sort(np.mean(np.reshape(true, (5, 60)), axis=1))
    print(settings, f"true: {shares[0]:.0%} to {shares[-1]:.0%}")
    print("   ", *np.take(vocabulary, written[0]))
    return written, shares


same, _ = write(top_k=1)
varied, careful = write(temperature=1)
_, wild = write(temperature=2)
_, top_k = write(temperature=2, top_k=3)
_, top_p = write(temperature=2, top_p=0.8)
assert len(set(map(tuple, same))) == 1 and len(set(map(tuple, varied))) > 50
assert careful[0] > 0.7 and wild[-1] < 0.3 < min(top_k[0], top_p[0])

# %%
# Try it
# ------
# 1. *Min-p* allows the words that are at least ``share`` times as likely as the
#    likeliest one. Write ``min_p(logits, share)``, which returns probabilities.
# 2. Write ``entropy(p)``: minus the sum of each probability times its
#    logarithm, where 0 times log(0) is 0. It tells how open the next word is.
