r"""
MaxNorm, UnitNorm and NonNeg: constraints after each training step
==================================================================

A constraint keeps weights in bounds, where a regularizer only pulls. It has the
last word in each training step. ``NonNeg`` sets negative weights to 0. Others
change the norm (length) of each column of a kernel, the weights of one unit:

.. math:: w \leftarrow \frac{n}{\|w\| + 10^{-7}} \, w

:math:`w` is a column and :math:`\|w\|` its norm. The new norm :math:`n` is 1
with ``UnitNorm``. ``MaxNorm`` lowers it to a maximum, and ``MinMaxNorm`` also
lifts it to a minimum. The small number keeps a column of zeros as it is.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.constraints import MaxNorm, MinMaxNorm, UnitNorm

# %%
# Build it
# --------
# You can call a constraint. The columns have the norms 5, 2, 0.5 and 1e-7. Then
# a layer with ``NonNeg`` is trained for one step.

kernel = np.array([[3, 0, 0.5, 1e-7], [-4, 2, 0, 0]])  # (features, units)
constraints = [UnitNorm(), MaxNorm(max_value=2), MinMaxNorm(1, 3)]
results = [keras.ops.convert_to_numpy(c(kernel)) for c in constraints]
x = np.array([[1, 0], [-1, 1], [0, -2], [1, 1]])  # (batch, features)
targets = np.array([[0, 1], [1, 0], [4, -1], [2, 2]])  # (batch, units)
start = np.array([[1, -3], [1, 2]])  # (features, units)
layer = keras.layers.Dense(2, use_bias=False, kernel_constraint="non_neg")
model = keras.Sequential([keras.Input((2,)), layer])
model.compile(keras.optimizers.SGD(0.5), loss="mse")
model.set_weights([start])
loss = model.train_on_batch(x, targets)

# %%
# Compute it
# ----------
# Divide each column by its norm, and multiply it by the norm that is allowed.

norms = np.linalg.norm(kernel, axis=0)  # (units,)
of_norm_1 = kernel / (norms + 1e-7)
at_most_2 = of_norm_1 * np.minimum(norms, 2)
from_1_to_3 = of_norm_1 * np.clip(norms, 1, 3)

# %%
# The update comes first. It may begin at negative weights. (The library has all
# four. With a ``rate`` of 1/2, ``MinMaxNorm`` goes half of the way.)

from keras_by_hand import max_norm, min_max_norm, non_neg, unit_norm

error = x @ start - targets  # (batch, units)
step = 0.5 * x.T @ (2 * error / error.size)
not_negative = np.maximum(start - step, 0)

# %%
# Check it
# --------
functions = unit_norm(kernel), max_norm(kernel, 2), min_max_norm(kernel, 1, 3)
by_hand = of_norm_1, at_most_2, from_1_to_3
np.testing.assert_allclose(results, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(results, functions, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(loss, np.mean(error**2))
np.testing.assert_array_equal(layer.get_weights()[0], not_negative)

# %%
# Break it
# --------
# Constrain the weights before the update, and some end below zero.

early = non_neg(start) - step
print("right:", *not_negative, "wrong:", *early)
assert np.any(early < 0)

# %%
# In convolutions, ``kernel_constraint="max_norm"`` does not limit filters: it
# sums along axis 0, the rows. In ``Conv2D``, write
# ``MaxNorm(2, axis=[0, 1, 2])``: rows, columns, channels. (``Conv1D``,
# ``DepthwiseConv2D``: ``[0, 1]``. ``Conv2DTranspose``: ``[0, 1, 3]``. Embedding
# tokens: ``embeddings_constraint=MaxNorm(2, 1)``.)
kernel = np.random.default_rng(313).normal(size=(3, 3, 5, 4))
for label, axis in (("right", (0, 1, 2)), ("wrong", 0)):
    y = keras.ops.convert_to_numpy(MaxNorm(2, axis)(kernel))
    np.testing.assert_allclose(y, max_norm(kernel, 2, axis), rtol=1e-4)
    of_filters = np.linalg.norm(y.reshape(45, 4), axis=0)
    print(f"{label}: norms of the filters", of_filters.round(2))
    assert np.all(of_filters < 2.001) == (label == "right")

# %%
# See it
# ------
# Each point is a column. Those outside the circle are moved onto it.

columns = np.random.default_rng(313).normal(size=(2, 12)) * 2
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(columns[0], columns[1], "o", markersize=9, label="free")
axis.plot(*max_norm(columns), "s", label="after MaxNorm(2)")
axis.add_patch(plt.Circle((0, 0), 2, fill=False, color="C2", label="norm 2"))
axis.set(title="Columns of a kernel", aspect="equal")
axis.set(xlabel="first feature", ylabel="second feature")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
