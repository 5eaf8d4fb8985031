"""Run a whole model, in NumPy."""

import functools
import inspect
import json
import re

import numpy as np

from keras_by_hand.models.files import CannotRun, read_file
from keras_by_hand.models.operators import OF_NUMPY, find_operator
from keras_by_hand.models.registry import ACTIVATIONS, LAYERS


def load_model(path):
    """Return the model of a .keras file. Runs no code of the file.

    Raises CannotRun where it is no such file, is damaged, or has something in it that is
    not known here; OSError where it cannot be read.
    """
    config, weights = read_file(path)
    try:
        return Model(config, weights)
    except CannotRun as error:
        raise CannotRun(f"{path}: {error}") from None
    except (
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        why = f"{type(error).__name__} {error}".splitlines()[0]
        raise CannotRun(
            f"{path}: config.json does not tell of a model: {why}"
        ) from None


# -- Layers

NOTHING_TO_DO = {  # when predicting
    *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout"),
    *(
        "GaussianNoise",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
    ),
    *(
        "AugMix",
        "CutMix",
        "InputLayer",
        "MixUp",
        "RandAugment",
        "StochasticDepth",
    ),
}
KEEP_MASK = {  # they hand it on to the next layer
    *("Activation", "BatchNormalization", "Dense", "ELU", "GroupNormalization"),
    *(
        "Identity",
        "LayerNormalization",
        "LeakyReLU",
        "Normalization",
        "PReLU",
        "ReLU",
    ),
    *("Rescaling", "Softmax", "TimeDistributed", "UnitNormalization"),
}
MERGING = {"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"}
IN_PLACE_OF_MASKED = {"Maximum": -np.inf, "Minimum": np.inf, "Multiply": 1}
RECURRENT = {
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "GRU",
    "LSTM",
    "SimpleRNN",
}
EMBEDDING = {"Embedding", "ReversibleEmbedding"}
ATTENTION = {"AdditiveAttention", "Attention"}  # they take a list
HEADS = {"GroupQueryAttention", "MultiHeadAttention"}  # they take arguments
PARTS = {  # the groups of the file that hold their weights, in the order of get_weights()
    **dict.fromkeys(RECURRENT, ("cell",)),
    **dict.fromkeys(
        HEADS,
        (
            "query_dense",
            "key_dense",
            "gate_dense",
            "value_dense",
            "output_dense",
        ),
    ),
}
GROUPS = {
    "GroupQueryAttention": "grouped_query_attention"
}  # other than by their names
STATES = {"GRUCell": 1, "LSTMCell": 2, "SimpleRNNCell": 1}  # of a cell
WRAPPED = {  # what they hold, and its group in the file
    "Bidirectional": [
        ("layer", "forward_layer"),
        ("backward_layer", "backward_layer"),
    ],
    "RNN": [("cell", "cell")],
    "SpectralNormalization": [("layer", "layer")],
    "TimeDistributed": [("layer", "layer")],
}
FLAGS = {"bias": "use_bias", "gamma": "scale", "beta": "center"}
NO_WEIGHTS = {
    "initial_state",
    "mask",
    "states",
}  # arguments by place, not weights
NOT_KNOWN = {  # in the config of a layer
    **{"interpolation": "area", "renorm": True, "rms_scaling": True},
}
HANDED_ON = {  # what their functions take as **options, those of these take by name
    **dict.fromkeys(RECURRENT, "RNN"),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D"], "Conv2D"),
    **dict.fromkeys(["SeparableConv1D", "SeparableConv2D"], "Conv2D"),
    "GroupQueryAttention": "MultiHeadAttention",
}
LIKE = {"TFDConcat": "Concatenate"}  # of keras.utils.FeatureSpace


class Tensor:
    """An array on its way through a model, and its mask, (batch, steps), or None."""

    def __init__(self, array, mask=None):
        self.array, self.mask = array, mask


def each(function, structure):
    """What a function makes of all that nested lists and dicts hold."""
    if isinstance(structure, list | tuple):
        return [each(function, item) for item in structure]
    if isinstance(structure, dict):
        return {key: each(function, item) for key, item in structure.items()}
    return function(structure)


def snake_case(name):
    """Return the name of a class as files have it: Conv2DTranspose, conv2d_transpose."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def in_float64(array):
    """Numbers with a fraction in float64, others as they are."""
    return array.astype("float64") if array.dtype.kind == "f" else array


def arrays_of(structure):
    return each(lambda t: t.array if isinstance(t, Tensor) else t, structure)


def flat(structure):
    """Return the arrays in nested lists, in order."""
    if not isinstance(structure, list):
        return [structure]
    return [array for item in structure for array in flat(item)]


def set_masks(tensors, masks):
    """Give tensors in lists and dicts the masks, nested likewise, that there are."""
    if isinstance(tensors, Tensor):
        tensors.mask = tensors.mask if masks is None else masks.array
    elif masks is not None:
        for tensor, mask in zip(items(tensors), items(masks)):
            set_masks(tensor, mask)


def of_heads(mask):
    """Return an attention_mask, (batch, heads, target, source), without the heads."""
    if mask is None or mask.ndim < 4:
        return mask
    if mask.shape[1] > 1:
        raise CannotRun(
            "an attention_mask that differs between heads is not known here"
        )
    return mask[:, 0]


def masks_of(structure):
    return each(lambda t: t.mask if isinstance(t, Tensor) else None, structure)


def find_activation(name, weights=None):
    """Return the function of an activation, as a config names it; or of a layer that it
    has for an activation, with its weights."""
    if isinstance(name, dict):
        if name.get("module") == "keras.layers":
            return Layer(name, weights or {}).apply
        raise CannotRun(
            "its activation is a function of your own, which is never run"
        )
    if name is None:
        return ACTIVATIONS["linear"]
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise CannotRun(
            f"no function of this file computes the activation {name}"
        )
    return ACTIVATIONS[name]


def arguments(kind):
    """Return the names of the arguments of a layer's function behind its first: those by
    place, and those by keyword."""
    parameters = list(inspect.signature(LAYERS[kind]).parameters.values())
    places = [
        p.name for p in parameters[1:] if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    if kind in HANDED_ON:
        keywords |= arguments(HANDED_ON[kind])[1]
    return places, keywords


def is_of_keras(told):
    return str(told.get("module")).split(".")[0] == "keras"


def make_layers(told, groups):
    """Return layers as a config tells of them, with their weights: the groups of the file
    have the names of the classes, and numbers."""
    layers, count = [], {}
    for of_layer in told:
        group = {}
        if not str(of_layer.get("module")).startswith("keras.src.ops."):
            kind = of_layer["class_name"]
            name = GROUPS.get(kind, snake_case(kind))
            number = count[name] = count.get(name, -1) + 1
            group = groups.get(f"{name}_{number}" if number else name, {})
        layers.append(Layer(of_layer, group))
    return layers


class Layer:
    """A layer, an operator, or a model in a model, as config.json tells of it.

    weights: what read_file found for it.
    """

    def __init__(self, told, weights):
        self.kind, self.config = told["class_name"], told["config"]
        self.name = told.get("name") or self.config.get(
            "name", "without a name"
        )
        self.module = told.get("module") or ""
        self.weights, self.calls = weights, told.get("inbound_nodes") or []
        self.kind = LIKE.get(self.kind, self.kind)
        self.is_operator = self.module.startswith("keras.src.ops.")
        self.model, self.inner, self.takes_mask = None, (), False
        try:
            if not is_of_keras(told):
                raise CannotRun(
                    "a class of your own, whose formula is not in the file"
                )
            if self.kind in MODELS:
                self.model, self.takes_mask = Model(told, weights), True
            elif self.is_operator:
                self.function = find_operator(
                    self.module, snake_case(self.kind)
                )
            elif not self.does_nothing():
                self.prepare()
        except CannotRun as error:
            raise self.refusal(error) from None

    def refusal(self, why):
        return CannotRun(f"layer {self.name} ({self.kind}): {why}")

    def does_nothing(self):
        return self.kind in NOTHING_TO_DO or self.kind.startswith("Random")

    def prepare(self):
        """Find the function, its weights and its keywords."""
        if self.kind == "Lambda":
            raise CannotRun(
                "it holds code, which is never run; use layers or keras.ops"
            )
        policy = self.config.get("dtype")
        if isinstance(policy, dict) and "Quantized" in policy.get(
            "class_name", ""
        ):
            raise CannotRun("it is quantized; save the model before quantize()")
        if self.kind not in LAYERS:
            raise CannotRun("no function of this file computes it")
        for name, value in NOT_KNOWN.items():
            if self.config.get(name) == value:
                raise CannotRun(
                    f"no function of this file computes {name}={value!r}"
                )
        self.function = LAYERS[self.kind]
        self.inner = self.find_inner()
        places, keywords = arguments(self.kind)
        told = {name for name in places if self.config.get(name) is not None}
        self.options = {
            name: find_activation(value, self.weights.get(name))
            if name.endswith("activation")
            else revive(value, {})
            for name, value in self.config.items()
            if name in keywords | told
        }
        self.find_learned()
        self.takes_mask = "mask" in {*places, *keywords}
        told_after = None  # unless the function sees to the activation itself
        if "activation" not in self.options:
            told_after = self.config.get("activation")
        self.after = find_activation(told_after, self.weights.get("activation"))
        names = [n for n in places if n not in NO_WEIGHTS | told]
        self.arrays = {} if self.inner else self.find_arrays(names)

    def find_learned(self):
        """Find what a lookup has learned: it stands in other files than the config."""
        if tokens := self.weights.get("vocabulary"):
            whole = self.kind == "IntegerLookup"
            self.options["vocabulary"] = (
                list(map(int, tokens)) if whole else tokens
            )
        variables = self.weights.get("vars")
        if isinstance(variables, dict) and "idf_weights" in variables:
            self.options["idf_weights"] = variables["idf_weights"]

    def find_arrays(self, names):
        """Return the weights by the names of the function's arguments that they are; in a
        list where it takes any number of them."""
        groups = [self.weights]
        if self.kind in PARTS:
            names_of_parts = [
                n for part in PARTS[self.kind] for n in (part, f"_{part}")
            ]
            groups = [
                self.weights[n] for n in names_of_parts if n in self.weights
            ]
        lists = [group.get("vars", []) for group in groups]
        arrays = [
            array for held in lists if isinstance(held, list) for array in held
        ]
        if self.kind in HEADS | ATTENTION:
            return arrays
        names = [n for n in names if self.config.get(FLAGS.get(n), True)]
        signature = inspect.signature(self.function).parameters
        needed = [
            n
            for n in names
            if FLAGS.get(n) in self.config
            or signature[n].default is signature[n].empty
        ]
        if not len(needed) <= len(arrays) <= len(names):
            why = "" if arrays else ": it was saved before it was built"
            raise CannotRun(
                f"the file has {len(arrays)} weights, not {len(names)}{why}"
            )
        return dict(zip(names, arrays))

    def find_inner(self):
        """Return the layers that a wrapper, or a stack of cells, holds."""
        if self.kind == "StackedRNNCells":
            return make_layers(
                self.config["cells"], self.weights.get("cells", {})
            )
        found = []
        for key, group in WRAPPED.get(self.kind, ()):
            told = self.config.get(key) or self.config["layer"]
            found.append(Layer(told, self.weights.get(group, {})))
        return found

    # -- Its call

    def call(self, args, keywords):
        """Return what the layer makes of its arguments: Tensors in lists and dicts.

        Raises CannotRun where it cannot be computed.
        """
        try:
            if not args and self.kind not in HEADS:  # it was called by keyword
                first, *others = keywords
                args, keywords = (
                    [keywords[first]],
                    {n: keywords[n] for n in others},
                )
            if self.model:
                set_masks(args[0], keywords.get("mask"))
                return self.model.run(args[0])
            if self.is_operator:
                return self.operate(arrays_of(args), arrays_of(keywords))
            if self.kind in HEADS:
                return self.attend(*args, **keywords)
            if self.does_nothing():
                # The same tensor, as in Keras: an attention takes the mask from both.
                return args[0]
            return self.compute(*args, **keywords)
        except CannotRun as error:
            raise (
                error
                if str(error).startswith("layer ")
                else self.refusal(error)
            )
        except NotImplementedError as error:  # of a page's function
            raise self.refusal(f"{error}: not known here") from None
        except Exception as error:  # of NumPy, for shapes that do not fit
            said = (str(error) or type(error).__name__).splitlines()[0]
            raise self.refusal(
                f"its input or weights do not fit: {said}"
            ) from None

    def compute(self, x, *more, **keywords):
        masks, is_alone = masks_of(x), not tensors_in([more, keywords])
        x, more, keywords = arrays_of(x), arrays_of(more), arrays_of(keywords)
        keywords.pop("training", None)
        given = keywords.pop("mask", None)
        masks = masks if given is None else given
        # Keras looks for no mask where there are other tensors, such as initial states.
        used = masks if is_alone else given
        y = self.apply(x, *more, mask=used, **keywords)
        passed = None if keywords.get("reverse") else self.mask_after(x, masks)
        if self.kind == "Masking":
            return Tensor(*y)
        if isinstance(y, list | tuple):
            return [Tensor(y[0], passed), *each(Tensor, y[1:])]
        return Tensor(y, passed)

    def apply(self, x, *more, mask=None, **keywords):
        """Return what the layer's function makes of arrays."""
        if self.does_nothing():
            return x
        if self.model:  # in a wrapper
            return arrays_of(self.model.run(Tensor(x, mask)))
        if self.kind in IN_PLACE_OF_MASKED and any(
            m is not None for m in mask or ()
        ):
            return self.merge_kept(x, mask)
        arrays = each(in_float64, self.arrays)
        options = {**self.options, **keywords}
        if more:  # of a recurrent layer
            options["initial_state"] = more[0]
        if isinstance(options.get("initial_state"), np.ndarray):
            options["initial_state"] = [options["initial_state"]]
        if self.kind in ATTENTION:
            query, value, *key = x
            named = dict(zip(("query_mask", "value_mask"), mask or ()))
            key = key[0] if key else None
            return self.function(query, value, key, *arrays, **options, **named)
        if self.kind == "SpectralNormalization":
            return self.inner[0].apply(x)
        if self.kind == "TimeDistributed":
            given = mask if self.inner[0].takes_mask else None
            return self.function(self.inner[0].apply, x, mask=given)
        if self.kind == "Bidirectional":
            forward, backward = self.inner
            common = arguments(self.kind)[1] & forward.options.keys()
            options |= {name: forward.options[name] for name in common}
            options |= {"mask": mask, "backward_layer": backward.apply}
            return self.function(forward.apply, x, **options)
        if self.kind == "RNN":
            given = iter(flat(options.pop("initial_state", None) or []))
            states = self.inner[0].first_states(len(x), given)
            return self.function(
                self.inner[0].as_cell(), x, states, mask, **options
            )
        if self.takes_mask and mask is not None:
            options["mask"] = mask
        return self.after(self.function(x, **arrays, **options))

    def merge_kept(self, inputs, masks):
        """Return Maximum, Minimum or Multiply of what is not masked. Where all is, the
        first two return the first input, and the last returns 0."""
        kept = [
            True if mask is None else mask[..., np.newaxis] for mask in masks
        ]
        other = IN_PLACE_OF_MASKED[self.kind]
        y = self.function([np.where(k, x, other) for k, x in zip(kept, inputs)])
        if any(mask is None for mask in masks):
            return y
        of_none = 0 if self.kind == "Multiply" else inputs[0]
        return np.where(functools.reduce(np.logical_or, kept), y, of_none)

    def first_states(self, batch, given):
        """Return the states with which a cell begins: those given, as long as there are
        any, or zeros."""
        if self.inner:
            return [cell.first_states(batch, given) for cell in self.inner]
        zeros = np.zeros((batch, self.config["units"]))
        return [next(given, zeros) for _ in range(STATES[self.kind])]

    def as_cell(self):
        """Return what computes a step of a cell, a function of x and the states."""
        if self.inner:
            cells = [cell.as_cell() for cell in self.inner]
            return functools.partial(self.function, cells=cells)
        arrays = each(in_float64, self.arrays)
        return functools.partial(self.function, **arrays, **self.options)

    def mask_after(self, x, mask):
        """Return the mask that the layer hands on."""
        if self.kind in EMBEDDING:
            return x != 0 if self.config.get("mask_zero") else None
        if mask is None or self.kind in KEEP_MASK:
            return mask
        if self.kind == "SpectralNormalization":
            return self.inner[0].mask_after(x, mask)
        if self.kind in {"Bidirectional", "RNN"} | RECURRENT:
            layer = self.inner[0] if self.kind == "Bidirectional" else self
            return mask if layer.config.get("return_sequences") else None
        if self.kind in ATTENTION:
            return mask[0]
        if self.kind in MERGING and all(m is not None for m in mask):
            return np.logical_or.reduce(mask)
        if self.kind == "Concatenate" and any(m is not None for m in mask):
            filled = [
                np.ones(a.shape, bool)
                if m is None
                else np.broadcast_to(
                    m.reshape(m.shape + (1,) * (a.ndim - m.ndim)), a.shape
                )
                for a, m in zip(x, mask)
            ]
            return np.any(np.concatenate(filled, self.config["axis"]), axis=-1)
        return None

    def attend(self, query, value, key=None, **keywords):
        """MultiHeadAttention, or GroupQueryAttention, with the masks of its inputs.

        The first takes them away from the inputs: what comes later no longer sees them.
        It does not look at a query_mask that it is given.
        """
        given = {name: arrays_of(value) for name, value in keywords.items()}
        given.pop("training", None)
        passed = of_query = query.mask
        given_for_query = given.pop("query_mask", None)
        if self.kind == "GroupQueryAttention" and given_for_query is not None:
            of_query = given_for_query
        of_value, of_key = (
            given.pop("value_mask", None),
            given.pop("key_mask", None),
        )
        if of_value is None:
            of_value = value.mask
        if of_key is None and key is not None:
            of_key = key.mask
        if self.kind == "MultiHeadAttention":
            for tensor in (query, value, key or value):
                tensor.mask = None
        allowed = of_heads(given.pop("attention_mask", None))
        for mask, axis in ((of_query, 2), (of_value, 1), (of_key, 1)):
            if mask is not None:
                mask = np.expand_dims(mask, axis)
                allowed = (
                    mask if allowed is None else allowed.astype(bool) & mask
                )
        arrays = [None if t is None else t.array for t in (query, value, key)]
        if query.array.ndim > 3:
            if allowed is not None or given.get("use_causal_mask"):
                raise CannotRun(
                    "a mask of more than one axis of steps is not known here"
                )
            return self.attend_along_axes(*arrays, given)
        y, scores = self.attention_of(
            arrays, {**given, "attention_mask": allowed}
        )
        y = Tensor(y, passed)
        return (
            [y, Tensor(scores)] if given.get("return_attention_scores") else y
        )

    def attention_of(self, arrays, options):
        """Return what an attention makes of arrays, and its scores or None."""
        asked = options.get("return_attention_scores", False)
        # With a dropout, Keras computes it in the way in which it does with the scores.
        asked = asked or bool(self.config.get("dropout"))
        options = {**self.options, **options, "return_attention_scores": asked}
        y = self.function(*arrays, *each(in_float64, self.arrays), **options)
        return y if isinstance(y, tuple) else (y, None)

    def attend_along_axes(self, query, value, key, given):
        """MultiHeadAttention with several axes between samples and features: those that
        are not attended along are as more samples."""
        between = range(1, query.ndim - 1)
        axes = self.config.get("attention_axes") or between
        axes = [
            a % (query.ndim - 1) for a in (axes if np.ndim(axes) else [axes])
        ]
        others = [a for a in range(query.ndim - 1) if a not in axes]
        order = [*others, *axes]

        def in_rows(x):
            if x is None:
                return None
            along = np.prod([x.shape[a] for a in axes])
            return x.transpose(*order, -1).reshape(-1, along, x.shape[-1])

        y, scores = self.attention_of(
            list(map(in_rows, (query, value, key))), given
        )
        samples, steps, sources = (
            [x.shape[a] for a in which]
            for x, which in ((query, others), (query, axes), (value, axes))
        )
        y = y.reshape(*samples, *steps, *y.shape[2:])
        rest = range(len(order), y.ndim)
        y = Tensor(y.transpose(*np.argsort(order), *rest))
        if not given.get("return_attention_scores"):
            return y
        return [y, Tensor(scores.reshape(*samples, -1, *steps, *sources))]

    def operate(self, args, keywords):
        """Return what an operator between tensors makes of arrays."""
        options = {
            OF_NUMPY.get(key, key): tuple(value)
            if isinstance(value, list)
            else value
            for key, value in (self.config | keywords).items()
            if key != "name"
        }
        y = self.function(*args, **options)
        return each(Tensor, y) if isinstance(y, list | tuple) else Tensor(y)


# -- Models

MODELS = {"Functional", "Pipeline", "Sequential"}
BATCH = 32  # samples at a time, as in Keras' predict


class Model:
    """A Sequential or functional model, as config.json tells of it.

    layers: all it has; weights: what read_file found for it.
    """

    def __init__(self, told, weights):
        if told.get("class_name") not in MODELS or not is_of_keras(told):
            raise CannotRun(
                f"the model is a {told.get('class_name')}: only its code knows what it "
                "computes; build it from layers, as a functional model"
            )
        config = told["config"]
        self.layers = make_layers(config["layers"], weights.get("layers", {}))
        self.is_row = told["class_name"] != "Functional"
        self.is_stateful = '"stateful": true' in json.dumps(told)
        self.watch = None
        self.by_name = {layer.name: layer for layer in self.layers}
        if not self.is_row:
            self.inputs = config["input_layers"]
            self.outputs = self.renumbered(config["output_layers"])
            self.order = self.find_order()
            self.last_uses = self.find_last_uses()

    def renumbered(self, told):
        """Return references to outputs with the number of their call as layers have it:
        Keras counts a call more for a functional model in a model."""
        if is_reference(told):
            name, number, place = told
            return [
                name,
                number - (self.by_name[name].kind == "Functional"),
                place,
            ]
        if isinstance(told, dict):
            return {key: self.renumbered(item) for key, item in told.items()}
        return [self.renumbered(item) for item in told]

    def find_order(self):
        """Return the calls in Keras' order, [(name of the layer, number of the call)]:
        those come first from which the way to an output is longest."""
        needs = {
            (layer.name, number): [
                (name, call) for name, call, _ in found_in(told)
            ]
            for layer in self.layers
            for number, told in enumerate(layer.calls)
        }
        ready, left = [], list(needs)
        known = {
            (layer.name, 0)
            for layer in self.layers
            if layer.kind == "InputLayer"
        }
        while left:
            able = [call for call in left if known.issuperset(needs[call])]
            if not able:
                raise CannotRun(
                    f"layer {left[0][0]}: nothing computes what it takes"
                )
            ready, known = ready + able, known | set(able)
            left = [call for call in left if call not in known]
        depth = dict.fromkeys(known, 0)
        for call in reversed(ready):
            for needed in needs[call]:
                depth[needed] = max(depth[needed], depth[call] + 1)
        if lost := [r for r in references(self.outputs) if r[:2] not in known]:
            raise CannotRun(
                f"layer {lost[0][0]}: nothing computes the output that it has"
            )
        wanted = list(needs)
        return sorted(
            wanted, key=lambda call: (-depth[call], wanted.index(call))
        )

    def run(self, inputs):
        """Return the outputs, Tensors as nested as the model's, for inputs likewise."""
        if self.is_row:
            for layer in self.layers:
                inputs = self.step(layer, [inputs], {})
            return inputs
        values = dict(paired(self.inputs, inputs))
        for position, (name, number) in enumerate(self.order):
            layer = self.by_name[name]
            told = layer.calls[number]
            args, keywords = (
                revive(told[key], values) for key in ("args", "kwargs")
            )
            keywords = {k: v for k, v in keywords.items() if v is not None}
            for place, tensor in enumerate(
                tensors_in(self.step(layer, args, keywords))
            ):
                values[name, number, place] = tensor
            for done in self.last_uses.get(position, ()):
                values.pop(done, None)
        outputs = look_up(self.outputs, values)
        one = isinstance(outputs, list) and len(outputs) == 1
        return outputs[0] if one else outputs

    def find_last_uses(self):
        """Return what is not needed any more after each call: {position: [what]}."""
        kept = {tuple(reference) for reference in references(self.outputs)}
        last = {}
        for position, (name, number) in enumerate(self.order):
            for used in found_in(self.by_name[name].calls[number]):
                last[used] = position
        done = {}
        for used, position in last.items():
            if used not in kept:
                done.setdefault(position, []).append(used)
        return done

    def step(self, layer, args, keywords):
        y = layer.call(args, keywords)
        if self.watch:
            self.watch(layer, args, y)
        return y

    def set_watch(self, watch):
        """Call watch(layer, args, y) after each call, of models in the model, too."""
        self.watch = watch
        for layer in self.layers:
            if layer.model:
                layer.model.set_watch(watch)

    def predict(self, x):
        """Return what Keras' predict returns: an array, or a list or dict of them.

        x: an array, or a list or dict of them by the names of the inputs, each (batch,
        ...). Numbers are computed in float64, also where Keras rounds them to float16 or
        bfloat16. Raises CannotRun where it does not fit.
        """
        tensors = self.fit(x)
        samples = len(tensors_in(tensors)[0].array)
        starts = range(0, max(samples, 1), BATCH)
        parts = [
            each(functools.partial(cut, start), tensors) for start in starts
        ]
        outputs = [arrays_of(self.run(part)) for part in parts]
        if len(outputs) == 1:
            return outputs[0]
        try:
            return joined(outputs)
        except ValueError as error:
            raise CannotRun(
                f"what it returns for {BATCH} samples at a time does not fit together; "
                f"give fewer: {error}"
            ) from None

    def fit(self, x):
        """Return the inputs as Tensors, nested as those of the model."""
        inputs = [self.layers[0].name, 0, 0] if self.is_row else self.inputs
        given = {}
        for reference, array in paired(inputs, x):
            config = self.by_name[reference[0]].config
            tensor = as_input(array, config, reference[0], self.is_stateful)
            given[reference] = Tensor(tensor)
        sizes = [len(tensor.array) for tensor in given.values()]
        if len(set(sizes)) > 1:
            raise CannotRun(
                f"the inputs have {sizes} samples, not equally many"
            )
        return look_up(inputs, given)


def cut(start, tensor):
    return Tensor(tensor.array[start : start + BATCH])


def joined(parts):
    """Return what a model returned for parts of a batch as one."""
    if isinstance(parts[0], list):
        return [joined(part) for part in zip(*parts)]
    if isinstance(parts[0], dict):
        return {key: joined([part[key] for part in parts]) for key in parts[0]}
    return np.concatenate(parts)


def as_input(x, config, name, is_stateful):
    """Return an array as an input layer takes it: with a fraction in float64.

    Raises CannotRun where its shape does not fit. A model that keeps states from batch to
    batch takes one whole batch, the first.
    """
    x, shape, dtype = (
        np.asarray(x),
        config.get("batch_shape"),
        config.get("dtype"),
    )
    if x.dtype.kind not in "biuf" and dtype != "string":
        raise CannotRun(f"input {name} is not of numbers, but {x.dtype}")
    if shape is not None:
        if x.ndim == len(shape) - 1 and shape[-1] == 1:
            x = x[..., np.newaxis]
        if x.ndim == len(shape) + 1 and x.shape[-1] == 1:
            x = x[..., 0]
        sizes = list(zip(x.shape, shape))[0 if is_stateful else 1 :]
        if x.ndim != len(shape) or any(
            n not in (size, None) for size, n in sizes
        ):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise CannotRun(f"input {name} has shape {x.shape}, not ({wanted})")
    if isinstance(dtype, str) and dtype.startswith(("int", "uint", "bool")):
        return x.astype(dtype)
    return x.astype("float64") if x.dtype.kind in "biuf" else x


def is_reference(told):
    """Whether it names an output of a call: [layer, number of the call, place]."""
    return (
        isinstance(told, list) and len(told) == 3 and isinstance(told[0], str)
    )


def references(told):
    """Return the references in nested lists and dicts, in order."""
    if is_reference(told):
        return [tuple(told)]
    return [found for item in items(told) for found in references(item)]


def items(structure):
    """Return what a list or dict holds, in Keras' order: that of a dict's sorted keys."""
    if isinstance(structure, dict):
        return [structure[key] for key in sorted(structure)]
    return structure


def paired(told, given):
    """Return what is given for the inputs of a model, [(reference, what)]: nested as they
    are, or in a dict by their names. Raises CannotRun where some are missing."""
    expected = references(told)
    names = [name for name, _, _ in expected]
    if isinstance(given, dict):
        if isinstance(told, dict) and told.keys() <= given.keys():
            return [
                pair for key in told for pair in paired(told[key], given[key])
            ]
        if missing := [name for name in names if name not in given]:
            raise CannotRun(
                f"no input {missing[0]}: the model has {', '.join(names)}"
            )
        return [(reference, given[reference[0]]) for reference in expected]
    if is_reference(told):
        alone = isinstance(given, list | tuple) and len(given) == 1
        return [(tuple(told), given[0] if alone else given)]
    given = given if isinstance(given, list | tuple) else [given]
    if len(given) != len(told):
        raise CannotRun(
            f"{len(given)} inputs, but the model has {', '.join(names)}"
        )
    pairs = zip(items(told), given)
    return [
        pair
        for of_told, of_given in pairs
        for pair in paired(of_told, of_given)
    ]


def look_up(told, values):
    """Return the tensors that references stand for, as nested as these."""
    if is_reference(told):
        return values[tuple(told)]
    if isinstance(told, dict):
        return {key: look_up(item, values) for key, item in told.items()}
    return [look_up(item, values) for item in told]


def tensors_in(structure):
    """Return the tensors in nested lists and dicts, in order."""
    if not isinstance(structure, list | tuple | dict):
        return [structure] if isinstance(structure, Tensor) else []
    return [found for item in items(structure) for found in tensors_in(item)]


def found_in(told):
    """Return the references to tensors among the arguments of a call."""
    if isinstance(told, dict) and told.get("class_name") == "__keras_tensor__":
        return [tuple(told["config"]["keras_history"])]
    if not isinstance(told, dict | list):
        return []
    return [found for item in items(told) for found in found_in(item)]


def revive(told, values):
    """Return an argument of a call as it was: tensors, constants, slices."""
    if isinstance(told, list):
        return [revive(item, values) for item in told]
    if not isinstance(told, dict):
        return told
    kind, config = told.get("class_name"), told.get("config")
    if kind == "__keras_tensor__":
        return values[tuple(config["keras_history"])]
    if kind in ("__numpy__", "__tensor__"):
        return np.array(config["value"], config["dtype"])
    if kind == "__slice__":
        return slice(
            *(revive(config[n], values) for n in ("start", "stop", "step"))
        )
    if kind == "__ellipsis__":
        return ...
    return {key: revive(item, values) for key, item in told.items()}
