r"""
Precision, recall and F1: count first, divide last
==================================================

A spam filter errs in two ways: it calls a letter spam, or it misses spam. The
*precision* is the share of spam in what it calls spam, the *recall* the share
of the spam that it finds. *F1*, their harmonic mean, is high only if both are.

Count true positives :math:`t`, false positives :math:`f`, and the missed ones,
false negatives :math:`m`, as in a confusion matrix:

.. math::

   P &= \frac{t}{t + f} \qquad R = \frac{t}{t + m} \\
   F_1 &= \frac{2 P R}{P + R} = \frac{2 t}{2 t + f + m}

Keras adds up the counts of all batches, then divides.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Twelve mails: spam (0), offers (1) and letters (2). Scores are 0.8 or 0.1.
# These metrics take one-hot labels: rows of ``np.eye(3)``, not 0, 1 and 2.
y_true = np.eye(3)[[0, 0, 0, 2, 1, 1, 2, 2, 2, 2, 0, 2]]  # (mails, classes)
y_pred = np.where(np.eye(3)[[0, 0, 2, 0, 1, 2, 2, 2, 1, 2, 0, 0]], 0.8, 0.1)
batches = slice(0, 5), slice(5, 10), slice(10, 12)


def of_keras(metric, classes=slice(3)):
    for mails in batches:
        metric.update_state(y_true[mails, classes], y_pred[mails, classes])
    return keras.ops.convert_to_numpy(metric.result())


# %%
# Compute it
# ----------
# Count in each class first, as scikit-learn's classification report does. The
# confusion matrix has a row for each true class, a column for each found one.
is_found = y_pred > 0.5  # (mails, classes)
confusion = y_true.T @ is_found  # (true classes, found classes)
t = np.diag(confusion)  # (classes,)
f, m = np.sum(is_found, axis=0) - t, np.sum(y_true, axis=0) - t
precision, recall = t / (t + f), t / (t + m)
f1 = 2 * precision * recall / (precision + recall)
print(confusion, np.round([precision, recall, f1], 2), sep="\n")

# %%
# Of three averages of F1, *macro* is the mean over classes, *weighted* weighs
# each class by its number of mails, and *micro* adds up the counts first.
macro = np.mean(f1)
weighted = np.sum(f1 * (t + m)) / np.sum(t + m)
micro = 2 * np.sum(t) / np.sum(2 * t + f + m)

# %%
# Check it
# --------
# Precision and Recall add up the counts of all classes; ``class_id`` picks one.
# They count scores above 0.5; ``F1Score()`` counts the largest of each row.
from keras_by_hand import f1_score, precision_metric, recall_metric

metrics = keras.metrics
y = [of_keras(metrics.Precision(class_id=k)) for k in range(3)]
np.testing.assert_allclose(y, precision, rtol=1e-4)
y = [of_keras(metrics.Recall(class_id=k)) for k in range(3)]
np.testing.assert_allclose(y, recall, rtol=1e-4)
y = [of_keras(metrics.F1Score(name)) for name in ("macro", "weighted", "micro")]
np.testing.assert_allclose(y, [macro, weighted, micro], rtol=1e-4)
y = of_keras(metrics.Precision()), of_keras(metrics.Recall())
expected = precision_metric(y_true, y_pred), recall_metric(y_true, y_pred)
np.testing.assert_allclose(y, expected, rtol=1e-4)

# %%
# Break it
# --------
# Suppose you take the mean of the F1 of batches. In a batch without spam, 0 / 0
# counts as 0. Use one metric for all batches, as ``of_keras`` does.

right = f1_score(y_true, y_pred)[0]
of_batches = [f1_score(y_true[mails], y_pred[mails])[0] for mails in batches]
print(f"right: {right:.2f}, wrong: {np.mean(of_batches):.2f}")
assert np.mean(of_batches) < right - 0.2

# %%
# With a single output, ``F1Score()`` always says yes: pass ``threshold=0.5``.
wrong = of_keras(metrics.F1Score(), slice(1))
right = of_keras(metrics.F1Score(threshold=0.5), slice(1))
print("right:", right, "wrong:", wrong)
assert wrong < right - 0.1

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(["batch 1", "batch 2: no spam", "batch 3"], of_batches)
axis.axhline(f1[0], color="C1", label="all mails")
axis.axhline(np.mean(of_batches), color="C2", ls="--", label="mean of batches")
axis.set(ylabel="F1 of spam", title="The mean of batches is too low")
axis.legend()
plt.show()
