"""Faults of what surrounds recurrent layers: their outputs and states, Bidirectional, and
TimeDistributed."""

import contextlib
import functools
from unittest import mock

import keras
from breaking import (
    Called,
    altered,
    altered_argument,
    attribute,
    during,
    exchanged,
    flipped,
    ignoring_argument,
    inputs,
    operation,
    outputs,
    weight,
    where,
)
from fault import Fault
from keras import layers, ops
from keras.layers import Bidirectional, TimeDistributed

RECURRENT = (layers.SimpleRNN, layers.GRU, layers.LSTM)

OUTPUTS = "recurrent/plot_rnn_outputs"


def at(position, change):
    """Change one of the results of a layer that returns several."""

    def changed(results):
        if not isinstance(results, tuple):
            return results
        results = list(results)
        results[position] = change(results[position])
        return tuple(results)

    return changed


def states_exchanged(results):
    """The last two results in the other order: h and c of an LSTM."""
    return (*results[:-2], *results[:-3:-1]) if len(results) == 3 else results


FAULTS = [
    Fault(
        f"{layer.__name__}, {name}: ignored, outputs",
        OUTPUTS,
        f"{layer.__name__}.{name}",
        ignoring_argument(layer, name),
    )
    for layer in RECURRENT
    for name in ("return_sequences", "return_state")
]
FAULTS += [
    Fault(
        f"{layer.__name__}, return_sequences: last step first, outputs",
        OUTPUTS,
        f"{layer.__name__}.return_sequences",
        outputs(layer, at(0, flipped(1))),
    )
    for layer in RECURRENT
]
FAULTS += [
    Fault(
        f"{layer.__name__}, return_state: units reversed, outputs",
        OUTPUTS,
        f"{layer.__name__}.return_state",
        outputs(layer, at(1, flipped(-1))),
    )
    for layer in RECURRENT
]
FAULTS += [
    Fault(
        "LSTM, return_state: c before h",
        OUTPUTS,
        "LSTM.return_state",
        outputs(layers.LSTM, states_exchanged),
    ),
    Fault(
        "LSTM, return_state: only c, twice",
        OUTPUTS,
        "LSTM.return_state",
        outputs(
            layers.LSTM, lambda y: (y[0], y[2], y[2]) if isinstance(y, tuple) else y
        ),
    ),
    Fault(
        "LSTM, mask: ignored, last output",
        OUTPUTS,
        "LSTM.call",
        ignoring_argument(layers.LSTM, "mask", "call"),
    ),
    Fault(
        "LSTM, zero_output_for_mask: always, last output",
        OUTPUTS,
        "LSTM.zero_output_for_mask",
        attribute(layers.LSTM, "zero_output_for_mask", lambda given: True),
    ),
]


STATES = "recurrent/plot_rnn_states"


def of_other_samples(states):
    """The states of each sample for another one."""
    return states and [ops.flip(state, axis=0) for state in states]


def reversed_states(states):
    """The states in the other order: c and h of an LSTM."""
    return states and states[::-1]


def set_states(self, states=None):
    """Reset the states of a layer to those given, or to 0."""
    for number, variable in enumerate(self.states or []):
        value = 0 * variable if states is None else states[number]
        variable.assign(value)


FAULTS += [
    Fault(
        f"{layer.__name__}, initial_state: {name}, chunks",
        STATES,
        f"{layer.__name__}.call",
        breaking(layer),
    )
    for layer in RECURRENT
    for name, breaking in [
        ("ignored", lambda layer: ignoring_argument(layer, "initial_state", "call")),
        (
            "of another sample",
            lambda layer: altered_argument(
                layer, "initial_state", of_other_samples, "call"
            ),
        ),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, stateful: ignored, chunks",
        STATES,
        f"{layer.__name__}.stateful",
        ignoring_argument(layer, "stateful"),
    )
    for layer in RECURRENT
]
FAULTS += [
    Fault(
        f"{layer.__name__}, stateful: the first states kept for good, chunks",
        STATES,
        f"{layer.__name__}.stateful",
        during(
            layer, mock.patch.object(keras.Variable, "assign", lambda self, value: self)
        ),
    )
    for layer in RECURRENT
]
FAULTS += [
    Fault(
        "LSTM, initial_state: c before h, chunks",
        STATES,
        "LSTM.call",
        altered_argument(layers.LSTM, "initial_state", reversed_states, "call"),
    ),
    Fault(
        "LSTM, stateful: any size of batch, chunks",
        STATES,
        "LSTM.stateful",
        attribute(layers.LSTM, "_expected_batch_size", lambda size: None),
    ),
    Fault(
        "LSTM, reset_state: does nothing, chunks",
        STATES,
        "LSTM.reset_state",
        mock.patch.object(layers.RNN, "reset_state", lambda self: None),
    ),
    Fault(
        "GRU, reset_state: takes states, chunks",
        STATES,
        "GRU.reset_state",
        mock.patch.object(layers.RNN, "reset_state", set_states),
    ),
]


BIDIRECTIONAL = "recurrent/plot_bidirectional"


def with_attributes(*changes):
    """Bidirectional during whose call its layers have other attributes.

    changes: ("forward_layer" or "backward_layer", attribute, value).
    """

    def call(real, self, *args, **kwargs):
        with contextlib.ExitStack() as stack:
            for layer, name, value in changes:
                change = mock.patch.object(getattr(self, layer), name, value)
                stack.enter_context(change)
            return real(self, *args, **kwargs)

    return Called(Bidirectional, call)


def last_of_sequences(real, self, *args, **kwargs):
    """The last step of all outputs, where only the last output is asked for."""
    if self.return_sequences or self.return_state:
        return real(self, *args, **kwargs)
    with contextlib.ExitStack() as stack:
        for layer in (self, self.forward_layer, self.backward_layer):
            stack.enter_context(mock.patch.object(layer, "return_sequences", True))
        y = real(self, *args, **kwargs)
    return [half[:, -1] for half in y] if self.merge_mode is None else y[:, -1]


def halves_exchanged(arrays):
    """The second half of a list before the first."""
    half = arrays and len(arrays) // 2
    return arrays and [*arrays[half:], *arrays[:half]]


def states_of_backward_first(results):
    """Exchange the states of both directions, which stand behind the outputs."""
    if not isinstance(results, tuple) or len(results) < 3:
        return results
    number = 1 if len(results) % 2 else 2  # of outputs
    return (*results[:number], *halves_exchanged(results[number:]))


def mistaken(mode, other):
    """Bidirectional that merges as it should in another mode."""
    return altered_argument(
        Bidirectional, "merge_mode", lambda given: other if given == mode else given
    )


def steps_turned(mask):
    return None if mask is None else ops.flip(mask, 1)


def reading_alike(real, self, *args, **kwargs):
    """The backward layer in the direction of the forward layer."""
    backwards = self.forward_layer.go_backwards
    with mock.patch.object(self.backward_layer, "go_backwards", backwards):
        return real(self, *args, **kwargs)


def in_direction(backwards, name, change):
    """An argument of a call of SimpleRNN or LSTM, changed in one direction."""

    def concerned(given):
        return given["self"].go_backwards is backwards

    return [
        where(concerned, altered_argument(layer, name, change, "call"))
        for layer in (layers.SimpleRNN, layers.LSTM)
    ]


FAULTS += [
    Fault(
        f"Bidirectional, merge_mode: {mode} taken for {other}",
        BIDIRECTIONAL,
        "Bidirectional.merge_mode",
        mistaken(mode, other),
    )
    for mode, other in [
        ("concat", None),
        ("sum", "ave"),
        ("ave", "sum"),
        ("mul", "ave"),
        (None, "concat"),
    ]
]
FAULTS += [
    Fault(f"Bidirectional, {name}", BIDIRECTIONAL, f"Bidirectional.{covers}", by)
    for name, covers, by in [
        (
            "merge_mode: ignored",
            "merge_mode",
            ignoring_argument(Bidirectional, "merge_mode"),
        ),
        (
            "merge_mode: concat with the backward half first",
            "merge_mode",
            during(
                Bidirectional,
                operation(
                    "concatenate",
                    lambda concatenate, arrays, axis: concatenate(arrays[::-1], axis),
                ),
            ),
        ),
        (
            "backward half: not turned round",
            "call",
            during(Bidirectional, operation("flip", lambda flip, x, axis: x)),
        ),
        (
            "backward half: turned, and its units, too",
            "call",
            during(
                Bidirectional,
                operation("flip", lambda flip, x, axis: flip(x, (1, 2))),
            ),
        ),
        (
            "default output: last step of all outputs",
            "call",
            Called(Bidirectional, last_of_sequences),
        ),
        (
            "backward_layer: ignored",
            "backward_layer",
            ignoring_argument(Bidirectional, "backward_layer"),
        ),
        (
            "backward layer: reads as the forward one",
            "backward_layer",
            Called(Bidirectional, reading_alike),
        ),
        (
            "backward layer: reads forwards",
            "call",
            with_attributes(("backward_layer", "go_backwards", False)),
        ),
        (
            "forward layer: reads backwards",
            "layer",
            with_attributes(("forward_layer", "go_backwards", True)),
        ),
        (
            "weights: backward layer first",
            "call",
            altered(Bidirectional, "weights", halves_exchanged),
        ),
        (
            "mask: ignored",
            "call",
            ignoring_argument(Bidirectional, "mask", "call"),
        ),
        (
            "mask: turned round for the backward layer",
            "call",
            during(
                Bidirectional,
                *in_direction(True, "mask", steps_turned),
            ),
        ),
        (
            "mask: masked steps repeat the last output",
            "call",
            with_attributes(
                ("forward_layer", "zero_output_for_mask", False),
                ("backward_layer", "zero_output_for_mask", False),
            ),
        ),
        (
            "initial_state: ignored",
            "call",
            ignoring_argument(Bidirectional, "initial_state", "call"),
        ),
        (
            "initial_state: backward layer first",
            "call",
            altered_argument(Bidirectional, "initial_state", halves_exchanged, "call"),
        ),
        (
            "return_state: backward layer first",
            "call",
            outputs(Bidirectional, states_of_backward_first),
        ),
    ]
]


BOTH_STATES = "recurrent/plot_bidirectional_states"


def as_in_pytorch(states):
    """h, h', c and c' where h, c, h' and c' are due."""
    return states and [states[number] for number in (0, 2, 1, 3)]


def using_weights():
    """Bidirectional that sets the weights that it is given, once it has its own."""
    real = Bidirectional.build

    @functools.wraps(real)
    def changed(self, sequences_shape, initial_state_shape=None):
        real(self, sequences_shape)
        for layer in (self.forward_layer, self.backward_layer):
            if hasattr(layer, "initial_weights"):
                layer.set_weights(layer.initial_weights)

    return mock.patch.object(Bidirectional, "build", changed)


FAULTS += [
    Fault(f"Bidirectional, {name}, states", BOTH_STATES, f"Bidirectional.{covers}", by)
    for name, covers, by in [
        (
            "weights: backward layer first",
            "call",
            altered(Bidirectional, "weights", halves_exchanged),
        ),
        ("weights: set", "weights", using_weights()),
        (
            "forward layer: reads backwards",
            "layer",
            with_attributes(("forward_layer", "go_backwards", True)),
        ),
        (
            "backward half: not turned round",
            "call",
            during(Bidirectional, operation("flip", lambda flip, x, axis: x)),
        ),
        ("mask: ignored", "call", ignoring_argument(Bidirectional, "mask", "call")),
        (
            "mask: inverted",
            "call",
            altered_argument(
                Bidirectional,
                "mask",
                lambda mask: None if mask is None else ops.logical_not(mask),
                "call",
            ),
        ),
        (
            "mask: turned round for the backward layer",
            "call",
            during(Bidirectional, *in_direction(True, "mask", steps_turned)),
        ),
        (
            "mask: masked steps repeat the last output",
            "call",
            with_attributes(
                ("forward_layer", "zero_output_for_mask", False),
                ("backward_layer", "zero_output_for_mask", False),
            ),
        ),
        (
            "mask: a stateful layer passes it on",
            "compute_mask",
            mock.patch.object(
                Bidirectional, "compute_mask", lambda self, inputs, mask: None
            ),
        ),
        (
            "initial_state: ignored",
            "call",
            ignoring_argument(Bidirectional, "initial_state", "call"),
        ),
        (
            "initial_state: backward layer first",
            "call",
            altered_argument(Bidirectional, "initial_state", halves_exchanged, "call"),
        ),
        (
            "initial_state: in PyTorch's order",
            "call",
            altered_argument(Bidirectional, "initial_state", as_in_pytorch, "call"),
        ),
        (
            "return_state: backward layer first",
            "call",
            outputs(Bidirectional, states_of_backward_first),
        ),
        (
            "return_state: in PyTorch's order",
            "call",
            outputs(
                Bidirectional,
                lambda y: (y[0], *as_in_pytorch(y[1:])) if len(y) == 5 else y,
            ),
        ),
    ]
]


DISTRIBUTED = "recurrent/plot_time_distributed"


def all_at_once(real, self, inputs, training=None, mask=None):
    """TimeDistributed that puts the steps into the batch, and calls its layer once."""
    if mask is not None:
        return real(self, inputs, training=training, mask=mask)
    given = {"training": training} if self.layer._call_has_training_arg else {}
    y = self.layer.call(ops.reshape(inputs, (-1, *inputs.shape[2:])), **given)
    return ops.reshape(y, (-1, inputs.shape[1], *y.shape[1:]))


def quantized(real, self, *args, **kwargs):
    """TimeDistributed that calls a quantized layer as it is to be called."""
    if getattr(self.layer, "quantization_mode", None) is None:
        return real(self, *args, **kwargs)
    with mock.patch.object(self.layer, "call", self.layer.quantized_call):
        return real(self, *args, **kwargs)


def regularized(real, self, *args, **kwargs):
    """TimeDistributed that adds the loss of its layer's activity."""
    y = real(self, *args, **kwargs)
    if self.layer.activity_regularizer is not None:
        self.layer.add_loss(self.layer.activity_regularizer(y))
    return y


def of_first_step(mask):
    """The mask of the first step for all steps."""
    return mask if mask is None else ops.repeat(mask[:, :1], mask.shape[1], axis=1)


FAULTS += [
    Fault(
        f"TimeDistributed, {name}",
        DISTRIBUTED,
        f"TimeDistributed.{covers}",
        breaking,
    )
    for name, covers, breaking in [
        ("y: last step first", "call", outputs(TimeDistributed, flipped(1))),
        ("x: last step first", "call", inputs(TimeDistributed, flipped(1))),
        (
            "y: batch and steps exchanged",
            "call",
            outputs(TimeDistributed, exchanged(0)),
        ),
        (
            "layer: kernel flipped",
            "layer",
            weight(TimeDistributed, "kernel", flipped(0)),
        ),
        (
            "layer: bias reversed",
            "layer",
            weight(TimeDistributed, "bias", flipped(0)),
        ),
        (
            "y: rows of features reversed",
            "call",
            outputs(
                TimeDistributed, lambda y: ops.flip(y, 2) if len(y.shape) == 3 else y
            ),
        ),
        (
            "steps: in the batch, all at once",
            "call",
            Called(TimeDistributed, all_at_once),
        ),
        ("quantized layer: right", "call", Called(TimeDistributed, quantized)),
        (
            "activity_regularizer of the layer: added",
            "call",
            Called(TimeDistributed, regularized),
        ),
        ("mask: ignored", "call", ignoring_argument(TimeDistributed, "mask", "call")),
        (
            "mask: of the first step",
            "call",
            altered_argument(TimeDistributed, "mask", of_first_step, "call"),
        ),
        (
            "mask: not passed on",
            "compute_mask",
            altered(TimeDistributed, "compute_mask", lambda mask: None),
        ),
    ]
]
