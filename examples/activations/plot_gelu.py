r"""
gelu: a smooth relu, by the normal distribution
===============================================

relu lets all positive numbers through, and no negative ones: it has a corner at
0. ``gelu`` has none. It multiplies each number by the probability that a
standard normal number is smaller. So it lets small negative numbers through a
little, and their gradients. BERT, GPT-2 and ViT use it in their blocks.

.. math::

   y &= x \, \Phi(x) \\
   \Phi(x) &= \tfrac12 \left(1 + \operatorname{erf}(x / \sqrt2)\right)

:math:`\Phi` is the probability, the area under the bell curve to the left of x.
``erf`` is an integral; Python's ``math.erf`` computes it.
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``Activation`` is a layer that does nothing else.

x = np.array([-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3], dtype="float32")
layer = keras.layers.Activation("gelu")
y = keras.ops.convert_to_numpy(layer(x))
print("x:      ", x)
print("gelu(x):", y.round(3))

# %%
# Compute it
# ----------
# ``math.erf`` takes one number. ``np.vectorize`` calls it for each entry.


def gelu(x):
    probability = (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2
    return x * probability


# %%
# Check it
# --------
# The probability is what it is said to be: a share of a million draws.

draws = np.random.default_rng(313).normal(size=1_000_000)
shares = [np.mean(draws < number) for number in x]
np.testing.assert_allclose(y, x * shares, atol=0.01)
np.testing.assert_allclose(y, gelu(x), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you forget the root of 2: ``erf`` belongs to a narrower bell curve, of
# variance 1/2. The result looks like gelu, and is not.

wrong = x * (1 + np.vectorize(math.erf)(x)) / 2
print("right:", y.round(3))
print("wrong:", wrong.round(3))
assert not np.allclose(y, wrong, rtol=0.01, atol=0.01)

# %%
# See it
# ------
# Where relu's slope jumps from 0 to 1, that of gelu rises smoothly, and a unit
# with a negative input can still learn.

line = np.linspace(-4, 4, 161)
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("gelu is relu without a corner")
for label, values in (("relu", np.maximum(line, 0)), ("gelu", gelu(line))):
    axes[0].plot(line, values, label=label)
    axes[1].plot(line, np.gradient(values, line), label=label)
axes[0].set(title="value", xlabel="x")
axes[1].set(title="slope", xlabel="x")
axes[0].legend()
plt.show()

# %%
# In full
# -------
# GPT-2 and JAX take an approximation by tanh, right to three decimals. CLIP's
# ``QuickGELU``, x times sigmoid of 1.702 x, is right to one.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** ``keras.ops.gelu`` is
#    approximate by default, while ``keras.activations.gelu`` is exact.

of_ops = keras.ops.convert_to_numpy(keras.ops.gelu(x))
u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
approximation = x * (1 + np.tanh(u)) / 2
np.testing.assert_allclose(of_ops, approximation, rtol=1e-5, atol=1e-5)
assert 1e-4 < np.max(np.abs(y - of_ops)) < 1e-3
assert 1e-2 < np.max(np.abs(y - x / (1 + np.exp(-1.702 * x)))) < 1e-1

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Even in float64,
#    ``gelu`` rounds :math:`\sqrt{1/2}` to float32 on TensorFlow.

if keras.backend.backend() == "tensorflow":
    in_float64 = keras.activations.gelu(x.astype("float64"))
    root = float(np.float32(math.sqrt(0.5)))
    expected = x * (1 + np.vectorize(math.erf)(root * x.astype("float64"))) / 2
    np.testing.assert_allclose(in_float64, expected, rtol=1e-12, atol=1e-12)
    assert not np.allclose(in_float64, gelu(np.float64(x)), 1e-12, 1e-12)

# %%
# Try it
# ------
# 1. Write ``slope(x)``: the derivative of gelu, by the product rule. The
#    derivative of Phi is the bell curve, ``exp(-x**2 / 2) / sqrt(2 * pi)``.
# 2. gelu falls before it rises. Find ``lowest``, the x where it is smallest, to
#    three decimals.
