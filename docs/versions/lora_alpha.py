"""The alpha of a Dense layer with lora_rank=2 and lora_alpha=8."""

import keras

dense = keras.layers.Dense(3, lora_rank=2, lora_alpha=8)
dense.build((None, 3))
print(dense.lora_alpha)
