"""What L1(1) charges for a weight of 3 in float64."""

import keras
import numpy as np

print(float(keras.regularizers.L1(1.0)(keras.ops.convert_to_tensor(np.array([3.0])))))
