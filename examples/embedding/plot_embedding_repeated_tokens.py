r"""
Embedding with Adam, or clipnorm: repeated tokens on TensorFlow
===============================================================

If a token occurs more than once in a batch, training differs on TensorFlow from
PyTorch and JAX: the optimizer gets the token's gradients one by one. To have
them added up, set ``embeddings_regularizer=keras.regularizers.L2(0.0)``.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# Token 1 occurs four times. The table begins with zeros, so after one step it
# is that step. Adam divides the gradient by the root of v, which holds squares.

x, target = np.array([[0, 1, 1, 1, 1]]), np.full((1, 5, 1), 10.0)
sums = np.array([4, 4 * 4])  # minus the gradients of the rows: 2 * 10 / 5 each


def first_steps(penalty):
    limits = {"clipnorm": 1}, {"global_clipnorm": 1}, {"clipvalue": 3}
    sgd = [keras.optimizers.SGD(1.0, **limit) for limit in limits]
    for optimizer in (keras.optimizers.Adam(1.0), *sgd):
        table = keras.layers.Embedding(2, 1, "zeros", penalty)
        model = keras.Sequential([keras.Input((5,), dtype="int32"), table])
        model.compile(optimizer, loss="mse")
        model.train_on_batch(x, target)
        yield table.get_weights()[0].ravel()


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For an ``Embedding`` on
#    TensorFlow, ``Adam`` adds up the squares of a repeated token's gradients.
#    On JAX and PyTorch, it squares their sum, as the paper does.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For an ``Embedding`` on
#    TensorFlow, ``clipnorm``, ``global_clipnorm`` and ``clipvalue`` take a
#    repeated token's gradients one by one. On JAX and PyTorch, they take a sum.

summed, one_by_one = [
    [sums / np.sqrt(v), *[sums / np.sqrt(np.sum(v))] * 2, clipped]
    for v, clipped in [(sums**2, [3, 3]), ([4**2, 4 * 4**2], [3, 4 * 3])]
]
expected = one_by_one if keras.backend.backend() == "tensorflow" else summed
for penalty, steps in [(None, expected), (keras.regularizers.L2(0.0), summed)]:
    np.testing.assert_allclose([*first_steps(penalty)], steps, rtol=1e-4)

# %%
# Break it
# --------
# The steps of token 1, from the sum and from gradients one by one.

right, wrong = np.array([summed, one_by_one])[..., 1]
print("right:", right.round(2), "wrong:", wrong.round(2))
assert np.all(right != wrong)
