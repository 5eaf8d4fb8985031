"""Faults of what surrounds recurrent layers: their outputs and states, Bidirectional, and
TimeDistributed."""

import functools
from unittest import mock

import keras
from breaking import (
    Called,
    altered,
    altered_argument,
    attribute,
    during,
    ignoring_argument,
)
from fault import Fault
from keras import layers, ops
from keras.layers import Bidirectional, TimeDistributed

RECURRENT = (layers.SimpleRNN, layers.GRU, layers.LSTM)
FAULTS = []

STATES = "recurrent/plot_rnn_states"


def set_states(self, states=None):
    """Reset the states of a layer to those given, or to 0."""
    for number, variable in enumerate(self.states or []):
        value = 0 * variable if states is None else states[number]
        variable.assign(value)


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
BOTH_STATES = "recurrent/plot_bidirectional_states"


def halves_exchanged(arrays):
    """The second half of a list before the first."""
    half = arrays and len(arrays) // 2
    return arrays and [*arrays[half:], *arrays[:half]]


FAULTS += [
    Fault(
        "Bidirectional, merge_mode: concat taken for None",
        BIDIRECTIONAL,
        "Bidirectional.merge_mode",
        altered_argument(
            Bidirectional, "merge_mode", lambda mode: None if mode == "concat" else mode
        ),
    ),
]
FAULTS += [
    Fault(
        f"Bidirectional, weights: backward layer first{where}",
        page,
        "Bidirectional.call",
        altered(Bidirectional, "weights", halves_exchanged),
    )
    for page, where in [(BIDIRECTIONAL, ""), (BOTH_STATES, ", states")]
]


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
    Fault(
        "Bidirectional, weights: set, states",
        BOTH_STATES,
        "Bidirectional.weights",
        using_weights(),
    ),
    Fault(
        "Bidirectional, mask: a stateful layer passes it on, states",
        BOTH_STATES,
        "Bidirectional.compute_mask",
        mock.patch.object(
            Bidirectional, "compute_mask", lambda self, inputs, mask: None
        ),
    ),
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


FAULTS += [
    Fault(
        f"TimeDistributed, {name}",
        DISTRIBUTED,
        f"TimeDistributed.{covers}",
        breaking,
    )
    for name, covers, breaking in [
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
        (
            "mask: not passed on",
            "compute_mask",
            altered(TimeDistributed, "compute_mask", lambda mask: None),
        ),
    ]
]
