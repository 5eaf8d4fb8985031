"""SpectralNormalization: around an Embedding, vectors lose their fractions

Expected: the vectors of the Embedding. The output is cast to the dtype of the input,
and tokens are whole numbers.
"""

import keras
import numpy as np

embedding = keras.layers.Embedding(2, 3)
layer = keras.layers.SpectralNormalization(embedding)
tokens = np.array([[0, 1]])
got = keras.ops.convert_to_numpy(layer(tokens))
expected = keras.ops.convert_to_numpy(embedding(tokens))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
