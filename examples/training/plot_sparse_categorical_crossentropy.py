r"""
Sparse categorical cross-entropy, and ignore_class
==================================================

``sparse_categorical_crossentropy`` takes class indices (0, 1, 2, ...) where
``categorical_crossentropy`` takes one-hot vectors. The loss is the same: minus
the logarithm of the probability of the right class.

.. math::

   L = -\log p_t

:math:`t` is the index of the right class. ``ignore_class`` is a label, such as
that of padding, that has no loss. The mean leaves it out, too.
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
y = keras.losses.sparse_categorical_crossentropy(
    labels, logits, from_logits=True, ignore_class=-1
)
print(keras.ops.convert_to_numpy(y))

# %%
# Compute it
# ----------
# The label of a word picks the right class: the loss is minus the logarithm of
# its probability. Where the label is -1, the loss stays 0.

log_p = log_softmax(logits)  # (batch, words, classes)
by_hand = np.zeros((2, 5))  # (batch, words)
for sentence, word in np.argwhere(labels != -1):
    label = labels[sentence, word]
    by_hand[sentence, word] = -log_p[sentence, word, label]

# %%
# The whole function takes probabilities, too, and has no loop. As an index, -1
# would pick the last class, and a large label would fail. So a label to be
# ignored becomes 0, and its loss is set to 0 afterwards.

from keras_by_hand import sparse_categorical_crossentropy

# %%
# Check it
# --------
# ``reduction=None`` takes no mean. Keras divides ``p`` by its sum, here 1/2.

y = keras.ops.convert_to_numpy(y)
np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)

p = np.exp(log_softmax(logits)) / 2
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    for y_pred, from_logits in [(logits, True), (p, False)]:
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits, ignore_class=-1, reduction=None, dtype=dtype
        )
        expected = sparse_categorical_crossentropy(
            labels, y_pred, from_logits, ignore_class=-1
        )
        y = loss(labels, y_pred)
        np.testing.assert_allclose(y, expected, 1000 * np.finfo(dtype).eps)
# One-hot targets give the same with categorical_crossentropy.
losses = sparse_categorical_crossentropy(labels, logits, True, ignore_class=-1)
y = keras.losses.categorical_crossentropy(np.eye(3)[labels[0]], logits[0], True)
np.testing.assert_allclose(y, losses[0], rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``SparseCategoricalCrossentropy`` clips probabilities *before* it divides
#    by their sum. Where one is above 1, ``CategoricalCrossentropy`` differs.

if keras.backend.backend() == "tensorflow":
    shares = np.array([[4, 2, 2]], "float32")  # clipped: about 1, 1 and 1
    y = keras.losses.sparse_categorical_crossentropy(np.array([0]), shares)
    np.testing.assert_allclose(y, [np.log(3)], rtol=1e-5)

# %%
# Break it
# --------
# The function returns 0 for what is ignored. Would you take the mean of that?
# It is too small. A loss object of Keras leaves the zeros out.

loss = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=-1)
y = float(loss(labels, logits))
np.testing.assert_allclose(y, np.mean(losses[labels != -1]), rtol=1e-5)
assert not np.allclose(y, np.mean(losses))

# %%
# See it
# ------
# The labels of the second sentence pick one entry of each column.

fig, axis = plt.subplots(figsize=(6, 3.4))
minus_log_p = -log_softmax(logits[1])  # (words, classes)
axis.imshow(minus_log_p.T, cmap="Blues")
for (word, number), value in np.ndenumerate(minus_log_p):
    axis.text(word, number, f"{value:.1f}", ha="center", color="black")
axis.plot(labels[1, :3], "s", ms=45, mfc="none", mew=3, color="C1")
axis.set(title="-log p of five words", ylabel="class", yticks=range(3))
axis.set(xlabel="label", xticks=range(5), xticklabels=labels[1])
plt.show()
