r"""
Attention gradient: the backward pass in NumPy
==============================================

To train attention, backpropagation finds the gradients of query, key and value.
By hand, this *backward pass* is four matrix products, with the derivative of
softmax between them. y is the output, and g the gradient of the loss L at y:

.. math::

   y &= A V, \quad A = \text{softmax}(c \, Q K^T) \\
   \frac{\partial L}{\partial V} &= A^T g, \quad
   G = \frac{\partial L}{\partial A} = g V^T \\
   S_{ij} &= A_{ij} \left( G_{ij} - \sum_l A_{il} G_{il} \right) \\
   \frac{\partial L}{\partial Q} &= c \, S K, \quad
   \frac{\partial L}{\partial K} = c \, S^T Q

Q, K and V are query, key and value. The scale c is 1 / sqrt(features) in scaled
dot-product attention. S is the gradient at the scores, :math:`c \, Q K^T`: zero
where a mask makes A zero. The sum is there because a higher score raises its
own weight and lowers the others of its query.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Attention, Embedding

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient from the weights. So
# query, value and key become the weights of ``Embedding`` layers. With this
# loss, the target is the gradient at y.

arrays = [rng.normal(size=(2, steps, 4)) for steps in (3, 5, 5)]
Q, V, K = arrays  # (batch, steps, features)
c, g = 1 / np.sqrt(4), rng.normal(size=(2, 3, 4))  # scale, gradient at y
rows = [array.reshape(-1, 4) for array in arrays]
tokens = [np.arange(len(row)).reshape(2, -1) for row in rows]
inputs = [keras.Input(token.shape[1:]) for token in tokens]
embedded = [Embedding(len(r), 4)(i) for r, i in zip(rows, inputs)]
model = keras.Model(inputs, Attention(use_scale=True)(embedded))


def loss(g, y):
    return keras.ops.sum(g * y)


model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
model.set_weights([*rows, c])
model.train_on_batch(tokens, g)
of_keras = [old - new for old, new in zip([*rows, c], model.get_weights())]

# %%
# Compute it
# ----------
# First the forward pass, up to the weights A. Then go backwards. A matrix
# product has two gradients, one for each factor, and both are matrix products.
# Between them, softmax takes G, at the weights, to S, at the scores.

A = softmax(c * Q @ K.swapaxes(1, 2))  # (batch, queries, values)
to_value = A.swapaxes(1, 2) @ g  # (batch, values, features)
G = g @ V.swapaxes(1, 2)  # (batch, queries, values)
S = A * (G - np.sum(A * G, axis=-1, keepdims=True))  # the same shape
to_query = c * S @ K  # (batch, queries, features)
to_key = c * S.swapaxes(1, 2) @ Q  # (batch, values, features)

from keras_by_hand.gradients import attention_gradients

# %%
# Check it
# --------
# ``attention_gradients`` also returns the gradient of the scale.
*_, to_scale = attention_gradients(Q, V, K, c, g)
for actual, expected in zip(of_keras, (to_query, to_value, to_key, to_scale)):
    expected = expected.reshape(actual.shape)  # (batch * steps, features)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you take A (1 - A) for the derivative of softmax, as for sigmoid. Then
# each weight would depend on its own score alone.

wrong = c * (A * (1 - A) * G) @ K
print("right:", to_query[0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(to_query, wrong)

# %%
# See it
# ------
# One query. The orange line is the weighted mean that S subtracts from G.
bars = {"weight A": A, "gradient G at A": G, "gradient S at score": S}
fig, axes = plt.subplots(1, 3, figsize=(6.5, 2.2), layout="constrained")
fig.suptitle("Attention gradient: softmax passes on what differs from the mean")
for axis, (title, heights) in zip(axes, bars.items()):
    axis.set(title=title, xticks=[], xlabel="five values")
    axis.bar(range(5), heights[0, 0])
axes[1].axhline(np.sum(A[0, 0] * G[0, 0]), color="C1")
plt.show()
