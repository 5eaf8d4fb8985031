"""Dense: with int8 and LoRA, the property kernel forgets the scale

Expected: layer.kernel is what the layer multiplies by. LoRA's product is added to the
whole numbers of the int8 kernel, without dividing them by their scale. So are
Embedding's embeddings.
"""

import keras
import numpy as np

layer = keras.layers.Dense(1, use_bias=False)
layer.build((None, 2))
layer.quantize("int8")
layer.enable_lora(1)
layer.lora_kernel_b.assign([[0.5]])
got = keras.ops.convert_to_numpy(layer.kernel)
expected = keras.ops.convert_to_numpy(layer(np.eye(2, dtype="float32")))
print("got", got, "expected about", expected)
np.testing.assert_allclose(got, expected, atol=0.1)
