"""Cases of recurrent layers and their cells."""

from library.engine.cases import Case, Inner
from library.engine.subjects import layer

BATCH, STEPS, FEATURES, UNITS = 5, 3, 6, 2  # few steps: Keras takes its time for each
FLAGS = {"return_sequences": [True], "return_state": [True], "go_backwards": [True]}
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
