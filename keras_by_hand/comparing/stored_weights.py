"""Whether the weights in a .tflite file are the model's.

What an operator of the file multiplies by is a weight of a layer, to half a
step where it is in whole numbers, once the layers beside it that only scale and
shift, such as a batch normalization, are folded in as a converter may do. A
layer is accused where the file has other numbers in its place; what cannot be
followed so far, such as the loop of an LSTM, is not judged.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.wrappers import TimeDistributed
from keras_by_hand.models.tensors import Tensor, each, tensors_in

FLOAT32 = 1e-5  # of the largest number, by which folding in float32 is off
MOST_PROBED = 1e6  # numbers of an input with which a layer is tried
WEIGHTS_OF_HEADS = {  # and the names of the parts that have them
    "query_kernel": "query",
    "key_kernel": "key",
    "value_kernel": "value",
    "gate_kernel": "gate",
    "output_kernel": "attention_output",
}
SCALES = {  # layers that scale and shift otherwise than by constants alone
    "GroupNormalization",
    "LayerNormalization",
    "PReLU",
    "RMSNormalization",
}


class Constant(NamedTuple):
    """Numbers in a file, and how far each may be from the one it stands for.

    scales: one for each channel, where it is in whole numbers.
    """

    array: np.ndarray
    far: np.ndarray
    scales: np.ndarray | None = None


class Stored(NamedTuple):
    """What an operator takes from a file.

    kind: its name; names: of what it makes; weight: of shape (inputs,
    channels); bias: of shape (channels,), or None.
    """

    kind: str
    names: list[str]
    weight: Constant
    bias: Constant | None = None


class Form(NamedTuple):
    """How a file may have a weight and the bias that is added behind it, or
    None where nothing is; folded: the names of the layers in it."""

    weight: np.ndarray
    bias: np.ndarray | None
    folded: tuple[str, ...] = ()


class Part(NamedTuple):
    """A weight of a layer that an operator may have.

    layer: the name of its call; weight: its own; kinds: of operators; names:
    those that the operator's name has, all of them; size: of the weight;
    list_forms: yields its Forms.
    """

    layer: str
    weight: str
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    size: int
    list_forms: Callable[[], Iterator[Form]]

    def is_named(self, words):
        return all(name in words for name in self.names)


class Checked(NamedTuple):
    """What was found: the names of layers that have the model's weights, of
    those that do not, {layer: why}, and of those that were not seen."""

    same: tuple[str, ...] = ()
    differ: dict[str, str] = {}
    unseen: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return it in words; nothing where there was nothing to compare."""
        if not self.same and not self.differ:
            return []
        every = len(self.same) + len(self.differ) + len(self.unseen)
        said = (
            f"weights in the file: {len(self.same)} of {every} layers have the "
            "model's"
        )
        if self.differ:
            said += f", {len(self.differ)} other ones"
        if self.unseen:
            said += f"; not compared: {', '.join(self.unseen)}"
        return [said]


def check_weights(stored: list[Stored], calls: list[Any]) -> Checked:
    """Return what is found of the weights of a model in those of a file.

    calls: of the model's layers, as matching.Matching has them.
    """
    if not stored:
        return Checked()
    parts, same, owners_of = find_parts(calls), set(), {}
    for number, one in enumerate(stored):
        named = owners_of[number] = find_named(one, parts)
        for part in named or parts:
            if form := find_form(one, part):
                same |= {part, *form.folded}
                del owners_of[number]
                break
    differ = {}
    for number, part in pair(owners_of, same):
        said = describe(stored[number], part, parts)
        differ.setdefault(part.layer, said)
    seen = {p.layer if isinstance(p, Part) else p for p in same} - {*differ}
    every = dict.fromkeys(
        call.names[0]
        for call in calls
        if any(inner.arrays for inner in call.layer.with_all_inside())
    )
    return Checked(
        tuple(name for name in every if name in seen),
        differ,
        tuple(name for name in every if name not in seen | {*differ}),
    )


def find_named(one, parts):
    """Return the parts of which an operator has the name, and the size."""
    words = {
        word
        for name in one.names
        for long in re.split(r"[/;:.]", name)
        for word in (long, re.sub(r"_\d+$", "", long))
    }
    return [
        part
        for part in parts
        if one.kind in part.kinds
        and one.weight.array.size == part.size
        and part.is_named(words)
    ]


def find_form(one, part):
    """Return the form of a part that an operator has, or None."""
    if one.kind not in part.kinds or one.weight.array.size != part.size:
        return None
    return next((f for f in part.list_forms() if has_form(one, f)), None)


def has_form(one, form):
    return is_near(one.weight, form.weight) and is_bias_near(one, form)


def is_bias_near(one, form):
    if form.bias is None:
        return True
    bias = one.bias or Constant(np.zeros(form.bias.shape), np.float64(0))
    return is_near(bias, form.bias)


def is_near(constant, expected):
    """Whether a constant stands for such numbers."""
    if constant.array.shape != expected.shape:
        return False
    far = constant.far + FLOAT32 * np.max(np.abs(expected), initial=0)
    return bool(np.all(np.abs(constant.array - expected) <= far))


def pair(owners_of, same):
    """Yield (number of an operator, the only part that it may have), where no
    operator has that as it is: the names of others may be like its own."""
    left = {
        number: [part for part in parts if part not in same]
        for number, parts in owners_of.items()
    }
    while True:
        alone = [(n, parts[0]) for n, parts in left.items() if len(parts) == 1]
        if not alone:
            return
        number, part = alone[0]
        rivals = [n for n, one in alone if one is part]
        for rival in rivals:
            del left[rival]
        if len(rivals) == 1:
            yield number, part
        for parts in left.values():
            if part in parts:
                parts.remove(part)


# -- The weights of a model


class Affine(NamedTuple):
    """A layer that makes factor * x + offset, each a number for each channel,
    or one for all."""

    name: str
    factor: np.ndarray
    offset: np.ndarray


def find_parts(calls):
    """Return the Parts of the layers that were called."""
    calls = [call for call in calls if not is_handed_on(call)]
    makers = {id(t): call for call in calls for t in call.outputs}
    takers: dict = {}
    for call in calls:
        for tensor in call.given:
            takers.setdefault(id(tensor), []).append(call)
    probed: dict = {}

    def affine_of(call):
        if id(call) not in probed:
            probed[id(call)] = find_affine(call)
        return probed[id(call)]

    def chain(call, step):
        found = []
        while (call := step(call)) and (affine := affine_of(call)):
            found.append(affine)
        return found

    def before(call):
        return makers.get(id(call.given[0])) if call.given else None

    def after(call):
        users = takers.get(id(call.outputs[0]), []) if call.outputs else []
        return users[0] if len(users) == 1 else None

    parts, known = [], set()
    for call in calls:
        if id(call.layer) in known:
            continue
        known.add(id(call.layer))
        ahead = chain(call, before)
        behind = [] if call.activation else chain(call, after)
        parts += parts_of(call, affine_of(call), ahead, behind)
    return parts


def is_handed_on(call):
    """Whether a call returns the tensor that it takes, as a dropout does."""
    return any(y is x for y in call.outputs for x in call.given)


def find_affine(call):
    """Return what a call does as an Affine, or None where it does more."""
    arrays = call.layer.arrays
    if len(call.given) != 1 or len(call.outputs) != 1 or call.layer.inside():
        return None
    x, y = call.given[0].array, call.outputs[0].array
    if x.dtype.kind != "f" or x.size > MOST_PROBED or x.ndim < 2:
        return None
    if any(name.endswith("kernel") for name in arrays):
        return None
    name, rng = call.names[0], np.random.default_rng(0)
    if not call.is_needed:  # perhaps in another shape
        return Affine(name, np.ones(1), np.zeros(1))
    if x.shape != y.shape:
        return None
    drawn = 100 * rng.normal(size=x[:1].shape)
    given = [np.zeros(drawn.shape), np.ones(drawn.shape), drawn]
    try:
        zero, one, y = (call_with(call, x.astype("float32")) for x in given)
    except CannotRun:
        return None
    factor, offset = one - zero, zero
    if not np.allclose(y, factor * drawn + offset, 1e-4, 1e-4):
        return None
    factor, offset = (a.reshape(-1, a.shape[-1]) for a in (factor, offset))
    if np.ptp(factor, 0).max() > 1e-6 or np.ptp(offset, 0).max() > 1e-6:
        return None
    return Affine(name, factor[0], offset[0])


def call_with(call, x):
    """Return what a call makes of another input, in float64."""
    taken = each(lambda t: Tensor(x) if isinstance(t, Tensor) else t, call.taken)
    (y,) = tensors_in(call.layer.call(*taken))
    return y.array.astype("float64")


def parts_of(call, affine, ahead, behind):
    """Yield the Parts of a call.

    affine: what it does, or None; ahead, behind: the Affines beside it, the
    nearest first.
    """
    name, layer = call.names[0], call.layer
    if isinstance(layer, TimeDistributed):
        layer = layer.layer
    names, arrays, kind = (layer.name,), layer.arrays, layer.kind
    if affine and arrays:
        one = np.ones((1, len(affine.factor), 1))
        forms = list(list_forms(one, None, True, [affine, *ahead], behind))
        forms = [f for f in forms if name in f.folded]
        products = [Form(f.weight, None, f.folded) for f in forms]
        offsets = [f.bias[np.newaxis] for f in forms]
        with np.errstate(divide="ignore", invalid="ignore"):
            offsets += [b / f.weight for b, f in zip(offsets, forms)]
        sums = [Form(s * b, None) for b in offsets for s in (1, -1)]
        size = len(affine.factor)
        for weight, kinds, found in (
            ("factor", ("MUL",), products),
            ("offset", ("ADD", "SUB"), sums),
        ):
            yield Part(name, weight, kinds, names, size, found.__iter__)
    elif kind in SCALES:
        for key, array in arrays.items():
            flat = array.astype("float64").reshape(1, -1)
            forms = [Form(flat, None), Form(-flat, None)]
            kinds = ("ADD", "SUB") if key == "beta" else ("MUL", "PRELU")
            yield Part(name, key, kinds, names, flat.size, forms.__iter__)
    elif kind == "Embedding":
        table = arrays["embeddings"]
        yield Part(
            *(name, "embeddings", ("GATHER",), names, table.size),
            lambda: iter([Form(table.astype("float64"), None)]),
        )
    elif "recurrent_kernel" not in arrays:
        yield from products_of(call.names[0], layer, ahead, behind)


PRODUCTS_OF_TFLITE = (
    "BATCH_MATMUL",
    "CONV_2D",
    "CONV_3D",
    "FULLY_CONNECTED",
    "TRANSPOSE_CONV",
)


def products_of(name, layer, ahead, behind):
    """Yield the Parts of a layer whose operators add up products."""
    arrays, kind = layer.arrays, layer.kind
    for key, kernel in arrays.items():
        names, bias = (layer.name,), arrays.get("bias")
        first, last = ahead, behind
        is_deep = key == "depthwise_kernel" or kind.startswith("Depthwise")
        if key in WEIGHTS_OF_HEADS:
            names = layer.name, WEIGHTS_OF_HEADS[key]
            bias = arrays.get(key.replace("kernel", "bias"))
            inputs = kernel.shape[:2] if "output" in key else kernel.shape[:1]
            kernel = kernel.reshape(1, int(np.prod(inputs)), -1)
            last = behind if "output" in key else []
            first = [] if "output" in key else ahead
        elif key == "depthwise_kernel":
            bias, last = None, []
        elif key == "pointwise_kernel":
            first = []
        elif key != "kernel" or kind == "EinsumDense" and kernel.ndim > 2:
            continue
        if "Transpose" in kind:
            kernel = kernel.swapaxes(-1, -2)
        shape = kernel.shape
        kernel = kernel.reshape(-1, *shape[-2:])
        kinds = ("DEPTHWISE_CONV_2D",) if is_deep else PRODUCTS_OF_TFLITE
        yield Part(
            *(name, key, kinds, names, kernel.size),
            forms_later(kernel, bias, is_deep, first, last),
        )


def forms_later(*given):
    """Return a function that lists forms, each as it is needed: they are as
    large as the model's weights."""
    return lambda: list_forms(*given)


def list_forms(kernel, bias, is_deep, ahead, behind):
    """Yield the Forms of a kernel of shape (places, inputs, channels), or
    (places, inputs, multiples) for one that takes each input by itself, and its
    bias or None, with as many of the Affines ahead and behind as can be folded
    in, the most first."""
    kernel = kernel.astype("float64")
    shape = kernel.shape
    channels = shape[1] * shape[2] if is_deep else shape[2]
    flat = np.zeros(channels) if bias is None else np.ravel(bias)
    flat = flat.astype("float64")
    for given in ahead_of(ahead):
        if not {len(given.factor), len(given.offset)} <= {1, shape[1]}:
            continue
        weight = kernel * given.factor[:, np.newaxis]
        shifted = kernel * given.offset[:, np.newaxis]
        shifted = shifted.sum(0) if is_deep else shifted.sum((0, 1))
        for factor, offset, names in behind_of(behind):
            if {len(factor), len(offset)} <= {1, channels}:
                yield Form(
                    weight.reshape(-1, channels) * factor,
                    (flat + shifted.ravel()) * factor + offset,
                    (*given.name, *names),
                )


def ahead_of(affines):
    """Yield what the nearest Affines make together, from all to none; and where
    they scale or shift alone, as the rest may stay before."""
    found = []
    factor, offset, names = np.ones(1), np.zeros(1), ()
    for one in affines:
        offset = offset + factor * one.offset
        factor = factor * one.factor
        names = *names, one.name
        found += [
            Affine((), np.ones(1), offset),
            Affine((), factor, np.zeros(1)),
            Affine(names, factor, offset),
        ]
    return [*reversed(found), Affine((), np.ones(1), np.zeros(1))]


def behind_of(affines):
    """Return what the nearest Affines make together, from all to none."""
    factor, offset, names = np.ones(1), np.zeros(1), ()
    found = [(factor, offset, names)]
    for one in affines:
        factor, offset = one.factor * factor, one.factor * offset + one.offset
        names = *names, one.name
        found.append((factor, offset, names))
    return found[::-1]


# -- What is wrong with a weight


def describe(one, part, parts):
    """Return in words how an operator's weight is not that of a part."""
    forms = list(part.list_forms())
    form = next((f for f in forms if is_near(one.weight, f.weight)), None)
    if form:
        theirs, ours, word = one.bias, form.bias, "bias"
        theirs = theirs or Constant(np.zeros(ours.shape), np.float64(0))
    else:
        alike = [f for f in forms if is_bias_near(one, f)] or forms
        form = min(alike, key=lambda f: distance(one.weight.array, f.weight))
        theirs, ours, word = one.weight, form.weight, part.weight
    folded = f", with {' and '.join(form.folded)} folded in," * bool(form.folded)
    if theirs.array.shape != ours.shape:
        return f"its {word} in the file has another shape than the model's"
    worst = np.unravel_index(
        np.argmax(np.abs(theirs.array - ours)), ours.shape
    )
    said = (
        f"its {word}{folded} is not in the file: of channel {worst[-1]} it has "
        f"{theirs.array[worst]:.3g} in the place of {ours[worst]:.3g}"
    )
    why = explain(theirs, ours) or explain_by_others(one, part, parts)
    return f"{said}: {why}" if why else said


def distance(array, expected):
    """Return how far arrays are apart, infinite where their shapes differ."""
    if array.shape != expected.shape:
        return np.inf
    return np.abs(array - expected).sum()


def explain(theirs, ours):
    """Return what was done to numbers, in words, or None."""
    array, far, scales = theirs
    if not array.any():
        return "all are zero"
    if scales is not None and len(scales) == ours.shape[-1]:
        turn = scales[::-1] / scales
        if is_near(Constant(array * turn, far * turn), ours):
            return "its scales are in the reverse order"
    if is_near(theirs, ours[..., ::-1]):
        return "its channels are in the reverse order"
    if ours.ndim == 2 and ours.shape[0] == ours.shape[1]:
        if is_near(theirs, ours.T):
            return "it is transposed"
    factor = factor_between(array, ours)
    if is_near(theirs, factor * ours):
        return f"all are {factor:.3g} times what they should be"
    differing = [
        channel
        for channel in range(ours.shape[-1])
        if not is_near(
            Constant(array[..., channel], far[..., channel]), ours[..., channel]
        )
    ]
    if len(differing) == 1:
        (channel,) = differing
        factor = factor_between(array[..., channel], ours[..., channel])
        return f"only that channel is, {factor:.3g} times what it should be"
    return None


def factor_between(array, expected):
    """Return by which factor numbers are nearest to an array."""
    return (array * expected).sum() / ((expected * expected).sum() or 1)


def explain_by_others(one, part, parts):
    """Return which other layer's weights an operator has, in words, or
    None."""
    for other in parts:
        if other.layer != part.layer and find_form(one, other):
            return f"they are those of {other.layer}"
    return None
