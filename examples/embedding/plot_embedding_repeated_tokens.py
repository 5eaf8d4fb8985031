r"""
Embedding with Adam, or clipnorm: repeated tokens on TensorFlow
===============================================================

If a token occurs more than once in a batch, training differs on TensorFlow from
PyTorch and JAX: the optimizer gets the token's gradients one by one, as
``IndexedSlices``. To have them added up, as on PyTorch and JAX, set
``embeddings_regularizer=keras.regularizers.L2(0.0)``. Its gradient, all zeros,
has the shape of the table, and TensorFlow adds the others to it. (For a large
table, this takes more memory.)
"""

import keras
import numpy as np
from keras.optimizers import SGD, Adam

# %%
# Build it
# --------
# Token 1 occurs four times. Its row begins with 0, so after one step it is that
# step. Each gradient is 2 * (0 - 10) / 5, so -4, and their sum is -16. Adam's
# first step is 16 / sqrt(16²), or, one by one, 16 / sqrt(4² + 4² + 4² + 4²).
x, target = np.array([[0, 1, 1, 1, 1]]), np.full((1, 5, 1), 10.0)


def first_steps(penalty):
    clipping = SGD(1.0, clipnorm=1), SGD(1.0, global_clipnorm=1)
    for optimizer in (Adam(1.0), *clipping, SGD(1.0, clipvalue=3)):
        table = keras.layers.Embedding(2, 1, "zeros", penalty)
        model = keras.Sequential([keras.Input((5,), dtype="int32"), table])
        model.compile(optimizer, loss="mse")
        model.train_on_batch(x, target)
        yield table.get_weights()[0][1, 0]  # the row of token 1


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

by_sum, one_by_one = 16 / np.sqrt(4**2 + 16**2), 16 / np.sqrt(5 * 4**2)
right = [16 / np.sqrt(16**2), by_sum, by_sum, 3]
wrong = [16 / np.sqrt(4 * 4**2), one_by_one, one_by_one, 4 * 3]
expected = wrong if keras.backend.backend() == "tensorflow" else right
for penalty, steps in ((None, expected), (keras.regularizers.L2(0.0), right)):
    np.testing.assert_allclose([*first_steps(penalty)], steps, rtol=1e-4)

# %%
# Break it
# --------
# Steps by Adam, then with clipnorm, global_clipnorm and clipvalue. The norms
# also count the gradient of token 0, -4.
print("right:", np.round(right, 2), "wrong:", np.round(wrong, 2))
assert np.all(np.not_equal(right, wrong))
