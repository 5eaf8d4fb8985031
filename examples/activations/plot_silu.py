r"""
silu (swish), mish and hard_silu: x times a gate
================================================

These activations multiply their input by a gate, which opens from 0 to 1 as the
input grows. ``swish`` is another name for ``silu``, and ``hard_swish`` for
``hard_silu``.

.. math::

   \text{silu}(x) &= x \, \sigma(x) \\
   \text{mish}(x) &= x \tanh(\ln(1 + e^x)) \\
   \text{hard\_silu}(x) &= x \min(\max(x / 6 + \tfrac12, 0), 1)

Here :math:`\sigma(x) = 1 / (1 + e^{-x})` is the sigmoid. For a gate
:math:`g(x)`, the product rule gives the derivative :math:`g(x) + x \, g'(x)`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

from keras_by_hand import sigmoid, softplus

# %%
# Build it
# --------
# Like ``Dense(4, activation="silu")``, ``keras.activations.get`` takes a name.

x = np.array([-100, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 100])
y = keras.activations.get("silu")(x.astype("float32"))
print(keras.ops.convert_to_numpy(y)[1:-1].round(3))  # from -4 to 4

# %%
# Compute it
# ----------
# Multiply ``x`` by its gate. ``softplus(x)`` is ``log(1 + exp(x))``. Like
# ``sigmoid``, it doesn't overflow.

silu_by_hand = x * sigmoid(x)
mish_by_hand = x * np.tanh(softplus(x))
hard_silu_by_hand = x * np.clip(x / 6 + 0.5, 0, 1)

# %%
# The whole functions are no more than these lines.

from keras_by_hand import hard_silu, mish, silu

# %%
# Check it
# --------
# First the lines above. Then the derivatives: they need each gate and its
# slope.

lines = [
    ("silu", silu_by_hand),
    ("mish", mish_by_hand),
    ("hard_silu", hard_silu_by_hand),
]
for name, by_hand in lines:
    y = keras.activations.get(name)(x.astype("float32"))
    y = keras.ops.convert_to_numpy(y)
    np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)

silu_gate = sigmoid(x)
silu_gate_slope = sigmoid(x) * sigmoid(-x)
silu_slope = silu_gate + x * silu_gate_slope
mish_gate = np.tanh(softplus(x))
mish_gate_slope = (1 - mish_gate**2) * sigmoid(x)
mish_slope = mish_gate + x * mish_gate_slope
hard_gate = np.clip(x / 6 + 0.5, 0, 1)
hard_gate_slope = np.where(np.abs(x) < 3, 1 / 6, 0)
hard_slope = hard_gate + x * hard_gate_slope
cases = [  # name, values, derivatives
    ("silu", silu(x), silu_slope),
    ("swish", silu(x), silu_slope),
    ("mish", mish(x), mish_slope),
    ("hard_silu", hard_silu(x), hard_slope),
    ("hard_swish", hard_silu(x), hard_slope),
]

# %%
# Training uses the derivatives. (The page "Custom activation" explains how one
# step of SGD shows them.) Only on TensorFlow does Keras compute in float64
# throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for name, values, derivatives in cases:
        y = keras.activations.get(name)(x.astype(dtype))
        np.testing.assert_allclose(y, values, tolerance, tolerance)
        slopes = derivative_in_training(name, x, dtype)
        np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# Break it
# --------
# Before version 3, Keras' ``hard_sigmoid`` was ``clip(0.2 * x + 0.5, 0, 1)``.
# Is that the gate of ``hard_silu``? And is the derivative of ``silu`` its gate,
# as it is with ``relu``? Neither is true: ``silu`` can be steeper than 1.

old = x * np.clip(0.2 * x + 0.5, 0, 1)
print(f"old gate: off by up to {np.abs(old - hard_silu(x)).max():.2f}")
print(f"largest slope: {silu_slope.max():.2f}, gate: {silu_gate.max():.2f}")
assert not np.allclose(hard_silu(x), old)
assert not np.allclose(silu_slope, silu_gate)

# %%
# See it
# ------
# Below zero, each of them dips before its gate is closed.

x = np.linspace(-6, 4, 201)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, silu(x), label="silu")
axis.plot(x, mish(x), "--", label="mish")
axis.plot(x, hard_silu(x), "-.", label="hard_silu")
axis.plot(x, sigmoid(x), ":", color="gray", label="gate of silu")
axis.set(title="The gate closes below zero", xlabel="x", ylim=(-0.5, 2))
axis.legend()
plt.show()
