"""StringLookup: loading splits a token with a line break into two

Expected: the loaded layer gives the same indices. Its file has a line for each token,
so "New\\nYork" becomes two, and all tokens behind it move.
"""

import keras
import numpy as np

layer = keras.layers.StringLookup()
layer.adapt(np.array(["New\nYork", "New\nYork", "Oslo"]))
keras.Sequential([keras.Input((1,), dtype="string"), layer]).save("lookup.keras")
loaded = keras.saving.load_model("lookup.keras").layers[0]
got, expected = [np.array(lookup(["Oslo"])) for lookup in (loaded, layer)]
print("got", got, "expected", expected)
np.testing.assert_array_equal(got, expected)
