r"""
Embedding with Adam, or clipnorm: repeated tokens on TensorFlow
===============================================================

The same model trains otherwise on TensorFlow than on PyTorch or JAX, if a token
occurs more than once in a batch. TensorFlow hands the optimizer the gradients
of a repeated token one by one, not their sum. ``Adam`` then adds up their
squares, and ``clipnorm`` and ``clipvalue`` measure each on its own.

If all n gradients of a token are equal, their squares add up to n times less
than the square of their sum: Adam's first step is the root of n times as long.
A penalty of 0 on the table avoids it: its gradient is a whole table, so
TensorFlow adds up first. (For a large table, this needs more memory.)
"""

import keras
import numpy as np

# %%
# Build it
# --------
# Token 1 occurs four times, and its gradients are equal. The table begins with
# zeros, so what the first step adds is the new table. Adam's first step is the
# gradient, divided by the root of v, its average of squares.

x = np.array([[0, 1, 1, 1, 1]])  # (batch, steps)
target = np.full((1, 5, 1), 10.0)
sums = np.array([4, 4 * 4])  # minus the gradients of the rows: 2 * 10 / 5 each
v_of_sums = sums**2
v_one_by_one = np.array([4**2, 4 * 4**2])


def train(optimizer, penalty=None):
    table = keras.layers.Embedding(2, 1, "zeros", penalty)
    model = keras.Sequential([keras.Input((5,), dtype="int32"), table])
    model.compile(optimizer, loss="mse")
    model.train_on_batch(x, target)
    return table.get_weights()[0].ravel()


def first_steps(penalty=None):
    adam = keras.optimizers.Adam(1.0)
    limits = {"clipnorm": 1}, {"global_clipnorm": 1}, {"clipvalue": 3}
    sgd = [keras.optimizers.SGD(1.0, **limit) for limit in limits]
    return [train(optimizer, penalty) for optimizer in (adam, *sgd)]


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For an ``Embedding`` on
#    TensorFlow, ``Adam`` adds up the squares of a repeated token's gradients.
#    On JAX and PyTorch, it squares their sum, as the paper does.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For an ``Embedding`` on
#    TensorFlow, ``clipnorm`` and ``global_clipnorm`` measure the gradients of a
#    repeated token one by one, and ``clipvalue`` clips them one by one. On JAX
#    and PyTorch, all three take their sum.


def steps_of(v, clipped):
    by_norm = sums / np.sqrt(np.sum(v))
    return [sums / np.sqrt(v), by_norm, by_norm, clipped]


summed = steps_of(v_of_sums, np.array([3, 3]))
one_by_one = steps_of(v_one_by_one, np.array([3, 4 * 3]))
on_tensorflow = keras.backend.backend() == "tensorflow"
expected = one_by_one if on_tensorflow else summed
np.testing.assert_allclose(first_steps(), expected, rtol=1e-4, atol=1e-4)
with_penalty = first_steps(keras.regularizers.L2(0.0))
np.testing.assert_allclose(with_penalty, summed, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# The steps of token 1, as the papers have them, and as TensorFlow makes them.

for right, wrong in zip(summed, one_by_one):
    print("right:", right[1].round(2), "wrong:", wrong[1].round(2))
    assert right[1] != wrong[1]
