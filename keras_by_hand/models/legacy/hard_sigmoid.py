"""hard_sigmoid, whose slope Keras 3 changed."""

import numpy as np

HARD_SIGMOID = "hard_sigmoid_of_keras_2"
SLOPES = 1.2  # 0.2, by 1/6
# Parts of the last axis whose sums go through a recurrent_activation.
GATES = {
    "ConvLSTM1D": (1, 1, 0, 1),
    "ConvLSTM2D": (1, 1, 0, 1),
    "ConvLSTM3D": (1, 1, 0, 1),
    "GRU": (1, 1, 0),
    "GRUCell": (1, 1, 0),
    "LSTM": (1, 1, 0, 1),
    "LSTMCell": (1, 1, 0, 1),
}
LINEAR = (  # layers that put the sums of their weights through an activation
    "Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose "
    "Dense DepthwiseConv1D DepthwiseConv2D EinsumDense SimpleRNN SimpleRNNCell"
).split()
SEPARABLE = "SeparableConv1D", "SeparableConv2D"


def hard_sigmoid_of_keras_2(x):
    """hard_sigmoid before Keras 3 (Keras 2.15 documentation): a line of slope
    0.2, not 1/6.

    x: any shape.
    """
    return np.clip(0.2 * x + 0.5, 0, 1)


def scaled_for_keras_3(kind, config, arrays):
    """Return the config and the weights of a layer that computes by the
    hard_sigmoid of Keras 3 what it did by that of Keras 2; None where no
    weights do."""
    outer = config.get("activation") == HARD_SIGMOID
    gates = config.get("recurrent_activation") == HARD_SIGMOID
    if kind in GATES and not outer:
        gates = np.array([SLOPES if gate else 1 for gate in GATES[kind]])
        arrays = [
            array * np.repeat(gates, array.shape[-1] // len(gates))
            for array in arrays
        ]
    elif kind in LINEAR and not gates:
        arrays = [array * SLOPES for array in arrays]
    elif kind in SEPARABLE:
        arrays = [arrays[0], *(array * SLOPES for array in arrays[1:])]
    else:
        return None
    config = {
        key: "hard_sigmoid" if value == HARD_SIGMOID else value
        for key, value in config.items()
    }
    return config, [array.astype("float32") for array in arrays]
