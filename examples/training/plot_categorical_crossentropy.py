r"""
Categorical cross-entropy, and label smoothing
==============================================

Categorical cross-entropy is minus the logarithm of the probability that a model
gives to the right class. Label smoothing spreads a part of the target over all
classes. Then it is wrong to be too sure, even of the right class.

For a one-hot target :math:`t`, :math:`K` classes, and a smoothing of :math:`s`:

.. math::

   t' &= (1 - s) \, t + s / K \\
   L &= -\sum_j t'_j \log p_j \\
   \log p_j &= z_j - m - \log \sum_k e^{z_k - m}

:math:`t'` is the smoothed target. Class :math:`j` has the probability
:math:`p_j`, and the logit :math:`z_j`. Subtracting :math:`m = \max z` keeps the
powers from overflowing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples and four classes; the last prediction is sure and wrong. One
# model ends in softmax and predicts ``p``: Keras expects probabilities by
# default. Another predicts ``logits``: pass ``from_logits=True``. (With labels,
# see the page "Sparse categorical cross-entropy, and ignore_class".)
p = np.array([[4, 2, 1, 1], [2, 2, 2, 2], [0, 8, 0, 0]]) / 8  # (batch, classes)
logits = np.array([[2.0, 1, -1, 0], [0, 0, 0, 0], [3, 902, 1, -2]])
target = keras.utils.to_categorical([0, 3, 2], num_classes=4)  # one-hot rows
to_numpy = keras.ops.convert_to_numpy
entropy = keras.losses.categorical_crossentropy
y = to_numpy(entropy(target, logits, from_logits=True))
y_smoothed = to_numpy(entropy(target, logits, True, label_smoothing=0.25))

# %%
# Compute it
# ----------
# Subtract the largest logit of each sample: then no power overflows, and the
# logarithm of softmax stays the same. The one-hot target picks the right class.
# A smoothing of 1/4 keeps 3/4 of the target and spreads 1/4 over all classes.

shifted = logits - np.max(logits, axis=1, keepdims=True)
powers = np.exp(shifted)  # at most 1
log_p = shifted - np.log(np.sum(powers, axis=1, keepdims=True))
by_hand = -np.sum(target * log_p, axis=1)  # (batch,)
soft_target = (1 - 0.25) * target + 0.25 / 4  # (batch, classes)
smoothed_by_hand = -np.sum(soft_target * log_p, axis=1)

# %%
# Check it
# --------
# The library's function takes probabilities, too. Keras divides them by their
# sum, and clips them: the page "from_logits" tells why, and what it costs.

from keras_by_hand import categorical_crossentropy

np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y_smoothed, smoothed_by_hand, rtol=1e-4, atol=1e-4)
y = to_numpy(entropy(target, p))
np.testing.assert_allclose(y, categorical_crossentropy(target, p), rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** Label
#    smoothing in ``CategoricalCrossentropy`` divides by the size of the last
#    axis, even if the classes lie on another axis (`Keras issue 23451
#    <https://github.com/keras-team/keras/issues/23451>`__).

y = keras.losses.categorical_crossentropy(
    target.T, p.T, label_smoothing=0.25, axis=0
)
smoothed = 0.75 * target.T + 0.25 / 3  # 3 samples, although there are 4 classes
expected = categorical_crossentropy(smoothed, p.T, axis=0)
np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-5)

# %%
# Break it
# --------
# Keras takes the smoothing from the target and spreads it over *all* classes.
# Suppose you spread it over the *other* classes alone.

wrong = -np.sum(np.where(target == 1, 0.75, 0.25 / 3) * log_p, axis=1)
print(f"first sample: right {y_smoothed[0]:.2f}, wrong {wrong[0]:.2f}")
assert not np.allclose(y_smoothed, wrong, rtol=0.01)

# %%
# See it
# ------
# The right class has the logit ``z``, the others have 0.

z = np.linspace(-4, 10, 57)
y_true = np.tile([1, 0, 0, 0], (57, 1))  # (samples, classes)
y_pred = y_true * z[:, np.newaxis]
fig, axis = plt.subplots(figsize=(6, 3.4))
for smoothing in (0, 0.1, 0.25):
    loss = categorical_crossentropy(y_true, y_pred, True, smoothing)
    axis.plot(z, loss, label=f"label_smoothing={smoothing}")
axis.set(title="Too sure: loss rises again", xlabel="z", ylabel="loss")
axis.legend()
plt.show()
