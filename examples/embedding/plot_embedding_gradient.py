r"""
Embedding gradient: a repeated token adds up
============================================

In a step of training, each output of an ``Embedding`` sends a gradient back to
the row that it came from. The row adds them all up. A row whose token is not in
the batch gets zero.

.. math::

   \frac{\partial L}{\partial E_v} =
   \sum_{n,t:\, x_{n,t} = v} \delta_{n,t}

Here :math:`\delta` is the gradient of the loss at the output, and the sum is
over all places at which the token :math:`v` stands. The tokens themselves are
whole numbers: they have no gradient.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import ConnectionPatch

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Token 2 stands at three places, token 4 at none. ``SGD`` with a learning rate
# of 1 subtracts the gradient: it is the old table minus the new one.

x = np.array([[2, 0, 2, 5, 3, 2, 5, 1]])  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(6, 2))  # (input_dim, output_dim)
target = rng.integers(-9, 10, size=(1, 8, 2))  # (batch, steps, output_dim)

layer = keras.layers.Embedding(6, 2)
model = keras.Sequential([keras.Input((8,), dtype="int32"), layer])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
layer.set_weights([embeddings])
model.train_on_batch(x, target)
(new_embeddings,) = layer.get_weights()
gradient = embeddings - new_embeddings
print(gradient)

# %%
# Compute it
# ----------
# The mean squared error is a mean of 8 * 2 squares, so its gradient is the
# error times 2 / (8 * 2). Go through the tokens: each adds the gradient at its
# place to its row.

y_gradient = 2 * (embeddings[x] - target) / target.size
row_sums = np.zeros((6, 2))  # (input_dim, output_dim)
for token, delta in zip(x[0], y_gradient[0]):
    row_sums[token] += delta

# %%
# The function does the same with ``np.add.at``, which adds once for each token,
# also where tokens are equal.

from keras_by_hand.gradients import embedding_gradient

# %%
# Check it
# --------
# Whole numbers and eighths leave float32 nothing to round: equal to the bit.

np.testing.assert_array_equal(gradient, row_sums, strict=True)

expected = embedding_gradient(x, y_gradient, input_dim=6)
np.testing.assert_array_equal(gradient, np.float32(expected))
np.testing.assert_array_equal(gradient[4], [0, 0])

# %%
# An ``Embedding`` is a one-hot matrix times the table. So the kernel's gradient
# of a ``Dense`` layer, transposed input times :math:`\delta`, is the same.

one_hot = np.eye(6)[x.ravel()]  # (batch * steps, input_dim)
as_product = one_hot.T @ y_gradient.reshape(-1, 2)
np.testing.assert_array_equal(gradient, as_product)

# %%
# Break it
# --------
# Would you write ``+=``? With equal indices NumPy adds only one of them, the
# last. Would you average over the places of a token? Keras adds.

wrong = np.zeros((6, 2))
wrong[x] += y_gradient
assert np.any(gradient != wrong)

count = np.bincount(x.ravel(), minlength=6)  # 3 for token 2, 0 for token 4
mean = expected / np.maximum(count, 1)[:, np.newaxis]
assert np.any(gradient != mean)

# %%
# See it
# ------
# On the left the gradients at the outputs, on the right what they add up to,
# both times 8. Orange lines end in the row of token 2.

panels = [
    (r"$8 \, \delta$", 8 * y_gradient.reshape(-1, 2), x.ravel()),
    ("8 times the gradient of the table", 8 * gradient, np.arange(6)),
]
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
fig.get_layout_engine().set(wspace=0.2)  # room for the lines
fig.suptitle("A row's gradient adds up those of its token")
for axis, (title, values, tokens) in zip(axes, panels):
    axis.imshow(values, cmap="PuOr", vmin=-60, vmax=60, aspect="auto")
    axis.set(title=title, xticks=[])
    axis.set_yticks(range(len(tokens)), [f"token {token}" for token in tokens])
    axis.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
axes[1].yaxis.tick_right()
for place, token in enumerate(x.ravel()):
    left, right = axes[0].transData, axes[1].transData
    line = ConnectionPatch((1.5, place), (-0.5, token), left, right)
    line.set(color="C1" if token == 2 else "gray")
    fig.add_artist(line)
plt.show()
