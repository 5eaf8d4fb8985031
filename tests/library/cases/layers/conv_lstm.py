"""Cases of LSTMs of images."""

from library.cases.layers.convolution import rank_of
from library.cases.layers.recurrent import ACTIVATIONS, FLAGS, GATES
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import layer


@layer("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(draw, name):
    rank, filters, steps = rank_of(name), 3, 3
    config = draw.some(**FLAGS, **ACTIVATIONS, **GATES, padding=["same"])
    if draw.one_of(False, False, False, True) and rank < 3 or draw.number == 15:
        config["data_format"] = "channels_first"
        steps = 3 if rank < 3 else 1  # as Keras compiles each convolution in 3D again
    sides = draw.ints(rank, 2, 5 - rank if rank < 3 else 2), draw.ints(rank, 1, 2)
    config |= draw.one_of({}, {"strides": sides[0]}, {"dilation_rate": sides[1]})
    space = draw.lengths(rank, 3, 5)
    is_first = "data_format" in config

    def images(*samples, channels):
        shape = (channels, *space) if is_first else (*space, channels)
        return draw.normal(*samples, *shape)

    call = draw.some(mask=[draw.mask(2, steps)])
    if "padding" in config and not {"strides", "dilation_rate"} & config.keys():
        states = [images(2, channels=filters) for _ in range(2)]
        call["initial_state"] = states
    needed = {"filters": filters, "kernel_size": draw.ints(rank, 1, 2)}
    case = Case(needed | config, (images(2, steps, channels=2),), call)
    if is_first:  # which TensorFlow does not compute in float64
        config = {**case.config, "dtype": "float32"}
        return case.but(config=config, tolerance=FLOAT32)
    return case
