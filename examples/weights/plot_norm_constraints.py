r"""
MaxNorm, UnitNorm, MinMaxNorm: limits on the norm of each column
================================================================

After each training step, these constraints bring the norm (length) of each
column of a kernel to at most ``max_value``, to 1, or between two values:

.. math::

   \text{MaxNorm} &= \frac{\min(\|w\|, \text{max})}{\|w\| + 10^{-7}} \, w \\
   \text{UnitNorm} &= \frac{w}{\|w\| + 10^{-7}} \\
   \text{MinMaxNorm} &= \frac{\operatorname{clip}(\|w\|, \text{min},
   \text{max})}{\|w\| + 10^{-7}} \, w

A column has the weights of one unit. A bias has one norm.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.constraints import MaxNorm, MinMaxNorm, UnitNorm

# %%
# Build it
# --------
# You can call a constraint. The columns have the norms 5, 2, 0.5 and 0.

kernel = np.array([[3, 0, 0.5, 0], [-4, 2, 0, 0]])  # (features, units)
short = keras.ops.convert_to_numpy(MaxNorm(max_value=2)(kernel))
print(short.round(3))

# %%
# Compute it
# ----------
# Divide each column by its norm: that is UnitNorm. The other two multiply the
# result by the norm that they allow. Leave out the column of zeros here: it
# cannot be divided by its norm.

not_zero = kernel[:, :3]  # (features, units)
norms = np.linalg.norm(not_zero, axis=0)  # (units,)
of_norm_1 = not_zero / norms
at_most_2 = of_norm_1 * np.minimum(norms, 2)
from_1_to_3 = of_norm_1 * np.clip(norms, 1, 3)

# %%
# The whole functions take any axis. They add 1e-7, which is
# ``keras.config.epsilon()``, to each norm, so a column of zeros stays as it is.
# MinMaxNorm's ``rate`` is the share of the way: 1 moves a norm fully into its
# range, 0.5 half of the way.

from keras_by_hand import max_norm, min_max_norm, unit_norm

# %%
# Check it
# --------
# In a kernel divided by 2**20, the 1e-7 matters. Only on TensorFlow does Keras
# compute in float64 throughout.

assert keras.config.epsilon() == 1e-7
np.testing.assert_allclose(short[:, :3], at_most_2, rtol=1e-4, atol=1e-4)
y = keras.ops.convert_to_numpy(UnitNorm()(kernel))
np.testing.assert_allclose(y[:, :3], of_norm_1, rtol=1e-4, atol=1e-4)
y = keras.ops.convert_to_numpy(MinMaxNorm(1, 3)(kernel))
np.testing.assert_allclose(y[:, :3], from_1_to_3, rtol=1e-4, atol=1e-4)

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")


def check(constraint, function, **arguments):
    for dtype in dtypes:
        for w in (kernel, kernel / 2**20):
            constrained = constraint(w.astype(dtype))
            constrained = keras.ops.convert_to_numpy(constrained)
            expected = function(w, **arguments)
            tolerance = 1000 * np.finfo(dtype).eps
            np.testing.assert_allclose(constrained, expected, rtol=tolerance)


check(MaxNorm(), max_norm)
check(MaxNorm(2.5, axis=1), max_norm, max_value=2.5, axis=1)
check(UnitNorm(), unit_norm)
check(UnitNorm(axis=1), unit_norm, axis=1)
check(MinMaxNorm(), min_max_norm)
own = {"min_value": 1, "max_value": 3, "rate": 0.5, "axis": 1}
check(MinMaxNorm(**own), min_max_norm, **own)

# %%
# A bias has one axis, and so one norm.

bias = np.array([1, -1, 2, -2], "float32")  # (units,)
shortened = keras.ops.convert_to_numpy(MaxNorm(2.5)(bias))
np.testing.assert_allclose(shortened, max_norm(bias, 2.5), rtol=1e-4)

# %%
# In an ``Embedding``, the vector of a token is a row. The name ``"max_norm"``
# has the axis 0, and would limit columns: take ``axis=1``. Here a step of
# training with a gradient of 0 changes nothing else.

table = np.random.default_rng(313).normal(size=(6, 4))  # (tokens, features)
limit = MaxNorm(max_value=1, axis=1)
layer = keras.layers.Embedding(6, 4, embeddings_constraint=limit, weights=table)
gradient = keras.ops.zeros(table.shape)
keras.optimizers.SGD().apply([gradient], layer.trainable_variables)
(limited,) = layer.get_weights()
expected = max_norm(table, max_value=1, axis=1)
np.testing.assert_allclose(limited, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Would you take one norm of the whole kernel? Then short columns shrink, too.

whole = kernel * min(1, 2 / np.linalg.norm(kernel))
print("norms:", np.linalg.norm(whole, axis=0).round(3))
assert not np.allclose(whole, short)

# %%
# See it
# ------
# Each point is a column. Those outside the circle are moved onto it.

columns = np.random.default_rng(313).normal(size=(2, 12)) * 2
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(columns[0], columns[1], "o", markersize=9, label="free")
short = max_norm(columns)
axis.plot(short[0], short[1], "s", label="after MaxNorm(2)")
axis.add_patch(plt.Circle((0, 0), 2, fill=False, color="C2", label="norm 2"))
axis.set(title="Columns of a kernel", aspect="equal")
axis.set(xlabel="first feature", ylabel="second feature")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
