r"""
Categorical cross-entropy: probabilities, logits, label smoothing
=================================================================

The loss of a classifier is minus the logarithm of the probability that it gives
to the right class. It takes one-hot targets, and predictions that are
probabilities or logits.

.. math::

   L &= -\sum_j t_j \log p_j \\
   \log p_j &= z_j - \log \sum_k e^{z_k}

The second line is for logits :math:`z`. It is the logarithm of their softmax,
in a form that never meets the logarithm of 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples and four classes. A model predicts probabilities if it ends in
# softmax, and logits if it doesn't.

p = np.array([[4, 2, 1, 1], [2, 2, 2, 2], [0, 8, 0, 0]]) / 8  # (batch, classes)
logits = np.array([[2.0, 1, -1, 0], [0, 0, 0, 0], [3, -2, 1, 900]])
target = np.eye(4)[[0, 3, 2]]  # (batch, classes), one-hot

to_numpy = keras.ops.convert_to_numpy
y = keras.losses.categorical_crossentropy(target, p)
print(to_numpy(y))
y = keras.losses.categorical_crossentropy(target, logits, from_logits=True)
print(to_numpy(y))

# %%
# From other pages
# ----------------


def log_softmax(x, axis=-1):
    """log(softmax(x)) without underflow; x: any shape."""
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


# %%
# Compute it
# ----------
# Keras divides probabilities by their sum, so they need not add up to 1. Then
# it clips them to ``1e-7`` and ``1 - 1e-7``. Label smoothing spreads a part of
# the target over all classes.


def categorical_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The loss of each sample (Keras documentation, CategoricalCrossentropy).

    y_true: one-hot or probabilities, y_pred: probabilities or logits, both
    (batch, ..., classes). Returns (batch, ...).
    """
    classes = np.shape(y_pred)[axis]
    y_true = y_true * (1 - label_smoothing) + label_smoothing / classes
    if from_logits:
        log_p = log_softmax(y_pred, axis)
    else:
        p = y_pred / np.sum(y_pred, axis=axis, keepdims=True)
        log_p = np.log(np.clip(p, 1e-7, 1 - 1e-7))
    return -np.sum(y_true * log_p, axis=axis)


# %%
# Check it
# --------
# A loss object does what the function does. With ``reduction=None`` it does not
# take the mean. Only on TensorFlow does Keras compute in float64 throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for y_pred, from_logits in (p, False), (10 * p, False), (logits, True):
        y_pred = y_pred.astype(dtype)
        for smoothing in (0, 0.25):
            loss = keras.losses.CategoricalCrossentropy(
                from_logits, smoothing, reduction=None, dtype=dtype
            )
            y = to_numpy(loss(target, y_pred))
            expected = categorical_crossentropy(
                target, y_pred, from_logits, smoothing
            )
            np.testing.assert_allclose(y, expected, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** Label smoothing divides by the size of
#    the last axis, even if the classes lie on another axis (`Keras issue 23451
#    <https://github.com/keras-team/keras/issues/23451>`__).

y = keras.losses.categorical_crossentropy(
    target.T, p.T, label_smoothing=0.25, axis=0
)
of_keras = 0.75 * target + 0.25 / 3  # of 3 samples, although of 4 classes
expected = categorical_crossentropy(of_keras.T, p.T, axis=0)
np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-5)

# %%
# Break it
# --------
# What if the model ends in softmax, and the loss has ``from_logits=True``? Then
# softmax is applied twice. Nothing fails, and training seems to work. But a
# model that is always right, with probability 1, still has a loss.

y = keras.losses.categorical_crossentropy(target, target, from_logits=True)
print("loss of perfect answers:", to_numpy(y))
assert not np.allclose(to_numpy(y), categorical_crossentropy(target, target))

# %%
# See it
# ------
# The right class has the logit ``z``, the others have 0. With label smoothing a
# model can be too sure, even of what is right.

z = np.linspace(-4, 10, 57)
y_pred = z[:, np.newaxis] * [1, 0, 0, 0]  # (samples, classes)
y_true = np.ones((57, 1)) * [1, 0, 0, 0]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for smoothing in (0, 0.1, 0.25):
    loss = categorical_crossentropy(y_true, y_pred, True, smoothing)
    axis.plot(z, loss, label=f"label_smoothing={smoothing}")
axis.set(title="With smoothing, too sure costs more", xlabel="z", ylabel="loss")
axis.legend()
plt.show()
