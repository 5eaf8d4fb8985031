"""What an input cannot show of a model, as it does not exercise it: a mistake
there would make no difference."""

from typing import NamedTuple

import numpy as np

from keras_by_hand.comparing.matching import last_activation
from keras_by_hand.comparing.recording import run_calls
from keras_by_hand.models.layers.recurrent import Recurrent
from keras_by_hand.models.tensors import tensors_in

ATTENTIONS = (
    "Attention",
    "AdditiveAttention",
    "GroupedQueryAttention",
    "MultiHeadAttention",
)
SLOPED = {"leaky_relu", "prelu", "elu", "celu", "selu"}  # below 0
MOST_NAMED = 3  # layers of one line


class Unshown(NamedTuple):
    """What the input cannot show: of a layer, by its name, or of the whole
    model, where that is None; why, and which mistake."""

    layer: str | None
    text: str


def find_unshown(model, x):
    """Return a list of Unshown: of the input, then of the layers in the order
    of their calls. What one of a layer's calls shows is shown."""
    of_layers = {}

    def around(layer, args, keywords):
        y = layer.call(args, keywords)
        given = [tensor.array for tensor in tensors_in([args, keywords])]
        outputs = tensors_in(y)
        if given and outputs:
            said = [*unshown_of_layer(layer, given, outputs[0])]
            before = of_layers.get(layer.name, said)
            of_layers[layer.name] = [text for text in before if text in said]
        return y

    run_calls(model, x, around)
    arrays = [tensor.array for tensor in tensors_in(model.as_inputs(x))]
    of_model = [Unshown(None, text) for text in unshown_of_inputs(arrays)]
    of_model += [Unshown(None, text) for text in unshown_of_weights(model)]
    return of_model + [
        Unshown(name, text) for name, said in of_layers.items() for text in said
    ]


# -- Of the whole model


def unshown_of_inputs(arrays):
    """Yield what the inputs of a model cannot show."""
    first = arrays[0]
    if len(first) == 1:
        yield "there is one sample: what mixes samples up does not show"
    elif all(np.array_equal(array[1:], array[:-1]) for array in arrays):
        yield "all samples are equal: what mixes them up does not show"
    for array in arrays:
        if array[0].size > 1 and np.all(array == array.flat[0]):
            yield (
                f"all numbers of an input are {array.flat[0]:g}: whether they "
                "are in the right order does not show"
            )


def unshown_of_weights(model):
    """Yield what the weights of a model that was never trained hide."""
    biases = [
        array
        for layer in model.with_all_inside()
        for name, array in layer.arrays.items()
        if name == "bias"
    ]
    if biases and not any(map(np.any, biases)):
        yield (
            "all biases are 0, as before training: one that is left out does "
            "not show"
        )


# -- Of a layer


def unshown_of_layer(layer, given, y):
    """Yield what a call of a layer cannot show.

    given: the arrays that it takes; y: its first output, a Tensor.
    """
    x = given[0]
    if layer.kind == "Embedding":
        yield from unshown_of_tokens(layer.config, x)
    elif x.size and layer.arrays and not np.any(x):
        yield "all that arrived is 0: most of its weights do not show"
    elif y.array.dtype.kind == "f" and y.array.size:
        yield from unshown_of_bend(layer, x, y.array)
    if layer.kind == "Masking" and np.all(y.mask):
        yield "no step was masked: a mask that is left out does not show"
    is_one_step = x.ndim > 2 and x.shape[1] == 1
    if isinstance(layer, Recurrent) and is_one_step and len(given) == 1:
        yield "one step arrived: its recurrent weights do not show"
    if layer.kind in ATTENTIONS:
        value = given[1] if len(given) > 1 else x
        if value.ndim > 2 and value.shape[1] == 1:
            yield (
                "one step arrived, which has all attention: query and key do "
                "not show"
            )


def unshown_of_tokens(config, tokens):
    """Yield what the tokens that an Embedding takes cannot show."""
    last = config["input_dim"] - 1
    if not np.any(tokens == last):
        yield (
            f"no token was {last}, the last: a table that is too short does "
            "not show"
        )
    if np.all(tokens):
        mistake = "a row of zeros for it, as by padding_idx=0,"
        if config.get("mask_zero"):
            mistake = "a mask that is left out"
        yield f"no token was 0: {mistake} does not show"


def unshown_of_bend(layer, x, y):
    """Yield what is not seen of a layer that bends at 0, or is cut off above.

    x, y: what it took and made.
    """
    name, options = name_bend(layer)
    is_itself = not layer.arrays or name == "prelu"  # no weights before
    top = 6.0 if name == "relu6" else options.get("max_value")
    if options.get("threshold") or name not in SLOPED | {"relu", "relu6"}:
        return
    if top is not None and np.max(y) < top:
        yield (
            f"nothing above {top:g} arrived: whether it is cut off there does "
            "not show"
        )
    is_sloped = name in SLOPED or options.get("negative_slope")
    least = np.min(x if is_itself else y)
    # What a ReLU behind weights made has zeros where they made less than that.
    if least > 0 or least == 0 and (is_itself or is_sloped):
        mistake = "another slope" if is_sloped else f"a {name} that is missing"
        yield f"nothing below 0 arrived: {mistake} does not show"
    elif not is_sloped and not np.any(y):
        yield "nothing above 0 arrived: it makes zeros alone"


def name_bend(layer):
    """Return the name of what a layer applies in the end, and its options."""
    activation = last_activation(layer) or layer.options.get("activation")
    if "recurrent_kernel" in layer.arrays:  # it applies that at each step
        return None, {}
    holder = getattr(activation, "__self__", None)  # a layer
    if activation is None:
        holder = layer
    if holder is None:
        return activation.__name__, {}
    name = getattr(holder.function, "__name__", "")
    return name.removesuffix("_layer"), holder.options


# -- In words


def list_unshown(found):
    """Return the lines that tell what the input cannot show: of layers of which
    the same is told, in one line."""
    layers = {}
    for layer, text in found:
        layers.setdefault(text, []).append(layer)
    lines = []
    for text, names in layers.items():
        if names[0] is None:
            lines.append(f"- {text}")
            continue
        more = len(names) - MOST_NAMED
        said = ", ".join(names[:MOST_NAMED]) + f" and {more} more" * (more > 0)
        lines.append(f"- {said}: {text}")
    return ["what this input cannot show:", *lines] if lines else []
