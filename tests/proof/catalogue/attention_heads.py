"""Faults of attention in several heads: projections, scale, masks, gates and groups."""

import contextlib
import functools
from unittest import mock

import keras
import numpy as np
from breaking import (
    Called,
    activation,
    altered,
    altered_argument,
    attribute,
    drawing,
    during,
    exchanged,
    flipped,
    ignoring_argument,
    inputs,
    inverted_mask,
    not_transposed,
    operation,
    training_is,
    turned_round,
    unscaled,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import Dropout, GroupQueryAttention, MultiHeadAttention, Softmax
from keras.src.layers.attention import grouped_query_attention, multi_head_attention

HEADS = "attention/plot_multi_head_attention"


def causal(offset):
    """A causal mask that begins or ends this many steps later."""

    def change(mask):
        ones = ops.cast(ops.ones_like(mask), "int32")
        return ops.cast(ops.tril(ones, offset), "bool")

    return change


def only_before(mask):
    """The half of a sliding window that lies before each step."""
    return ops.cast(ops.tril(ops.cast(mask, "int32")), "bool")


def one_more(number):
    return None if number is None else number + 1


def uniform_where_all_masked(real, self, inputs, mask=None):
    """A Softmax that does not set masked entries to zero afterwards."""
    return real(self, inputs if mask is None else ops.where(mask, inputs, -1e9))


def over(axis):
    """A Softmax over another axis of the scores, (batch, heads, target, source)."""
    return attribute(Softmax, "axis", lambda axes: (axis,))


def fused(**other):
    """The backend's attention, used where no scores are returned, told otherwise."""
    return operation(
        "dot_product_attention",
        lambda real, *args, **given: real(*args, **{**given, **other}),
    )


def key_for_value(given):
    given["value"] = given.get("key", given["value"])


def key_and_value_exchanged(given):
    if given.get("key") is not None:
        given["key"], given["value"] = given["value"], given["key"]


FAULTS = [
    Fault(
        f"MultiHeadAttention, {name}: {what}",
        HEADS,
        "MultiHeadAttention.call",
        weight(MultiHeadAttention, name, change),
    )
    for name, what, change in [
        ("query/kernel", "heads and key_dim exchanged", exchanged(1)),
        ("query/kernel", "heads reversed", flipped(1)),
        ("key/kernel", "heads and key_dim exchanged", exchanged(1)),
        ("key/kernel", "features reversed", flipped(0)),
        ("value/kernel", "heads and key_dim exchanged", exchanged(1)),
        ("value/kernel", "heads reversed", flipped(1)),
        ("attention_output/kernel", "heads and key_dim exchanged", exchanged(0)),
        ("attention_output/kernel", "mean of the heads", lambda w: w / 2),
        ("query/bias", "heads reversed", flipped(0)),
        ("value/bias", "heads reversed", flipped(0)),
        ("attention_output/bias", "left out", lambda b: 0 * b),
    ]
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, scale: {what}",
        HEADS,
        "MultiHeadAttention.key_dim",
        attribute(MultiHeadAttention, "_inverse_sqrt_key_dim", change),
    )
    for what, change in [
        ("missing", lambda scale: 1),
        ("twice", lambda scale: scale**2),
        ("of all heads together", lambda scale: scale / 2**0.5),
    ]
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, softmax: {what}",
        HEADS,
        "MultiHeadAttention.call",
        during(MultiHeadAttention, breaking),
    )
    for what, breaking in [
        ("over the target", over(-2)),
        ("over the heads", over(1)),
        ("uniform where all is masked", Called(Softmax, uniform_where_all_masked)),
    ]
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, {name}: {what}",
        HEADS,
        f"MultiHeadAttention.{name}",
        altered_argument(MultiHeadAttention, name, change),
    )
    for name, what, change in [
        ("num_heads", "one more", one_more),
        ("key_dim", "divided by the heads", lambda size: size // 2),
        ("sliding_window", "one more", one_more),
    ]
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, {name}: ignored",
        HEADS,
        f"MultiHeadAttention.{name}",
        ignoring_argument(MultiHeadAttention, name),
    )
    for name in ("use_bias", "use_gate", "sliding_window")
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, {name}: ignored",
        HEADS,
        "MultiHeadAttention.call",
        ignoring_argument(MultiHeadAttention, name, "call"),
    )
    for name in ("key", "attention_mask", "use_causal_mask", "return_attention_scores")
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, {what}",
        HEADS,
        f"MultiHeadAttention.{covers}",
        breaking,
    )
    for what, covers, breaking in [
        (
            "key and value: exchanged",
            "call",
            with_arguments(MultiHeadAttention, "call", key_and_value_exchanged),
        ),
        (
            "value: the key",
            "call",
            with_arguments(MultiHeadAttention, "call", key_for_value),
        ),
        (
            "mask: inverted",
            "call",
            altered(MultiHeadAttention, "_compute_attention_mask", inverted_mask),
        ),
        (
            "causal mask: the step itself is hidden",
            "call",
            altered(MultiHeadAttention, "_compute_causal_mask", causal(-1)),
        ),
        (
            "causal mask: the next step is seen",
            "call",
            altered(MultiHeadAttention, "_compute_causal_mask", causal(1)),
        ),
        (
            "sliding_window: only before",
            "sliding_window",
            altered(MultiHeadAttention, "_compute_sliding_window_mask", only_before),
        ),
        (
            "gate: without sigmoid",
            "use_gate",
            activation("sigmoid", lambda z, value: z),
        ),
        (
            "scale: missing where no scores are returned",
            "key_dim",
            during(
                MultiHeadAttention,
                fused(scale=1),
            ),
        ),
        (
            "gate: added",
            "use_gate",
            during(
                MultiHeadAttention,
                operation(
                    "multiply", lambda real, x, y: x + y if len(y.shape) else x * y
                ),
            ),
        ),
    ]
]

MASKS = "attention/plot_multi_head_attention_masks"


def mask_of(name, change):
    """A mask of the inputs, which Keras finds for itself, changed before it is used."""
    return altered_argument(MultiHeadAttention, name, change, "_compute_attention_mask")


def dropped(mask):
    return None


def steps_reversed(mask):
    return None if mask is None else ops.flip(mask, 1)


FAULTS += [
    Fault(
        f"MultiHeadAttention, {name}: {what}",
        MASKS,
        "MultiHeadAttention.call",
        mask_of(name, change),
    )
    for name in ("query_mask", "value_mask", "key_mask", "attention_mask")
    for what, change in [
        ("not used", dropped),
        ("inverted", inverted_mask),
        ("steps reversed", steps_reversed),
    ]
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, masks: {what}",
        MASKS,
        "MultiHeadAttention.call",
        breaking,
    )
    for what, breaking in [
        (
            "true means may not attend",
            altered(MultiHeadAttention, "_compute_attention_mask", inverted_mask),
        ),
        (
            "causal, at the other end of the source",
            altered(
                MultiHeadAttention,
                "_compute_causal_mask",
                lambda mask: causal(mask.shape[-1] - mask.shape[-2])(mask),
            ),
        ),
        (
            "causal, ignored",
            ignoring_argument(MultiHeadAttention, "use_causal_mask", "call"),
        ),
        (
            "not used where no scores are returned",
            during(
                MultiHeadAttention,
                fused(mask=None),
            ),
        ),
        (
            "none arrives by itself",
            altered(keras.src.backend, "get_keras_mask", dropped),
        ),
    ]
]

PADDING = "attention/plot_multi_head_attention_padding"


def query_mask_by_hand(real, self, *args, query_mask=None, **given):
    """A layer that uses the mask of the query that it is given."""
    used = altered(keras.src.backend, "get_keras_mask", lambda found: query_mask)
    with used if query_mask is not None else contextlib.nullcontext():
        return real(self, *args, query_mask=query_mask, **given)


def keeping_masks():
    """A layer that does not delete the masks of its inputs."""
    real = keras.src.backend.set_keras_mask

    def set_keras_mask(x, mask):
        if mask is not None:
            real(x, mask)

    return mock.patch.object(keras.src.backend, "set_keras_mask", set_keras_mask)


def zeros_for_nothing(real, *args, mask=None, **given):
    """Fused attention in which a step that may attend to nothing gets zeros."""
    y = real(*args, mask=mask, **given)
    if mask is None:
        return y
    some = ops.swapaxes(ops.any(mask, -1), 1, 2)  # (batch, target, heads)
    return y * ops.cast(some, y.dtype)[..., None]


FAULTS += [
    Fault(
        f"MultiHeadAttention, padding: {what}",
        page,
        "MultiHeadAttention.call",
        breaking,
    )
    for what, page, breaking in [
        (
            "a query_mask given by hand is used",
            MASKS,
            Called(MultiHeadAttention, query_mask_by_hand),
        ),
        (
            "the mask of the inputs stays",
            PADDING,
            during(MultiHeadAttention, keeping_masks()),
        ),
        (
            "value_mask is ignored",
            PADDING,
            ignoring_argument(MultiHeadAttention, "value_mask", "call"),
        ),
        (
            "value_mask is inverted",
            PADDING,
            altered_argument(MultiHeadAttention, "value_mask", inverted_mask, "call"),
        ),
        (
            "the query's mask is not used",
            PADDING,
            mask_of("query_mask", dropped),
        ),
        (
            "the query's mask is inverted",
            PADDING,
            mask_of("query_mask", inverted_mask),
        ),
        (
            "zeros where a step may attend to nothing",
            PADDING,
            during(
                MultiHeadAttention,
                operation("dot_product_attention", zeros_for_nothing),
            ),
        ),
        (
            "the scores are uniform where all is masked",
            PADDING,
            during(MultiHeadAttention, Called(Softmax, uniform_where_all_masked)),
        ),
    ]
]
FAULTS += [
    Fault(
        "MultiHeadAttention, dropout: ignored, padding",
        PADDING,
        "MultiHeadAttention.dropout",
        ignoring_argument(MultiHeadAttention, "dropout"),
    ),
    Fault(
        "MultiHeadAttention, bias_initializer: zeros",
        PADDING,
        "MultiHeadAttention.bias_initializer",
        ignoring_argument(MultiHeadAttention, "bias_initializer"),
    ),
]

ARGUMENTS = "attention/plot_multi_head_attention_arguments"


def with_source(specs):
    """The shapes that a functional model is told, with five steps of the source."""
    if not isinstance(specs, tuple):
        return specs
    y, scores = specs
    return y, keras.KerasTensor((*scores.shape[:-1], 5), scores.dtype)


def larger_shape(shape):
    return None if shape is None else (*np.atleast_1d(shape)[:-1].tolist(), 7)


FAULTS += [
    Fault(
        f"MultiHeadAttention, {name}: ignored, arguments",
        ARGUMENTS,
        f"MultiHeadAttention.{name}",
        ignoring_argument(MultiHeadAttention, name),
    )
    for name in ("value_dim", "output_shape", "use_bias", "use_gate")
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, {what}",
        ARGUMENTS,
        f"MultiHeadAttention.{covers}",
        breaking,
    )
    for what, covers, breaking in [
        (
            "value_dim: one more",
            "value_dim",
            altered_argument(MultiHeadAttention, "value_dim", one_more),
        ),
        (
            "value_dim: of the scale",
            "value_dim",
            attribute(
                MultiHeadAttention, "_inverse_sqrt_key_dim", lambda scale: 3**-0.5
            ),
        ),
        (
            "output_shape: its last axis is 7",
            "output_shape",
            altered_argument(MultiHeadAttention, "output_shape", larger_shape),
        ),
        (
            "scores: their shape in a functional model is right",
            "compute_output_spec",
            altered(MultiHeadAttention, "compute_output_spec", with_source),
        ),
        (
            "gate: 1 less",
            "use_gate",
            activation("sigmoid", lambda z, value: 1 - value),
        ),
        (
            "gate: of the other head",
            "use_gate",
            weight(MultiHeadAttention, "gate/kernel", flipped(1)),
        ),
        (
            "gate: bias reversed",
            "use_gate",
            weight(MultiHeadAttention, "gate/bias", flipped(1)),
        ),
        (
            "gate: twice",
            "use_gate",
            activation("sigmoid", lambda z, value: value**2),
        ),
    ]
]

AXES = "attention/plot_multi_head_attention_axes"
FAULTS += [
    Fault(
        f"MultiHeadAttention, attention_axes: {what}",
        AXES,
        "MultiHeadAttention.attention_axes",
        breaking,
    )
    for what, breaking in [
        ("ignored", ignoring_argument(MultiHeadAttention, "attention_axes")),
        (
            "the other one",
            altered_argument(
                MultiHeadAttention,
                "attention_axes",
                lambda axes: (3 - axes[0],) if axes in [(1,), (2,)] else axes,
            ),
        ),
        (
            "softmax over one of two",
            during(
                MultiHeadAttention, attribute(Softmax, "axis", lambda axes: axes[-1:])
            ),
        ),
        (
            "their mask is ignored",
            ignoring_argument(MultiHeadAttention, "attention_mask", "call"),
        ),
        (
            "their causal mask is ignored",
            ignoring_argument(MultiHeadAttention, "use_causal_mask", "call"),
        ),
        (
            "rows and columns exchanged",
            inputs(MultiHeadAttention, exchanged(1)),
        ),
    ]
]

DROPOUT = "attention/plot_multi_head_attention_dropout"


def covered(layer, argument):
    """What a fault covers: Keras' name of the argument. The class of GroupQueryAttention
    has another name than Keras exports."""
    name = "GroupQueryAttention" if layer is GroupQueryAttention else layer.__name__
    return f"{name}.{argument}"


def drawn_for(axis):
    """A Dropout whose mask is the same along an axis."""

    def one(given):
        shape = list(given["inputs"].shape)
        shape[axis] = 1
        given["self"].noise_shape = tuple(shape)

    return with_arguments(Dropout, "call", one)


def of_sum_one(real, self, inputs, training=False):
    """A Dropout after which the scores add up to 1 again."""
    y = real(self, inputs, training=training)
    return y / ops.maximum(ops.sum(y, -1, keepdims=True), 1e-9)


for layer in (MultiHeadAttention, GroupQueryAttention):
    name = layer.__name__
    FAULTS += [
        Fault(
            f"{name}, dropout: {what}",
            DROPOUT,
            covered(layer, "dropout"),
            breaking,
        )
        for what, breaking in [
            ("ignored", ignoring_argument(layer, "dropout")),
            ("turned round", altered_argument(layer, "dropout", turned_round)),
            ("not scaled", during(layer, drawing("dropout", unscaled))),
            ("scaled to a sum of 1", during(layer, Called(Dropout, of_sum_one))),
            ("the same for all samples", during(layer, drawn_for(0))),
            ("the same for all heads", during(layer, drawn_for(1))),
            ("the same for all steps", during(layer, drawn_for(2))),
            ("never", training_is(layer, False)),
            ("always", training_is(layer, True)),
        ]
    ]
    FAULTS.append(
        Fault(
            f"{name}, seed: ignored",
            DROPOUT,
            covered(layer, "seed"),
            ignoring_argument(layer, "seed"),
        )
    )

REGULARIZERS = "attention/plot_multi_head_attention_regularizers"


def of_output_only(real, self, *args, **kwargs):
    """Dense layers inside attention that know no activity_regularizer."""
    return {**real(self, *args, **kwargs), "activity_regularizer": None}


def common(layer, function):
    """A layer whose Dense layers are made with other arguments."""
    real = layer._get_common_kwargs_for_sublayer

    @functools.wraps(real)
    def changed(self, *args, **kwargs):
        return function(real, self, *args, **kwargs)

    return mock.patch.object(layer, "_get_common_kwargs_for_sublayer", changed)


for layer in (MultiHeadAttention, GroupQueryAttention):
    name = layer.__name__
    FAULTS += [
        Fault(
            f"{name}, {argument}: ignored",
            REGULARIZERS,
            covered(layer, argument),
            ignoring_argument(layer, argument),
        )
        for argument in (
            "kernel_initializer",
            "bias_initializer",
            "kernel_regularizer",
            "bias_regularizer",
            "activity_regularizer",
            "kernel_constraint",
            "bias_constraint",
        )
    ]
    FAULTS.append(
        Fault(
            f"{name}, activity_regularizer: of the output only",
            REGULARIZERS,
            covered(layer, "activity_regularizer"),
            common(layer, of_output_only),
        )
    )

GROUPS = "attention/plot_grouped_query_attention"


def tiled(real, x, repeats, axis):
    """Repeated heads one behind the other, not beside each other."""
    return ops.concatenate([x] * repeats, axis)


def first_head(real, x, repeats, axis):
    return real(x[:, :, :1], repeats * x.shape[2], axis)


FAULTS += [
    Fault(
        f"GroupQueryAttention, {what}",
        GROUPS,
        covered(GroupQueryAttention, covers),
        breaking,
    )
    for what, covers, breaking in [
        (
            "heads: tiled",
            "call",
            during(GroupQueryAttention, operation("repeat", tiled)),
        ),
        (
            "heads: all share the first",
            "call",
            during(GroupQueryAttention, operation("repeat", first_head)),
        ),
        (
            "head_dim: one more",
            "head_dim",
            altered_argument(GroupQueryAttention, "head_dim", one_more),
        ),
        (
            "num_query_heads: twice",
            "num_query_heads",
            altered_argument(
                GroupQueryAttention, "num_query_heads", lambda heads: 2 * heads
            ),
        ),
        (
            "num_key_value_heads: those of the query",
            "num_key_value_heads",
            altered_argument(
                GroupQueryAttention, "num_key_value_heads", lambda heads: 4
            ),
        ),
        (
            "scale: missing",
            "head_dim",
            attribute(GroupQueryAttention, "_inverse_sqrt_head_dim", lambda scale: 1),
        ),
        (
            "scale: missing where no scores are returned",
            "head_dim",
            during(GroupQueryAttention, fused(scale=1)),
        ),
        (
            "softmax: over the target",
            "call",
            during(GroupQueryAttention, attribute(Softmax, "axis", lambda axis: -2)),
        ),
        (
            "gate: without sigmoid",
            "use_gate",
            activation("sigmoid", lambda z, value: z),
        ),
        (
            "use_gate: ignored",
            "use_gate",
            ignoring_argument(GroupQueryAttention, "use_gate"),
        ),
        (
            "use_bias: ignored",
            "use_bias",
            ignoring_argument(GroupQueryAttention, "use_bias"),
        ),
        (
            "return_attention_scores: ignored",
            "call",
            ignoring_argument(GroupQueryAttention, "return_attention_scores", "call"),
        ),
    ]
]
FAULTS += [
    Fault(
        f"GroupQueryAttention, {name}: {what}",
        GROUPS,
        covered(GroupQueryAttention, "call"),
        weight(GroupQueryAttention, name, change),
    )
    for name, what, change in [
        ("query/kernel", "heads and head_dim exchanged", exchanged(1)),
        ("query/kernel", "heads reversed", flipped(1)),
        ("key/kernel", "heads reversed", flipped(1)),
        ("value/kernel", "heads reversed", flipped(1)),
        ("attention_output/kernel", "heads reversed", flipped(0)),
        ("query/bias", "heads reversed", flipped(0)),
        ("value/bias", "heads reversed", flipped(0)),
        ("attention_output/bias", "left out", lambda b: 0 * b),
    ]
]

GROUP_MASKS = "attention/plot_grouped_query_attention_masks"


def masks_deleted(real, self, query, value, *args, **given):
    """A layer that deletes the masks of its inputs, as MultiHeadAttention does."""
    y = real(self, query, value, *args, **given)
    for x in (query, value):
        keras.src.backend.set_keras_mask(x, None)
    return y


FAULTS += [
    Fault(
        f"GroupQueryAttention, {name}: {what}",
        GROUP_MASKS,
        covered(GroupQueryAttention, "call"),
        altered_argument(GroupQueryAttention, name, change, "_compute_attention_mask"),
    )
    for name in ("query_mask", "value_mask", "key_mask", "attention_mask")
    for what, change in [("not used", dropped), ("inverted", inverted_mask)]
]
FAULTS += [
    Fault(
        f"GroupQueryAttention, masks: {what}",
        GROUP_MASKS,
        covered(GroupQueryAttention, "call"),
        breaking,
    )
    for what, breaking in [
        (
            "causal, ignored",
            ignoring_argument(GroupQueryAttention, "use_causal_mask", "call"),
        ),
        (
            "causal, the step itself is hidden",
            altered(GroupQueryAttention, "_compute_causal_mask", causal(-1)),
        ),
        (
            "not used where no scores are returned",
            during(GroupQueryAttention, fused(mask=None)),
        ),
        (
            "a query_mask by hand is ignored",
            ignoring_argument(GroupQueryAttention, "query_mask", "call"),
        ),
        (
            "deleted from the inputs",
            Called(GroupQueryAttention, masks_deleted),
        ),
        (
            "zeros where a step may attend to nothing",
            during(
                GroupQueryAttention,
                operation("dot_product_attention", zeros_for_nothing),
            ),
        ),
    ]
]

WINDOW = "attention/plot_multi_head_attention_sliding_window"
for layer in (MultiHeadAttention, GroupQueryAttention):
    FAULTS += [
        Fault(
            f"{layer.__name__}, window: {what}",
            WINDOW,
            covered(layer, "sliding_window"),
            breaking,
        )
        for what, breaking in [
            ("ignored", ignoring_argument(layer, "sliding_window")),
            ("one more", altered_argument(layer, "sliding_window", one_more)),
            (
                "only before",
                altered(layer, "_compute_sliding_window_mask", only_before),
            ),
            (
                "in place of the causal mask",
                ignoring_argument(layer, "use_causal_mask", "call"),
            ),
            (
                "not used where no scores are returned",
                during(layer, fused(mask=None)),
            ),
        ]
    ]

FLASH = "attention/plot_flash_attention"


def flash_kept(layer):
    """A layer that is told flash_attention=False, and keeps it."""
    real = layer.__init__

    @functools.wraps(real)
    def changed(self, *args, flash_attention=None, **kwargs):
        real(self, *args, flash_attention=flash_attention, **kwargs)
        if flash_attention is not None:
            self._flash_attention = flash_attention

    return mock.patch.object(layer, "__init__", changed)


def saved_flash(config):
    return {**config, "flash_attention": None}


FAULTS += [
    Fault(
        f"dot_product_attention: {what}",
        FLASH,
        "ops.dot_product_attention",
        with_arguments(keras.ops, "dot_product_attention", change),
    )
    for what, change in [
        ("scale missing", lambda given: given.update(scale=1)),
        ("causal", lambda given: given.update(is_causal=True)),
        (
            "key and value exchanged",
            lambda given: given.update(key=given["value"], value=given["key"]),
        ),
    ]
]
for layer in (MultiHeadAttention, GroupQueryAttention):
    FAULTS += [
        Fault(
            f"{layer.__name__}, flash_attention: {what}",
            FLASH,
            covered(layer, "flash_attention"),
            breaking,
        )
        for what, breaking in [
            ("ignored", ignoring_argument(layer, "flash_attention")),
            ("false is kept", flash_kept(layer)),
            ("saved", altered(layer, "get_config", saved_flash)),
        ]
    ]

PYTORCH = "attention/plot_multi_head_attention_pytorch"


FAULTS += [
    Fault(
        f"MultiHeadAttention, {name} to PyTorch: {what}",
        PYTORCH,
        "MultiHeadAttention.call",
        weight(MultiHeadAttention, name, change),
    )
    for name, what, change in [
        ("query/kernel", "not transposed", not_transposed),
        ("query/kernel", "heads reversed", flipped(1)),
        ("key/kernel", "not transposed", not_transposed),
        ("key/kernel", "heads and key_dim exchanged", exchanged(1)),
        ("value/kernel", "not transposed", not_transposed),
        ("value/kernel", "heads and key_dim exchanged", exchanged(1)),
        ("attention_output/kernel", "not transposed", not_transposed),
        ("attention_output/kernel", "heads reversed", flipped(0)),
        ("query/bias", "heads reversed", flipped(0)),
        ("value/bias", "heads and key_dim exchanged", exchanged(0)),
        ("attention_output/bias", "left out", lambda b: 0 * b),
    ]
]
FAULTS += [
    Fault(
        f"MultiHeadAttention, {what}, to PyTorch",
        PYTORCH,
        f"MultiHeadAttention.{covers}",
        breaking,
    )
    for what, covers, breaking in [
        (
            "key and value: exchanged",
            "call",
            with_arguments(MultiHeadAttention, "call", key_and_value_exchanged),
        ),
        (
            "masks: true means may not attend",
            "call",
            altered(MultiHeadAttention, "_compute_attention_mask", inverted_mask),
        ),
        (
            "value_mask: inverted",
            "call",
            mask_of("value_mask", inverted_mask),
        ),
        (
            "attention_mask: not used",
            "call",
            mask_of("attention_mask", dropped),
        ),
        ("scale: missing", "key_dim", during(MultiHeadAttention, fused(scale=1))),
    ]
]
FAULTS += [
    Fault(
        f"{name}: disable_flash_attention is ignored",
        FLASH,
        covered(layer, "flash_attention"),
        altered(module, "is_flash_attention_enabled", dropped),
    )
    for name, layer, module in [
        ("MultiHeadAttention", MultiHeadAttention, multi_head_attention),
        ("GroupQueryAttention", GroupQueryAttention, grouped_query_attention),
    ]
]
