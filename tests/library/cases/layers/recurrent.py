"""Cases of recurrent layers, their cells and wrappers."""

from library.cases.layers.convolution import rank_of
from library.engine.cases import FLOAT32, Case, Inner
from library.engine.subjects import layer

BATCH, STEPS, FEATURES, UNITS = 5, 3, 6, 2  # few steps: Keras takes its time for each
FLAGS = {
    "return_sequences": [True],
    "return_state": [True],
    "go_backwards": [True],
}
ACTIVATIONS = {"use_bias": [False], "activation": ["relu", "sigmoid"]}
GATES = {"recurrent_activation": ["hard_sigmoid", "relu"]}


def draw_cell(draw, kind):
    """What a cell of this kind, such as "LSTM", is told."""
    pools = ACTIVATIONS if kind == "SimpleRNN" else ACTIVATIONS | GATES
    return draw.some(**pools, **({"reset_after": [False]} if kind == "GRU" else {}))


def draw_call(draw, shapes):
    """A mask, and initial states of these shapes, in every second case."""
    call = draw.some(mask=[draw.mask(BATCH, STEPS)])
    return call | draw.some(initial_state=[[draw.normal(BATCH, *s) for s in shapes]])


def states_of(kind):
    return [(UNITS,)] * (2 if kind == "LSTM" else 1)


@layer("SimpleRNN", "LSTM", "GRU")
def recurrent(draw, name):
    config = {"units": UNITS, **draw.some(**FLAGS), **draw_cell(draw, name)}
    call = draw_call(draw, states_of(name))
    return Case(config, (draw.normal(BATCH, STEPS, FEATURES),), call)


@layer("RNN")
def rnn(draw):
    kinds = [draw.one_of("SimpleRNN", "LSTM", "GRU") for _ in range(2)]
    units = UNITS, UNITS + 2
    cells = [
        Inner(f"{kind}Cell", {"units": n, **draw_cell(draw, kind)})
        for kind, n in zip(kinds, units)
    ]
    cell = draw.one_of(cells[0], Inner("StackedRNNCells", {"cells": cells}))
    config = {"cell": cell, **draw.some(**FLAGS, zero_output_for_mask=[True])}
    call = draw.some(mask=[draw.mask(BATCH, STEPS)])
    if cell is cells[0]:
        states = [draw.normal(BATCH, UNITS) for _ in states_of(kinds[0])]
        call |= draw.some(initial_state=[states])
    return Case(config, (draw.normal(BATCH, STEPS, FEATURES),), call)


@layer("Bidirectional")
def bidirectional(draw):
    kind = draw.one_of("SimpleRNN", "LSTM", "GRU")
    flags = draw.some(return_sequences=[True], return_state=[True])
    pairs = [(False, True), (True, False)]  # Keras refuses equal directions
    forward, backward = draw.one_of(*pairs)
    flags |= {"go_backwards": True} if forward else {}
    config = {"layer": Inner(kind, {"units": UNITS, **flags, **draw_cell(draw, kind)})}
    config |= draw.some(merge_mode=["sum", "ave", "mul", None])
    back = {"units": UNITS, **flags, "go_backwards": backward, "activation": "sigmoid"}
    if forward or draw.flag():
        config["backward_layer"] = Inner(kind, back)
    call = draw_call(draw, states_of(kind) * 2)
    return Case(config, (draw.normal(BATCH, STEPS, FEATURES),), call)


@layer("TimeDistributed")
def time_distributed(draw):
    inner = draw.one_of(
        Inner("Dense", {"units": 3}),
        Inner("Conv1D", {"filters": 3, "kernel_size": 2}),
        Inner("GlobalAveragePooling1D", {}),
    )
    x = draw.normal(2, 5, 4, 3)
    call = {}
    if inner.name == "GlobalAveragePooling1D":
        call = {"mask": draw.mask(2, 5, 4)}
    return Case({"layer": inner}, (x,), call)


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
