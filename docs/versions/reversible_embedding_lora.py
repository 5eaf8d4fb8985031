"""Does LoRA change the logits of a ReversibleEmbedding in int8?"""

import keras
import numpy as np

layer = keras.layers.ReversibleEmbedding(3, 4)
layer.build()
layer.quantize("int8")
before = layer(np.ones((1, 4)), reverse=True)
layer.enable_lora(rank=2)
layer.lora_embeddings_b.assign(np.ones((2, 4)))
print(bool(np.any(layer(np.ones((1, 4)), reverse=True) != before)))
