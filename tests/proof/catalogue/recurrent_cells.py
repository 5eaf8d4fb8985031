"""Faults of recurrent cells: stacks of them, masks, initial states and penalties."""

import keras
from breaking import (
    Called,
    altered_argument,
    during,
    ignoring_argument,
    inverted_mask,
    with_arguments,
)
from fault import Fault
from keras.layers import (
    GRU,
    LSTM,
    RNN,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
)
from keras.regularizers import L1


def in_loop(change):
    """The loop of every RNN, whose arguments, a dict by name, ``change`` may alter."""
    return with_arguments(keras.src.backend, "rnn", change)


def not_carried(given):
    """Each step begins with the initial states."""
    step, start = given["step_function"], given["initial_states"]
    given["step_function"] = lambda x, states: step(x, start)


def without_mask(given):
    given["mask"] = None


def inverted(given):
    given["mask"] = inverted_mask(given.get("mask"))


def with_zeros(given):
    given["zero_output_for_mask"] = True


def never_zeros(given):
    given["zero_output_for_mask"] = False


def whole(real, self, inputs, states, **options):
    """A stack that returns a list for each cell, for a single one, too."""
    y, states = real(self, inputs, states, **options)
    return y, [states] if len(self.cells) == 1 else states


FAULTS = []

# -- A cell of one's own

OWN = "recurrent/plot_rnn_cells"
FAULTS += [
    Fault(
        "RNN, stateful: ignored, with a cell of one's own",
        OWN,
        "RNN.stateful",
        ignoring_argument(RNN, "stateful"),
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
        "StackedRNNCells: a list for each cell, for a single one, too",
        STACK,
        "StackedRNNCells.call",
        Called(StackedRNNCells, whole),
    ),
    Fault(
        "RNN, cell: the last of a list only",
        STACK,
        "RNN.cell",
        altered_argument(
            RNN, "cell", lambda cell: cell[-1] if isinstance(cell, list) else cell
        ),
    ),
]

# -- Masks

MASKS = "recurrent/plot_rnn_masks"
LAYERS = [(SimpleRNN, SimpleRNNCell), (LSTM, LSTMCell), (GRU, GRUCell)]


FAULTS += [
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


FAULTS += [
    Fault(
        f"{layer.__name__}, initial_state: the mask of the input counts",
        STATE,
        f"{layer.__name__}.call",
        with_arguments(layer, "call", of_inputs),
    )
    for layer, _ in LAYERS
]

# -- Penalties

ACTIVITY = "weights/plot_activity_regularizer"


def penalizing(real, self, *args, **given):
    """A layer that has an activity_regularizer, whatever it is told."""
    self.activity_regularizer = L1(0.25)
    return real(self, *args, **given)


FAULTS += [
    Fault(
        f"{cell.__name__}, activity_regularizer: ignored",
        ACTIVITY,
        f"{cell.__name__}.activity_regularizer",
        ignoring_argument(cell, "activity_regularizer"),
    )
    for _, cell in LAYERS
]
FAULTS += [
    Fault(
        "SimpleRNN, activity_regularizer: not ignored",
        ACTIVITY,
        "SimpleRNN.activity_regularizer",
        Called(SimpleRNN, penalizing),
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
FAULTS += [
    Fault(
        "SimpleRNN, zero_output_for_mask: ignored, of the loop",
        LOOP,
        "SimpleRNN.zero_output_for_mask",
        ignoring_argument(SimpleRNN, "zero_output_for_mask"),
    ),
]
FAULTS += [
    Fault(
        "RNN, unroll: ignored",
        UNROLL,
        "RNN.unroll",
        ignoring_argument(RNN, "unroll"),
    ),
]

GREEN = [
    (
        "recurrent/plot_rnn_states",
        "np.testing.assert_equal(np.allclose(first, second), backend == 'jax')",
        "says that two arrays differ, but on JAX",
    ),
]
