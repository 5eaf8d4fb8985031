"""How many rows does a stateful SimpleRNN with batches of 2 predict for 3 samples?"""

import keras
import numpy as np

inputs = keras.Input(batch_shape=(2, 4, 1))
model = keras.Model(inputs, keras.layers.SimpleRNN(1, stateful=True)(inputs))
print(len(model.predict(np.ones((3, 4, 1)), batch_size=2, verbose=0)))
