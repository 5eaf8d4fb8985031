r"""
glu: half of the units gate the other half
==========================================

``glu``, the gated linear unit, lets a network decide which of its numbers pass.
It splits the units into two halves, and multiplies the first by the sigmoid of
the second. So it returns half as many units.

.. math:: \text{glu}([a, b]) = a \, \sigma(b)

Its derivatives with respect to :math:`a` and :math:`b` are :math:`\sigma(b)`
and :math:`a \, \sigma(b) \, (1 - \sigma(b))`, where :math:`\sigma` is the
sigmoid.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

# %%
# Build it
# --------
# Two samples of four units become two samples of two units.

x = np.array([[3, -1, 0, 2], [1, 2, -4, 0.5]])  # (batch, units)
y = keras.ops.convert_to_numpy(keras.activations.glu(x))
print(y.round(3))

# %%
# Compute it
# ----------
# The sigmoid of the second half says how much of the first half passes.

first_half, second_half = np.split(x, 2, axis=-1)  # (batch, units / 2) each
glu_by_hand = first_half * sigmoid(second_half)

# %%
# Check it
# --------
# The sigmoid is rounded, so we allow a small difference.

np.testing.assert_allclose(y, glu_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# ``axis=0`` splits the samples in place of the units. SwiGLU, in LLaMA, has
# ``silu`` in place of the sigmoid. Keras has no function for it: write
# ``a * keras.activations.silu(b)``. There, two ``Dense`` layers without a bias
# compute ``a`` and ``b``. (See the page "Llama block".)

from keras_by_hand import glu

of_samples = keras.activations.glu(x, axis=0)
np.testing.assert_allclose(of_samples, glu(x, axis=0), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Two mistakes. The gate is the second half, not the first. And neighbours do
# not belong together: unit ``i + 2``, half of the units later, gates unit
# ``i``.

gate_first = sigmoid(x[:, :2]) * x[:, 2:]
neighbours = x[:, ::2] * sigmoid(x[:, 1::2])
print("right:            ", y.round(3).tolist())
print("wrong, gate first:", gate_first.round(3).tolist())
print("wrong, neighbours:", neighbours.round(3).tolist())
assert not np.allclose(gate_first, y)
assert not np.allclose(neighbours, y)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:**
#    ``Dense(4, activation="glu")`` declares four units, but returns two. A
#    layer after it is built for four, and fails when it gets two: "expected
#    axis -1 of input shape to have value 4".
#
# Instead, call ``keras.activations.glu`` on the output of a plain ``Dense(4)``.

inputs = keras.Input((3,))
in_layer = keras.layers.Dense(4, activation="glu")(inputs)
after_layer = keras.activations.glu(keras.layers.Dense(4)(inputs))
np.testing.assert_equal(in_layer.shape, (None, 4))
np.testing.assert_equal(after_layer.shape, (None, 2))
wrong_model = keras.Model(inputs, keras.layers.Dense(1)(in_layer))
right_model = keras.Model(inputs, keras.layers.Dense(1)(after_layer))
np.testing.assert_raises(ValueError, wrong_model, np.ones((1, 3)))
print("after the layer:", right_model(np.ones((1, 3))).shape)

# %%
# See it
# ------
# The gate opens from left to right, and lets more and more of the value pass.

gate = np.linspace(-6, 6, 121)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for value in (2, 1, -1):
    pair = np.stack([np.full_like(gate, value), gate], axis=1)
    axis.plot(gate, glu(pair), label=f"a = {value}")
axis.set(title="glu: the gate b lets a pass", xlabel="b")
axis.legend()
plt.show()
