"""Faults of Attention and AdditiveAttention: scores, softmax, scale, masks, dropout."""

import functools

import numpy as np
from breaking import (
    altered_argument,
    drawing,
    during,
    gradient_times,
    ignoring_argument,
    inputs,
    nothing_dropped,
    operation,
    training_is,
    turned_round,
    unscaled,
    weight,
    with_arguments,
    with_gradient_of,
)
from fault import Fault
from keras import layers, ops

ATTENTION, ADDITIVE = layers.Attention, layers.AdditiveAttention


def beginning_at_0(given):
    given["initializer"] = "zeros"


def beginning_at_1(given):
    given["initializer"] = "ones"


def masks_changed(change):
    """A layer that is given ``change(query_mask, value_mask)``, as a list."""

    def alter(given):
        if given.get("mask") is not None:
            given["mask"] = change(*given["mask"])

    return with_arguments(ATTENTION, "call", alter)


def lowered(change):
    """Masked scores are ``change(scores)``; a query mask, too, calls ``where``."""

    def where(real, mask, x, y):
        return real(mask, x, y) if isinstance(y, int) else real(mask, change(y), y)

    return during(ATTENTION, operation("where", where))


def by_a_billion(scores):
    """Also in float16, where a billion is infinity."""
    return scores - ops.cast(1e9, scores.dtype)


def trained(number, factor):
    """An input, by its place, whose gradient is multiplied by a factor."""

    def change(given):
        parts = enumerate(given)
        return [gradient_times(factor, x) if n == number else x for n, x in parts]

    return inputs(ATTENTION, change)


def as_if_sigmoid(real, x, axis):
    """Softmax whose gradient is a (1 - a), as if scores had nothing in common."""
    a = real(x, axis=axis)
    return with_gradient_of(x * ops.stop_gradient(a * (1 - a)), a)


FAULTS = []

DROPOUT = "attention/plot_multi_head_attention_dropout"
FAULTS += [
    Fault(f"Attention, {what}", DROPOUT, f"Attention.{covers}", by)
    for what, covers, by in [
        ("dropout: ignored", "dropout", ignoring_argument(ATTENTION, "dropout")),
        (
            "dropout: turned round",
            "dropout",
            altered_argument(ATTENTION, "dropout", turned_round),
        ),
        ("dropout: not scaled", "dropout", drawing("dropout", unscaled)),
        ("dropout: nothing is dropped", "dropout", drawing("dropout", nothing_dropped)),
        (
            "dropout: drops when predicting",
            "call",
            training_is(ATTENTION, True),
        ),
        (
            "dropout: nothing in training",
            "call",
            training_is(ATTENTION, False),
        ),
        ("seed: ignored", "seed", ignoring_argument(ATTENTION, "seed")),
    ]
]

MASKS = "attention/plot_attention_masks"
FAULTS += [
    Fault(f"Attention, {what}", MASKS, "Attention.call", by)
    for what, by in [
        ("masks: exchanged", masks_changed(lambda query, value: [value, query])),
        ("mask: scores of minus infinity", lowered(lambda scores: scores - np.inf)),
        ("mask: scores lowered by 1000", lowered(lambda scores: scores - 1000)),
        ("mask: a billion in float16", lowered(by_a_billion)),
    ]
]

BAHDANAU = "attention/plot_additive_attention"
FAULTS += [
    Fault(
        "Attention, scale: begins at 0",
        BAHDANAU,
        "Attention.use_scale",
        with_arguments(ATTENTION, "add_weight", beginning_at_0),
    ),
]
FAULTS += [
    Fault(f"AdditiveAttention, {what}", BAHDANAU, f"AdditiveAttention.{covers}", by)
    for what, covers, by in [
        (
            "scale: begins at 1",
            "use_scale",
            with_arguments(ADDITIVE, "add_weight", beginning_at_1),
        ),
        ("dropout: ignored", "dropout", ignoring_argument(ADDITIVE, "dropout")),
        (
            "dropout: turned round",
            "dropout",
            altered_argument(ADDITIVE, "dropout", turned_round),
        ),
        (
            "dropout: drops when predicting",
            "call",
            training_is(ADDITIVE, True),
        ),
        ("seed: ignored", "dropout", ignoring_argument(ADDITIVE, "seed")),
    ]
]

GRADIENT = "attention/plot_attention_gradient"
FAULTS += [
    Fault(f"Attention, gradient: {what}", GRADIENT, f"Attention.{covers}", by)
    for what, covers, by in [
        ("the query's twice", "call", trained(0, 2)),
        ("the value's twice", "call", trained(1, 2)),
        ("none at the key", "call", trained(2, 0)),
        (
            "the scale's twice",
            "use_scale",
            weight(ATTENTION, "scale", functools.partial(gradient_times, 2)),
        ),
        (
            "softmax as if it were sigmoid",
            "call",
            during(ATTENTION, operation("softmax", as_if_sigmoid)),
        ),
    ]
]
