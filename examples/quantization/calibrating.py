"""What pages of this family need of Keras: a Dense layer after GPTQ or AWQ."""

import keras
import numpy as np


def quantize_dense(kernel, data, Config, group_size=128, patched=True):
    """A Dense layer after GPTQ or AWQ, calibrated if patched.

    kernel: (features, units), data: (samples, features), Config:
    keras.quantizers.GPTQConfig or AWQConfig.
    """
    tokens = np.arange(len(data))
    embedding = keras.layers.Embedding(*data.shape)
    dense = keras.layers.Dense(kernel.shape[1], use_bias=False)
    model = keras.Sequential([keras.Input(tokens.shape), embedding, dense])
    model.set_weights([data, kernel])
    layers = {"pre_block_layers": [embedding], "sequential_blocks": [dense]}
    config = Config(
        dataset=[tokens],
        tokenizer="not used",  # only for text, but it must be given
        num_samples=1,
        sequence_length=tokens.size,
        group_size=group_size,
        quantization_layer_structure=layers,
    )
    if patched:  # Keras listens at call, but the layer calls quantized_call
        dense.quantized_call = lambda inputs, **_: dense.call(inputs)
    keras.config.disable_interactive_logging()  # no progress bar
    model.quantize(config.mode, config=config, filters=dense.name)
    keras.config.enable_interactive_logging()
    if patched:
        del dense.quantized_call
    return dense
