"""StringLookup: it does not know its own vocabulary in another encoding than UTF-8

Expected: a layer made of get_vocabulary() looks up what the first one does.
get_vocabulary decodes by encoding, but lookups compare bytes with UTF-8. So does
TextVectorization.
"""

import keras
import numpy as np

words = np.array([b"cat", b"\xe9mu"])
layer = keras.layers.StringLookup(encoding="latin-1")
layer.adapt(words)
options = {"vocabulary": layer.get_vocabulary(), "encoding": "latin-1"}
again = keras.layers.StringLookup(**options)
got, expected = np.array(again(words)), np.array(layer(words))
print("got", got, "expected", expected)
np.testing.assert_array_equal(got, expected)
