"""hard_sigmoid: a model that Keras 2 saved loads, and predicts otherwise

Expected: what Keras 2 predicted, 0.2 * x + 0.5 from 0 to 1, or an error. The file says
which Keras wrote it. But the activation of Keras 3 takes the place of the old one, with a
slope of 1/6. An LSTM of Keras 2, whose gates may have it, is off in the same way, and so
are .h5 files.

Related: keras#19477 and tensorflow#65381, on the documentation of the new slope.
"""

import keras
import numpy as np

model = keras.Sequential([keras.Input((1,)), keras.layers.Activation("hard_sigmoid")])
model.save("model", zipped=False)
with open("model/metadata.json", "w") as file:  # as Keras 2 wrote it
    file.write('{"keras_version": "2.15.0", "date_saved": "2024-01-31@12:00:00"}')
loaded = keras.saving.load_model("model")
got = keras.ops.convert_to_numpy(loaded(np.array([[1.0]])))
expected = np.array([[0.7]])
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
