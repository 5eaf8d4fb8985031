r"""
Embedding: initializer, regularizer, constraint, weights
========================================================

An ``Embedding`` takes an initializer, a regularizer and a constraint for its
table: the numbers to begin with, a penalty for large ones, and a limit. To
limit the norm (length) of each word's vector, ``MaxNorm`` needs ``axis=1``.

.. math::

   \text{penalty} &= \text{L2}(E) + \text{L1}(y) / n \\
   \sqrt{\textstyle\sum_j E_{v,j}^2} &\leq \text{max} \quad \text{for each } v

The penalty is added to the loss. :math:`E_v` is the row of the word :math:`v`,
:math:`y` the output of the layer, and :math:`n` the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.constraints import MaxNorm
from keras.initializers import RandomUniform
from keras.layers import Embedding
from keras.regularizers import L1, L2

from keras_by_hand import max_norm

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A table of 24 words, with four numbers for each.

uniform = RandomUniform(-1, 1, seed=7)
layer = Embedding(
    input_dim=24,
    output_dim=4,
    embeddings_initializer=uniform,
    embeddings_regularizer=L2(0.5),
    embeddings_constraint=MaxNorm(max_value=1, axis=1),
    activity_regularizer=L1(0.25),
)
x = rng.integers(24, size=(2, 5))  # (batch, steps)
y = keras.ops.convert_to_numpy(layer(x))
(embeddings,) = layer.get_weights()
print("norms of the first rows:", np.linalg.norm(embeddings, axis=1)[:5])

# %%
# Compute it
# ----------
# The L2 penalty counts the whole table, and not only the rows in the batch.


def embedding_penalty(embeddings, y):
    """L2(0.5) of the table, and L1(0.25) of y, (batch, ...), per sample."""
    of_table = 0.5 * np.sum(np.square(embeddings))
    return of_table + 0.25 * np.sum(np.abs(y)) / len(y)


# %%
# Check it
# --------
# The initializer and the two regularizers:

tolerance = 1000 * np.finfo("float32").eps
expected = keras.ops.convert_to_numpy(uniform((24, 4)))
np.testing.assert_array_equal(embeddings, expected)
loss = keras.ops.convert_to_numpy(sum(layer.losses))
np.testing.assert_allclose(loss, embedding_penalty(embeddings, y), tolerance)

# %%
# The constraint acts after each update. Here the gradient is 0, so that nothing
# else changes.

gradient = keras.ops.zeros((24, 4))
keras.optimizers.SGD().apply([gradient], layer.trainable_variables)
(limited,) = layer.get_weights()
expected = max_norm(embeddings, max_value=1, axis=1)
np.testing.assert_allclose(limited, expected, tolerance, tolerance)

# %%
# By default, the numbers are uniform between -0.05 and 0.05. PyTorch draws from
# a normal distribution with a standard deviation of 1, about 35 times as large.

default = Embedding(1000, 64)
default.build()
(first,) = default.get_weights()
np.testing.assert_allclose([first.min(), first.max()], [-0.05, 0.05], rtol=0.01)
np.testing.assert_allclose(1 / np.std(first), 35, atol=1)

# %%
# ``weights`` is the table to begin with. The initializer is then ignored.

table = rng.integers(-9, 10, size=(24, 4)).astype("float32")
for weights in (table, [table]):
    layer = Embedding(24, 4, embeddings_initializer="ones", weights=weights)
    np.testing.assert_array_equal(layer.get_weights()[0], table)

# %%
# Break it
# --------
# Would you write ``embeddings_constraint="max_norm"``? Its axis is 0, so it
# limits each column of the table: the more words, the shorter their vectors.

wrong = max_norm(embeddings, max_value=1, axis=0)
print("norms with axis 0:", np.linalg.norm(wrong, axis=1)[:5])
assert not np.allclose(limited, wrong)

# %%
# See it
# ------
# The norm of each of the 24 rows, with each limit at 1.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(np.linalg.norm(embeddings, axis=1), "o", label="no constraint")
axis.plot(np.linalg.norm(wrong, axis=1), "x", label="axis=0")
axis.plot(np.linalg.norm(limited, axis=1), "s", label="axis=1")
axis.axhline(1, color="gray", linestyle="--")
axis.set(title="MaxNorm(1) needs axis=1 to limit each word's vector")
axis.set(xlabel="token", ylabel="norm of its row", ylim=(0, None))
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
