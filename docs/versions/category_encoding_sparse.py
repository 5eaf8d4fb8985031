"""Is a copy of a sparse CategoryEncoding sparse?"""

import keras

layer = keras.layers.CategoryEncoding(num_tokens=3, sparse=True)
print(keras.layers.CategoryEncoding.from_config(layer.get_config()).sparse)
