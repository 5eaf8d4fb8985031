r"""
OrthogonalRegularizer: it compares rows, and units are columns
==============================================================

``OrthogonalRegularizer`` is to make the units of a layer differ. Its penalty is
0 if the vectors that it compares are at right angles: it is the factor times
the mean of :math:`|\cos \angle(w_i, w_j)|` over all pairs of them. By default
the vectors :math:`w_i` are the rows of the kernel, but the units of a ``Dense``
layer are its columns: use ``mode="columns"``. That is NaN for a single column.
"""

import keras
import numpy as np
from keras.regularizers import OrthogonalRegularizer

# %%
# Build it
# --------
# The first two columns are at right angles, the third is not.

kernel = np.array([[3.0, -4, 5], [4, 3, 12]])  # (features, units)
w = keras.ops.convert_to_tensor(kernel, "float32")
by_columns = OrthogonalRegularizer(0.5, mode="columns")

# %%
# Compute it
# ----------
# Divide each column by its length. Then products are cosines. Above the
# diagonal, each pair stands once.

columns = kernel / np.sqrt(np.sum(kernel**2, axis=0))  # (features, units)
cosines = columns.T @ columns  # (units, units)
penalty = 0.5 * np.mean(np.abs(cosines[np.triu_indices(3, k=1)]))

from keras_by_hand import orthogonal_regularizer

# %%
# Check it
# --------

np.testing.assert_allclose(float(by_columns(w)), penalty, rtol=1e-4)
of_rows = orthogonal_regularizer(kernel, 0.5)
wrong = float(OrthogonalRegularizer(0.5)(w))
np.testing.assert_allclose(wrong, of_rows, rtol=1e-4)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With ``mode="columns"``,
#    ``OrthogonalRegularizer`` makes the loss NaN for a kernel of one column.
#
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow,
#    ``OrthogonalRegularizer`` raises an error for a ``float64`` kernel.

print(f"right: {penalty:.4f}, wrong: {wrong:.4f}")
assert not np.allclose(wrong, penalty)
print("one column:", float(by_columns(w[:, :1])))
np.testing.assert_equal(float(by_columns(w[:, :1])), np.nan)
if keras.backend.backend() == "tensorflow":
    np.testing.assert_raises(Exception, by_columns, kernel)
