"""The dtype of LoRA's A in a Dense layer of float64."""

import keras

dense = keras.layers.Dense(3, lora_rank=2, dtype="float64")
dense.build((None, 3))
print(keras.backend.standardize_dtype(dense.lora_kernel_a.dtype))
