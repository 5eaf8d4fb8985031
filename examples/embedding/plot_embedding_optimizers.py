r"""
Embedding with Adam: rows move without their tokens
===================================================

You train on batches without a word, and its vector changes all the same. SGD
without momentum moves only the rows of an ``Embedding`` whose tokens are in the
batch. Adam goes on moving a row for many updates, as its average m of gradients
fades slowly. (PyTorch's ``SparseAdam`` doesn't.) Only a row that has never had
a gradient stays, unless there is weight decay, which makes all rows smaller.

(Adam is on the page "Adam", what a row's gradient is on the page "Embedding
gradient".)
"""

import keras
import numpy as np

from keras_by_hand import adamw
from keras_by_hand.gradients import embedding_gradient

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three updates. Only the first batch has tokens 0 and 1. Token 4 never occurs.
# NumPy makes the same updates of the whole table.

batches = np.array([[[0, 1]], [[2, 3]], [[2, 3]]])  # (updates, batch, steps)
first = rng.integers(1, 10, size=(5, 4))  # (input_dim, output_dim)
target = rng.integers(-9, 0, size=(1, 2, 4))  # (batch, steps, output_dim)
rates = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}


def train(weight_decay):
    layer = keras.layers.Embedding(5, 4)
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layer])
    adam = keras.optimizers.AdamW(weight_decay=weight_decay, **rates)
    model.compile(adam, "mse")
    model.set_weights([first])
    path, table, slots = [], first, None
    for t, x in enumerate(batches, 1):
        model.train_on_batch(x, target)
        y_gradient = 2 * (table[x] - target) / target.size
        gradient = embedding_gradient(x, y_gradient, input_dim=5)
        options = {"weight_decay": weight_decay, **rates}
        table, slots = adamw(table, gradient, slots, t, **options)
        path.append((layer.get_weights()[0], table))
    return path


# %%
# Check it
# --------
# After each update. With a weight decay of 0.5, even the row of token 4 becomes
# smaller: by 0.125 * 0.5, a sixteenth, in each update.

for weight_decay, factor in [(0, 1), (0.5, 15 / 16)]:
    path = train(weight_decay)
    for of_keras, of_numpy in path:
        np.testing.assert_allclose(of_keras, of_numpy, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(path[-1][0][4], first[4] * factor**3)

# %%
# Break it
# --------
# Suppose you expect that row 0 stays, once its token does not occur any more.

path = train(weight_decay=0)
wrong, right = path[0][0][0], path[-1][0][0]
print("right:", right.round(2), "wrong:", wrong.round(2))
assert not np.allclose(right, wrong)
