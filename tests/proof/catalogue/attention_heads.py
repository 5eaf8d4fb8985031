"""Faults of attention in several heads: sizes, masks, dropout, penalties and flash
attention."""

import contextlib
import functools
from unittest import mock

import keras
from breaking import (
    Called,
    altered,
    altered_argument,
    drawing,
    during,
    ignoring_argument,
    inverted_mask,
    training_is,
    turned_round,
    unscaled,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import Dropout, GroupQueryAttention, MultiHeadAttention
from keras.src.layers.attention import grouped_query_attention, multi_head_attention

HEADS = "attention/plot_multi_head_attention"


def one_more(number):
    return None if number is None else number + 1


FAULTS = [
    Fault(
        f"MultiHeadAttention, {name}: {what}",
        HEADS,
        f"MultiHeadAttention.{name}",
        altered_argument(MultiHeadAttention, name, change),
    )
    for name, what, change in [
        ("num_heads", "one more", one_more),
        ("key_dim", "divided by the heads", lambda size: size // 2),
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
        f"MultiHeadAttention, query_mask: {what}",
        MASKS,
        "MultiHeadAttention.call",
        mask_of("query_mask", change),
    )
    for what, change in [
        ("not used", dropped),
        ("inverted", inverted_mask),
        ("steps reversed", steps_reversed),
    ]
]
FAULTS += [
    Fault(
        "MultiHeadAttention, masks: none arrives by itself",
        MASKS,
        "MultiHeadAttention.call",
        altered(keras.src.backend, "get_keras_mask", dropped),
    ),
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
            "the query's mask is not used",
            PADDING,
            mask_of("query_mask", dropped),
        ),
        (
            "the query's mask is inverted",
            PADDING,
            mask_of("query_mask", inverted_mask),
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


def with_source(specs):
    """The shapes that a functional model is told, with four steps of the source."""
    if not isinstance(specs, tuple):
        return specs
    y, scores = specs
    return y, keras.KerasTensor((*scores.shape[:-1], 4), scores.dtype)


FAULTS += [
    Fault(
        "MultiHeadAttention, scores: their shape in a functional model is right",
        MASKS,
        "MultiHeadAttention.compute_output_spec",
        altered(MultiHeadAttention, "compute_output_spec", with_source),
    ),
]

AXES = "attention/plot_multi_head_attention_axes"
FAULTS += [
    Fault(
        "MultiHeadAttention, attention_axes: the other one",
        AXES,
        "MultiHeadAttention.attention_axes",
        altered_argument(
            MultiHeadAttention,
            "attention_axes",
            lambda axes: (3 - axes[0],) if axes in [(1,), (2,)] else axes,
        ),
    ),
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

ACTIVITY = "weights/plot_activity_regularizer"


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
    FAULTS += [
        Fault(
            f"{layer.__name__}, activity_regularizer: {what}",
            ACTIVITY,
            covered(layer, "activity_regularizer"),
            breaking,
        )
        for what, breaking in [
            ("ignored", ignoring_argument(layer, "activity_regularizer")),
            ("of the output only", common(layer, of_output_only)),
        ]
    ]

GROUPS = "attention/plot_grouped_query_attention"


FAULTS += [
    Fault(
        f"GroupQueryAttention, {argument}: {what}",
        GROUPS,
        covered(GroupQueryAttention, argument),
        altered_argument(GroupQueryAttention, argument, change),
    )
    for argument, what, change in [
        ("head_dim", "one more", one_more),
        ("num_query_heads", "twice", lambda heads: 2 * heads),
        ("num_key_value_heads", "those of the query", lambda heads: 4),
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
        "GroupQueryAttention, masks: deleted from the inputs",
        GROUP_MASKS,
        covered(GroupQueryAttention, "call"),
        Called(GroupQueryAttention, masks_deleted),
    ),
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
