r"""
Accuracy in Keras: binary, categorical, sparse and top-k
========================================================

Accuracy is the share of predictions that are right. What is right depends on
what a model predicts. A probability above 1/2 means yes. Of several scores, the
largest names the class. And *top-k* asks less: a prediction is right if fewer
than :math:`k` scores are larger than that of the right class :math:`c`.

.. math::

   \text{binary} &: (p > \tfrac{1}{2}) = t \\
   \text{categorical} &: \arg \max_j s_j = c \\
   \text{top-k} &: \sum_j (s_j > s_c) < k

``compile(metrics=["accuracy"])`` takes one of the first two, and decides by
shapes alone. Outputs of ``(batch, 1)`` are binary, all others categorical.
There, labels without an axis of classes, or with one of length 1, are indices
("sparse"). All others are one-hot.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A model without weights returns what it is given. So ``evaluate`` shows what
# "accuracy" makes of labels and outputs. (So does "crossentropy", by the way.)


def of_compile(y_true, y_pred):
    inputs = keras.Input(y_pred.shape[1:])
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    loss, metrics = "crossentropy", ["accuracy"]
    model.compile(loss=loss, metrics=metrics, run_eagerly=True)
    return model.evaluate(y_pred, y_true, verbose=0, return_dict=True)


answer = np.array([[0], [1], [1], [1], [0]])  # (batch, 1)
p = np.float32([[0.2], [0.5], [0.7], [0.9], [0.1]])
label = np.array([0, 1, 2, 2, 2])  # (batch,)
scores = np.float32([[5, 2, 1], [3, 3, 1], [2, 4, 3], [1, 1, 1], [6, 5, 4]])

# %%
# Compute it
# ----------
# Of equal scores, ``np.argmax`` takes the first, and so does Keras. For top-k,
# equal scores are not larger: all of them are right.

binary = np.mean((p > 0.5) == answer)
categorical = np.mean(np.argmax(scores, axis=1) == label)
of_label = np.take_along_axis(scores, label[:, np.newaxis], axis=1)
larger = np.sum(scores > of_label, axis=1)  # (batch,)
top_1, top_2 = np.mean(larger < 1), np.mean(larger < 2)

# %%
# The library's functions return 1 or 0 for each sample. ``resolve_name`` tells
# which of them "accuracy" is.

from keras_by_hand import (
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
)
from keras_by_hand.metrics.accuracy import resolve_name

# %%
# Check it
# --------

one_hot, column = np.eye(3)[label], label[:, np.newaxis]
cases = [(answer, p, binary, binary_accuracy)]
cases += [(one_hot, scores, categorical, categorical_accuracy)]
cases += [(label, scores, categorical, sparse_categorical_accuracy)]
cases += [(column, scores, categorical, sparse_categorical_accuracy)]
for y_true, y_pred, by_hand, function in cases:
    name = resolve_name("accuracy", y_true, y_pred)
    print("labels", y_true.shape, "outputs", y_pred.shape, name)
    np.testing.assert_equal(name, function.__name__)
    y = of_compile(y_true, y_pred)["accuracy"]
    np.testing.assert_allclose(y, by_hand, rtol=1e-4)
    np.testing.assert_allclose(y, np.mean(function(y_true, y_pred)), rtol=1e-4)
for k, by_hand in (1, top_1), (2, top_2):
    y = keras.metrics.sparse_top_k_categorical_accuracy(label, scores, k)
    y = keras.ops.convert_to_numpy(y)
    np.testing.assert_allclose(np.mean(y), by_hand, rtol=1e-4)
    expected = sparse_top_k_categorical_accuracy(label, scores, k)
    np.testing.assert_allclose(y, expected, rtol=1e-4)

# %%
# Break it
# --------
# Would you write the class ``Accuracy()`` instead of the word? It asks whether
# two numbers are equal, and a probability hardly ever equals its label.

accuracy = keras.metrics.Accuracy()
accuracy.update_state(answer, p)
wrong = float(accuracy.result())
print(f'"accuracy" {binary:.1f}, Accuracy() {wrong:.1f}')
assert wrong == 0 and binary > 0.5

# %%
# And would you use the word where several labels may be right? By their shapes
# they are one-hot. All six answers below are right: write "binary_accuracy".

tags = np.array([[1, 1, 0], [0, 0, 0]])
p_tags = np.float32([[0.9, 0.8, 0.1], [0.1, 0.2, 0.3]])
right = np.mean((p_tags > 0.5) == tags)
wrong = of_compile(tags, p_tags)["accuracy"]
print(f'"binary_accuracy" {right:.1f}, "accuracy" {wrong:.1f}')
assert right == 1 and wrong == 0.5

# %%
# See it
# ------
# Each row is a sample, and the square marks its class.

fig, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.imshow(scores, cmap="Blues", vmax=9, aspect=0.5)
for (sample, number), score in np.ndenumerate(scores):
    axis.text(number, sample, int(score), ha="center", va="center", c="black")
axis.plot(label, np.arange(5), "s", ms=26, mfc="none", mew=3, color="C1")
of_argmax = np.where(np.argmax(scores, axis=1) == label, "right", "wrong")
of_top = np.where(larger < 1, "right", "wrong")
for sample in range(5):
    words = f"accuracy: {of_argmax[sample]}\ntop-1: {of_top[sample]}"
    axis.text(2.6, sample, words, va="center")
axis.set(xticks=range(3), xlabel="class", yticks=range(5), ylabel="sample")
axis.set_title("Of equal scores, accuracy takes the first, top-k takes all")
plt.show()
