r"""
CTC loss: all paths that spell the labels
=========================================

In *speech recognition*, nobody has marked where each letter begins. CTC
(connectionist temporal classification) needs the text alone. At each step, the
model gives a probability to each letter, and to the *blank*: no letter.

A *path* takes one of them at each step. To read it, drop repetitions, then
blanks: ``aa-b`` and ``-ab-`` both spell "ab", but "aa" needs a blank between.
The loss is minus the logarithm of the probability of all paths that spell the
labels. A recursion, the *forward algorithm*, adds them up. Put blanks around
the labels: for "ab", :math:`z` is ``-a-b-``. Let :math:`\alpha_t(s)` be the
probability of being at place :math:`s` of :math:`z` at step :math:`t`. The
model gives :math:`p_t`. One step earlier, a path was at the same place, or one
or two places before:

.. math::

   \alpha_t(s) = p_t(z_s) \sum_{r=0}^{2} \alpha_{t-1}(s - r)

A move by two skips a blank. It is allowed only between different letters.
"""

import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

# %%
# Build it
# --------
# Five steps, and three classes: the blank (0), a (1) and b (2).

labels = np.array([[1, 2], [1, 1]])  # "ab" and "aa"
rng = np.random.default_rng(313)
logits = np.float32(rng.integers(-2, 3, size=(2, 5, 3)))
p = softmax(logits)  # (batch, steps, classes)
y = keras.ops.convert_to_numpy(keras.losses.ctc(labels, logits))

# %%
# Compute it
# ----------
# ``text`` has two letters. A path begins at the first blank or letter, and ends
# at the last letter or the blank behind it.


def forward(text, p):
    z = np.array([0, text[0], 0, text[1], 0])
    alpha = np.zeros((5, 5))  # (steps, places)
    alpha[0, :2] = p[0, z[:2]]
    for t in range(1, 5):
        alpha[t] = alpha[t - 1]
        alpha[t, 1:] += alpha[t - 1, :-1]
        alpha[t, 2:] += np.where(z[2:] != z[:-2], alpha[t - 1, :-2], 0)
        alpha[t] *= p[t, z]
    return alpha


ends = [forward(text, p_of)[-1, -2:] for text, p_of in zip(labels, p)]
by_hand = -np.log(np.sum(ends, axis=1))

# %%
# Check it
# --------
# With a probability of 1 for everything, the recursion counts paths. ``ctc``
# takes labels of any length. It keeps logarithms, so nothing underflows.
from keras_by_hand import ctc

np.testing.assert_allclose(y, by_hand, rtol=1e-4)
np.testing.assert_allclose(y, ctc(labels, logits), rtol=1e-4)
counts = forward([1, 2], np.ones((5, 3)))  # (steps, places)
paths = itertools.product("-ab", repeat=5)
read = [[c for c, _ in itertools.groupby(path) if c != "-"] for path in paths]
np.testing.assert_equal(counts[-1, -2:].sum(), read.count(["a", "b"]))

# %%
# Break it
# --------
# Keras' ``ctc`` takes logits. Class 0 is the blank, and pads short labels.
# After softmax, pass ``ops.log(y_pred)``. If the blank is the last class, as in
# ``ctc_batch_cost`` of Keras 2, pass ``ops.roll(logits, 1, axis=-1)``, and add
# 1 to each label, but not to the padding: that is 0. If recordings differ in
# length, use ``keras.ops.ctc_loss``.
last = np.roll(logits, -1, axis=-1)  # a, b, blank
for name, scores in ("softmax kept", np.float32(p)), ("blank last", last):
    wrong = keras.ops.convert_to_numpy(keras.losses.ctc(labels, scores))
    print(f"right: {y.round(2)}, {name}: {wrong.round(2)}")
    assert not np.allclose(wrong, y, rtol=0.1)

# %%
# See it
# ------
# How many ways lead to each place. Those at the lower right count whole paths.

fig, axis = plt.subplots(figsize=(6, 3.3), layout="constrained")
axis.imshow(counts.T, cmap="Blues", vmax=60)
for (step, place), count in np.ndenumerate(counts):
    axis.text(step, place, int(count), ha="center", va="center", color="black")
axis.set_yticks(range(5), ["blank", "a", "blank", "b", "blank"])
axis.set(xlabel="step", title="How often paths come to each place of ab")
plt.show()
