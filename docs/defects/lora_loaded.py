"""Dense: after loading, LoRA can't be trained any more

Expected: a loaded layer goes on learning. Its kernel is frozen, and its A and B are
both zero. As each is a factor of the other's gradient, they stay zero.

Related: keras#23244, where a loaded layer is said to have no LoRA.
"""

import keras
import numpy as np

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
model.layers[0].enable_lora(1)
model.save("lora.keras")
loaded = keras.saving.load_model("lora.keras").layers[0]
a, b = loaded.trainable_weights[-2:]
got = [np.any(keras.ops.convert_to_numpy(weight) != 0) for weight in (a, b)]
print("got", got, "expected one that isn't zero everywhere")
assert any(got)
