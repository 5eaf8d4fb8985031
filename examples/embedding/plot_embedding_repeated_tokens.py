r"""
Embedding with Adam: repeated tokens on TensorFlow
==================================================

On TensorFlow, Adam squares the gradients of a repeated token one by one, and
not their sum. So the token's row moves too far where its gradients agree, and
not far enough where they cancel out.

.. math::

   v &\leftarrow \beta_2 v + (1 - \beta_2)
   \left(\sum_i g_i\right)^2 \\
   \text{TensorFlow:} \quad
   v &\leftarrow \beta_2 v + (1 - \beta_2) \sum_i g_i^2

The sum is over the :math:`n` places of the token in the batch. If all its
gradients are equal, the second sum is :math:`n` times smaller, and Adam's first
step is :math:`\sqrt{n}` times as long.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.gradients import embedding_gradient

rng = np.random.default_rng(313)
tensorflow = keras.backend.backend() == "tensorflow"

# %%
# Build it
# --------
# One batch with 4 tokens, which occur 1, 4, 9 and 16 times. In the first update
# all gradients of a token are equal, in the second they differ.

occurrences = np.array([1, 4, 9, 16])
x = np.repeat(np.arange(4), occurrences)[np.newaxis]  # (batch, steps)
targets = [np.full((1, 30, 2), [1.0, -2.0]), rng.normal(size=(1, 30, 2))]
learning_rate, beta_1, beta_2 = 0.125, 0.5, 0.75


def keras_train(dtype="float32", regularizer=None):
    optimizer = keras.optimizers.Adam(learning_rate, beta_1, beta_2)
    layer = keras.layers.Embedding(
        4, 2, "zeros", embeddings_regularizer=regularizer, dtype=dtype
    )
    model = keras.Sequential([keras.Input((30,), dtype="int32"), layer])
    model.compile(optimizer, keras.losses.MeanSquaredError(dtype=dtype))
    path = []
    for target in targets:
        model.train_on_batch(x, target)
        path.extend(layer.get_weights())
    return np.stack(path)  # (updates, input_dim, output_dim)


of_adam = keras_train()
print("steps in learning rates:", np.abs(of_adam[0, :, 0]) / learning_rate)

# %%
# Compute it
# ----------
# ``squares_first=True`` is what Keras does on TensorFlow.


def numpy_train(squares_first):
    """The table after each update of Adam (Kingma and Ba, 2015, section 2).

    Returns (updates, input_dim, output_dim).
    """
    m, v, embeddings, path = 0, 0, np.zeros((4, 2)), []
    for t, target in enumerate(targets, 1):
        y_gradient = 2 * (embeddings[x] - target) / target.size
        gradient = embedding_gradient(x, y_gradient, input_dim=4)
        squares = gradient**2
        if squares_first:
            squares = embedding_gradient(x, y_gradient**2, input_dim=4)
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * squares
        rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        embeddings = embeddings - rate * m / (np.sqrt(v) + 1e-7)
        path.append(embeddings)
    return np.stack(path)


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** For an ``Embedding`` on
#    TensorFlow, ``Adam`` adds up the squares of a repeated token's gradients.
#    On JAX and PyTorch, it squares their sum, as the paper does.

paths = {"float32": of_adam}
if tensorflow:
    paths["float64"] = keras_train("float64")
expected = numpy_train(squares_first=tensorflow)
for dtype, path in paths.items():
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(path, expected, tolerance, tolerance)

# %%
# A penalty of 0 avoids this. Its gradient is a whole table, so TensorFlow adds
# up all gradients of a row before Adam sees them. For a large table, this needs
# more memory.

as_in_paper = numpy_train(squares_first=False)
tolerance = 1000 * np.finfo("float32").eps
path = keras_train(regularizer=keras.regularizers.L2(0.0))
np.testing.assert_allclose(path, as_in_paper, tolerance, tolerance)

# %%
# Break it
# --------
# Would you use the paper's formula for a model that was trained on TensorFlow?
# Or TensorFlow's formula for another backend?

wrong = numpy_train(squares_first=not tensorflow)
assert not np.allclose(of_adam, wrong)

# %%
# See it
# ------
# The first step of each row, divided by the learning rate.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for squares_first, label in ((True, "TensorFlow"), (False, "JAX and PyTorch")):
    steps = np.abs(numpy_train(squares_first)[0, :, 0]) / learning_rate
    axis.plot(occurrences, steps, "o-", label=label)
axis.set(title="Adam on TensorFlow: equal gradients make longer steps")
axis.set(xlabel="how often the token occurs", ylabel="step in learning rates")
axis.set(xticks=occurrences, ylim=(0, None))
axis.legend()
plt.show()
