r"""
Embedding gradient: a repeated token adds up
============================================

How does training change a table of word vectors? Each output of an
``Embedding`` sends its gradient back to the row that it came from. A row adds
up all that it gets, by *scatter add*: a repeated token counts more than once. A
row whose token is not in the batch gets zero.

.. math::

   \frac{\partial L}{\partial E_v} =
   \sum_{n,t:\, x_{n,t} = v} \delta_{n,t}

E is the table and L the loss. :math:`\delta_{n,t}` is the gradient of the loss
at the output for step t of text n, and the sum is over all places at which the
token :math:`v` stands. The tokens x are whole numbers: they have no gradient.
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
gradient = embeddings - layer.get_weights()[0]
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
# Check it
# --------
# ``embedding_gradient`` is for tokens of any shape.

from keras_by_hand.gradients import embedding_gradient

np.testing.assert_array_equal(gradient, row_sums, strict=True)
expected = embedding_gradient(x, y_gradient, input_dim=6)
np.testing.assert_array_equal(gradient, expected)

# %%
# Break it
# --------
# Suppose you leave the loop to NumPy. With equal indices, ``+=`` adds only the
# last. ``np.add.at`` adds them all.

right, wrong = np.zeros((2, 6, 2))  # (input_dim, output_dim) each
np.add.at(right, x, y_gradient)
wrong[x] += y_gradient
print("right:", right[2], "wrong:", wrong[2])
np.testing.assert_array_equal(gradient, right)
assert np.any(gradient != wrong)

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
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
axes[1].yaxis.tick_right()
for place, token in enumerate(x.ravel()):
    left, right = axes[0].transData, axes[1].transData
    line = ConnectionPatch((1.5, place), (-0.5, token), left, right)
    line.set(color="C1" if token == 2 else "gray")
    fig.add_artist(line)
plt.show()
