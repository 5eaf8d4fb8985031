"""What a Dense layer in int4 reads for the weights 8, 12 and 15."""

import keras
import numpy as np

dense = keras.layers.Dense(1, use_bias=False)
dense.build((None, 3))
dense.set_weights([np.array([[8.0], [12.0], [15.0]])])
dense.quantize(config=keras.quantizers.Int4QuantizationConfig(block_size=3))
print(keras.ops.convert_to_numpy(dense(np.eye(3))).ravel().round(3).tolist())
