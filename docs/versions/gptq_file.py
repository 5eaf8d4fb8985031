"""Does the file of a Dense layer in GPTQ load again?"""

import keras

dense = keras.layers.Dense(6, dtype="gptq/4/4_from_float32")
model = keras.Sequential([keras.Input((8,)), dense])
dense.is_gptq_calibrated = True  # as after calibration
model.save_weights("gptq.weights.h5")
model.load_weights("gptq.weights.h5")
print("loaded")
