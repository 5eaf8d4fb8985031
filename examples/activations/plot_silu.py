r"""
silu (swish), mish and hard_silu: x times a gate
================================================

These activations multiply their input by a gate, which opens from 0 to 1 as the
input grows. Networks such as EfficientNet and LLaMA use ``silu``: it is smooth,
where ``relu`` has a corner. ``swish`` is another name for ``silu``, and
``hard_swish`` for ``hard_silu``.

.. math::

   \text{silu}(x) &= x \, \sigma(x) \\
   \text{mish}(x) &= x \tanh(\ln(1 + e^x)) \\
   \text{hard\_silu}(x) &= x \min(\max(x / 6 + \tfrac12, 0), 1)

Here :math:`\sigma(x) = 1 / (1 + e^{-x})` is the sigmoid. For a gate
:math:`g(x)`, the derivative is :math:`g(x) + x \, g'(x)`, the product rule.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

from keras_by_hand import sigmoid

# %%
# Build it
# --------
# The three functions, as ``Dense(4, activation="silu")`` calls them.

x = np.array([-100, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 100], dtype="float32")
of_silu = keras.ops.convert_to_numpy(keras.activations.silu(x))
of_mish = keras.ops.convert_to_numpy(keras.activations.mish(x))
of_hard = keras.ops.convert_to_numpy(keras.activations.hard_silu(x))

# %%
# Compute it
# ----------
# Multiply ``x`` by its gate. ``np.logaddexp(0, x)`` is ``log(1 + exp(x))``, and
# does not overflow.

silu_by_hand = x * sigmoid(x)
mish_by_hand = x * np.tanh(np.logaddexp(0, x))
hard_by_hand = x * np.clip(x / 6 + 0.5, 0, 1)

# %%
# Check it
# --------
# Numbers of about 1 agree to four digits.

np.testing.assert_allclose(of_silu, silu_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_mish, mish_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_hard, hard_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# The functions of the library are no more than these lines.

from keras_by_hand import hard_silu, mish, silu

# %%
# The slope of the sigmoid is :math:`\sigma(x) \, \sigma(-x)`, so the derivative
# of ``silu`` is as follows. (The page "Custom activation" shows how training
# finds a derivative.)

slope = sigmoid(x) + x * sigmoid(x) * sigmoid(-x)
in_training = derivative_in_training("silu", x)
np.testing.assert_allclose(in_training, slope, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Before version 3, Keras' ``hard_sigmoid`` was ``clip(0.2 * x + 0.5, 0, 1)``.
# That is not the gate of ``hard_silu``. Second mistake: the derivative of
# ``relu`` is its gate, 0 or 1, but that of ``silu`` is not its gate.

old_gate = x * np.clip(0.2 * x + 0.5, 0, 1)
print("hard_silu: ", of_hard[2:9].round(2), "right")
print("old gate:  ", old_gate[2:9].round(2), "wrong")
print("silu slope:", slope[2:9].round(2), "right")
print("silu gate: ", sigmoid(x)[2:9].round(2), "wrong")
assert not np.allclose(of_hard, old_gate)
assert not np.allclose(slope, sigmoid(x))

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
