"""Whether the weights in a .tflite file are the model's.

What an operator of the file multiplies by is a weight of a layer, to half a
step where it is in whole numbers, once the layers beside it that only scale and
shift, such as a batch normalization, are folded in as a converter may do. A
layer is accused where the file has other numbers in its place; what cannot be
followed so far, such as the loop of an LSTM, is not judged.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from keras_by_hand.activations import hard_sigmoid
from keras_by_hand.comparing.port import split_name
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.quantized import Quantized
from keras_by_hand.models.layers.wrappers import TimeDistributed
from keras_by_hand.models.tensors import Tensor, each, tensors_in

FLOAT32 = 1e-5  # of the largest number, by which folding in float32 is off
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
    None where nothing is.

    folded: the names of the layers in it; is_lent: whether its bias is in the
    weights of the next layer.
    """

    weight: np.ndarray
    bias: np.ndarray | None
    folded: tuple[str, ...] = ()
    is_lent: bool = False


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
    those that do not, {layer: why}, and of those that were not seen. Layers
    that are folded into one weight, and of which any may be wrong, are joined
    by "+".
    """

    same: tuple[str, ...] = ()
    differ: dict[str, str] = {}
    unseen: tuple[str, ...] = ()

    def others(self) -> set[str]:
        """Return the names of the layers that may have other weights."""
        return {name for group in self.differ for name in group.split("+")}

    def lines(self) -> list[str]:
        """Return it in words; nothing where there was nothing to compare."""
        if not self.same and not self.differ:
            return []
        others = len(self.others())
        every = len(self.same) + others + len(self.unseen)
        said = (
            f"weights in the file: {len(self.same)} of {every} layers have the "
            "model's"
        )
        if self.differ:
            said += f", {others} other ones"
        if self.unseen:
            said += f"; cannot tell: {', '.join(self.unseen)}"
        return [said]


NOT_CHECKED = Checked()  # of a port that is no .tflite file


def check_weights(stored: list[Stored], calls: list[Any]) -> Checked:
    """Return what is found of the weights of a model in those of a file.

    calls: of the model's layers, as matching.Matching has them.
    """
    if not stored or not all(map(is_understood, calls)):
        return NOT_CHECKED
    parts = list_parts(calls)
    owners_of, found = {}, {}
    for number, one in enumerate(stored):
        named = find_named(one, parts)
        fits = ((part, find_form(one, part)) for part in named or parts)
        found[number] = next(((p, f) for p, f in fits if f), None)
        owners_of[number] = named
    folded = {
        name for pair in found.values() if pair for name in pair[1].folded
    }
    same = set(folded)
    for number, fit in found.items():
        if fit and (not fit[1].is_lent or fit[0].layer in folded):
            same.add(fit[0])
            del owners_of[number]
    differ: dict[str, str] = {}
    for one, part in pair(stored, owners_of, same):
        members, why = tell_difference(one, part, parts)
        group = "+".join(c.names[0] for c in calls if c.names[0] in members)
        differ.setdefault(group, why)
    every = dict.fromkeys(
        call.layer.name
        for call in calls
        if any(inner.arrays for inner in call.layer.with_all_inside())
    )
    others = Checked(differ=differ).others()
    seen = {p.layer if isinstance(p, Part) else p for p in same} - others
    return Checked(
        tuple(name for name in every if name in seen),
        differ,
        tuple(name for name in every if name not in seen | others),
    )


def is_understood(call):
    """Whether a call computes as it is followed here: with channels last, and
    not in whole numbers."""
    is_first = call.layer.options.get("data_format") == "channels_first"
    return not is_first and not isinstance(call.layer, Quantized)


def find_named(one, parts):
    """Return the parts of which an operator has the name, and the size; of a
    product that has no layer's name, as the last one may not, all of the
    size."""
    words = {
        word for name in one.names for pair in split_name(name) for word in pair
    }
    named = [part for part in parts if part.is_named(words)]
    is_product = one.kind in (*PRODUCTS_OF_TFLITE, "DEPTHWISE_CONV_2D")
    return [
        part
        for part in (named or parts * is_product)
        if one.kind in part.kinds and one.weight.array.size == part.size
    ]


def find_form(one, part):
    """Return the form of a part that an operator has, or None."""
    if one.kind not in part.kinds or one.weight.array.size != part.size:
        return None
    return next((f for f in part.list_forms() if has_form(one, f)), None)


def has_form(one, form):
    return is_near(one.weight, form.weight) and is_bias_near(one, form)


def is_bias_near(one, form):
    """Whether an operator has the bias of a form, or none, which another one
    may have that is not known here."""
    return one.bias is None or is_near(one.bias, form.bias)


def is_near(constant, expected):
    """Whether a constant stands for such numbers."""
    if constant.array.shape != expected.shape:
        return False
    far = constant.far + FLOAT32 * np.max(np.abs(expected), initial=0)
    return bool(np.all(np.abs(constant.array - expected) <= far))


def pair(stored, owners_of, same):
    """Yield (an operator, the only part that it may have), where no operator
    has that as it is: the names of others may be like its own. A layer that is
    called twice has two operators with the same weight."""
    left = {
        number: [part for part in parts if part not in same]
        for number, parts in owners_of.items()
    }
    while alone := [parts[0] for parts in left.values() if len(parts) == 1]:
        part = alone[0]
        rivals = [stored[n] for n, parts in left.items() if parts == [part]]
        first = rivals[0].weight.array
        if all(np.array_equal(one.weight.array, first) for one in rivals):
            yield rivals[0], part
        left = {
            number: [other for other in parts if other is not part]
            for number, parts in left.items()
        }


# -- The weights of a model


class Affine(NamedTuple):
    """Layers, by their names, that make factor * x + offset, each a number for
    each channel, or one for all."""

    names: tuple[str, ...]
    factor: np.ndarray
    offset: np.ndarray


NOTHING = Affine((), np.ones(1), np.zeros(1))
# hard_sigmoid is relu6(x + 3) / 6: both may be folded into what is beside it.
BEFORE_HARD_SIGMOID = Affine((), np.ones(1), np.full(1, 3.0))
IN_HARD_SIGMOID = Affine((), np.full(1, 1 / 6), np.zeros(1))


def list_parts(calls):
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
        return found, call

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
        ahead, first = chain(call, before)
        if first and ends_in_hard_sigmoid(first):
            ahead.append(IN_HARD_SIGMOID)
        if first and first.activation is None and after(first):
            bias = first.layer.arrays.get("bias")
            if bias is not None and bias.ndim == 1:
                lent = bias.astype("float64")
                ahead.append(Affine((first.names[0],), np.ones(1), lent))
        behind, last = ([], call) if call.activation else chain(call, after)
        if last and ends_in_hard_sigmoid(last):
            behind.append(BEFORE_HARD_SIGMOID)
        lends = last not in (None, call) and has_kernel(last.layer)
        parts += parts_of_call(call, affine_of(call), ahead, behind, lends)
    return parts


def ends_in_hard_sigmoid(call):
    return call.layer.options.get("activation") is hard_sigmoid


def is_handed_on(call):
    """Whether a call returns the tensor that it takes, as a dropout does."""
    return any(y is x for y in call.outputs for x in call.given)


def has_kernel(layer):
    return any(name.endswith("kernel") for name in layer.arrays)


def find_affine(call):
    """Return what a call does as an Affine, or None where it does more."""
    if len(call.given) != 1 or len(call.outputs) != 1 or call.layer.inside():
        return None
    x, y = call.given[0].array, call.outputs[0].array
    if x.dtype.kind != "f" or x.ndim < 2:
        return None
    if has_kernel(call.layer):
        return None
    name, rng = call.names[0], np.random.default_rng(0)
    if not call.is_needed:  # perhaps in another shape
        return Affine((name,), np.ones(1), np.zeros(1))
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
    return Affine((name,), factor[0], offset[0])


def call_with(call, x):
    """Return what a call makes of another input, in float64."""
    taken = each(
        lambda t: Tensor(x) if isinstance(t, Tensor) else t, call.taken
    )
    (y,) = tensors_in(call.layer.call(*taken))
    return y.array.astype("float64")


def parts_of_call(call, affine, ahead, behind, lends):
    """Yield the Parts of a call.

    affine: what it does, or None; ahead, behind: the Affines beside it, the
    nearest first, and the bias of the layer before them; lends: whether the
    next layer may have its bias.
    """
    name, layer = call.names[0], call.layer
    if isinstance(layer, TimeDistributed):
        layer = layer.layer
    names, arrays, kind = (layer.name,), layer.arrays, layer.kind
    if affine and arrays:
        yield from parts_of_affine(affine, layer, ahead, behind)
    elif "query_kernel" in arrays:
        scale = 1 / np.sqrt(np.full((1, 1), arrays["query_kernel"].shape[-1]))
        forms = [Form(scale, None)]
        yield Part(name, "scale", ("MUL",), names, 1, forms.__iter__)
        yield from products_of(name, layer, ahead, behind, lends)
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
        yield from products_of(name, layer, ahead, behind, lends)


def parts_of_affine(affine, layer, ahead, behind):
    """Yield the Parts of a layer that makes factor * x + offset, beside others
    that do."""
    factors, offsets = [], []
    for first in ahead_together([affine, *ahead])[1:]:
        for last in behind_together(behind):
            factor = first.factor * last.factor
            offset = first.offset * last.factor + last.offset
            with np.errstate(divide="ignore", invalid="ignore"):
                moved_before = offset / factor
            factors.append(factor)
            offsets += [offset, -offset, moved_before, -moved_before]
    for weight, kinds, arrays in (
        ("factor", ("MUL",), factors),
        ("offset", ("ADD", "SUB"), offsets),
    ):
        forms = [Form(array[np.newaxis], None) for array in arrays]
        size = len(arrays[0])
        names = (layer.name,)
        yield Part(affine.names[0], weight, kinds, names, size, forms.__iter__)


PRODUCTS_OF_TFLITE = (
    "BATCH_MATMUL",
    "CONV_2D",
    "CONV_3D",
    "FULLY_CONNECTED",
    "TRANSPOSE_CONV",
)


def products_of(name, layer, ahead, behind, lends):
    """Yield the Parts of a layer whose operators add up products."""
    arrays, kind = layer.arrays, layer.kind
    for key, kernel in arrays.items():
        names, bias = (layer.name,), arrays.get("bias")
        first, last, may_lend = (
            ahead,
            behind,
            lends and key != "depthwise_kernel",
        )
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
            forms_later(kernel, bias, is_deep, first, last, may_lend),
        )


def forms_later(*given):
    """Return a function that lists forms, each as it is needed: they are as
    large as the model's weights."""
    return lambda: list_forms(*given)


def list_forms(kernel, bias, is_deep, ahead, behind, may_lend=False):
    """Yield the Forms of a kernel of shape (places, inputs, channels), or
    (places, inputs, multiples) for one that takes each input by itself, and its
    bias or None, with as many of the Affines ahead and behind as can be folded
    in, the most first."""
    kernel = kernel.astype("float64")
    shape = kernel.shape
    channels = shape[1] * shape[2] if is_deep else shape[2]
    flat = np.zeros(channels) if bias is None else np.ravel(bias)
    flat = flat.astype("float64")
    for given in apart_or_together(ahead_together(ahead)):
        if not {len(given.factor), len(given.offset)} <= {1, shape[1]}:
            continue
        weight = kernel * given.factor[:, np.newaxis]
        shifted = kernel * given.offset[:, np.newaxis]
        shifted = shifted.sum(0) if is_deep else shifted.sum((0, 1))
        for last in behind_together(behind):
            if not {len(last.factor), len(last.offset)} <= {1, channels}:
                continue
            product = weight.reshape(-1, channels) * last.factor
            total = (flat + shifted.ravel()) * last.factor + last.offset
            names = *given.names, *last.names
            yield Form(product, total, names)
            if may_lend:
                yield Form(product, np.zeros(channels), names, is_lent=True)


def ahead_together(affines):
    """Return what the nearest Affines ahead make together, from none to all."""
    found = [NOTHING]
    for one in affines:
        last = found[-1]
        offset = last.offset + last.factor * one.offset
        names = *last.names, *one.names
        found.append(Affine(names, last.factor * one.factor, offset))
    return found


def behind_together(affines):
    """Return what the nearest Affines behind make together, from none to
    all."""
    found = [NOTHING]
    for one in affines:
        last = found[-1]
        offset = last.offset * one.factor + one.offset
        names = *last.names, *one.names
        found.append(Affine(names, last.factor * one.factor, offset))
    return found


def apart_or_together(affines):
    """Yield Affines, and each but for its offset or its factor, which may stay
    before a product where the other is folded in."""
    for one in affines:
        yield one
        if one is not NOTHING:
            yield one._replace(offset=np.zeros(1))
            yield one._replace(factor=np.ones(1))


# -- What is wrong with a weight


class Change(NamedTuple):
    """What was done to numbers, in words; may_be_folded: whether a layer that
    is folded in may have done it."""

    text: str
    may_be_folded: bool = False


def tell_difference(one, part, parts):
    """Return the names of the layers that may be wrong, and in words how an
    operator's weight is not that of a part: of its forms, the one of which it
    is told what was done to it, or the nearest."""
    forms = sorted(
        part.list_forms(),
        key=lambda form: (
            not is_near(one.weight, form.weight),
            not is_bias_near(one, form),
            distance(one.weight.array, form.weight),
        ),
    )
    for form in forms:
        if change := find_change(*compared(one, form, part)[1:]):
            break
    else:
        form, change = forms[0], explain_by_others(one, part, parts)
    word, theirs, ours = compared(one, form, part)
    if theirs.array.shape != ours.shape:
        why = f"its {word} in the file has another shape than the model's"
        return {part.layer}, why
    worst = np.unravel_index(np.argmax(np.abs(theirs.array - ours)), ours.shape)
    folded = [name for name in form.folded if name != part.layer]
    said = f"its {word} in the file is not the model's"
    if folded:
        said += f", with {' and '.join(folded)} folded in"
    said += (
        f" (channel {worst[-1]}: {theirs.array[worst]:.3g} instead of "
        f"{ours[worst]:.3g})"
    )
    if change:
        said += f": {change.text}"
    may_be_folded = not change or change.may_be_folded
    return {part.layer, *(folded if may_be_folded else ())}, said


def compared(one, form, part):
    """Return what differs, its name, that of the file and that of the form:
    the weight, or else the bias."""
    if not is_near(one.weight, form.weight):
        return part.weight, one.weight, form.weight
    return "bias", one.bias, form.bias


def distance(array, expected):
    """Return how far arrays are apart, infinite where their shapes differ."""
    if array.shape != expected.shape:
        return np.inf
    return np.abs(array - expected).sum()


def find_change(theirs, ours):
    """Return what was done to numbers, a Change, or None."""
    array, far, scales = theirs
    if array.shape != ours.shape:
        return None
    if not array.any():
        return Change("all are zero")
    if scales is not None and len(scales) == ours.shape[-1]:
        turn = scales[::-1] / scales
        if is_near(Constant(array * turn, far * turn), ours):
            return Change("its scales are in the reverse order")
    if is_near(theirs, ours[..., ::-1]):
        return Change("its channels are in the reverse order")
    if ours.ndim == 2 and ours.shape[0] == ours.shape[1]:
        if is_near(theirs, ours.T):
            return Change("it is transposed")
    factor = factor_between(array, ours)
    if is_near(theirs, factor * ours):
        text = f"all are {factor:.3g} times what they should be"
        return Change(text, may_be_folded=True)
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
        return Change(
            f"only that channel is, {factor:.3g} times what it should be"
        )
    return None


def factor_between(array, expected):
    """Return by which factor numbers are nearest to an array."""
    return (array * expected).sum() / ((expected * expected).sum() or 1)


def explain_by_others(one, part, parts):
    """Return the Change that an operator has another layer's weights, or
    None."""
    alone = one._replace(bias=None)
    for other in parts:
        if other.layer != part.layer and find_form(alone, other):
            return Change(f"they are those of {other.layer}")
    return None
