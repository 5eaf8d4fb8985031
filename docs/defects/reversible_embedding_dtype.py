"""ReversibleEmbedding: a model states another dtype than it returns

Expected: model.outputs states the dtype that predict returns. compute_output_spec does
not know reverse_dtype.
"""

import keras
import numpy as np

dtypes = {"dtype": "float16", "reverse_dtype": "float32"}
layer = keras.layers.ReversibleEmbedding(4, 3, **dtypes)
inputs = keras.Input((), dtype="int32")
model = keras.Model(inputs, layer(layer(inputs), reverse=True))
got = model.outputs[0].dtype
expected = model.predict_on_batch(np.arange(4)).dtype.name
print("got", got, "expected", expected)
np.testing.assert_equal(got, expected)
