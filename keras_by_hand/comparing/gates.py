"""Mistakes in what has gates, directions or heads: recurrent layers and
attention."""

import functools
import itertools

import numpy as np

from keras_by_hand.comparing.mistakes import (
    MOST_HEADS,
    Mistake,
    altered,
    with_function,
    with_output,
)

GATE_LETTERS = {  # in Keras' order
    "ConvLSTM1D": "ifco",
    "ConvLSTM2D": "ifco",
    "ConvLSTM3D": "ifco",
    "GRU": "zrh",
    "LSTM": "ifco",
}


def mistaken_gates(layer, scene):
    """Yield a recurrent layer's Mistakes in its gates."""
    names = GATE_LETTERS.get(layer.kind.removesuffix("Cell"), "")
    for order in itertools.permutations(range(len(names))):
        said = ", ".join(names[gate] for gate in order)
        if order != tuple(range(len(names))):
            yield Mistake(
                "gates",
                f"the port takes the gates {said} for {', '.join(names)}: "
                "reorder the last axis of its weights",
                functools.partial(with_gates, order),
            )
    if "bias" in layer.arrays and names.startswith("if"):
        yield Mistake(
            "forget",
            "the port adds 1 to the bias of the forget gate, which is in the "
            "model's bias already: do not add it",
            functools.partial(add_to_gate, len(names), 1),
        )
    if names.startswith("z"):
        yield Mistake(
            "update",
            "the port weighs the old state by 1 - z and the new one by z: the "
            "model does it the other way round",
            functools.partial(negate_gate, len(names), 0),
        )
    if "reset_after" in layer.options:
        yield from mistaken_reset(layer)


def with_gates(order, layer):
    """Return a layer whose gates are in another order."""
    arrays = {}
    for name, array in layer.arrays.items():
        parts = np.split(array, len(order), axis=-1)
        arrays[name] = np.concatenate([parts[gate] for gate in order], axis=-1)
    return altered(layer, arrays)


def add_to_gate(gates, number, layer):
    """Return a layer with 1 more in the bias of one of so many gates."""
    bias = layer.arrays["bias"].copy()
    np.split(bias, gates, axis=-1)[number][...] += 1  # parts are views
    return altered(layer, {"bias": bias})


def negate_gate(gates, number, layer):
    """Return a layer with negative weights for one of so many gates: sigmoid
    makes 1 - z of them."""
    arrays = {name: array.copy() for name, array in layer.arrays.items()}
    for array in arrays.values():
        np.split(array, gates, axis=-1)[number][...] *= -1
    return altered(layer, arrays)


def mistaken_reset(layer):
    """Yield a GRU that resets its state at another place."""
    bias = layer.arrays.get("bias")
    arrays = {}
    if layer.options["reset_after"]:
        text = "before the matrix product, and the model after it"
        if bias is not None:
            arrays = {"bias": bias.sum(0)}
    else:
        text = "after the matrix product, and the model before it"
        if bias is not None:
            arrays = {"bias": np.stack([bias, 0 * bias])}
    told = {"reset_after": not layer.options["reset_after"]}
    yield Mistake(
        "reset_after",
        f"the port resets the state {text}: do as reset_after="
        f"{layer.options['reset_after']} does",
        functools.partial(altered, arrays=arrays, options=told),
    )


def mistaken_directions(layer, find, scene):
    """Yield a Bidirectional layer with a mistake in one direction or in both;
    find yields the Mistakes of each."""
    there, back = layer.forward, layer.backward
    yield Mistake(
        "directions",
        "the port has the weights of the two directions exchanged: exchange "
        "them",
        functools.partial(
            altered,
            forward=altered(there, back.arrays),
            backward=altered(back, there.arrays),
        ),
    )
    ways = [find(part, scene) for part in (there, back)]
    for one, other in zip(*ways):
        yield Mistake(
            one.row,
            f"{one.text} (in both directions)",
            functools.partial(change_both, one.change, other.change),
        )
        for key, mistake in (("forward", one), ("backward", other)):
            yield Mistake(
                f"{mistake.row}, {key}",
                f"{mistake.text} (in the layer that goes {key})",
                functools.partial(change_inside, key, mistake.change),
            )


def change_inside(key, change, layer):
    """Return a layer in which a layer that it holds is changed."""
    return altered(layer, **{key: change(getattr(layer, key))})


def change_both(change_there, change_back, layer):
    layer = change_inside("forward", change_there, layer)
    return change_inside("backward", change_back, layer)


# -- Attention

PARTS = "query", "key", "value"


def mistaken_heads(layer, scene):
    """Yield an attention's Mistakes."""
    if layer.kind == "Attention":
        length = scene.x.shape[-1]
        yield Mistake(
            "scale",
            "the port divides the scores by the root of the query's length: "
            "this layer does not",
            functools.partial(with_scaled_query, length**-0.5),
        )
    if "query_kernel" in layer.arrays:
        yield from mistaken_scale(layer)
        yield from mistaken_parts(layer)
        yield from mistaken_order(layer)
    if layer.kind.endswith("Attention"):
        yield Mistake(
            "causal",
            "the port hides from each step what comes after it, as with a "
            "causal mask: the model does not",
            with_causal_mask,
        )
    if layer.kind == "MultiHeadAttention":
        yield Mistake(
            "softmax",
            "the port takes the softmax over the queries: take it over the "
            "keys, the last axis of the scores",
            functools.partial(with_function, function=attend_over_queries),
        )


def with_scaled_query(factor, layer):
    """Return an attention without heads that multiplies its scores."""

    def function(query, *args, **keywords):
        return layer.function(query * factor, *args, **keywords)

    return with_function(layer, function)


def with_causal_mask(layer):
    def function(*args, **keywords):
        return layer.function(*args, **{**keywords, "use_causal_mask": True})

    return with_function(layer, function)


def mistaken_scale(layer):
    """Yield an attention with heads whose scores are scaled otherwise."""
    _, heads, width = layer.arrays["query_kernel"].shape
    for factor, text in (
        (width, "does not divide the scores by the root of a head's length"),
        (1 / width, "divides the scores by the root of a head's length twice"),
        (width**0.5, "divides the scores by too small a root"),
        (width**-0.5, "divides the scores by a head's length, not by its root"),
        (
            1 / heads,
            "divides the scores by the root of the length of all heads",
        ),
    ):
        arrays = {
            name: array * array.dtype.type(factor**0.5)
            for name, array in layer.arrays.items()
            if name.startswith("query")
        }
        yield Mistake(
            f"scale {factor}",
            f"the port {text}: divide them by the root of {width}",
            functools.partial(altered, arrays=arrays),
        )


def mistaken_parts(layer):
    """Yield an attention that takes its query for its key, and the like."""
    for one, other in itertools.combinations(PARTS, 2):
        names = [(f"{one}_{w}", f"{other}_{w}") for w in ("kernel", "bias")]
        names = [pair for pair in names if pair[0] in layer.arrays]
        shapes = [[layer.arrays[n].shape for n in pair] for pair in names]
        if all(first == second for first, second in shapes):
            arrays = {
                name: layer.arrays[theirs]
                for pair in names
                for name, theirs in (pair, pair[::-1])
            }
            yield Mistake(
                f"{one} and {other}",
                f"the port has the weights of {one} and {other} exchanged: "
                "exchange them",
                functools.partial(altered, arrays=arrays),
            )


def mistaken_order(layer):
    """Yield an attention whose heads are in another order."""
    rows, heads, width = layer.arrays["query_kernel"].shape
    every = itertools.permutations(range(heads))
    orders = [*every] if heads <= MOST_HEADS else [range(heads)[::-1]]
    for order in map(list, orders):
        if order != [*range(heads)]:
            kernel = layer.arrays["output_kernel"][order]
            yield Mistake(
                "heads",
                f"the port joins its heads in the order {order}: join them in "
                "theirs",
                functools.partial(altered, arrays={"output_kernel": kernel}),
            )
    yield Mistake(
        "heads",
        "the port splits its features into (length, heads), and Keras into "
        "(heads, length): reshape to that",
        split_otherwise,
    )
    kernel = layer.arrays["output_kernel"]
    joined = kernel.swapaxes(0, 1).reshape(kernel.shape)
    yield Mistake(
        "heads",
        "the port joins its features as (length, heads), and Keras as (heads, "
        "length): transpose before it reshapes",
        functools.partial(altered, arrays={"output_kernel": joined}),
    )


def split_otherwise(layer):
    """Return an attention whose features are split with heads last."""
    arrays = {}
    for name, array in layer.arrays.items():
        if name.startswith(PARTS):
            *rows, heads, width = array.shape
            array = array.reshape(*rows, width, heads)
            arrays[name] = array.swapaxes(-1, -2)
    kernel = layer.arrays["output_kernel"]
    heads, width, *others = kernel.shape
    kernel = kernel.reshape(width, heads, *others).swapaxes(0, 1)
    return altered(layer, {**arrays, "output_kernel": kernel})


def attend_over_queries(query, value, key, *weights, use_bias=True, **others):
    """Return what multi_head_attention makes without a mask, with its softmax
    over the queries."""
    kernels, biases = weights, [0] * 4
    if use_bias:
        kernels, biases = weights[::2], weights[1::2]
    tensors = query, value if key is None else key, value
    q, k, v = [
        np.einsum("bsf,fhd->bshd", tensor, kernel) + bias
        for tensor, kernel, bias in zip(tensors, kernels, biases)
    ]
    scores = np.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    scores = np.exp(scores - scores.max(2, keepdims=True))
    scores = scores / scores.sum(2, keepdims=True)
    y = np.einsum("bhqk,bkhd->bqhd", scores, v)
    return np.einsum("bqhd,hdf->bqf", y, kernels[3]) + biases[3]


def mistaken_steps(layer, scene):
    """Yield a recurrent layer whose steps come out in the other order."""
    if layer.options.get("return_sequences"):
        yield Mistake(
            "order of steps",
            "the port returns the steps in the other order: reverse them",
            functools.partial(with_output, lambda y: y[:, ::-1]),
        )
