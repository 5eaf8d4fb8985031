"""Does a Dense layer in GPTQ depend on its calibration data?"""

import keras
import numpy as np

rng = np.random.default_rng(0)
kernel = rng.normal(size=(16, 5))


def quantized(x):
    """The kernel that a Dense layer reads after calibration with x, (200, 16)."""
    embedding = keras.layers.Embedding(*x.shape)  # token i becomes sample i
    dense = keras.layers.Dense(5, use_bias=False)
    model = keras.Sequential([keras.Input((200,)), embedding, dense])
    model.set_weights([x, kernel])
    layers = {"pre_block_layers": [embedding], "sequential_blocks": [dense]}
    options = {"dataset": [np.arange(200)], "num_samples": 1, "sequence_length": 200}
    options |= {"tokenizer": "not used", "quantization_layer_structure": layers}
    config = keras.quantizers.GPTQConfig(**options)
    model.quantize("gptq", config=config, filters=dense.name)
    return keras.ops.convert_to_numpy(dense(np.eye(16)))


keras.config.disable_interactive_logging()  # no progress bar
correlated = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 16))
independent = rng.normal(size=(200, 16))
print(bool(np.any(quantized(correlated) != quantized(independent))))
