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

for logits :math:`z`. Here :math:`m = \max z` keeps the powers from overflowing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples and four classes. A model predicts probabilities if it ends in
# softmax, and logits if it doesn't. The last sample is sure and wrong.

p = np.array([[4, 2, 1, 1], [2, 2, 2, 2], [0, 8, 0, 0]]) / 8  # (batch, classes)
logits = np.array([[2.0, 1, -1, 0], [0, 0, 0, 0], [3, 902, 1, -2]])
target = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])  # one-hot
to_numpy = keras.ops.convert_to_numpy
print(to_numpy(keras.losses.categorical_crossentropy(target, p)))
y = keras.losses.categorical_crossentropy(target, logits, from_logits=True)
print(to_numpy(y))

# %%
# Compute it
# ----------
# Subtract the largest logit of each sample: then no power overflows, and the
# logarithm of softmax stays the same. The one-hot target picks the right class.
# A smoothing of 1/4 keeps 3/4 of the target and spreads 1/4 over all four
# classes.

shifted = logits - np.max(logits, axis=1, keepdims=True)
powers = np.exp(shifted)  # at most 1
log_p = shifted - np.log(np.sum(powers, axis=1, keepdims=True))
by_hand = -np.sum(target * log_p, axis=1)  # (batch,)
soft_target = (1 - 0.25) * target + 0.25 / 4  # (batch, classes)
smoothed_by_hand = -np.sum(soft_target * log_p, axis=1)

# %%
# The whole function takes probabilities, too. Keras divides them by their sum,
# so they need not add up to 1. Then it clips them: the page "from_logits" tells
# why, and what it costs.

from keras_by_hand import categorical_crossentropy

# %%
# Check it
# --------
# With ``reduction=None``, a loss object does not take the mean over the batch.
# ``10 * p`` does not add up to 1. (Only TensorFlow computes it in float64.)

np.testing.assert_allclose(to_numpy(y), by_hand, rtol=1e-4, atol=1e-4)
y = keras.losses.categorical_crossentropy(target, logits, True, 0.25)
np.testing.assert_allclose(to_numpy(y), smoothed_by_hand, rtol=1e-4, atol=1e-4)

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
cases = [(p, False, 0), (10 * p, False, 0.25), (logits, True, 0.25)]
for dtype in dtypes:
    for y_pred, from_logits, smooth in cases:
        loss = keras.losses.CategoricalCrossentropy(
            from_logits, smooth, reduction=None, dtype=dtype
        )
        y = to_numpy(loss(target, y_pred))
        expected = categorical_crossentropy(target, y_pred, from_logits, smooth)
        np.testing.assert_allclose(y, expected, 1000 * np.finfo(dtype).eps)

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
# Would you share what the right class loses among the *other* classes alone?

y = keras.losses.categorical_crossentropy(target, p, label_smoothing=0.25)
others_alone = np.where(target == 1, 1 - 0.25, 0.25 / 3)
wrong = categorical_crossentropy(others_alone, p)
assert not np.allclose(to_numpy(y), wrong)

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
axis.set(
    title="Too sure: a smoothed loss rises again", xlabel="z", ylabel="loss"
)
axis.legend()
plt.show()
