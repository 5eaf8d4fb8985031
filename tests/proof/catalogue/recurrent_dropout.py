"""Faults of dropout in recurrent layers: its masks, their scale, steps and seeds."""

from unittest import mock

import keras
from breaking import (
    Called,
    altered,
    altered_argument,
    ignoring_argument,
    training_is,
    turned_round,
)
from fault import Fault
from keras import layers, ops
from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

DROPOUT = "recurrent/plot_rnn_dropout"
RECURRENT = "recurrent/plot_recurrent_dropout"
CONVOLUTION = "recurrent/plot_conv_lstm_dropout"


def each(change):
    """A change of each mask, where there are several."""
    return lambda masks: keras.tree.map_structure(change, masks)


def unscaled(mask):
    """A mask of 0 and 1, in place of 1 / (1 - rate)."""
    return ops.cast(mask > 0, mask.dtype)


def first_sample(mask):
    """One mask for the whole batch."""
    return ops.broadcast_to(mask[:1], mask.shape)


def drawn_anew(cell, name):
    """A cell that draws its mask anew for each step: name is that of the method."""
    real = getattr(cell, name)

    def changed(self, step):
        self._dropout_mask = self._recurrent_dropout_mask = None
        return real(self, step)

    return mock.patch.object(cell, name, changed)


def kept(cell, name):
    """A cell whose method of this name, which is to forget a mask, does nothing."""
    return mock.patch.object(cell, name, lambda self: None)


def state_dropped(cell, number):
    """A cell that drops units of a state itself, not only in the products."""

    def call(real, self, x, states, training=False):
        states = list(states)
        masks = self.get_recurrent_dropout_mask(states[0]) if training else None
        if masks is not None:
            mask = masks[0] if isinstance(masks, list) else masks
            states[number] = states[number] * mask
        return real(self, x, states, training=training)

    return Called(cell, call)


PAIRS = [  # a layer and its cell
    (layers.SimpleRNN, layers.SimpleRNNCell),
    (layers.LSTM, layers.LSTMCell),
    (layers.GRU, layers.GRUCell),
]
FAULTS = []
for layer, cell in PAIRS:
    name, of_cell = layer.__name__, cell.__name__
    for each_class in (layer, cell):
        FAULTS += [
            Fault(
                f"{each_class.__name__}, {argument}: {what}",
                page,
                f"{each_class.__name__}.{argument}",
                by(each_class, argument),
            )
            for page, argument in [
                (DROPOUT, "dropout"),
                (RECURRENT, "recurrent_dropout"),
            ]
            for what, by in [
                ("ignored", ignoring_argument),
                (
                    "turned round",
                    lambda owner, argument: altered_argument(
                        owner, argument, turned_round
                    ),
                ),
            ]
        ]
        FAULTS += [
            Fault(
                f"{each_class.__name__}, seed: ignored",
                RECURRENT,
                f"{each_class.__name__}.seed",
                ignoring_argument(each_class, "seed"),
            )
        ]
    FAULTS += [
        Fault(
            f"{name}, dropout: {what}",
            DROPOUT,
            f"{name}.dropout",
            by,
        )
        for what, by in [
            ("not scaled", altered(cell, "_create_dropout_mask", each(unscaled))),
            (
                "one mask for all samples",
                altered(cell, "_create_dropout_mask", each(first_sample)),
            ),
            ("drops when predicting", training_is(layer, True)),
            ("nothing in training", training_is(layer, False)),
        ]
    ]
    FAULTS += [
        Fault(
            f"{of_cell}, reset_dropout_mask: does nothing",
            DROPOUT,
            f"{of_cell}.reset_dropout_mask",
            kept(cell, "reset_dropout_mask"),
        ),
        Fault(
            f"{of_cell}, get_dropout_mask: new at each step",
            DROPOUT,
            f"{of_cell}.get_dropout_mask",
            drawn_anew(cell, "get_dropout_mask"),
        ),
    ]
    FAULTS += [
        Fault(
            f"{name}, recurrent_dropout: {what}",
            RECURRENT,
            f"{name}.recurrent_dropout",
            by,
        )
        for what, by in [
            ("not scaled", altered(cell, "_create_dropout_mask", each(unscaled))),
            (
                "one mask for all samples",
                altered(cell, "_create_dropout_mask", each(first_sample)),
            ),
            ("drops when predicting", training_is(layer, True)),
            (
                "new masks at each step",
                drawn_anew(cell, "get_recurrent_dropout_mask"),
            ),
            (
                "masks of the features kept for the next batch",
                kept(cell, "reset_dropout_mask"),
            ),
            (
                "masks of the units kept for the next batch",
                kept(cell, "reset_recurrent_dropout_mask"),
            ),
        ]
    ]
FAULTS += [
    Fault(
        "SimpleRNN, dropout: scaled, but nothing dropped",
        DROPOUT,
        "SimpleRNN.dropout",
        altered(
            layers.SimpleRNNCell, "_create_dropout_mask", lambda mask: mask * 0 + 4
        ),
    )
]
FAULTS += [
    Fault(f"{name}, recurrent_dropout: {what}", RECURRENT, f"{name}.{covers}", by)
    for name, what, covers, by in [
        (
            "LSTM",
            "one mask for all gates",
            "recurrent_dropout",
            altered(
                layers.LSTMCell,
                "_create_dropout_mask",
                lambda masks: [masks[0] for _ in masks],
            ),
        ),
        (
            "GRU",
            "one mask for all gates",
            "recurrent_dropout",
            altered(
                layers.GRUCell,
                "_create_dropout_mask",
                lambda masks: [masks[0] for _ in masks],
            ),
        ),
        (
            "LSTM",
            "masks of the gates reversed",
            "recurrent_dropout",
            altered(layers.LSTMCell, "_create_dropout_mask", lambda masks: masks[::-1]),
        ),
        (
            "GRU",
            "masks of the gates reversed",
            "recurrent_dropout",
            altered(layers.GRUCell, "_create_dropout_mask", lambda masks: masks[::-1]),
        ),
        (
            "LSTM",
            "drops units of the cell state",
            "recurrent_dropout",
            state_dropped(layers.LSTMCell, 1),
        ),
        (
            "GRU",
            "drops units of the state itself",
            "recurrent_dropout",
            state_dropped(layers.GRUCell, 0),
        ),
    ]
]
for layer in (layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D):
    name = layer.__name__
    for argument in ("dropout", "recurrent_dropout"):
        FAULTS += [
            Fault(
                f"{name}, {argument}: {what}",
                CONVOLUTION,
                f"{name}.{argument}",
                by,
            )
            for what, by in [
                ("ignored", ignoring_argument(layer, argument)),
                ("turned round", altered_argument(layer, argument, turned_round)),
            ]
        ]
    FAULTS += [
        Fault(
            f"{name}, seed: ignored",
            CONVOLUTION,
            f"{name}.seed",
            ignoring_argument(layer, "seed"),
        ),
        Fault(
            f"{name}, dropout: drops when predicting",
            CONVOLUTION,
            f"{name}.dropout",
            training_is(layer, True),
        ),
    ]
FAULTS += [
    Fault(f"ConvLSTM2D, {what}", CONVOLUTION, f"ConvLSTM2D.{covers}", by)
    for what, covers, by in [
        (
            "dropout: not scaled",
            "dropout",
            altered(ConvLSTMCell, "_create_dropout_mask", each(unscaled)),
        ),
        (
            "dropout: one mask for all gates",
            "dropout",
            altered(
                ConvLSTMCell,
                "_create_dropout_mask",
                lambda masks: [masks[0] for _ in masks],
            ),
        ),
        (
            "dropout: whole channels",
            "dropout",
            altered(
                ConvLSTMCell,
                "_create_dropout_mask",
                each(lambda mask: ops.broadcast_to(mask[:, :1], mask.shape)),
            ),
        ),
        (
            "dropout: a new mask for each frame",
            "dropout",
            drawn_anew(ConvLSTMCell, "get_dropout_mask"),
        ),
        (
            "recurrent_dropout: a new mask for each frame",
            "recurrent_dropout",
            drawn_anew(ConvLSTMCell, "get_recurrent_dropout_mask"),
        ),
        (
            "recurrent_dropout: drops pixels of the cell state",
            "recurrent_dropout",
            state_dropped(ConvLSTMCell, 1),
        ),
    ]
]
