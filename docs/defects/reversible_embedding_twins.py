"""ReversibleEmbedding: with tie_weights=False, both tables begin with the same numbers

Expected: two tables that are drawn independently, as no seed is given. One initializer
draws both by the same seed, so the second is the first, filled in row by row.
"""

import keras
import numpy as np

layer = keras.layers.ReversibleEmbedding(4, 3, tie_weights=False)
layer.build()
first, second = [np.ravel(table) for table in layer.get_weights()]
print("got", first[:3], "and", second[:3], "expected different numbers")
assert np.any(first != second)
