r"""
OrthogonalRegularizer: a penalty for rows that are not at right angles
======================================================================

``OrthogonalRegularizer`` adds a penalty to the loss, which is 0 if the rows of
the kernel (or its columns) are at right angles to each other:

.. math::

   \text{penalty} = \text{factor} \cdot
   \operatorname{mean} \left|\cos \angle(w_i, w_j)\right|

The :math:`w_i` are the rows with ``mode="rows"``, which is the default, or the
columns with ``mode="columns"``. The mean is over all pairs of them.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The first two columns are at right angles, the third is between them.

kernel = np.array([[3, -4, 0], [4, 3, 5]])  # (features, units)

regularizer = keras.regularizers.OrthogonalRegularizer(0.5, mode="columns")
dense = keras.layers.Dense(3, kernel_regularizer=regularizer)
dense.build((None, 2))
dense.set_weights([kernel, np.zeros(3)])
penalty = float(dense.losses[0])
print(f"{penalty:.4f}")

# %%
# Compute it
# ----------
# Divide each column by its length. The cosine of the angle between two vectors
# of length 1 is their product. ``np.triu_indices`` picks each pair once: the
# entries above the diagonal.

lengths = np.sqrt(np.sum(kernel**2, axis=0))  # (units,)
columns = kernel / lengths
cosines = columns.T @ columns  # (units, units)
pairs = cosines[np.triu_indices(3, k=1)]
penalty_by_hand = 0.5 * np.mean(np.abs(pairs))

# %%
# The whole function compares rows, too. A row of zeros has the cosine 0.

from keras_by_hand import orthogonal_regularizer

# %%
# Check it
# --------
# The columns have length 5, and their products are 0, 20 and 15. So the cosines
# are 0, 4/5 and 3/5.

print(kernel.T @ kernel)
np.testing.assert_allclose(penalty, penalty_by_hand, rtol=1e-4)

expected = orthogonal_regularizer(kernel, 0.5, mode="columns")
np.testing.assert_allclose(expected, 0.5 * (0 + 4 / 5 + 3 / 5) / 3)
np.testing.assert_allclose(penalty, expected, rtol=1e-4)

# %%
# A name stands for the defaults. A regularizer is also a function of a tensor.

w = np.random.default_rng(313).normal(size=(6, 4))
by_name = keras.regularizers.get("orthogonal_regularizer")
penalty_of_rows = float(by_name(w.astype("float32")))
expected = orthogonal_regularizer(w)
np.testing.assert_allclose(penalty_of_rows, expected, rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With ``mode="columns"``,
#    ``OrthogonalRegularizer`` gives a kernel with one column a penalty of NaN:
#    it has no pairs. So is the loss, then.

one_column = keras.ops.ones((3, 1))
np.testing.assert_equal(float(regularizer(one_column)), np.nan)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow,
#    ``OrthogonalRegularizer`` raises an error for a ``float64`` kernel.

if keras.backend.backend() == "tensorflow":
    w = keras.ops.ones((3, 2), dtype="float64")
    np.testing.assert_raises(Exception, regularizer, w)

# %%
# Break it
# --------
# The units of a ``Dense`` layer are the columns of its kernel. Would you use
# the default to make units differ? It compares the rows.

of_rows = orthogonal_regularizer(kernel, 0.5)
print(f"rows {of_rows:.4f}, columns {penalty:.4f}")
assert not np.allclose(of_rows, penalty)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for number, (first, second) in enumerate(kernel.T):
    axis.plot([0, first], [0, second], "o-", label=f"column {number}")
axis.set(title="Columns 0 and 1 add nothing to the penalty", aspect="equal")
axis.set(xlabel="first feature", ylabel="second feature")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
