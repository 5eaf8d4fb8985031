r"""
Binary cross-entropy: the log loss of yes or no
===============================================

Binary cross-entropy asks each output a question of its own, with yes or no for
an answer. From logits it works for any number. From probabilities it is clipped
where the model is most wrong.

.. math::

   p &= \text{sigmoid}(z) \\
   \ell &= -t \log p - (1 - t) \log (1 - p) \\
        &= \max(z, 0) - t z + \log(1 + e^{-|z|})

The last line is the same for logits :math:`z`, in a form that never overflows.
Its derivative is :math:`p - t`. The loss of a sample is the mean over its
outputs.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples with two questions each.

y_true = np.array([[0, 1], [1, 1], [1, 0]], "float32")  # (batch, outputs)
logits = np.array([[-2, 3], [0, -1], [4, -400]], "float32")
p = np.array([[0.25, 0.75], [0.5, 0.125], [1, 0]], "float32")

to_numpy = keras.ops.convert_to_numpy
print(to_numpy(keras.losses.binary_crossentropy(y_true, p)))
y = keras.losses.binary_crossentropy(y_true, logits, from_logits=True)
print(to_numpy(y))

# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


# %%
# Compute it
# ----------
# Keras clips probabilities to ``1e-7`` and ``1 - 1e-7``. Label smoothing moves
# targets towards 1/2.


def binary_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The loss of each sample (Keras documentation, BinaryCrossentropy).

    y_true: 0, 1 or between, y_pred: probabilities or logits, both (batch, ...,
    outputs). Returns (batch, ...).
    """
    y_true = y_true * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        losses = np.maximum(y_pred, 0) - y_true * y_pred
        losses = losses + np.log1p(np.exp(-np.abs(y_pred)))
    else:
        p = np.clip(y_pred, 1e-7, 1 - 1e-7)
        losses = -y_true * np.log(p) - (1 - y_true) * np.log(1 - p)
    return np.mean(losses, axis=axis)


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
    for y_pred, from_logits in (p, False), (logits, True):
        y_pred = y_pred.astype(dtype)
        for smoothing, axis in (0, -1), (0.25, -1), (0, 0):
            arguments = from_logits, smoothing, axis
            loss = keras.losses.BinaryCrossentropy(
                *arguments, reduction=None, dtype=dtype
            )
            y = to_numpy(loss(y_true, y_pred))
            expected = binary_crossentropy(y_true, y_pred, *arguments)
            np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# The derivative for each logit is ``p - t``. A difference quotient is right to
# six digits or so. (The last axis has size 1 here, so nothing is averaged.)

z = np.float64([[-2, 3], [0, -1], [4, -5]])
slope = sigmoid(z) - y_true
step = 2**-17
above, below = (
    binary_crossentropy(y_true[..., np.newaxis], moved[..., np.newaxis], True)
    for moved in (z + step, z - step)
)
np.testing.assert_allclose((above - below) / (2 * step), slope, rtol=1e-6)

# %%
# Break it
# --------
# Would you apply sigmoid first, and then take the loss of the probabilities? A
# model that is sure and wrong gets too small a loss.

sure = np.array([[40.0], [-40.0]], "float32")
wrong_answers = np.array([[0.0], [1.0]], "float32")
from_logits = binary_crossentropy(wrong_answers, sure, from_logits=True)
y = to_numpy(keras.losses.binary_crossentropy(wrong_answers, sigmoid(sure)))
print("from logits:", from_logits, "from probabilities:", y)
assert not np.allclose(y, from_logits)

# %%
# .. warning:: **Seen in Keras 3.15.1:** In float32, the upper limit
#    ``1 - 1e-7`` is rounded to ``1 - 2**-23``. So the largest loss of a wrong
#    yes is smaller than that of a wrong no.

np.testing.assert_allclose(y, -np.log([2**-23, 1e-7]), rtol=1e-5)

# %%
# See it
# ------
# Where the loss is flat, nothing is learned.

z = np.linspace(-30, 10, 201, dtype="float32")[:, np.newaxis]  # (samples, 1)
yes = np.ones_like(z)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(z, binary_crossentropy(yes, z, True), label="from logits")
axis.plot(z, binary_crossentropy(yes, sigmoid(z)), "--", label="from sigmoid")
axis.set(title="The right answer is yes", xlabel="logit", ylabel="loss")
axis.legend()
plt.show()
