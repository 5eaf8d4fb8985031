"""Rules for the weights of Keras' layers: their order, names and shapes in terms of the
layer's arguments and of the axes of its inputs, found by building layers of several sizes.
"""

import inspect
import itertools

import keras
import numpy as np

# A size for each argument and axis, in each of three builds of a layer. No formula that is
# not the rule gives all three of a shape.
SIZES = {
    "groups": (1, 2, 3),
    "channels": (5, 14, 33),
    "features": (5, 14, 33),
    "filters": (7, 22, 39),
    "units": (7, 4, 9),
    "depth_multiplier": (2, 4, 3),
    "input_dim": (13, 17, 19),
    "output_dim": (6, 8, 10),
    "num_heads": (2, 3, 5),
    "key_dim": (4, 7, 11),
    "value_dim": (13, 17, 19),
    "output_shape": (6, 8, 10),
    "num_query_heads": (6, 8, 10),
    "num_key_value_heads": (3, 2, 5),
    "head_dim": (5, 7, 11),
    "features of query": (23, 29, 31),
    "features of value": (37, 41, 43),
    "features of key": (47, 53, 59),
    "shape": ((3, 5), (4, 2), (2, 7)),
}
KERNEL_SIZES = {  # by the number of axes of space
    1: ((3,), (2,), (4,)),
    2: ((3, 2), (2, 4), (4, 3)),
    3: ((3, 2, 4), (2, 4, 3), (4, 3, 2)),
}
LENGTH = 8  # of axes that no weight depends on
ATTENTION = [("batch", "target", "features of query")] + [
    ("batch", "source", f"features of {name}") for name in ("value", "key")
]
INPUTS = {  # the axes of the inputs; of other layers, (batch, features)
    "PReLU": [("batch", "shape")],
    "Embedding": [("batch", "steps")],
    "ReversibleEmbedding": [("batch", "steps")],
    "MultiHeadAttention": ATTENTION,
    "GroupQueryAttention": ATTENTION,
    "SimpleRNN": [("batch", "steps", "features")],
    "LSTM": [("batch", "steps", "features")],
    "GRU": [("batch", "steps", "features")],
}
LISTS = {"Attention", "AdditiveAttention"}  # take query and value in a list
VARIANTS = {  # beside each flag
    "Attention": {"score_mode": "concat"},
    "MultiHeadAttention": {name: SIZES[name] for name in ("value_dim", "output_shape")},
}
WITHOUT_RULE = {  # {layer: where its weights come from}
    "EinsumDense": "``kernel`` has an axis for each letter of its part of the equation; "
    "``bias``, with ``bias_axes`` alone, one for each of these and for those behind",
    "Normalization": "``mean`` and ``variance``, of the length of the axis, and ``count``; "
    "none where ``mean`` and ``variance`` are given",
    "RNN": "those of the cell",
    "StackedRNNCells": "those of each cell in turn",
    "TimeDistributed": "those of the layer in it",
    "Bidirectional": "those of the forward layer, then those of the backward layer",
    "STFTSpectrogram": "the filters of a Fourier transform, which do not train",
    "SpectralNormalization": "those of the layer in it; behind its kernel, ``vector_u``, "
    "(1, length of the kernel's last axis)",
}
I_F_C_O = "The parts stand side by side: input i, forget f, candidate g, output o."
NOTES = {
    "LSTM": I_F_C_O,
    "LSTMCell": I_F_C_O,
    **{f"ConvLSTM{n}D": I_F_C_O for n in (1, 2, 3)},
    "GRU": "The parts stand side by side: update z, reset r, candidate g. With "
    "``reset_after``, ``bias[0]`` belongs to the kernel, ``bias[1]`` to the recurrent one.",
}
NOTES["GRUCell"] = NOTES["GRU"]


def rank_of(name):
    """Return how many axes of space a layer has, 0 where it has none."""
    return next((int(c) for c in reversed(name) if c.isdigit()), 0)


def find_inputs(name):
    """Return the axes of each input of a layer, by their names."""
    rank = rank_of(name)
    if name in INPUTS:
        return INPUTS[name]
    if name in LISTS:
        return [("batch", "steps", "features")] * 2
    time = ["time"] * name.startswith("ConvLSTM")
    return [("batch", *time, *["space"] * rank, "channels" if rank else "features")]


def sizes_of_build(name, number):
    """Return {argument or axis: its size} in a build of a layer."""
    sizes = {what: values[number] for what, values in SIZES.items()}
    if rank := rank_of(name):
        sizes["kernel_size"] = KERNEL_SIZES[rank][number]
    return sizes


def find_shapes(name, sizes):
    """Return the shapes of a layer's inputs."""
    shapes = []
    for axes in find_inputs(name):
        lengths = [sizes.get(axis, LENGTH) for axis in axes[1:]]
        shapes.append((None, *flat(lengths)))
    return [shapes] if name in LISTS else shapes


def flat(sizes):
    """Return sizes of axes, some of which stand for several, as a tuple."""
    return tuple(n for size in sizes for n in np.atleast_1d(size).tolist())


def name_of(weight):
    """Return the name of a weight, without those of its layer and of a cell in it."""
    _, *parts = weight.path.split("/")
    return " ".join(part for part in parts if not part.endswith("_cell"))


def build(name, number, changed):
    """Return {weight: shape} of a build of a layer with an argument that is changed."""
    thing, sizes = getattr(keras.layers, name), sizes_of_build(name, number)
    taken = inspect.signature(thing).parameters.keys() - VARIANTS.get(name, {}).keys()
    told = {argument: sizes[argument] for argument in taken & sizes.keys()}
    for argument, value in changed.items():
        told[argument] = value[number] if isinstance(value, tuple) else value
    layer = thing(**told)
    layer.build(*find_shapes(name, sizes))
    return {name_of(weight): tuple(weight.shape) for weight in layer.weights}


# -- From sizes to rules


def find_formulas(name):
    """Yield formulas of one axis, from plain ones to others, each as a list of one or three
    words: ["4", "*", "units"]."""
    known = [what for what in sizes_of_build(name, 0) if is_known(name, what)]
    yield from ([what] for what in (*"123", *known))
    yield from ([factor, "*", what] for factor in "234" for what in known)
    yield from ([a, "*", b] for a, b in itertools.combinations(known, 2))
    yield from ([a, "//", b] for a, b in itertools.permutations(known, 2))


def is_known(name, what):
    """Whether a layer has an argument or an axis of this name."""
    thing = getattr(keras.layers, name)
    axes = [axis for axes in find_inputs(name) for axis in axes]
    return what in axes or what in inspect.signature(thing).parameters


def evaluate(formula, sizes):
    """Return the sizes, a tuple, that a formula has: of one axis, or of several."""
    first, *more = formula
    value = sizes[first] if first in sizes else int(first)
    if not more:
        return flat([value])
    sign, other = more
    return (value * sizes[other] if sign == "*" else value // sizes[other],)


def find_rule(name, shapes):
    """Return the formulas of a weight's axes, given its shape in each build.

    Raises LookupError where no formula gives them.
    """
    builds = [sizes_of_build(name, number) for number in range(len(shapes))]
    rule, done = [], 0
    while done < len(shapes[0]):
        for formula in find_formulas(name):
            try:
                sizes = [evaluate(formula, of_build) for of_build in builds]
            except TypeError:  # a product of several axes
                continue
            if all(
                shape[done : done + len(size)] == size
                for shape, size in zip(shapes, sizes)
            ):
                break
        else:
            raise LookupError(f"{name}: no rule for {shapes}")
        rule.append(formula)
        done += len(sizes[0])
    return rule


def find_variant(name, changed):
    """Return {weight: formulas of its axes} of a layer with an argument changed; None
    where there is no such layer."""
    try:
        builds = [build(name, number, changed) for number in range(3)]
    except (TypeError, ValueError):  # some flags need others
        return None
    return {
        weight: find_rule(name, [shapes[weight] for shapes in builds])
        for weight in builds[0]
    }


def find_rules(name):
    """Return the weights of a layer in the order of get_weights(), as [{"name", "shape",
    "variants"}, ...].

    shape: a formula for each axis; None where the weight is missing by default; variants:
    [[argument, value, shape then], ...], likewise. What is missing by default is there with
    the first variant, which the others change.
    """
    signature = inspect.signature(getattr(keras.layers, name))
    flags = {
        parameter.name: not parameter.default
        for parameter in signature.parameters.values()
        if isinstance(parameter.default, bool)
    }
    changes = flags | VARIANTS.get(name, {})
    base = find_variant(name, {})
    variants, adding = {weight: [] for weight in base}, {}
    for argument, value in changes.items():
        found = find_variant(name, {argument: value})
        if found is None:
            continue
        for weight in found.keys() - variants.keys():
            adding[argument] = value
            variants[weight] = [as_told(argument, value, found[weight])]
            for other, of_other in changes.items():
                both = find_variant(name, {argument: value, other: of_other})
                if both is not None and both.get(weight) != found[weight]:
                    told = as_told(other, of_other, both.get(weight))
                    variants[weight].append(told)
        for weight in base:
            if found.get(weight) != base[weight]:
                variants[weight].append(as_told(argument, value, found.get(weight)))
    return [
        {"name": weight, "shape": base.get(weight), "variants": variants[weight]}
        for weight in find_variant(name, adding)  # which has them all, in order
    ]


def as_told(argument, value, formulas):
    """Return a variant: any value counts where one differs from build to build."""
    return [argument, None if isinstance(value, tuple) else value, formulas]


def find_weights(name):
    """Return the rules for a layer's weights; a text where they are those of a layer in
    it, or have no rule; none where it has no weights."""
    if name in WITHOUT_RULE:
        return WITHOUT_RULE[name]
    try:
        return find_rules(name)
    except LookupError:
        raise
    except Exception:  # of as many kinds as there are layers that need to be told more
        return []
