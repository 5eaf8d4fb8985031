r"""
Binary cross-entropy: the log loss of yes or no
===============================================

Binary cross-entropy, or logistic loss, treats each output as a yes-or-no
question of its own. So it also fits several labels for one sample, which may
all be right.

For a target :math:`t`, a probability :math:`p`, and its logit :math:`z`:

.. math::

   p &= \text{sigmoid}(z) = 1 / (1 + e^{-z}) \\
   \ell &= -t \log p - (1 - t) \log (1 - p) \\
        &= \max(z, 0) - t z + \log(1 + e^{-|z|})

The last line never overflows. The loss of a sample is the mean over its
outputs.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples with two questions each. In float32, ``exp(100)`` overflows.
#
# PyTorch has two classes for this loss. ``BCEWithLogitsLoss`` takes logits, as
# here. ``BCELoss`` takes probabilities, as Keras does by default.

y_true = np.array([[0, 1], [1, 1], [1, 0]], "float32")  # (batch, outputs)
logits = np.array([[-2, 3], [0, -1], [4, 100]], "float32")
to_numpy = keras.ops.convert_to_numpy
entropy = keras.losses.binary_crossentropy
y = to_numpy(entropy(y_true, logits, from_logits=True))

# %%
# Compute it
# ----------
# Use the last line of the equation, and take the mean over the outputs.
# ``np.log1p(x)`` is ``log(1 + x)`` without the loss of digits near zero.

losses = np.maximum(logits, 0) - y_true * logits
losses = losses + np.log1p(np.exp(-np.abs(logits)))  # (batch, outputs)
by_hand = np.mean(losses, axis=1)  # (batch,)

# %%
# Check it
# --------
# The library's function takes probabilities, too. Keras clips these: see the
# page "from_logits". Label smoothing moves targets towards 1/2.

from keras_by_hand import binary_crossentropy

np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
options = {"from_logits": True, "label_smoothing": 0.25}
y = to_numpy(entropy(y_true, logits, **options))
expected = binary_crossentropy(y_true, logits, **options)
np.testing.assert_allclose(y, expected, rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In float32,
#    ``BinaryCrossentropy`` rounds its limit ``1 - 1e-7`` to ``1 - 2**-23``. So
#    a sure, wrong yes costs less than a wrong no.

sure = np.array([[1.0], [0.0]], "float32")
y = to_numpy(entropy(1 - sure, sure))
np.testing.assert_allclose(y, -np.log([2**-23, 1e-7]), rtol=1e-5)

# %%
# Break it
# --------
# Both labels of a sample are right. With a softmax and
# ``categorical_crossentropy``, they would share a probability of 1: even if the
# model is sure of both, the loss is not 0. Take ``binary_crossentropy``.

both, sure = np.array([[1, 1]]), np.array([[40.0, 40]])
right = entropy(both, sure, from_logits=True)
wrong = keras.losses.categorical_crossentropy(both, sure, from_logits=True)
print(f"right: {float(right[0]):.2f}, wrong: {float(wrong[0]):.2f}")
assert not np.allclose(right, wrong, atol=0.1)

# %%
# See it
# ------
# If the model is sure and right, the loss is almost 0. If it is sure and wrong,
# the loss is about the absolute value of the logit.

z = np.linspace(-6, 6, 121)[:, np.newaxis]  # (samples, 1)
fig, axis = plt.subplots(figsize=(6, 3.4))
for target in (1, 0):
    loss = binary_crossentropy(target + 0 * z, z, from_logits=True)
    axis.plot(z, loss, label=f"target {target}")
axis.set(title="A sure, wrong answer costs about its logit")
axis.set(xlabel="logit", ylabel="loss")
axis.legend()
plt.show()
