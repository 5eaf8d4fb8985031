r"""
Embedding with Adam: rows move without their tokens
===================================================

You train on batches that lack a word, and its vector changes all the same: Adam
keeps moving it, as its average of past gradients fades slowly. Only a row that
never had a gradient stays, if there is no weight decay. To keep the others, use
SGD without momentum, or PyTorch's ``SparseAdam``. (See the page "Adam".)
"""

import keras
import numpy as np

from keras_by_hand import adamw
from keras_by_hand.gradients import embedding_gradient

# %%
# Build it
# --------
# Only the first batch has tokens 0 and 1. Token 4 never occurs.

rng = np.random.default_rng(313)
batches = np.array([[[0, 1]], [[2, 3]], [[2, 3]]])  # (updates, batch, steps)
first = rng.integers(1, 10, size=(5, 4))  # (input_dim, output_dim)
target = rng.integers(-9, 0, size=(1, 2, 4))  # (batch, steps, output_dim)
rates = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}


def train(**options):
    layer = keras.layers.Embedding(5, 4, weights=first)
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layer])
    model.compile(keras.optimizers.AdamW(**options), "mse")
    path, table, slots = [], first, None
    for t, x in enumerate(batches, 1):
        model.train_on_batch(x, target)
        y_gradient = 2 * (table[x] - target) / target.size
        gradient = embedding_gradient(x, y_gradient, input_dim=5)
        table, slots = adamw(table, gradient, slots, t, **options)
        path.append([*layer.get_weights(), table])
    return np.swapaxes(path, 0, 1)


# %%
# Check it
# --------
# With weight decay, even the row of token 4 shrinks. With 0, AdamW is Adam.

for weight_decay in (0.5, 0):
    of_keras, of_numpy = train(weight_decay=weight_decay, **rates)
    np.testing.assert_allclose(of_keras, of_numpy, rtol=1e-4, atol=1e-4)
    assert np.array_equal(of_keras[-1][4], first[4]) == (weight_decay == 0)

# %%
# Break it
# --------
# Suppose you expect row 0 to stay as it is after the first of three updates.

wrong, right = of_keras[0][0], of_keras[-1][0]  # without weight decay
print("right:", right.round(2), "wrong:", wrong.round(2))
assert not np.allclose(right, wrong)
