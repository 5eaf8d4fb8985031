"""Faults of Attention and AdditiveAttention: scores, softmax, scale, masks, dropout."""

import functools

import numpy as np
from breaking import (
    altered,
    altered_argument,
    drawing,
    during,
    gradient_times,
    ignoring_argument,
    inputs,
    inverted_mask,
    nothing_dropped,
    operation,
    outputs,
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


def exchanged(given):
    """Inputs read in the order query, key, value."""
    return [given[0], *given[:0:-1]]


def without_key(given):
    return given[:2]


def key_as_value(given):
    return [given[0], given[-1]]


def half(scores):
    """As if they were divided by the root of 4 features."""
    return scores / 2


def over_the_queries(real, x, axis):
    return real(x, axis=-2)


def not_normalized(real, x, axis):
    return ops.exp(x)


def before_softmax(results):
    """The logarithms of the weights, as long as they are asked for."""
    return (results[0], ops.log(results[1])) if isinstance(results, tuple) else results


def beginning_at_0(given):
    given["initializer"] = "zeros"


def beginning_at_1(given):
    given["initializer"] = "ones"


def always_causal(given):
    given["use_causal_mask"] = True


def values_later(given):
    """Values that are those of the step before."""
    return [given[0], ops.roll(given[1], 1, axis=1), given[-1]]


def masks_changed(change, layer=ATTENTION):
    """A layer that is given ``change(query_mask, value_mask)``, as a list."""

    def alter(given):
        if given.get("mask") is not None:
            given["mask"] = change(*given["mask"])

    return with_arguments(layer, "call", alter)


def causal_moved(steps):
    """A causal mask that lets a query attend to so many values more."""
    return during(
        ATTENTION,
        operation("greater_equal", lambda real, row, column: real(row + steps, column)),
    )


def only_causal(given):
    """The value mask does not count where there is a causal mask."""
    if given.get("use_causal_mask"):
        given["v_mask"] = None


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


FAULTS = [
    Fault(f"Attention, {what}", "attention/plot_attention", f"Attention.{covers}", by)
    for what, covers, by in [
        ("inputs: key and value exchanged", "call", inputs(ATTENTION, exchanged)),
        ("inputs: the value as key", "call", inputs(ATTENTION, without_key)),
        ("inputs: the key as value", "call", inputs(ATTENTION, key_as_value)),
        (
            "scores: divided by the root of the features",
            "call",
            altered(ATTENTION, "_calculate_scores", half),
        ),
        (
            "softmax: over the queries",
            "call",
            during(ATTENTION, operation("softmax", over_the_queries)),
        ),
        (
            "softmax: not divided by the sum",
            "call",
            during(ATTENTION, operation("softmax", not_normalized)),
        ),
        ("scores: returned before softmax", "call", outputs(ATTENTION, before_softmax)),
        (
            "concat_score_weight: twice",
            "score_mode",
            weight(ATTENTION, "concat_score_weight", ops.square),
        ),
        (
            "concat: not scaled before tanh",
            "score_mode",
            during(ATTENTION, operation("tanh", lambda real, x: real(2 * x))),
        ),
        ("use_causal_mask: the last query attends to all", "call", causal_moved(2)),
    ]
]

ARGUMENTS = "attention/plot_attention_arguments"
FAULTS += [
    Fault(f"Attention, {what}", ARGUMENTS, f"Attention.{covers}", by)
    for what, covers, by in [
        ("use_scale: ignored", "use_scale", ignoring_argument(ATTENTION, "use_scale")),
        ("scale: not used", "use_scale", weight(ATTENTION, "scale", ops.ones_like)),
        ("scale: twice", "use_scale", weight(ATTENTION, "scale", ops.square)),
        (
            "scale: begins at 0",
            "use_scale",
            with_arguments(ATTENTION, "add_weight", beginning_at_0),
        ),
        (
            "score_mode: ignored",
            "score_mode",
            ignoring_argument(ATTENTION, "score_mode"),
        ),
        (
            "concat: without tanh",
            "score_mode",
            during(ATTENTION, operation("tanh", lambda real, x: x)),
        ),
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
        ("query mask: ignored", masks_changed(lambda query, value: [None, value])),
        (
            "query mask: inverted",
            masks_changed(lambda query, value: [inverted_mask(query), value]),
        ),
        ("value mask: ignored", masks_changed(lambda query, value: [query, None])),
        (
            "value mask: inverted",
            masks_changed(lambda query, value: [query, inverted_mask(value)]),
        ),
        ("masks: exchanged", masks_changed(lambda query, value: [value, query])),
        (
            "value mask: ignored with a causal mask",
            with_arguments(ATTENTION, "_calculate_score_mask", only_causal),
        ),
        (
            "use_causal_mask: ignored",
            ignoring_argument(ATTENTION, "use_causal_mask", "call"),
        ),
        ("use_causal_mask: not the query's own step", causal_moved(-1)),
        ("use_causal_mask: a step of the future, too", causal_moved(1)),
        ("mask: scores of 0", lowered(ops.zeros_like)),
        ("mask: scores of minus infinity", lowered(lambda scores: scores - np.inf)),
        ("mask: scores lowered by 1000", lowered(lambda scores: scores - 1000)),
        ("mask: a billion in float16", lowered(by_a_billion)),
    ]
]

BAHDANAU = "attention/plot_additive_attention"
FAULTS += [
    Fault(f"AdditiveAttention, {what}", BAHDANAU, f"AdditiveAttention.{covers}", by)
    for what, covers, by in [
        ("inputs: key and value exchanged", "call", inputs(ADDITIVE, exchanged)),
        ("inputs: the value as key", "call", inputs(ADDITIVE, without_key)),
        (
            "scores: without tanh",
            "call",
            during(ADDITIVE, operation("tanh", lambda real, x: x)),
        ),
        (
            "scores: the mean over the features",
            "call",
            during(ADDITIVE, operation("sum", lambda real, x, axis: ops.mean(x, axis))),
        ),
        (
            "softmax: over the queries",
            "call",
            during(ADDITIVE, operation("softmax", over_the_queries)),
        ),
        ("use_scale: ignored", "use_scale", ignoring_argument(ADDITIVE, "use_scale")),
        ("scale: not used", "use_scale", weight(ADDITIVE, "scale", ops.ones_like)),
        ("scale: features reversed", "use_scale", weight(ADDITIVE, "scale", ops.flip)),
        (
            "scale: begins at 1",
            "use_scale",
            with_arguments(ADDITIVE, "add_weight", beginning_at_1),
        ),
        (
            "query mask: ignored",
            "call",
            masks_changed(lambda query, value: [None, value], ADDITIVE),
        ),
        (
            "value mask: inverted",
            "call",
            masks_changed(lambda query, value: [query, inverted_mask(value)], ADDITIVE),
        ),
        (
            "use_causal_mask: ignored",
            "call",
            ignoring_argument(ADDITIVE, "use_causal_mask", "call"),
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

POSITIONS = "attention/plot_attention_positions"
FAULTS += [
    Fault(
        "Attention, use_causal_mask: always",
        POSITIONS,
        "Attention.call",
        with_arguments(ATTENTION, "call", always_causal),
    ),
    Fault(
        "Attention, value: a step later than the key",
        POSITIONS,
        "Attention.call",
        inputs(ATTENTION, values_later),
    ),
    Fault(
        "Embedding, weights: positions not as given",
        POSITIONS,
        "Embedding.weights",
        ignoring_argument(layers.Embedding, "weights"),
    ),
]
