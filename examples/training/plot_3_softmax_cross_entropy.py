r"""
Softmax with cross-entropy: the gradient is p - t
=================================================

What a classifier's logits are corrected by is the probability that it gave,
less the one that it should have given. From logits, Keras computes just that.
Probabilities it clips first, and where it clips there is no gradient.

.. math::

   p = \operatorname{softmax}(z), \qquad
   L = -\frac{1}{\text{batch}} \sum_{i, j} t_{ij} \log p_{ij}, \qquad
   \frac{\partial L}{\partial z} = \frac{p - t}{\text{batch}}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# One model, four outputs, each with a kernel and a loss of its own. Fed with
# the identity matrix, every layer has its kernel as its logits, and a step of
# ``SGD`` with a learning rate of 1 subtracts from them their gradient.

batch, classes = 8, 4
labels = np.array([2, 0, 3, 0, 1, 1, 2, 0])  # (batch,)
target = np.eye(classes)[labels]  # (batch, classes), one-hot
tags = np.random.randint(0, 2, size=(batch, classes))  # each by itself

Categorical = keras.losses.CategoricalCrossentropy
Sparse = keras.losses.SparseCategoricalCrossentropy
Binary = keras.losses.BinaryCrossentropy
losses = {
    "softmax": Categorical(),  # of probabilities
    "logits": Categorical(from_logits=True),
    "labels": Sparse(from_logits=True),
    "tags": Binary(from_logits=True),
}
targets = dict(zip(losses, (target, target, labels, tags)))
inputs = keras.Input(shape=(batch,))
layers = {}
for name in losses:
    activation = "softmax" if name == "softmax" else None
    layers[name] = keras.layers.Dense(
        classes, activation, use_bias=False, name=name
    )
model = keras.Model(inputs, {name: layers[name](inputs) for name in layers})
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss=losses)

for name, y in model(np.eye(batch)).items():
    np.testing.assert_equal(tuple(y.shape), target.shape, err_msg=name)


def train_step(logits):
    """The losses of one step, and each layer's logits after it."""
    for layer in layers.values():
        layer.set_weights([logits])
    values = model.train_on_batch(np.eye(batch), targets, return_dict=True)
    return values, {name: layers[name].get_weights()[0] for name in layers}


logits = np.random.normal(size=(batch, classes)).astype("float32")
values, after = train_step(logits)

# %%
# Compute it
# ----------
# `np.logaddexp`_ is the logarithm of a sum of exponentials, and does not
# overflow. Binary cross-entropy looks at each entry by itself, and is a mean
# over units as well as over samples.
#
# .. _np.logaddexp: https://numpy.org/doc/stable/reference/generated/numpy.logaddexp.html


def log_softmax(logits):
    """The logarithms of the probabilities, (batch, classes)."""
    return logits - np.logaddexp.reduce(logits, axis=1)[:, None]


def categorical(logits, target):
    """The loss, and its gradient with respect to the logits."""
    loss = -np.sum(target * log_softmax(logits)) / len(logits)
    return loss, (np.exp(log_softmax(logits)) - target) / len(logits)


def binary(logits, tags):
    """The loss, and its gradient with respect to the logits."""
    loss = np.mean(np.logaddexp(0, logits) - tags * logits)
    return loss, (1 / (1 + np.exp(-logits)) - tags) / logits.size


z = logits.astype("float64")
one_of_many, each_by_itself = categorical(z, target), binary(z, tags)
expected = dict(zip(losses, [one_of_many] * 3 + [each_by_itself]))

# %%
# Check it
# --------
# ``p - t`` is a difference of numbers up to 1, made by an exponential, a sum
# and a quotient: 8 eps, divided as the mean is, plus half the last bit of the
# new logit. The loss takes a logarithm of that: 8 eps of 1 plus the loss.

eps = np.finfo("float32").eps
for name, (loss, gradient) in expected.items():
    np.testing.assert_equal(after[name].shape, gradient.shape, err_msg=name)
    rounding_unit = eps / (z.size if name == "tags" else batch)
    error = np.abs(z - after[name] - gradient)
    limit = 8.0 * rounding_unit + 0.5 * eps * np.abs(after[name])
    print(f"{name}: loss {loss:.4f}, {np.max(error / limit):.2f} of the limit")
    np.testing.assert_array_less(error, limit, err_msg=name)
    error = np.abs(values[f"{name}_loss"] - loss)
    np.testing.assert_array_less(error, 8 * eps * (1 + loss), err_msg=name)

total = sum(loss for loss, _ in expected.values())
error = np.abs(values["loss"] - total)
np.testing.assert_array_less(error, 8 * eps * (4 + total))

# %%
# Break it
# --------
# Now the model is sure: its logits are 24 and -24, half of the samples are
# right and half are wrong. A probability is 1, or so close to 0 that in float32
# a logit of 24 does not notice it: from logits, the step is that of ``p - t``
# with 1 and 0, to the bit. Each wrong sample costs 48, which is how far its
# logits are apart; each wrong tag costs 24.

p = np.eye(classes)[[2, 0, 3, 0, 2, 3, 1, 1]]  # (batch, classes)
big = 48 * p - 24
values, after = train_step(big)

unnoticed = np.float32(24) + np.float32(np.exp(-24.0))
np.testing.assert_equal(unnoticed, np.float32(24))
wrong_tags = np.count_nonzero(p != tags)
wanted = {"logits": 24, "labels": 24, "tags": 24 * wrong_tags / p.size}
for name, loss in wanted.items():
    gradient = (p - tags) / p.size if name == "tags" else (p - target) / batch
    np.testing.assert_array_equal(big - after[name], gradient, err_msg=name)
    np.testing.assert_equal(values[f"{name}_loss"], loss, err_msg=name)

# %%
# Given probabilities, Keras clips them to ``1e-7`` and ``1 - 1e-7``, as
# the logarithm of 0 is infinite. What is clipped is constant, so its gradient
# is zero, and the samples that are most wrong teach nothing. On JAX and PyTorch
# this befalls the layer with the softmax. On TensorFlow, Keras remembers the
# logits behind it and quietly uses them: the same model trains differently.

print("loss from logits: 24, with softmax:", round(values["softmax_loss"], 3))
total = sum(wanted.values())
if keras.backend.backend() == "tensorflow":
    gradient = (p - target) / batch
    np.testing.assert_array_equal(big - after["softmax"], gradient)
    np.testing.assert_equal(values["softmax_loss"], 24)
    np.testing.assert_equal(values["loss"], 24 + total)
else:
    np.testing.assert_array_equal(after["softmax"], big)
    half = -np.log(1e-7) / 2  # half of the samples are wrong
    error = np.abs(values["softmax_loss"] - half)
    np.testing.assert_array_less(error, 8 * eps * (1 + half))
    error = np.abs(values["loss"] - (half + total))
    np.testing.assert_array_less(error, 8 * eps * (1 + half + total))

# %%
# See it
# ------
# A loss that is handed probabilities as numbers has nothing to remember, on any
# backend. This is binary cross-entropy where the right answer is 1.

z = np.arange(-30.0, 11.0)[:, None]  # (samples, 1)
p = (1 / (1 + np.exp(-z))).astype("float32")
from_logits = Binary(from_logits=True, reduction=None)(np.ones_like(z), z)
from_probabilities = Binary(reduction=None)(np.ones_like(z), p)
clipped = np.maximum(p.astype("float64"), 1e-7)
curves = {  # name: loss, (samples, 1) without its last axis, and the exact one
    "from logits": (from_logits, np.logaddexp(0, -z[:, 0])),
    "from probabilities": (from_probabilities, -np.log(clipped[:, 0])),
}

fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
for name, (curve, exact) in curves.items():
    curve = keras.ops.convert_to_numpy(curve)
    np.testing.assert_equal((curve.shape, curve.dtype), ((41,), np.float32))
    error = np.abs(curve - exact)
    np.testing.assert_array_less(error, 8 * eps * (1 + exact), err_msg=name)
    axis.plot(z[:, 0], curve, "o-", markersize=3, label=name)
axis.set(title="Where the loss is flat, nothing is learnt")
axis.set(xlabel="logit of the right answer, z", ylabel="cross-entropy")
axis.legend()
plt.show()
