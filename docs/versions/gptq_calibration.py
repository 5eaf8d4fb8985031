"""The relative error of a Dense layer in GPTQ, calibrated with its own inputs."""

import keras
import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 16))  # correlated features
embedding = keras.layers.Embedding(*x.shape)  # token i becomes sample i
dense = keras.layers.Dense(5, use_bias=False)
model = keras.Sequential([keras.Input((200,)), embedding, dense])
model.set_weights([x, kernel := rng.normal(size=(16, 5))])
layers = {"pre_block_layers": [embedding], "sequential_blocks": [dense]}
options = {"dataset": [np.arange(200)], "num_samples": 1, "sequence_length": 200}
options |= {"tokenizer": "not used", "quantization_layer_structure": layers}
config = keras.quantizers.GPTQConfig(**options)
keras.config.disable_interactive_logging()  # no progress bar
model.quantize("gptq", config=config, filters=dense.name)
error = keras.ops.convert_to_numpy(dense(x)) - x @ kernel
print(f"{np.linalg.norm(error) / np.linalg.norm(x @ kernel):.3f}")
