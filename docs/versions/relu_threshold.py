"""relu of minus infinity with a threshold of 1."""

import keras

print(float(keras.activations.relu(keras.ops.array([-float("inf")]), threshold=1)[0]))
