r"""
glu: half of the units gate the other half
==========================================

``glu``, the gated linear unit, splits its input into two halves, and multiplies
the first by the sigmoid of the second. So it returns half as many units, which
``Dense(activation="glu")`` does not know: call ``glu`` after the layer.

.. math:: \text{glu}([a, b]) = a \, \sigma(b)

Its derivatives with respect to :math:`a` and :math:`b` are :math:`\sigma(b)`
and :math:`a \, \sigma(b) \, (1 - \sigma(b))`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

from keras_by_hand import sigmoid

# %%
# Build it
# --------
# Two samples of four units become two samples of two units.

units = np.array([3, -1, 0, 2])
x = np.array([units, [1, 2, -4, 0.5]])  # (batch, units)


def keras_glu(x, axis=-1, dtype="float32"):
    y = keras.activations.glu(x.astype(dtype), axis)
    return keras.ops.convert_to_numpy(y)


print(keras_glu(x).round(3))

# %%
# Compute it
# ----------
# The sigmoid of the second half says how much of the first half passes.

first_half, second_half = np.split(x, 2, axis=-1)  # (batch, units / 2) each
glu_by_hand = first_half * sigmoid(second_half)

# %%
# The whole function splits any axis: ``glu(x, axis=0)`` splits the samples in
# place of the units.

from keras_by_hand import glu

# %%
# Check it
# --------
# Training uses the derivatives, too (the page "Custom activation" explains the
# function). Only on TensorFlow does Keras compute in float64 throughout.

np.testing.assert_allclose(keras_glu(x), glu_by_hand, rtol=1e-4, atol=1e-4)

a, b = np.split(units, 2)
by_a = sigmoid(b)
by_b = a * sigmoid(b) * (1 - sigmoid(b))
derivative = np.concatenate([by_a, by_b])  # (units,)
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    y = keras_glu(x, dtype=dtype)
    np.testing.assert_allclose(y, glu(x), tolerance, tolerance)
    y = keras_glu(x, axis=0, dtype=dtype)
    np.testing.assert_allclose(y, glu(x, axis=0), tolerance, tolerance)
    slope = derivative_in_training("glu", units, dtype)
    np.testing.assert_allclose(slope, derivative, tolerance, tolerance)

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

sample = np.ones((1, 3))
wrong_model = keras.Model(inputs, keras.layers.Dense(1)(in_layer))
right_model = keras.Model(inputs, keras.layers.Dense(1)(after_layer))
np.testing.assert_raises(ValueError, wrong_model.predict, sample, verbose=0)
print(right_model.predict(sample, verbose=0).shape)

# %%
# Break it
# --------
# Is the first half the gate? No, the second is. And do neighbours belong
# together? No: unit ``i`` is gated by unit ``i + 2``, half of the units later.

gate_first = sigmoid(x[:, :2]) * x[:, 2:]
neighbours = x[:, ::2] * sigmoid(x[:, 1::2])
print("right:", glu(x).round(3))
for wrong in (gate_first, neighbours):
    print("wrong:", wrong.round(3))
    assert not np.allclose(wrong, glu(x))

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
