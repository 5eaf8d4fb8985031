"""Faults of recurrent cells: stacks of them, masks, initial states and common arguments."""

import functools
from unittest import mock

import keras
from breaking import (
    Called,
    altered,
    altered_argument,
    during,
    flipped,
    ignoring_argument,
    inputs,
    inverted_mask,
    operation,
    outputs,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import (
    GRU,
    LSTM,
    RNN,
    Embedding,
    GRUCell,
    LSTMCell,
    Masking,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
)


def in_loop(change):
    """The loop of every RNN, whose arguments, a dict by name, ``change`` may alter."""
    return with_arguments(keras.src.backend, "rnn", change)


def not_carried(given):
    """Each step begins with the initial states."""
    step, start = given["step_function"], given["initial_states"]
    given["step_function"] = lambda x, states: step(x, start)


def read_at_once(given):
    """Each step reads the first one."""
    step, first = given["step_function"], given["inputs"][:, 0]
    given["step_function"] = lambda x, states: step(first, states)


def without_mask(given):
    given["mask"] = None


def inverted(given):
    given["mask"] = inverted_mask(given.get("mask"))


def reversed_mask(given):
    if given.get("mask") is not None:
        given["mask"] = ops.flip(given["mask"], 1)


def with_zeros(given):
    given["zero_output_for_mask"] = True


def never_zeros(given):
    given["zero_output_for_mask"] = False


def moving(real, step_function, inputs, initial_states, mask=None, **options):
    """The loop, in which a masked step repeats the output, while the states move on."""
    if mask is None:
        return real(step_function, inputs, initial_states, mask=mask, **options)
    everything = {**options, "return_all_outputs": True}
    _, found, states = real(step_function, inputs, initial_states, **everything)
    mask = ops.flip(mask, 1) if options["go_backwards"] else mask
    y = ops.zeros_like(found[:, 0])
    repeated = []
    for step in range(found.shape[1]):
        y = ops.where(ops.expand_dims(mask[:, step], 1), found[:, step], y)
        repeated.append(y)
    return y, ops.stack(repeated, 1), states


def whole(real, self, inputs, states, **options):
    """A stack that returns a list for each cell, for a single one, too."""
    y, states = real(self, inputs, states, **options)
    return y, [states] if len(self.cells) == 1 else states


def loop(function):
    """The loop of every RNN is ``function(real, ...)``."""
    real = keras.src.backend.rnn
    changed = functools.wraps(real)(functools.partial(function, real))
    return mock.patch.object(keras.src.backend, "rnn", changed)


FAULTS = []

# -- A cell of one's own

OWN = "recurrent/plot_rnn_cells"
FAULTS += [
    Fault(f"RNN, cell of one's own: {name}", OWN, "RNN.cell", by)
    for name, by in [
        ("states not carried", in_loop(not_carried)),
        ("the first step again and again", in_loop(read_at_once)),
        ("steps reversed", inputs(RNN, flipped(1))),
        ("units reversed", outputs(RNN, lambda y: [flipped(-1)(y[0]), *y[1:]])),
    ]
]
FAULTS += [
    Fault(
        f"RNN, {argument}: ignored, with a cell of one's own",
        OWN,
        f"RNN.{argument}",
        ignoring_argument(RNN, argument),
    )
    for argument in ("return_sequences", "return_state", "go_backwards", "stateful")
]
FAULTS += [
    Fault(
        "RNN, initial_state: ignored, with a cell of one's own",
        OWN,
        "RNN.call",
        ignoring_argument(RNN, "initial_state", "call"),
    ),
    Fault(
        "RNN, mask: ignored, with a cell of one's own",
        OWN,
        "RNN.call",
        in_loop(without_mask),
    ),
    Fault(
        "RNN, mask: states move at masked steps, with a cell of one's own",
        OWN,
        "RNN.call",
        loop(moving),
    ),
]

# -- Stacks

STACK = "recurrent/plot_stacked_rnn_cells"
FAULTS += [
    Fault(
        "StackedRNNCells, cells: reversed",
        STACK,
        "StackedRNNCells.cells",
        altered_argument(StackedRNNCells, "cells", lambda cells: cells[::-1]),
    ),
    Fault(
        "StackedRNNCells, cells: the last left out",
        STACK,
        "StackedRNNCells.cells",
        altered_argument(StackedRNNCells, "cells", lambda cells: cells[:-1]),
    ),
    Fault(
        "StackedRNNCells: states not handed on",
        STACK,
        "StackedRNNCells.call",
        outputs(
            StackedRNNCells,
            lambda result: (
                result[0],
                keras.tree.map_structure(ops.zeros_like, result[1]),
            ),
        ),
    ),
    Fault(
        "StackedRNNCells: a list for each cell, for a single one, too",
        STACK,
        "StackedRNNCells.call",
        Called(StackedRNNCells, whole),
    ),
    Fault(
        "StackedRNNCells, x: features reversed",
        STACK,
        "StackedRNNCells.call",
        inputs(StackedRNNCells, flipped(1)),
    ),
    Fault(
        "StackedRNNCells, y: units reversed",
        STACK,
        "StackedRNNCells.call",
        outputs(StackedRNNCells, lambda result: (flipped(1)(result[0]), result[1])),
    ),
    Fault(
        "StackedRNNCells, recurrent_kernel: rows reversed",
        STACK,
        "StackedRNNCells.call",
        weight(SimpleRNNCell, "recurrent_kernel", flipped(0)),
    ),
    Fault(
        "RNN, cell: the last of a list only",
        STACK,
        "RNN.cell",
        altered_argument(
            RNN, "cell", lambda cell: cell[-1] if isinstance(cell, list) else cell
        ),
    ),
    Fault(
        "RNN, return_sequences: ignored, stacked",
        STACK,
        "RNN.return_sequences",
        ignoring_argument(RNN, "return_sequences"),
    ),
    Fault(
        "RNN, return_state: ignored, stacked",
        STACK,
        "RNN.return_state",
        ignoring_argument(RNN, "return_state"),
    ),
]
FAULTS += [
    Fault(f"RNN, mask: {name}, stacked", STACK, "RNN.call", by)
    for name, by in [
        ("ignored", in_loop(without_mask)),
        ("inverted", in_loop(inverted)),
        ("states move at masked steps", loop(moving)),
        ("outputs 0", in_loop(with_zeros)),
    ]
]

# -- Masks

MASKS = "recurrent/plot_rnn_masks"
LAYERS = [(SimpleRNN, SimpleRNNCell), (LSTM, LSTMCell), (GRU, GRUCell)]


def of_mask(layer, change):
    """A recurrent layer whose mask, if it is given one, is changed."""
    return altered_argument(
        layer, "mask", lambda mask: None if mask is None else change(mask), "call"
    )


for layer, cell in LAYERS:
    name = layer.__name__
    FAULTS += [
        Fault(f"{name}, mask: {what}, padded", MASKS, f"{name}.call", by)
        for what, by in [
            ("ignored", ignoring_argument(layer, "mask", "call")),
            ("inverted", of_mask(layer, ops.logical_not)),
            (
                "of the first sequence",
                of_mask(layer, lambda m: ops.ones_like(m) & m[:1]),
            ),
            ("states move at masked steps", during(layer, loop(moving))),
            ("outputs 0", during(layer, in_loop(with_zeros))),
        ]
    ]
    FAULTS += [
        Fault(
            f"{name}, states: not carried, padded",
            MASKS,
            f"{cell.__name__}.call",
            during(layer, in_loop(not_carried)),
        ),
    ]
FAULTS += [
    Fault(
        "GRU, go_backwards: reverses the mask, too",
        MASKS,
        "GRU.compute_mask",
        altered(
            RNN,
            "compute_mask",
            lambda masks: masks if isinstance(masks, list) else ops.flip(masks, 1),
        ),
    ),
    Fault(
        "Masking: finds no padding in a batch for an RNN",
        MASKS,
        "Masking.call",
        during(
            Masking,
            operation("not_equal", lambda real, x, value: ops.ones_like(x, "bool")),
        ),
    ),
    Fault(
        "pad_sequences, padding: ignored",
        MASKS,
        "pad_sequences",
        ignoring_argument(keras.utils, "padding", "pad_sequences"),
    ),
]

# -- Masks and initial states

STATE = "recurrent/plot_rnn_initial_state_mask"


def of_inputs(given):
    """The mask of the input counts, even if there is an initial state."""
    if given.get("mask") is None:
        given["mask"] = keras.src.backend.get_keras_mask(given["sequences"])


for layer, _ in LAYERS:
    name = layer.__name__
    FAULTS += [
        Fault(f"{name}, {argument}: {what}", STATE, f"{name}.call", by)
        for argument, what, by in [
            (
                "initial_state",
                "the mask of the input counts",
                with_arguments(layer, "call", of_inputs),
            ),
            (
                "initial_state",
                "ignored, masked",
                ignoring_argument(layer, "initial_state", "call"),
            ),
            (
                "mask",
                "ignored with an initial state",
                ignoring_argument(layer, "mask", "call"),
            ),
            (
                "mask",
                "inverted with an initial state",
                of_mask(layer, ops.logical_not),
            ),
        ]
    ]
FAULTS += [
    Fault(
        "LSTM, initial_state: c, h",
        STATE,
        "LSTM.call",
        altered_argument(
            LSTM,
            "initial_state",
            lambda states: states and states[::-1],
            "call",
        ),
    ),
    Fault(
        "Embedding, mask_zero: ignored before an RNN",
        STATE,
        "Embedding.mask_zero",
        ignoring_argument(Embedding, "mask_zero"),
    ),
    Fault(
        "Embedding, compute_mask: inverted before an RNN",
        STATE,
        "Embedding.compute_mask",
        altered(
            Embedding,
            "compute_mask",
            lambda mask: None if mask is None else ops.logical_not(mask),
        ),
    ),
]

# -- Common arguments

ARGUMENTS = "recurrent/plot_rnn_arguments"
COMMON = ["use_bias", "activity_regularizer"]
for what in ("kernel", "recurrent", "bias"):
    COMMON += [f"{what}_initializer", f"{what}_regularizer", f"{what}_constraint"]


def penalizing(layer):
    """A layer that keeps its activity_regularizer."""
    real = layer.__init__

    @functools.wraps(real)
    def changed(self, *args, **kwargs):
        real(self, *args, **kwargs)
        self.activity_regularizer = kwargs.get("activity_regularizer")

    return mock.patch.object(layer, "__init__", changed)


for pair in LAYERS:
    for layer in pair:
        name = layer.__name__
        arguments = list(COMMON)
        if layer is SimpleRNN:
            arguments.remove("activity_regularizer")
        FAULTS += [
            Fault(
                f"{name}, {argument}: ignored, of common arguments",
                ARGUMENTS,
                f"{name}.{argument}",
                ignoring_argument(layer, argument),
            )
            for argument in arguments
        ]
FAULTS += [
    Fault(
        "SimpleRNN, activity_regularizer: not ignored",
        ARGUMENTS,
        "SimpleRNN.activity_regularizer",
        penalizing(SimpleRNN),
    ),
]

# -- Other ways to run the loop

UNROLL = "recurrent/plot_rnn_unroll"


def mask_reversed_to_the_end(given):
    """An unrolled loop whose zeros are where the mask is 0 in the order of outputs."""
    given["unroll"] = given["unroll"] and not given["zero_output_for_mask"]


def only_unrolled(change):
    """The loop, changed where it is unrolled."""

    def change_unrolled(given):
        if given["unroll"]:
            change(given)

    return in_loop(change_unrolled)


def forwards(given):
    given["go_backwards"] = False


for layer, _ in LAYERS:
    name = layer.__name__
    FAULTS += [
        Fault(
            f"{name}, unroll: ignored",
            UNROLL,
            f"{name}.unroll",
            ignoring_argument(layer, "unroll"),
        ),
        Fault(
            f"{name}, unroll: ignored with zero_output_for_mask",
            UNROLL,
            f"{name}.unroll",
            during(layer, in_loop(mask_reversed_to_the_end)),
        ),
    ]
    FAULTS += [
        Fault(
            f"{name}, {argument}: ignored, unrolled or not",
            UNROLL,
            f"{name}.{argument}",
            ignoring_argument(layer, argument),
        )
        for argument in ("return_sequences", "go_backwards")
    ]
    FAULTS += [
        Fault(
            f"{name}, zero_output_for_mask: ignored, unrolled or not",
            UNROLL,
            f"{name}.zero_output_for_mask",
            during(layer, in_loop(never_zeros)),
        ),
    ]
FAULTS += [
    Fault(
        f"SimpleRNN, unroll: {what}",
        UNROLL,
        "SimpleRNN.unroll",
        during(SimpleRNN, only_unrolled(change)),
    )
    for what, change in [
        ("states not carried", not_carried),
        ("mask ignored", without_mask),
        ("mask inverted", inverted),
        ("go_backwards ignored", forwards),
        ("outputs 0 at masked steps", with_zeros),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, use_cudnn: ignored",
        UNROLL,
        f"{layer.__name__}.use_cudnn",
        ignoring_argument(layer, "use_cudnn"),
    )
    for layer in (LSTM, GRU)
]

# -- SimpleRNN, step by step

SIMPLE = "recurrent/plot_simple_rnn"
FAULTS += [
    Fault(f"SimpleRNN, {what}", SIMPLE, "SimpleRNNCell.call", by)
    for what, by in [
        ("kernel: features reversed", weight(SimpleRNNCell, "kernel", flipped(0))),
        ("kernel: units reversed", weight(SimpleRNNCell, "kernel", flipped(1))),
        (
            "recurrent_kernel: transposed",
            weight(SimpleRNNCell, "recurrent_kernel", ops.transpose),
        ),
        (
            "recurrent_kernel: rows reversed",
            weight(SimpleRNNCell, "recurrent_kernel", flipped(0)),
        ),
        ("bias: reversed", weight(SimpleRNNCell, "bias", flipped(0))),
        ("bias: 0", weight(SimpleRNNCell, "bias", ops.zeros_like)),
    ]
]
FAULTS += [
    Fault(f"SimpleRNN, {what}", SIMPLE, "SimpleRNN.call", by)
    for what, by in [
        ("state: not carried", in_loop(not_carried)),
        ("x: the first step again and again", in_loop(read_at_once)),
        ("x: steps reversed", inputs(SimpleRNN, flipped(1))),
        ("x: features reversed", inputs(SimpleRNN, flipped(2))),
        ("y: units reversed", outputs(SimpleRNN, flipped(-1))),
        (
            "state: begins at 1",
            in_loop(
                lambda given: given.update(
                    initial_states=[ops.ones_like(s) for s in given["initial_states"]]
                )
            ),
        ),
    ]
]
FAULTS += [
    Fault(
        "SimpleRNN, activation: ignored, step by step",
        SIMPLE,
        "SimpleRNN.activation",
        ignoring_argument(SimpleRNN, "activation"),
    ),
    Fault(
        "SimpleRNN, activation: relu for tanh",
        SIMPLE,
        "SimpleRNN.activation",
        altered_argument(
            SimpleRNN, "activation", lambda name: "relu" if name == "tanh" else name
        ),
    ),
]
FAULTS += [
    Fault(
        f"{layer.__name__}, units: one more",
        SIMPLE,
        f"{layer.__name__}.units",
        altered_argument(layer, "units", lambda units: units + 1),
    )
    for layer in (SimpleRNN, SimpleRNNCell)
]

# -- The arguments of the loop

LOOP = "recurrent/plot_rnn"


def in_order_of_steps(real, self, *args, **kwargs):
    """A layer that goes backwards, and returns its outputs forwards."""
    y, *states = real(self, *args, **kwargs)
    turn = self.go_backwards and self.return_sequences
    return ops.flip(y, 1) if turn else y, *states


FAULTS += [
    Fault(
        f"{layer.__name__}, {argument}: ignored, of the loop",
        LOOP,
        f"{layer.__name__}.{argument}",
        ignoring_argument(layer, argument),
    )
    for layer in (SimpleRNN, RNN)
    for argument in (
        "return_sequences",
        "return_state",
        "go_backwards",
        "zero_output_for_mask",
    )
]
FAULTS += [
    Fault(f"SimpleRNN, {what}, of the loop", LOOP, "SimpleRNN.call", by)
    for what, by in [
        ("mask: ignored", ignoring_argument(SimpleRNN, "mask", "call")),
        ("mask: inverted", of_mask(SimpleRNN, ops.logical_not)),
        ("mask: reversed", of_mask(SimpleRNN, flipped(1))),
        ("mask: states move at masked steps", loop(moving)),
        ("mask: outputs 0", in_loop(with_zeros)),
        (
            "initial_state: ignored",
            ignoring_argument(SimpleRNN, "initial_state", "call"),
        ),
        ("state: not carried", in_loop(not_carried)),
    ]
]
FAULTS += [
    Fault(
        "SimpleRNN, go_backwards: outputs in the order of the steps",
        LOOP,
        "SimpleRNN.go_backwards",
        Called(SimpleRNN, in_order_of_steps),
    ),
    Fault(
        "SimpleRNN, go_backwards: mask not reversed",
        LOOP,
        "SimpleRNN.go_backwards",
        in_loop(lambda given: given["go_backwards"] and reversed_mask(given)),
    ),
    Fault(
        "SimpleRNNCell, activation: ignored, of the loop",
        LOOP,
        "SimpleRNNCell.activation",
        ignoring_argument(SimpleRNNCell, "activation"),
    ),
    Fault(
        "RNN, unroll: ignored",
        UNROLL,
        "RNN.unroll",
        ignoring_argument(RNN, "unroll"),
    ),
]
