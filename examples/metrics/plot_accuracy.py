r"""
Accuracy in Keras: binary, categorical, sparse and top-k
========================================================

Accuracy is the share of predictions that are right. A probability above 1/2
means yes. Of several scores, the largest names the predicted class. *Top-k*
asks less: the true class must be among the :math:`k` with the largest scores.

.. math::

   \text{binary} &: (p > \tfrac{1}{2}) = t \\
   \text{categorical} &: \arg \max_j s_j = c \\
   \text{top-k} &: \sum_j (s_j > s_c) < k

:math:`p` is a probability, :math:`t` its target, :math:`s_j` a score, :math:`c`
the true class. ``metrics=["accuracy"]`` goes by shapes: ``(batch, 1)`` outputs
are binary, others categorical. Labels are indices ("sparse") or one-hot rows.
Top-5 is ``keras.metrics.SparseTopKCategoricalAccuracy(k=5)``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The model returns what it is given, so that its outputs are ours to choose.


def of_compile(y_true, y_pred):
    inputs = keras.Input(y_pred.shape[1:])
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    model.compile(loss="crossentropy", metrics=["accuracy"])
    return model.evaluate(y_pred, y_true, verbose=0)[1]


answer = np.array([[0], [1], [1], [1], [0]])  # (batch, 1)
p = np.float32([[0.2], [0.5], [0.7], [0.9], [0.1]])
label = np.array([0, 1, 2, 2, 2])  # (batch,)
scores = np.float32([[5, 2, 1], [3, 3, 1], [2, 4, 3], [1, 1, 1], [6, 5, 4]])
pairs = [(answer, p), (np.eye(3)[label], scores), (label, scores)]
y = [of_compile(*pair) for pair in pairs]
top_2 = keras.metrics.sparse_top_k_categorical_accuracy(label, scores, k=2)

# %%
# Compute it
# ----------
# Of equal scores, ``np.argmax`` takes the first. Top-k counts the larger ones.
binary = np.mean((p > 0.5) == answer)
categorical = np.mean(np.argmax(scores, axis=1) == label)
of_label = np.take_along_axis(scores, label[:, np.newaxis], axis=1)
larger = np.sum(scores > of_label, axis=1)  # (batch,)

# %%
# Check it
# --------
# Keras, and the library, whose functions return 1 or 0 for each sample.

from keras_by_hand import (
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
)

by_hand = [binary, categorical, categorical]
kinds = binary_accuracy, categorical_accuracy, sparse_categorical_accuracy
expected = [np.mean(kind(*pair)) for kind, pair in zip(kinds, pairs)]
np.testing.assert_allclose([y, expected], [by_hand] * 2, rtol=1e-4)
expected = sparse_top_k_categorical_accuracy(label, scores, k=2)
np.testing.assert_array_equal([top_2, expected], [larger < 2] * 2)

# %%
# Break it
# --------
# With the class ``Accuracy()``, accuracy is 0: it asks whether a probability
# *equals* its label. Or a sample has several tags: "accuracy" only compares the
# largest of each row. Write "binary_accuracy": all six tags below are right.
# A logit means yes above 0: take ``BinaryAccuracy(threshold=0)``.
wrong = float(keras.metrics.Accuracy()(answer, p))
print(f'right: "accuracy" {binary:.1f}, wrong: Accuracy() {wrong:.1f}')
assert wrong == 0 and binary > 0.5
tags = np.array([[1, 1, 0], [0, 0, 0]])
p_tags = np.float32([[0.9, 0.8, 0.1], [0.1, 0.2, 0.3]])
right, wrong = np.mean((p_tags > 0.5) == tags), of_compile(tags, p_tags)
print(f'right: "binary_accuracy" {right:.1f}, wrong: "accuracy" {wrong:.1f}')
assert right == 1 and wrong == 0.5
logits, at_0 = p - 0.5, keras.metrics.BinaryAccuracy(threshold=0)
assert at_0(answer, logits) > keras.metrics.BinaryAccuracy()(answer, logits)

# %%
# See it
# ------
# Each row is a sample, and the square marks its class.
fig, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.imshow(scores, cmap="Blues", vmax=9, aspect=0.5)
for (sample, number), score in np.ndenumerate(scores):
    axis.text(number, sample, int(score), ha="center", va="center", c="black")
axis.plot(label, np.arange(5), "s", ms=26, mfc="none", mew=3, color="C1")
pairs = zip(np.argmax(scores, axis=1) == label, larger < 1)
axis.set_yticks(range(5), [f"accuracy {a:d}, top-1 {k:d}" for a, k in pairs])
axis.set(xticks=range(3), xlabel="class")
axis.set_title("Of equal scores, accuracy takes the first, top-k all")
plt.show()
