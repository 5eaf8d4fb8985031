"""Mistakes in what a call is given: a mask, another layer's output, an
activation before."""

import functools

import numpy as np

from keras_by_hand.comparing.differences import (
    BeforeActivation,
    difference,
    layouts,
)
from keras_by_hand.comparing.mistakes import INSTEAD, Mistake, altered
from keras_by_hand.comparing.places import FLATTENED
from keras_by_hand.models.layers.activation import ACTIVATION_LAYERS
from keras_by_hand.models.tensors import Tensor, each, tensors_in

FLATTENING = "Flatten", "Reshape"
SAME_RATIO = 1e-3  # of what is left where an array was dropped
MASKS = {  # arguments of a call
    "mask": "mask",
    "query_mask": "mask of the query",
    "value_mask": "mask of the value",
    "key_mask": "mask of the key",
    "attention_mask": "attention mask",
    "use_causal_mask": "causal mask",
}


def mistaken_inputs(layer, scene):
    """Yield a call's Mistakes in what it is given; their change takes and
    returns [args, keywords]."""
    yield from mistaken_masks(scene)
    tensors = inputs_in(scene.call.taken)
    if len(tensors) > 1:
        yield Mistake(
            "order",
            "the port has the inputs of this layer in the other order: reverse "
            "them",
            functools.partial(put_arrays, [t.array for t in tensors][::-1]),
        )
    if layer.kind == "GetItem":
        for step, text in ((1, "one further"), (-1, "one before")):
            yield Mistake(
                "place",
                f"the port takes what is {text}: count from 0, as Keras",
                functools.partial(move_indices, step),
            )
    for place, tensor in enumerate(tensors):
        name = f"input {place + 1}" if len(tensors) > 1 else "its input"
        for mistake in other_inputs(place, tensor.array, name, scene):
            change = functools.partial(put_array, place, mistake.change)
            yield mistake._replace(change=change)


def inputs_in(taken):
    """Return the Tensors that a call is given, but for masks."""
    return [t for t in tensors_in(taken) if t.array.dtype.kind != "b"]


def put_arrays(arrays, taken):
    """Return arguments with other arrays in their Tensors."""
    found = inputs_in(taken)
    new = {id(tensor): array for tensor, array in zip(found, arrays)}

    def put(thing):
        if id(thing) not in new:
            return thing
        return Tensor(new[id(thing)], thing.mask)

    return each(put, taken)


def put_array(place, change, taken):
    """Return arguments with another array at a place: what change makes of the
    one that is there."""
    arrays = [tensor.array for tensor in inputs_in(taken)]
    arrays[place] = change(arrays[place])
    return put_arrays(arrays, taken)


def move_indices(step, taken):
    return each(lambda n: n + step if type(n) is int else n, taken)


# -- Masks


def mistaken_masks(scene):
    """Yield a call without the mask that it has."""
    args, keywords = scene.call.taken
    if any(tensor.mask is not None for tensor in tensors_in(args)):
        yield Mistake(
            "mask",
            "the port ignores the mask, and takes padding for numbers that "
            "count: pass the mask on",
            without_mask,
        )
        yield Mistake(
            "mask inverted",
            "the port takes what the mask hides, and hides what counts: True "
            "means that a step counts",
            invert_mask,
        )
    for key, text in MASKS.items():
        if keywords.get(key) is None or keywords[key] is False:
            continue
        yield Mistake(
            "mask",
            f"the port ignores the {text} of this layer: apply it",
            functools.partial(without_keyword, key),
        )
        if isinstance(keywords[key], Tensor):
            yield Mistake(
                "mask inverted",
                f"the port has the {text} inverted: True means that a step "
                "counts",
                functools.partial(invert_keyword, key),
            )


def with_mask(change, taken):
    """Return arguments with what change makes of the masks of Tensors."""

    def put(thing):
        has = isinstance(thing, Tensor) and thing.mask is not None
        return Tensor(thing.array, change(thing.mask)) if has else thing

    return each(put, taken)


def without_mask(taken):
    args, keywords = with_mask(lambda mask: None, taken)
    return [args, {n: k for n, k in keywords.items() if n != "mask"}]


def invert_mask(taken):
    return with_mask(np.logical_not, taken)


def without_keyword(key, taken):
    args, keywords = taken
    return [args, {n: k for n, k in keywords.items() if n != key}]


def invert_keyword(key, taken):
    args, keywords = taken
    mask = Tensor(np.logical_not(keywords[key].array))
    return [args, {**keywords, key: mask}]


# -- Arrays


def other_inputs(place, x, name, scene):
    """Yield what an input may be instead; change takes and returns an array."""
    if x.dtype.kind == "f":
        if len(scene.given) > 1:
            yield Mistake(
                f"without {name}",
                f"the port does without {name}: add it",
                lambda x: 0 * x,
            )
        yield Mistake(
            f"twice {name}",
            f"the port takes {name} twice: take it once",
            lambda x: 2 * x,
        )
    elif x.dtype.kind in "iu":
        yield Mistake(
            "tokens",
            "the port's tokens are 1 more: subtract 1",
            lambda x: x + 1,
        )
        yield Mistake(
            "tokens",
            "the port's tokens are 1 less: add 1",
            lambda x: np.maximum(x, 1) - 1,
        )
    yield from activated_too_early(scene)
    tensor = inputs_in(scene.call.given)[place]
    for call in scene.calls:
        if call.outputs and call.outputs[0] is tensor:
            yield from inputs_of_before(call, x, scene)
    yield from outputs_of_others(tensor, x, name, scene)


def activated_too_early(scene):
    """Yield what a normalization takes where the activation behind it comes
    before it."""
    layer = scene.call.layer
    later = scene.layers[scene.layers.index(layer) + 1 :]
    if layer.kind.endswith("Normalization") and later:
        activation = later[0]
        if activation.kind in ACTIVATION_LAYERS:
            yield Mistake(
                "activation first",
                f"the port has {activation.name} before this layer: it should "
                "come after it",
                functools.partial(put_through, activation),
            )


def inputs_of_before(call, x, scene):
    """Yield what an input may be where the layer before was another: it may
    have flattened in another order, or had another activation."""
    before = call.given[0].array if call.given else x
    if call.layer.kind in FLATTENING and before.ndim == 4:
        for text, order in FLATTENED.items():
            yield Mistake(
                "flatten",
                f"the port flattens its input with {text}: reorder the rows of "
                "the kernel, or transpose before",
                functools.partial(flatten_in_order, order, before.shape),
            )
    match = call.matches[0] if call.is_matched else None
    if match and isinstance(match.layout, BeforeActivation):
        array = match.layout.layout(scene.port.arrays[match.tensor])
        for name, function in INSTEAD.items():
            yield Mistake(
                f"{name} before",
                f"the port's activation of {call.layer.name}, whose output "
                f"this layer takes, is {name}: give it the model's",
                functools.partial(put_activated, function, array),
            )


def flatten_in_order(order, shape, x):
    return x.reshape(shape).transpose(order).reshape(x.shape)


def put_other(array, x):
    return array


def put_through(layer, x):
    return altered(layer).call([Tensor(x)], {}).array


def put_activated(function, array, x):
    return function(array)


def outputs_of_others(tensor, x, name, scene):
    """Yield what other layers made before, and what is left of an input where
    some of its numbers were dropped."""
    for call in scene.calls:
        if call.outputs and call.outputs[0] is not tensor:
            other = call.outputs[0].array
            if other.shape == x.shape and other is not x:
                yield Mistake(
                    f"{call.names[0]} as {name}",
                    f"the port takes the output of {call.names[0]} for {name}: "
                    "connect it as the model",
                    functools.partial(put_other, other),
                )
    if x.dtype.kind != "f":
        return
    for unused in scene.unused:
        theirs = scene.port.arrays[unused]
        for layout in layouts(theirs.shape, x.shape):
            if was_dropped(x, layout(theirs)):
                yield Mistake(
                    "dropout",
                    f"the port drops numbers of {name}, as in training: switch "
                    "that off (in PyTorch, call eval())",
                    functools.partial(put_other, layout(theirs)),
                )


def was_dropped(x, y):
    """Whether y has some zeros, and elsewhere x times a number above 1."""
    kept = (y != 0) & (x != 0)
    if y.all() or not kept.any():
        return False
    ratio = np.median(y[kept] / x[kept])
    far, _ = difference(np.where(kept, x * ratio, 0), y)
    return bool(ratio > 1 and far < SAME_RATIO)
