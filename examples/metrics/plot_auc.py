r"""
AUC and the ROC curve: pairs, thresholds and what Keras counts
==============================================================

A model that looks for fraud is judged by the order of its scores. Take every
pair of a fraud and an honest payment: the *AUC* is the share of pairs in which
the fraud scores higher. A tie counts one half. Chance gives 0.5.

Its name, *area under the curve*, says how it is drawn. For a threshold, the
*true positive rate* :math:`t` is the share of the positives that score above
it, the *false positive rate* :math:`f` that of the negatives. With ascending
thresholds, :math:`f_k, t_k` are the points of the *ROC curve*. Its area is

.. math::

   \mathrm{AUC} = \sum_k (f_k - f_{k+1}) \, \frac{t_k + t_{k+1}}{2}

Keras stores no scores. It counts at 200 thresholds (``num_thresholds``) from 0
to 1, so that it can add up batches. Scores between two of them are ties.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Each of 500 payments has a signal. The larger it is, the likelier is fraud.
# The scores are whole hundredths, so that no two lie between the same
# thresholds unless they are equal.

rng = np.random.default_rng(313)
signal = rng.normal(size=500)
y_true = signal + rng.normal(size=500) > 1.5  # (batch,)
y_pred = np.float32(np.round(1 / (1 + np.exp(-signal)), 2))


def of_keras(scores, **options):
    return float(keras.metrics.AUC(**options)(y_true, scores))


# %%
# Compute it
# ----------
# As Keras does: the first threshold is below 0 and the last one above 1.

thresholds = np.linspace(0, 1, 200)
thresholds[[0, -1]] = -1e-7, 1 + 1e-7


def roc(scores):
    above = scores > thresholds[:, np.newaxis]  # (thresholds, batch)
    t, f = above[:, y_true].mean(axis=1), above[:, ~y_true].mean(axis=1)
    return t, f, np.sum((f[:-1] - f[1:]) * (t[:-1] + t[1:]) / 2)


# %%
# As AUC is defined, without thresholds: all positives minus all negatives.

difference = y_pred[y_true][:, np.newaxis] - y_pred[~y_true]
share_of_pairs = np.mean((difference > 0) + (difference == 0) / 2)

# %%
# Check it
# --------
# The precision-recall curve shows the recall, which is :math:`t`, and the
# precision: the share of positives among the scores above a threshold. Keras
# (``curve="PR"``) interpolates; scikit-learn's ``average_precision_score`` does
# not. ``auc`` also takes weights of samples, logits and several labels.

from keras_by_hand import auc

np.testing.assert_allclose(of_keras(y_pred), share_of_pairs, rtol=1e-4)
for s in (y_pred, y_pred / 15, y_pred / 35):  # the last two lose some order
    t, f, area = roc(s)
    np.testing.assert_allclose([of_keras(s), t[0], f[0]], [area, 1, 1], 1e-4)
expected = auc(y_true, y_pred, curve="PR")
np.testing.assert_allclose(of_keras(y_pred, curve="PR"), expected, rtol=1e-4)

# %%
# Break it
# --------
# Where fraud is rare, a model may score all payments below 1/199. Divide the
# scores by 200: their order stays, and so does the share of pairs. But all of
# them lie between Keras' first two thresholds, and the metric sees ties only.
# Thresholds of your own help, such as percentiles of scores.

rare = y_pred / 200
own = np.unique(np.quantile(rare, np.linspace(0, 1, 101))).tolist()
mended, wrong = of_keras(rare, thresholds=own), of_keras(rare)
print(f"right: {share_of_pairs:.2f}, wrong: {wrong:.2f}, mended: {mended:.2f}")
assert wrong == 0.5 and abs(mended - share_of_pairs) < 0.01

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
for scores, label in (y_pred, "scores up to 1"), (rare, "the same / 200"):
    t, f, _ = roc(scores)
    axis.plot(f, t, ".-", label=label)
axis.set(xlabel="false positive rate", ylabel="true positive rate")
axis.set_title("Scores between two thresholds lose their order")
axis.legend()
plt.show()
