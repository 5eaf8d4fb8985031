r"""
CTC loss: all paths that spell the labels
=========================================

In a recording of speech, nobody has marked where each letter begins. CTC
(connectionist temporal classification) needs the text alone. At each step, the
model gives a probability to each letter, and to the *blank*: no letter here.

A *path* takes one of them at each step. To read it, drop repetitions, then
blanks: ``aa-b`` and ``-ab-`` both spell "ab". So "aa" needs a blank between, as
in ``a-a``. The loss is minus the logarithm of the probability of all paths that
spell the labels:

.. math::

   \ell = -\log \sum_{\text{paths } \pi} p_1(\pi_1) \, p_2(\pi_2) \cdots

There are too many to list, so a recursion adds them up. Put a blank around each
label: :math:`z` is ``-a-b-``. :math:`\alpha_t(s)` is the probability of all
beginnings that are at place :math:`s` of :math:`z` at step :math:`t`. One step
before, they were there, or one place, or two places before it:

.. math::

   \alpha_t(s) = p_t(z_s) \sum_{r=0}^{2} \alpha_{t-1}(s - r)

Two places leave out a blank, which may be done only between different letters.
"""

import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

# %%
# Build it
# --------
# Five steps, and three classes: the blank (0), a (1) and b (2). Keras takes
# logits.

labels = np.array([[1, 2], [1, 1]])  # "ab" and "aa": (batch, labels)
rng = np.random.default_rng(313)
logits = np.float32(rng.integers(-2, 3, size=(2, 5, 3)))
y = keras.ops.convert_to_numpy(keras.losses.ctc(labels, logits))
print(y)

# %%
# Compute it
# ----------
# First the definition, with a list of all paths.


def spell(path):
    letters = [c for c, before in zip(path, (0, *path)) if c != before]
    return [c for c in letters if c != 0]


def paths_of(text):
    paths = itertools.product(range(3), repeat=5)
    return [path for path in paths if spell(path) == [*text]]


p = softmax(logits)  # (batch, steps, classes)
of_paths = [
    -np.log(sum(np.prod(p_of[range(5), path]) for path in paths_of(text)))
    for text, p_of in zip(labels, p)
]

# %%
# Then the recursion. A path ends at the last letter, or at the blank behind it.


def forward(text, p):
    z = np.zeros(2 * len(text) + 1, int)
    z[1::2] = text
    alpha = np.zeros((5, len(z)))  # (steps, places)
    alpha[0, :2] = p[0, z[:2]]
    for t in range(1, 5):
        before = alpha[t - 1]
        alpha[t] = before
        alpha[t, 1:] += before[:-1]
        alpha[t, 2:] += np.where(z[2:] != z[:-2], before[:-2], 0)
        alpha[t] *= p[t, z]
    return alpha


ends = [forward(text, p_of)[-1, -2:] for text, p_of in zip(labels, p)]
of_recursion = -np.log(np.sum(ends, axis=1))

# %%
# The library's ``ctc`` adds up logarithms, so that long texts do not underflow.

from keras_by_hand import ctc

# %%
# Check it
# --------
# With a probability of 1 for everything, the recursion counts paths.

np.testing.assert_allclose(y, of_paths, rtol=1e-4)
np.testing.assert_allclose(y, of_recursion, rtol=1e-4)
np.testing.assert_allclose(y, ctc(labels, logits), rtol=1e-4)
counts = forward([1, 2], np.ones((5, 3)))
number = len(paths_of([1, 2]))
print(f"{number} of {3**5} paths spell ab")
np.testing.assert_equal(counts[-1, -2:].sum(), number)

# %%
# Break it
# --------
# Would you keep the softmax at the end of the model? ``ctc`` takes its output
# for logits, without a word. And where is your blank? If another library had it
# last, roll the classes, or Keras takes "a" for the blank.

last = np.roll(logits, -1, axis=-1)  # a, b, blank
for name, scores in ("softmax kept", np.float32(p)), ("blank last", last):
    wrong = keras.ops.convert_to_numpy(keras.losses.ctc(labels, scores))
    print(f"{name}: {wrong.round(2)}, right: {y.round(2)}")
    assert not np.allclose(wrong, y, rtol=0.1)

# %%
# See it
# ------
# Each number is the sum of those one step before: in its row, in the row above,
# and for "b" in the row of "a". The last two are all paths.

fig, axis = plt.subplots(figsize=(6, 3.3), layout="constrained")
axis.imshow(counts.T, cmap="Blues", vmax=60, aspect="auto")
for (step, place), count in np.ndenumerate(counts):
    axis.text(step, place, int(count), ha="center", va="center", color="black")
axis.set(xticks=range(5), xlabel="step", yticks=range(5))
axis.set_yticklabels(["blank", "a", "blank", "b", "blank"])
axis.set_title(f"The recursion counts the {number} of {3**5} paths for ab")
plt.show()
