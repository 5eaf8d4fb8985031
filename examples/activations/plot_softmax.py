r"""
softmax and log_softmax: scores become probabilities
====================================================

``softmax`` turns the scores of a classifier, its logits, into probabilities:
positive numbers that add up to 1. Subtracting the largest logit first changes
nothing, and keeps the exponentials from overflowing.

.. math::

   p_i &= \frac{e^{x_i}}{\sum_k e^{x_k}}
   = \frac{e^{x_i - m}}{\sum_k e^{x_k - m}} \\
   \ln p_i &= x_i - m - \ln \sum_k e^{x_k - m}

with :math:`m = \max x`. Each logit moves all probabilities, so the derivative
is a matrix:

.. math::

   \frac{\partial p_i}{\partial x_j} &= p_i \, (\delta_{ij} - p_j) \\
   \frac{\partial \ln p_i}{\partial x_j} &= \delta_{ij} - p_j

where :math:`\delta_{ij}` is 1 if :math:`i = j`, and 0 otherwise.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples with four logits each. The last two are extreme.

x = np.array([[2, 1, -1, 0.5], [1000, 0, -1000, 999], [-np.inf, 3, 3, 0]])


def keras_values(dtype="float32"):
    logits = x.astype(dtype)  # (batch, classes)
    y = [
        keras.activations.softmax(logits),
        keras.activations.log_softmax(logits),
        keras.activations.softmax(logits[:2], axis=0),
        keras.activations.log_softmax(logits[:2], axis=0),
    ]
    return [keras.ops.convert_to_numpy(values) for values in y]


print(keras_values()[0].round(3))

# %%
# Compute it
# ----------
# After the subtraction, the largest exponential is 1.


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def log_softmax(x, axis=-1):
    """log(softmax(x)) without underflow; x: any shape."""
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


# %%
# Check it
# --------
# In float64 they agree to twelve digits and more. Only on TensorFlow does Keras
# compute in float64 throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
expected = [softmax(x), log_softmax(x)]
expected += [softmax(x[:2], axis=0), log_softmax(x[:2], axis=0)]
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for y, right in zip(keras_values(dtype), expected):
        np.testing.assert_allclose(y, right, tolerance, tolerance)

# %%
# The derivatives of the first sample, as in the equation, and as difference
# quotients, which are right to six digits and more.

logits = x[0]
p = softmax(logits)
of_softmax = np.diag(p) - np.outer(p, p)  # (p, logits)
of_log_softmax = np.eye(4) - p
nudge = 1e-5 * np.eye(4)  # one row for each logit
for f, derivative in ((softmax, of_softmax), (log_softmax, of_log_softmax)):
    quotient = (f(logits + nudge) - f(logits - nudge)) / 2e-5
    np.testing.assert_allclose(quotient.T, derivative, rtol=1e-6)

# %%
# Training uses these derivatives, too. Give a ``Dense`` layer the input 1 and
# the logits as its kernel: it returns their ``softmax``. If the loss is a
# weighted sum of that, its gradient is the weights times the matrix, and one
# step of SGD with learning rate 1 subtracts it. (For one step, ``run_eagerly``
# is faster than compiling.)

weights = np.array([1, 2, 4, 8])


def gradient_in_training(activation, dtype):
    layer = keras.layers.Dense(4, activation, use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.set_weights([logits[np.newaxis]])
    sgd = keras.optimizers.SGD(learning_rate=1.0)
    model.compile(sgd, lambda c, y: keras.ops.sum(c * y), run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), weights[np.newaxis])
    return logits - layer.get_weights()[0][0]


gradients = [weights @ of_softmax, weights @ of_log_softmax]
for dtype in dtypes:
    names = ["softmax", "log_softmax"]
    found = [gradient_in_training(name, dtype) for name in names]
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, gradients, tolerance, tolerance)

# %%
# Break it
# --------
# What if nothing is subtracted? Infinity is divided by infinity. What if the
# logarithm comes last? It is infinite, or stops at -16 if 1e-7 is added first.

with np.errstate(all="ignore"):  # NumPy would warn
    textbook = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
    with_log = np.log(softmax(x))
    with_epsilon = np.log(softmax(x) + 1e-7)
print("textbook:", textbook[1])
print("log last:", with_log[1], with_epsilon[1])
assert not np.allclose(textbook, softmax(x))
assert not np.allclose(with_log, log_softmax(x))
assert not np.allclose(with_epsilon, log_softmax(x))

# %%
# A sum without an axis mixes the samples. And ``p * (1 - p)`` is the derivative
# of each probability for its own logit alone.

powers = np.exp(x[::2])
assert not np.allclose(powers / np.sum(powers), softmax(x[::2]))
assert not np.allclose(weights * p * (1 - p), weights @ of_softmax)

# %%
# See it
# ------
# One logit grows, and the others stay. The probabilities share a whole.

first = np.linspace(-4, 6, 201)
moving = np.stack([first, 0 * first + 2, 0 * first], axis=1)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.stackplot(first, softmax(moving).T, labels=["first", "second", "third"])
axis.set(title="softmax of [first, 2, 0]", xlabel="first logit")
axis.legend(loc="center left")
plt.show()
