r"""
Activation and Identity: a function as a layer of its own
=========================================================

``Activation`` applies an activation function to its input. After a layer
without an activation, it computes the same as ``activation=`` in that layer.
``Identity`` returns its input: it stands in for a layer that you leave out.

.. math::

   \text{Activation} &: \; y = f(x) \\
   \text{Identity} &: \; y = x
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Activation, Dense, Identity

from keras_by_hand import relu, softmax

# %%
# Build it
# --------
# The same weights, with ``relu`` inside the layer and after it.

x = np.array([[3, -2, 1], [-1, 4, 2]], dtype="float32")  # (batch, features)
kernel = np.array([[2, -1, 0, 3], [1, 4, -2, 0], [-3, 1, 2, 1]])
bias = np.array([3, -2, 5, 1])  # (units,)

inside, outside = Dense(4, activation="relu"), Dense(4)
inputs = keras.Input((3,))
outputs = [inside(inputs), Activation("relu")(outside(inputs))]
model = keras.Model(inputs, outputs)
for dense in (inside, outside):
    dense.set_weights([kernel, bias])
y_inside, y_outside = model.predict(x, verbose=0)
print(y_outside)

# %%
# Compute it
# ----------
# First the sum, then ``relu``: it makes no difference which layer applies it.

z = x @ kernel + bias  # (batch, units)
relu_by_hand = np.maximum(z, 0)

# %%
# The whole functions: ``activation_layer`` applies any function, or none, and
# ``identity_layer`` returns its input.

from keras_by_hand import activation_layer, identity_layer

# %%
# Check it
# --------
# Whole numbers are equal to the bit.

np.testing.assert_array_equal(y_outside, np.float32(relu_by_hand), strict=True)

expected = activation_layer(z, activation=relu)
np.testing.assert_array_equal(y_outside, np.float32(expected), strict=True)
np.testing.assert_array_equal(y_inside, y_outside, strict=True)

# %%
# ``Activation`` takes a name, a function, a layer, or ``None``. The names are
# those of functions, in lower case: ``"ReLU"`` raises an error.

cases = [
    (keras.ops.abs, activation_layer(z, activation=np.abs)),
    (keras.layers.ReLU(max_value=6), relu(z, max_value=6)),
    (None, activation_layer(z, activation=None)),
]
for given, expected in cases:
    y = keras.ops.convert_to_numpy(Activation(given)(z))
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_raises(ValueError, Activation, "ReLU")

# %%
# Both layers pass the mask on: the mean leaves out the masked step.

steps = np.array([[[2], [4], [0]]], dtype="float32")  # (batch, steps, 1)
for layer in (Activation("relu"), Identity()):
    masked = layer(keras.layers.Masking()(steps))
    mean = keras.layers.GlobalAveragePooling1D()(masked)
    np.testing.assert_array_equal(mean, [[3]])

# %%
# ``Identity`` takes an array, or arrays in a list or a dict.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``keras.layers.Identity`` changes the numbers of a float64 array: like all
#    layers, it first rounds them to its own dtype.

third = np.array([1 / 3])  # float64
y = Identity()({"whole": x, "third": third})
np.testing.assert_array_equal(y["whole"], identity_layer(x))
rounded = keras.ops.convert_to_numpy(y["third"])
np.testing.assert_array_equal(rounded, np.float32(third), strict=True)

# %%
# Break it
# --------
# What if the last layer has a softmax already, and you add
# ``Activation("softmax")``? The outputs still add up to 1, so nothing seems
# wrong. But of three classes, no class can get more than 0.58.

logits = np.array([[4, 1, 0]], dtype="float32")
once = keras.ops.convert_to_numpy(Activation("softmax")(logits))
twice = keras.ops.convert_to_numpy(Activation("softmax")(once))
print("once: ", once.round(3))
print("twice:", twice.round(3))
print("twice, at most:", softmax(np.array([1, 0, 0])).round(2))
np.testing.assert_allclose(twice.sum(), 1, 1e-4)
assert not np.allclose(once, twice)

# %%
# See it
# ------
# After a second softmax, each of three classes has between 0.21 and 0.58.

logit = np.linspace(-6, 8, 141)
scores = np.stack([logit, np.zeros(141), np.zeros(141)], axis=-1)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(logit, softmax(scores)[:, 0], label="softmax once")
axis.plot(logit, softmax(softmax(scores))[:, 0], "--", label="twice")
axis.set(title="A second softmax flattens softmax([x, 0, 0])", xlabel="x")
axis.set(ylabel="first probability")
axis.legend()
plt.show()
