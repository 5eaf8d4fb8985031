r"""
Embedding with Adam: rows move without their tokens
===================================================

Without momentum, SGD changes only those rows of an ``Embedding`` whose tokens
are in the batch. Adam goes on moving a row for many updates, because its
average of gradients fades slowly. Weight decay makes all rows smaller.

.. math::

   m &\leftarrow \beta_1 m, \qquad v \leftarrow \beta_2 v \\
   E_v &\leftarrow E_v - \eta \, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} + \epsilon}

This is Adam's update of a row whose token is not in the batch: its gradient is
0, but the row moves, unless its average :math:`m` is 0, too.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import adam, adamw
from keras_by_hand.gradients import embedding_gradient

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three updates. Only the first batch has tokens 0 and 1. Token 4 never occurs.

batches = np.array([[[0, 1]], [[2, 3]], [[2, 3]]])  # (updates, batch, steps)
embeddings = rng.integers(-9, 10, size=(5, 4))  # (input_dim, output_dim)
target = rng.integers(-9, 10, size=(1, 2, 4))  # (batch, steps, output_dim)


def keras_train(optimizer, dtype="float32"):
    layer = keras.layers.Embedding(5, 4, dtype=dtype)
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layer])
    model.compile(optimizer, keras.losses.MeanSquaredError(dtype=dtype))
    layer.set_weights([embeddings])
    path = []
    for x in batches:
        model.train_on_batch(x, target)
        path.extend(layer.get_weights())
    return np.stack(path)  # (updates, input_dim, output_dim)


rates = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}
of_sgd = keras_train(keras.optimizers.SGD(learning_rate=0.125))
of_adam = keras_train(keras.optimizers.Adam(**rates))
print(of_adam[:, 0])  # row 0 after each update

# %%
# Compute it
# ----------


def train_embedding(embeddings, batches, target, **arguments):
    """The table of an Embedding after each update of AdamW.

    embeddings: (input_dim, output_dim), batches: tokens, (updates, batch,
    steps), target: (batch, steps, output_dim). The loss is the mean squared
    error. arguments: those of adamw. Returns (updates, input_dim, output_dim).
    """
    path, slots = [], None
    for t, x in enumerate(batches, 1):
        y_gradient = 2 * (embeddings[x] - target) / target.size
        gradient = embedding_gradient(x, y_gradient, len(embeddings))
        embeddings, slots = adamw(embeddings, gradient, slots, t, **arguments)
        path.append(embeddings)
    return np.stack(path)


# %%
# Check it
# --------
# All rows, after each update, in float32 and (on TensorFlow) in float64.

expected = train_embedding(embeddings, batches, target, weight_decay=0, **rates)
paths = {"float32": of_adam}
if keras.backend.backend() == "tensorflow":
    paths["float64"] = keras_train(keras.optimizers.Adam(**rates), "float64")
for dtype, path in paths.items():
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(path, expected, tolerance, tolerance)

# %%
# SGD leaves rows 0 and 1 where the first update put them. Row 4 has never had a
# gradient: Adam does not move it, either.

np.testing.assert_array_equal(of_sgd[-1, :2], of_sgd[0, :2])
np.testing.assert_array_equal(of_adam[-1, 4], embeddings[4])

# %%
# With weight decay, even row 4 becomes smaller, by 1/16 in each update.

rates["weight_decay"] = 0.5
of_adamw = keras_train(keras.optimizers.AdamW(**rates))
expected = train_embedding(embeddings, batches, target, **rates)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(of_adamw, expected, tolerance, tolerance)
np.testing.assert_array_equal(of_adamw[-1, 4], embeddings[4] * (15 / 16) ** 3)

# %%
# Break it
# --------
# PyTorch's ``SparseAdam`` updates only the rows whose tokens are in the batch.
# Would you expect that of Keras? Then rows 0 and 1 would not change after the
# first update.

wrong = of_adam.copy()
wrong[1:, :2] = of_adam[0, :2]
assert not np.allclose(of_adam, wrong)

# %%
# See it
# ------
# Adam's default betas, and a row whose gradient is 1 in the first update and 0
# afterwards.

w, slots, way = 0, None, []
for t in range(1, 81):
    w, slots = adam(w, float(t == 1), slots, t, learning_rate=1)
    way.append(-w)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(range(1, 81), way, label="Adam")
axis.plot(range(1, 81), np.ones(80), "--", label="SGD")
axis.set(title="Only the first batch has the token, but Adam moves its row on")
axis.set(xlabel="update", ylabel="distance, in learning rates", ylim=(0, None))
axis.legend()
plt.show()
print(f"Adam moves the row by 1, and then by {way[-1] - 1:.1f} more")
