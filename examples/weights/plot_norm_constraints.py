r"""
MaxNorm, UnitNorm and NonNeg: constraints after each training step
==================================================================

A constraint keeps weights in bounds, where a regularizer only pulls. A training
step first moves the weights as if they were free; then the constraint has the
last word. ``NonNeg`` sets negative weights to 0. The others change the norm
(length) of each column of a kernel, which has the weights of one unit:

.. math::

   \text{UnitNorm} &= \frac{w}{\|w\| + 10^{-7}} \\
   \text{MaxNorm} &= \frac{\min(\|w\|, \text{max})}{\|w\| + 10^{-7}} \, w \\
   \text{MinMaxNorm} &= \frac{\operatorname{clip}(\|w\|, \text{min},
   \text{max})}{\|w\| + 10^{-7}} \, w

:math:`\|w\|` is the norm of a column. The small number keeps a column of zeros
as it is.
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
# The update comes first. It begins at weights that may be negative.

error = x @ start - targets  # (batch, units)
free = start - 0.5 * x.T @ (2 * error / error.size)
not_negative = np.maximum(free, 0)

# %%
# The functions take any axis: an ``Embedding`` has a row for each token, and
# needs ``axis=1``. With a ``rate`` of 1/2, ``MinMaxNorm`` goes half of the way.

from keras_by_hand import max_norm, min_max_norm, non_neg, unit_norm

# %%
# Check it
# --------

functions = unit_norm(kernel), max_norm(kernel, 2), min_max_norm(kernel, 1, 3)
by_hand = of_norm_1, at_most_2, from_1_to_3
for y, constrained, expected in zip(results, by_hand, functions):
    np.testing.assert_allclose(y, constrained, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(loss, np.mean(error**2))
np.testing.assert_array_equal(layer.get_weights()[0], not_negative)

# %%
# Break it
# --------
# Constrain the weights before the update, and some end below zero. Take one
# norm of the whole kernel, and short columns shrink, too.

early = non_neg(start) - 0.5 * x.T @ (2 * error / error.size)
print("right:", *not_negative, "wrong:", *early)
whole = kernel * min(1, 2 / np.linalg.norm(kernel))
print("right:", *at_most_2.round(2), "wrong:", *whole.round(2))
assert np.any(early < 0) and not np.allclose(whole, at_most_2)

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
