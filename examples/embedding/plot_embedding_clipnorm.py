r"""
Gradient clipping with Embedding: repeated tokens on TensorFlow
===============================================================

``clipnorm`` limits the norm (length) of a weight's gradient. On TensorFlow,
Keras measures the gradients of a repeated token one by one, and not their sum.
So the clipped gradient of an ``Embedding`` can be longer than the limit.

.. math::

   \text{norm}^2 &= \sum_v \left\| \sum_i g_{v,i} \right\|^2 \\
   \text{TensorFlow:} \quad
   \text{norm}^2 &= \sum_v \sum_i \left\| g_{v,i} \right\|^2

The inner sum is over the places of the token :math:`v`. If its gradients cancel
out, TensorFlow's norm is too large, and the gradient is made too short.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.gradients import embedding_gradient

tensorflow = keras.backend.backend() == "tensorflow"

# %%
# Build it
# --------
# Token 1 occurs four times. The table begins with zeros, and a learning rate of
# 1 subtracts the gradient. So the gradient is minus the new table.

x = np.array([[0, 1, 1, 1, 1, 2]])  # (batch, steps)
target = np.array([[[6, 0], [9, 12], [12, 9], [3, 9], [9, 3], [0, -6.0]]])


def keras_gradient(regularizer=None, **limit):
    layer = keras.layers.Embedding(
        4, 2, "zeros", embeddings_regularizer=regularizer
    )
    model = keras.Sequential([keras.Input((6,), dtype="int32"), layer])
    optimizer = keras.optimizers.SGD(learning_rate=1.0, **limit)
    model.compile(optimizer, loss="mse")
    model.train_on_batch(x, target)
    return -layer.get_weights()[0]  # (input_dim, output_dim)


gradient = keras_gradient(clipnorm=1)
print(f"norm of the clipped gradient: {np.linalg.norm(gradient):.4f}")

# %%
# Compute it
# ----------
# ``one_by_one=True`` is what Keras does on TensorFlow. (``clipvalue`` limits
# each number of the gradient.)


def clip_by_norm(x, y_gradient, input_dim, clipnorm, one_by_one=False):
    """The gradient of an Embedding's table, clipped by clipnorm.

    x: tokens, (batch, steps), y_gradient: (batch, steps, output_dim). Returns
    (input_dim, output_dim).
    """
    gradient = embedding_gradient(x, y_gradient, input_dim)
    norm = np.sqrt(np.sum(np.square(y_gradient if one_by_one else gradient)))
    return gradient * min(1, clipnorm / norm)


def clip_by_value(x, y_gradient, input_dim, clipvalue, one_by_one=False):
    """The same, clipped by clipvalue."""
    if one_by_one:
        y_gradient = np.clip(y_gradient, -clipvalue, clipvalue)
        return embedding_gradient(x, y_gradient, input_dim)
    gradient = embedding_gradient(x, y_gradient, input_dim)
    return np.clip(gradient, -clipvalue, clipvalue)


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For an ``Embedding`` on
#    TensorFlow, ``clipnorm`` and ``global_clipnorm`` measure the gradients of a
#    repeated token one by one, and ``clipvalue`` clips them one by one. On JAX
#    and PyTorch, all three take their sum.

tolerance = 1000 * np.finfo("float32").eps
y_gradient = -2 * target / target.size  # of the mean squared error
expected = clip_by_norm(x, y_gradient, 4, 1, one_by_one=tensorflow)
np.testing.assert_allclose(gradient, expected, tolerance, tolerance)
by_global_norm = keras_gradient(global_clipnorm=1)
np.testing.assert_allclose(by_global_norm, expected, tolerance, tolerance)
by_value = keras_gradient(clipvalue=1.5)
expected = clip_by_value(x, y_gradient, 4, 1.5, one_by_one=tensorflow)
np.testing.assert_allclose(by_value, expected, tolerance, tolerance)

# %%
# A penalty of 0 avoids this. Its gradient is a whole table, so TensorFlow adds
# up all gradients of a row before it clips anything.

penalty = keras.regularizers.L2(0.0)
with_penalty = keras_gradient(penalty, clipvalue=1.5)
expected = clip_by_value(x, y_gradient, 4, 1.5)
np.testing.assert_allclose(with_penalty, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you clip the sums for a model that was trained on TensorFlow? Or clip as
# TensorFlow does for another backend?

wrong = clip_by_norm(x, y_gradient, 4, 1, one_by_one=not tensorflow)
assert not np.allclose(gradient, wrong)

# %%
# See it
# ------
# The gradient of token 1 alone. The gray crosses are the gradients of its four
# places, the lines their sum before and after clipping, the circle the limit.

parts = y_gradient[0, 1:5]
same = np.zeros((1, 4), int)  # four times the same token
panels = {"before clipping": parts.sum(axis=0)}
for one_by_one, name in ((True, "TensorFlow"), (False, "JAX and PyTorch")):
    panels[name] = clip_by_norm(same, parts[np.newaxis], 1, 1, one_by_one)[0]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for number, (name, vector) in enumerate(panels.items()):
    axis.plot(*zip((0, 0), vector), "o-", color=f"C{number}", label=name)
axis.plot(*parts.T, "x", color="gray", label="one place")
axis.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle="--", color="gray"))
axis.set(title="On TensorFlow, clipnorm=1 lets longer gradients through")
axis.set(aspect="equal")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
