r"""
Beam search against greedy search, with a language model
========================================================

A language model says how likely each word is to come next. *Greedy* search, or
greedy decoding, always takes the likeliest word. But a likely word can lead to
unlikely ones, so the whole sentence may not be the most likely sequence. *Beam
search* keeps several sentences, the beams, and drops the worst after each step.
How many it keeps is the *beam width* (``num_beams`` in other libraries).

A sentence is as likely as the product of its words' probabilities p. The
logarithm turns that into a sum, the score :math:`s` of the words
:math:`w_1, \ldots, w_n`:

.. math:: s = \sum_t \log p(w_t \; | \; w_1, \ldots, w_{t-1})
"""

from itertools import product

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Each row of the table has the probabilities of the next word. A full stop is
# only followed by full stops. The logits of the model are the logarithms. Each
# row has a shift besides, as a trained network has, too: softmax removes it.

words = ["(start)", "the", "a", "dog", "cat", "dragon", "sleeps", "barks", "."]
table = np.zeros((9, 9))  # from a word (row) to the next one (column)
table[0, [1, 2]] = 0.6, 0.4
table[1, [3, 4, 5]] = 0.4, 0.35, 0.25
table[2, [3, 4, 5]] = 0.05, 0.05, 0.9
table[3, [6, 7, 8]] = 0.4, 0.5, 0.1
table[4, [6, 7, 8]] = 0.7, 0.1, 0.2
table[5, [6, 7, 8]] = 0.8, 0.1, 0.1
table[[6, 7, 8], 8] = 1
shift = np.array([0, 0, -2, 3, 4, 0, 1, -1, 2])[:, np.newaxis]
model = keras.Sequential([keras.Input((None,)), keras.layers.Embedding(9, 9)])
model.set_weights([np.log(np.maximum(table, 1e-9)) + shift])

# %%
# Compute it
# ----------
# Softmax divides powers of e by their sum. So the logarithm of a probability is
# the logit minus the logarithm of that sum. ``np.logaddexp.reduce`` computes it
# without overflow, however large the logits are.


def log_probabilities(lines):
    logits = model.predict_on_batch(lines)[:, -1]  # (lines, words)
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


# %%
# Continue each line by each word, and add the scores. Of all these lines, keep
# the best. ``divmod`` turns a place among all into a line and a word.
#
# A real model doesn't know that a line has ended. After its end token, give
# that token the score 0 and all other words minus infinity. Each word lowers
# the sum, so short lines win: many programs divide it by the number of words.


def beam_search(next_scores, steps, width):
    lines, scores = np.zeros((1, 1), int), np.zeros(1)  # from the start
    for _ in range(steps):
        longer = scores[:, np.newaxis] + next_scores(lines)  # (lines, words)
        best = np.argsort(-longer, axis=None)[:width]
        line, word = np.divmod(best, longer.shape[1])
        lines = np.column_stack([lines[line], word])  # (width, steps so far)
        scores = longer[line, word]
    return lines, scores  # the best first


# %%
# Check it
# --------
# Exhaustive search tries all 9 ** 4 lines of four words. Keras' cross-entropy
# of a line, summed over its words, is minus its score. Two beams find the best
# line. As many beams as there are lines of three words find all the best ones.

every = np.array([[0, *line] for line in product(range(9), repeat=4)])
entropy = keras.losses.SparseCategoricalCrossentropy(True, reduction=None)
losses = entropy(every[:, 1:], model(every[:, :-1]))  # (lines, 4)
scores = -np.sum(keras.ops.convert_to_numpy(losses), axis=1)
lines, beam_scores = beam_search(log_probabilities, steps=4, width=2)
np.testing.assert_array_equal(lines[0], every[np.argmax(scores)])
_, of_all = beam_search(log_probabilities, steps=4, width=9**3)
ranked = np.sort(scores)[: -(9**3) - 1 : -1]  # the best first
np.testing.assert_allclose(of_all, ranked, rtol=1e-4, atol=1e-4)

# %%
# One beam is greedy search. It takes "the", which is likelier than "a", and
# ends with a sentence that is less likely.

greedy, greedy_scores = beam_search(log_probabilities, steps=4, width=1)
chances = np.exp([greedy_scores[0], *beam_scores]).round(3)
print("greedy:   ", *np.take(words, greedy[0, 1:]), chances[0])
print("two beams:", *np.take(words, lines[0, 1:]), chances[1])
np.testing.assert_allclose(greedy_scores, np.log(0.6 * 0.4 * 0.5), rtol=1e-4)
np.testing.assert_allclose(beam_scores[0], np.log(0.4 * 0.9 * 0.8), rtol=1e-4)

# %%
# But two beams can miss a line, too. The second beam is not the second best
# line, "the cat sleeps": "the cat" was dropped, as "the dog" was likelier. More
# beams drop less, and take longer.

print("second beam:", *np.take(words, lines[1, 1:]), chances[2])
print("second best:", *np.take(words, every[np.argsort(-scores)[1], 1:]))
assert beam_scores[1] < of_all[1] - 0.1

# %%
# Break it
# --------
# Suppose you add up logits, and forget the logarithm of the sum. Greedy search
# still works: it only compares words that follow the same line, with the same
# shift. Beam search compares different lines, with different shifts.


def raw_logits(lines):
    return model.predict_on_batch(lines)[:, -1]


same, _ = beam_search(raw_logits, steps=4, width=1)
wrong, _ = beam_search(raw_logits, steps=4, width=2)
print("right:", *np.take(words, lines[0, 1:]))
print("wrong:", *np.take(words, wrong[0, 1:]))
np.testing.assert_array_equal(same, greedy)
assert not np.array_equal(wrong[0], lines[0])

# %%
# See it
# ------
# A dot is a sentence so far: the higher, the likelier. After one word, greedy
# search is ahead. After two, it has fallen behind. Gray are other sentences.

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
for line in every[scores > np.log(0.005)]:
    axis.semilogy(np.cumprod([1, *table[line[:3], line[1:4]]]), "lightgray")
for name, line in {"greedy": greedy[0], "two beams": lines[0]}.items():
    p = np.cumprod([1, *table[line[:3], line[1:4]]])
    axis.semilogy(p, "o-", label=name)
    for step in (1, 2, 3):
        place = (step + 0.05, p[step] * 1.05)
        axis.annotate(words[line[step]], place, va="bottom")
axis.set(title="Greedy search is ahead only at first", xlabel="words")
axis.set(ylabel="probability", xticks=range(4), xlim=(0, 3.4))
axis.legend()
plt.show()
