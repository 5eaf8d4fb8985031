r"""
Attention gradient: the backward pass in NumPy
==============================================

The backward pass of scaled dot-product attention is four matrix products, with
the derivative of softmax between them. The output is y, its gradient g:

.. math::

   y &= A V, \quad A = \text{softmax}(c \, Q K^T) \\
   \frac{\partial L}{\partial V} &= A^T g, \quad
   G = \frac{\partial L}{\partial A} = g V^T \\
   S_{ij} &= a_{ij} \left( G_{ij} - \sum_l a_{il} G_{il} \right) \\
   \frac{\partial L}{\partial Q} &= c \, S K, \quad
   \frac{\partial L}{\partial K} = c \, S^T Q

S is the gradient at the scores, c the scale. A higher score raises its own
weight and lowers the others of its query. That is why there is a sum.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient from the weights. So
# query, value and key become the weights of ``Embedding`` layers: token 5 reads
# row 5. With this loss, the target is the gradient of the loss at ``y``.

query = rng.integers(-3, 4, size=(2, 3, 4)) / 2  # (batch, queries, features)
value = rng.integers(-3, 4, size=(2, 5, 4)) / 2  # (batch, values, units)
key = rng.integers(-3, 4, size=(2, 5, 4)) / 2  # (batch, values, features)
scale = np.array(0.5)  # 1/√d for d = 4 features
y_gradient = rng.integers(-3, 4, size=(2, 3, 4))  # (batch, queries, units)


def loss(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


def keras_gradients(arrays, dtype="float32"):
    rows = [array.reshape(-1, 4) for array in arrays]
    tokens = [np.arange(len(row)).reshape(2, -1) for row in rows]
    inputs = [keras.Input(token.shape[1:]) for token in tokens]
    embedded = [
        keras.layers.Embedding(len(row), 4, dtype=dtype)(one)
        for row, one in zip(rows, inputs)
    ]
    layer = keras.layers.Attention(use_scale=True, dtype=dtype)
    model = keras.Model(inputs, layer(embedded))
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    old_weights = [*rows, scale]
    model.set_weights(old_weights)
    model.train_on_batch(tokens, y_gradient)
    return [old - new for old, new in zip(old_weights, model.get_weights())]


# %%
# Compute it
# ----------
# First the forward pass, up to the weights A. Then go backwards. A matrix
# product has two gradients, one for each factor. Both are matrix products
# again. Between them, softmax takes the gradient G at the weights to the
# gradient S at the scores.

A = softmax(scale * query @ key.swapaxes(1, 2))  # (batch, queries, values)
to_value = A.swapaxes(1, 2) @ y_gradient  # (batch, values, units)
G = y_gradient @ value.swapaxes(1, 2)  # (batch, queries, values)
S = A * (G - np.sum(A * G, axis=-1, keepdims=True))  # the same shape
to_query = scale * S @ key  # (batch, queries, features)
to_key = scale * S.swapaxes(1, 2) @ query  # (batch, values, features)

# %%
# The whole function returns the gradient of the scale, too.

from keras_by_hand.gradients import attention_gradients

# %%
# Check it
# --------
# First the three gradients above. Then all four, in float32 and in float64.
# (Only TensorFlow trains in float64.)

of_query, of_value, of_key, _ = keras_gradients([query, value, key])
pairs = [(of_query, to_query), (of_value, to_value), (of_key, to_key)]
for of_keras, by_hand in pairs:
    by_hand = by_hand.reshape(-1, 4)  # (batch * steps, features)
    np.testing.assert_allclose(of_keras, by_hand, rtol=1e-4, atol=1e-4)

expected = attention_gradients(query, value, key, scale, y_gradient)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    in_training = keras_gradients([query, value, key], dtype)
    for of_keras, gradient in zip(in_training, expected):
        gradient = gradient.reshape(of_keras.shape)
        np.testing.assert_allclose(of_keras, gradient, tolerance, tolerance)

# %%
# Break it
# --------
# Would you take a (1 - a) for the derivative of softmax, as for sigmoid? Then
# each weight would depend on its own score alone.

a = softmax(scale * query @ key.swapaxes(1, 2))
a_gradient = y_gradient @ value.swapaxes(1, 2)
wrong = scale * (a * (1 - a) * a_gradient) @ key
print("right:", expected[0][0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(expected[0], wrong)

# %%
# See it
# ------
# One query and five values. The gradient at a score is the gradient at its
# weight a, minus the weighted mean (the line), times a.

mean = np.sum(a * a_gradient, axis=-1, keepdims=True)
fig, axes = plt.subplots(1, 3, figsize=(6.5, 2.2), layout="constrained")
fig.suptitle("Attention gradient: softmax passes on what differs from the mean")
titles = ["weight a", "gradient at a", "gradient at score"]
bars = [a, a_gradient, a * (a_gradient - mean)]
for axis, title, heights in zip(axes, titles, bars):
    axis.bar(range(5), heights[0, 0])
    axis.set(title=title, xticks=[])
axes[1].axhline(mean[0, 0].item(), color="C1")
plt.show()
