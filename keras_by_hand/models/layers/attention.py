"""How attention works in a model: its inputs, masks and axes."""

import numpy as np

from keras_by_hand.layers.attention import (
    additive_attention,
    allowed_pairs,
    attention,
    group_query_attention,
    multi_head_attention,
)
from keras_by_hand.layers.regularization import dropout
from keras_by_hand.models.checks import check_length, parameters_of
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import (
    ALL_BUT_BOOLEANS,
    Layer,
    LayerTable,
    name_weights,
)
from keras_by_hand.models.tensors import Tensor, arrays_of, check_fractions
from keras_by_hand.random import draw_kept


class Attention(Layer):
    """Attention or AdditiveAttention: it takes a list, [query, value, key]."""

    reads = ("dropout",)

    places = (
        "mask",
        "training",
        "return_attention_scores",
        "use_causal_mask",
    )

    def find_arrays(self, names):
        default = parameters_of(self.function)["use_scale"].default
        names = ["scale"] * self.config.get("use_scale", default)
        if self.config.get("score_mode") == "concat":
            names.append("concat_score_weight")
        return name_weights(names, self.list_weights())

    def draws(self):
        return bool(self.config.get("dropout"))

    def apply(self, x, mask=None, **keywords):
        check_fractions(*x)
        if self.trains and self.draws():
            return self.apply_with_dropout(x, mask, **keywords)
        return self.attend_to(x, mask, **keywords)

    def apply_with_dropout(
        self, x, mask, return_attention_scores=False, **keywords
    ):
        """Return the mean of the values, where some count for nothing."""
        keywords["return_attention_scores"] = True
        _, scores = self.attend_to(x, mask, **keywords)
        scores = drop_scores(self, scores)
        y = scores @ x[1]
        query_mask = mask[0] if mask else None
        if query_mask is not None:
            y = np.where(query_mask[..., np.newaxis], y, 0)
        return (y, scores) if return_attention_scores else y

    def attend_to(self, x, mask, **keywords):
        """Return what the function makes of a list of arrays."""
        query, value, *key = x
        masks = dict(zip(("query_mask", "value_mask"), mask or ()))
        options = {**self.options, **masks, **keywords}
        key = key[0] if key else None
        weights = self.arrays.values()
        return self.function(query, value, key, *weights, **options)

    def mask_after(self, x, mask):
        return mask[0] if mask else None


class Heads(Layer):
    """What layers with several heads have in common: query, value and key are
    arguments of their own, and their masks are one of pairs."""

    kinds = ALL_BUT_BOOLEANS
    reads = (
        "dropout",
        "head_dim",
        "key_dim",
        "num_heads",
        "num_key_value_heads",
        "num_query_heads",
        "output_shape",
        "value_dim",
    )
    lengths = {  # that its config has: of which kernel, and of which axes
        "num_query_heads": ("query_kernel", 1),
        "head_dim": ("query_kernel", 2),
        "num_key_value_heads": ("key_kernel", 1),
    }

    parts = (
        "query_dense",
        "key_dense",
        "gate_dense",
        "value_dense",
        "output_dense",
    )
    places = (
        "value",
        "key",
        "query_mask",
        "value_mask",
        "key_mask",
        "attention_mask",
        "return_attention_scores",
        "training",
        "use_causal_mask",
    )

    def find_arrays(self, names):
        has_gate = self.config.get("use_gate", False)
        has_bias = self.config.get("use_bias", True)
        names = [
            f"{part.removesuffix('_dense')}_{kind}"
            for part in self.parts
            if has_gate or part != "gate_dense"
            for kind in ("kernel", *["bias"] * has_bias)
        ]
        return name_weights(names, self.list_weights())

    def check_arrays(self):
        for key, (name, axis) in self.lengths.items():
            if self.config.get(key) is not None:
                shape = self.arrays[name].shape
                check_length(self.config, key, shape, shape[axis])

    def compute(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        passed = query.mask
        masks = {
            "query_mask": self.mask_of_query(query, query_mask),
            "value_mask": mask_of(value, value_mask),
            "key_mask": mask_of(key, key_mask),
        }
        if attention_mask is not None:
            attention_mask = arrays_of(attention_mask).astype(bool)
        self.take_masks(query, value, key)
        arrays = [arrays_of(tensor) for tensor in (query, value, key)]
        options = {
            "return_attention_scores": return_attention_scores,
            "use_causal_mask": use_causal_mask,
        }
        if any(mask is not None for mask in masks.values()):
            if query.array.ndim > 3:
                raise CannotRun(
                    "a mask of more than one axis of steps is not known here"
                )
            shape = *query.array.shape[:2], value.array.shape[1]
            attention_mask = both(allowed_pairs(shape, **masks), attention_mask)
        options["attention_mask"] = attention_mask
        y, scores = self.attend(arrays, options)
        y = Tensor(y, passed)
        return [y, Tensor(scores)] if return_attention_scores else y

    def mask_of_query(self, query, query_mask):
        """Return the mask of the query that counts."""
        return mask_of(query, query_mask)

    def take_masks(self, query, value, key):
        """Take the masks away from the inputs, where the layer does so."""

    def draws(self):
        return bool(self.config.get("dropout"))

    def why_not_trained(self):
        if self.config.get("activity_regularizer"):
            return "activity_regularizer: Keras has it for each part of it"
        return super().why_not_trained()

    def attend(self, arrays, options):
        """Return what the function makes of query, value and key, and the
        scores or None."""
        options = {**self.options, **options}
        if self.config.get("dropout"):
            # Keras then computes it in the way in which it returns the scores.
            options["return_attention_scores"] = True
        y = self.function(*arrays, *self.arrays.values(), **options)
        y = y if isinstance(y, tuple) else (y, None)
        if self.trains and self.draws():
            return self.combine(arrays[1], drop_scores(self, y[1])), y[1]
        return y

    def combine(self, value, scores):
        """Return the output of values and weights, of which some are dropped:
        (batch, heads, queries, values)."""
        if value.ndim != 3 or self.config.get("use_gate"):
            raise CannotRun("dropout of such an attention is not known here")
        arrays = self.arrays
        v = np.einsum("bvd,dhe->bvhe", value, arrays["value_kernel"])
        v = v + arrays["value_bias"] if "value_bias" in arrays else v
        share = scores.shape[1] // v.shape[2]  # of query heads for each of v
        v = np.repeat(v, share, axis=2) if share > 1 else v
        y = np.einsum("bhqv,bvhe->bqhe", scores, v)
        y = np.einsum("bqhe,hef->bqf", y, arrays["output_kernel"])
        return y + arrays["output_bias"] if "output_bias" in arrays else y


class MultiHeadAttention(Heads):
    """It takes the masks away from its inputs: what comes later no longer sees
    them. It does not look at a query_mask that it is given."""

    lengths: dict = {
        "num_heads": ("query_kernel", 1),
        "key_dim": ("query_kernel", 2),
        "value_dim": ("output_kernel", 1),
        "output_shape": ("output_kernel", slice(2, None)),
    }

    def mask_of_query(self, query, query_mask):
        return query.mask

    def take_masks(self, query, value, key):
        for tensor in (query, value, key or value):
            tensor.mask = None


def drop_scores(layer, scores):
    """Return attention weights, of which some are dropped, as chance tells."""
    rate = layer.config["dropout"]
    seed = layer.next_seed()
    kept = draw_kept(scores.shape, rate, str(scores.dtype), seed=seed)
    return dropout(scores, kept, rate=rate)


def mask_of(tensor, given):
    """Return the mask that is given, or else that of the tensor, if any."""
    if given is not None:
        return arrays_of(given)
    return None if tensor is None else tensor.mask


def both(allowed, attention_mask):
    """Return what two masks allow: of pairs, (batch, target, source), and the
    one that is given, or None."""
    if attention_mask is None:
        return allowed
    if attention_mask.ndim > 3:  # Keras takes heads for samples then
        raise CannotRun(
            "an attention_mask with an axis for heads is not known here beside "
            "masks of the inputs"
        )
    return allowed & attention_mask


ATTENTION_LAYERS: LayerTable = {
    "AdditiveAttention": (additive_attention, Attention),
    "Attention": (attention, Attention),
    "GroupQueryAttention": (group_query_attention, Heads),
    "MultiHeadAttention": (multi_head_attention, MultiHeadAttention),
}
