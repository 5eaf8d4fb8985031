r"""
Sparse categorical cross-entropy, and ignore_class
==================================================

``sparse_categorical_crossentropy`` takes class indices (0, 1, 2, ...) where
``categorical_crossentropy`` takes one-hot vectors. The loss is the same: minus
the logarithm of the probability of the right class.

.. math::

   L = -\log p_t

:math:`t` is the index of the right class. With ``from_logits=True``, Keras
turns logits, numbers of any size, into the probabilities by a softmax.
``ignore_class`` is a label, such as that of padding, that has no loss. A loss
object leaves it out of its mean, too.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import log_softmax

# %%
# Build it
# --------
# Two sentences, and three classes of words. The second is padded with -1.

labels = np.array([[0, 1, 2, 0, 1], [0, 2, 1, -1, -1]])  # (batch, words)
rng = np.random.default_rng(313)
logits = rng.integers(-4, 5, size=(2, 5, 3)) / 2  # (batch, words, classes)
options = {"from_logits": True, "ignore_class": -1}
y = keras.losses.sparse_categorical_crossentropy(labels, logits, **options)
loss = keras.losses.SparseCategoricalCrossentropy(**options)

# %%
# Compute it
# ----------
# The label of a word picks the right class: the loss is minus the logarithm of
# its probability. ``log_softmax`` gives these logarithms. Where the label is
# -1, the loss stays 0.

log_p = log_softmax(logits)  # (batch, words, classes)
by_hand = np.zeros((2, 5))  # (batch, words)
for sentence, word in np.argwhere(labels != -1):
    label = labels[sentence, word]
    by_hand[sentence, word] = -log_p[sentence, word, label]

# %%
# Check it
# --------
# The library's function takes probabilities, too, and has no loop.

from keras_by_hand import sparse_categorical_crossentropy

y = keras.ops.convert_to_numpy(y)
expected = sparse_categorical_crossentropy(labels, logits, True, -1)
np.testing.assert_allclose([y, y], [by_hand, expected], rtol=1e-4, atol=1e-4)

# %%
# PyTorch's ``CrossEntropyLoss(ignore_index=-1)`` is this loss of logits, with
# the classes on axis 1: move them to the last axis. Its ``NLLLoss`` takes
# ``log_p``. Keras takes it as logits, too, since ``log_softmax`` does not
# change it.

y_2 = keras.losses.sparse_categorical_crossentropy(labels, log_p, **options)
y_2 = keras.ops.convert_to_numpy(y_2)
np.testing.assert_allclose(y_2, by_hand, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``SparseCategoricalCrossentropy`` clips probabilities *before* it divides
#    by their sum. Where one is above 1, ``CategoricalCrossentropy`` differs.

if keras.backend.backend() == "tensorflow":
    one, shares = np.array([0]), np.float32([[4, 2, 2]])  # clipped: all 1
    clipped = keras.losses.sparse_categorical_crossentropy(one, shares)
    np.testing.assert_allclose(clipped, [np.log(3)], rtol=1e-5)

# %%
# Break it
# --------
# The function returns 0 for what is ignored, and its mean is too small. A loss
# object of Keras leaves the zeros out.

right = float(loss(labels, logits))
print(f"right: {right:.3f}, wrong: {np.mean(y):.3f}")
np.testing.assert_allclose(right, np.mean(by_hand[labels != -1]), rtol=1e-4)
assert not np.allclose(right, np.mean(y), rtol=0.01)

# %%
# See it
# ------
# Each label of the second sentence picks an entry of its column; -1 picks none.

fig, axis = plt.subplots(figsize=(6, 3.4))
minus_log_p = -log_softmax(logits[1])  # (words, classes)
axis.imshow(minus_log_p.T, cmap="Blues", vmax=9)
for (word, number), value in np.ndenumerate(minus_log_p):
    axis.text(word, number, f"{value:.1f}", ha="center", color="black")
axis.plot(labels[1, :3], "s", ms=45, mfc="none", mew=3, color="C1")
axis.set(title="-log p of five words", ylabel="class", yticks=range(3))
axis.set(xlabel="label", xticks=range(5), xticklabels=labels[1])
plt.show()
