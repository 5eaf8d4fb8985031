"""Run a whole model from its .keras file, in NumPy. The build appends this module to the
functions of the pages, in keras_by_hand.py, and fills in the two dicts.
"""

import argparse
import functools
import inspect
import io
import json
import os
import re
import sys
import zipfile
import zlib

import numpy as np

LAYERS = {}  # by the names of Keras' classes, the functions that compute them
ACTIVATIONS = {}


class CannotRun(ValueError):
    """A model, or a file, that cannot be run; the message is one line that says why."""


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


LARGEST_CONFIG = 100_000_000  # bytes; that of a large model has a million


def read_file(path):
    """Return the config of a .keras file and its weights: a dict as nested as the groups
    of model.weights.h5, with "vars" a list of arrays.

    Only what the file really holds is read: no other file, and no size that it claims.
    """
    import h5py  # here, as the functions above do not need it

    size = os.path.getsize(path)
    try:
        with zipfile.ZipFile(path) as archive:
            told = archive.getinfo("config.json")
            stored = archive.getinfo("model.weights.h5")
            if told.file_size > LARGEST_CONFIG:
                raise CannotRun(f"{path}: config.json claims {told.file_size} bytes")
            if stored.file_size > size:
                raise CannotRun(f"{path}: its weights claim more than the file holds")
            config = json.loads(archive.read(told))
            with h5py.File(io.BytesIO(archive.read(stored))) as file:
                weights = read_group(file, size, h5py)
            read_vocabularies(archive, weights, size)
            return config, weights
    except CannotRun:
        raise
    except zipfile.BadZipFile:
        raise CannotRun(
            f"{path} is no .keras file, or damaged; write one by model.save()"
        ) from None
    except KeyError as missing:
        raise CannotRun(f"{path}: {missing.args[0]}") from None
    except (OSError, RecursionError, RuntimeError, ValueError, zlib.error) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CannotRun(f"{path} is damaged: {said}") from None


def read_group(group, size, h5py):
    """Return what a group of an HDF5 file holds, as read_file does."""
    found = {}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise CannotRun(f"weights {group.name}/{name} link to another place")
        thing = group[name]
        if isinstance(thing, h5py.Group):
            found[name] = read_group(thing, size, h5py)
        elif thing.external or thing.is_virtual or thing.nbytes > size:
            raise CannotRun(f"weights {thing.name}: their numbers are not in the file")
        elif thing.dtype.kind in "biuf":
            found[name] = thing[()]
        elif thing.attrs.get("dtype") == "bfloat16":  # the upper half of a float32
            halves = thing[()].view("uint16").astype("uint32")
            found[name] = (halves << 16).view("float32")
    if group.name.endswith("/vars") and all(map(str.isdigit, found)):
        return [found[name] for name in sorted(found, key=int)]
    return found


def read_vocabularies(archive, weights, size):
    """Put the vocabularies that lookups have learned beside the weights of their layers,
    as lists under the name "vocabulary"."""
    for told in archive.infolist():
        if re.fullmatch(r"assets/(layers/\w+/)+vocabulary\.txt", told.filename):
            if told.file_size > max(size, LARGEST_CONFIG):
                raise CannotRun(f"{told.filename} claims {told.file_size} bytes")
            group = weights
            for part in told.filename.split("/")[1:-1]:
                group = group.setdefault(part, {})
            group["vocabulary"] = archive.read(told).decode().split("\n")


def count_numbers(weights):
    """Return how many numbers there are in what read_file found for a layer."""
    if not isinstance(weights, dict | list):
        return getattr(weights, "size", 0)  # 0 for a token of a vocabulary
    inner = weights.values() if isinstance(weights, dict) else weights
    return sum(map(count_numbers, inner))


# -- Layers

NOTHING_TO_DO = {  # when predicting
    *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout"),
    *("GaussianNoise", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    *("AugMix", "CutMix", "MixUp", "RandAugment", "StochasticDepth"),
}
KEEP_MASK = {  # they hand it on to the next layer
    *("Activation", "BatchNormalization", "Dense", "ELU", "GroupNormalization"),
    *("Identity", "LayerNormalization", "LeakyReLU", "Normalization", "PReLU", "ReLU"),
    *("Rescaling", "Softmax", "TimeDistributed", "UnitNormalization"),
}
MERGING = {"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"}
LEAVE_OUT = {"Maximum", "Minimum", "Multiply"}  # what is masked
RECURRENT = {"ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "SimpleRNN"}
EMBEDDING = {"Embedding", "ReversibleEmbedding"}
ATTENTION = {"AdditiveAttention", "Attention"}  # they take a list
HEADS = {"GroupQueryAttention", "MultiHeadAttention"}  # they take arguments
PARTS = {  # the groups of the file that hold their weights, in the order of get_weights()
    **dict.fromkeys(RECURRENT, ("cell",)),
    **dict.fromkeys(
        HEADS,
        ("query_dense", "key_dense", "gate_dense", "value_dense", "output_dense"),
    ),
}
CELLS = {"GRUCell": "GRU", "LSTMCell": "LSTM", "SimpleRNNCell": "SimpleRNN"}
WRAPPED = {  # what they hold, and its group in the file
    "Bidirectional": [("layer", "forward_layer"), ("backward_layer", "backward_layer")],
    "SpectralNormalization": [("layer", "layer")],
    "TimeDistributed": [("layer", "layer")],
}
FLAGS = {"bias": "use_bias", "gamma": "scale", "beta": "center"}
NO_WEIGHTS = {"initial_state", "mask"}  # arguments by place that are no weights
HANDED_ON = {  # what their functions take as **options, those of these take by name
    **dict.fromkeys(RECURRENT, "RNN"),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D"], "Conv2D"),
    **dict.fromkeys(["SeparableConv1D", "SeparableConv2D"], "Conv2D"),
    "GroupQueryAttention": "MultiHeadAttention",
}


def layer_scale(x, gamma):
    """The LayerScale of Keras' ConvNeXt (Touvron et al., 2021)."""
    return x * gamma


def custom_scale_layer(inputs, *, scale):
    """The CustomScaleLayer of Keras' InceptionResNetV2."""
    return inputs[0] + inputs[1] * scale


LAYERS |= {"CustomScaleLayer": custom_scale_layer, "LayerScale": layer_scale}


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


def masks_of(structure):
    return each(lambda t: t.mask if isinstance(t, Tensor) else None, structure)


def find_activation(name):
    """Return the function of an activation, as a config names it."""
    if isinstance(name, dict):
        raise CannotRun("its activation is a function of your own, which is never run")
    if name is None:
        return ACTIVATIONS["linear"]
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise CannotRun(f"no function of this file computes the activation {name}")
    return ACTIVATIONS[name]


def arguments(kind):
    """Return the names of the arguments of a layer's function behind its first: those by
    place, and those by keyword."""
    parameters = list(inspect.signature(LAYERS[kind]).parameters.values())
    places = [p.name for p in parameters[1:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    if kind in HANDED_ON:
        keywords |= arguments(HANDED_ON[kind])[1]
    return places, keywords


class Layer:
    """A layer, an operator, or a model in a model, as config.json tells of it.

    weights: what read_file found for it.
    """

    def __init__(self, told, weights):
        self.kind, self.config = told["class_name"], told["config"]
        self.name, self.module = self.config["name"], told.get("module") or ""
        self.weights, self.calls = weights, told.get("inbound_nodes") or []
        if self.kind == "RNN" and self.config["cell"]["class_name"] in CELLS:
            cell = self.config["cell"]
            self.kind = CELLS[cell["class_name"]]
            self.config = {**cell["config"], **self.config}
        self.is_operator = self.module.startswith("keras.src.ops.")
        self.model, self.inner, self.takes_mask = None, (), False
        try:
            if self.kind in ("Functional", "Sequential"):
                self.model = Model(told, weights)
            elif self.is_operator:
                self.function = find_operator(self.module, snake_case(self.kind))
            elif not self.does_nothing():
                self.prepare()
        except CannotRun as error:
            raise self.refusal(error) from None

    def refusal(self, why):
        return CannotRun(f"layer {self.name} ({self.kind}): {why}")

    def does_nothing(self):
        random = self.kind.startswith("Random") and self.kind != "RandomCrop"
        return random or self.kind in NOTHING_TO_DO or self.kind == "InputLayer"

    def prepare(self):
        """Find the function, its weights and its keywords."""
        if self.kind == "Lambda":
            raise CannotRun(
                "it holds code, which is never run; use layers or keras.ops"
            )
        if not self.module.startswith(("keras.layers", "keras.src.applications.")):
            raise CannotRun("a class of your own, whose formula is not in the file")
        policy = self.config.get("dtype")
        if isinstance(policy, dict) and "Quantized" in policy.get("class_name", ""):
            raise CannotRun("it is quantized; save the model before quantize()")
        if self.kind not in LAYERS or self.kind == "RNN":  # of a cell that is not known
            raise CannotRun("no function of this file computes it")
        self.function = LAYERS[self.kind]
        self.inner = self.find_inner()
        places, keywords = arguments(self.kind)
        told = {name for name in places if self.config.get(name) is not None}
        self.options = {
            name: find_activation(value)
            if name.endswith("activation")
            else revive(value, {})
            for name, value in self.config.items()
            if name in keywords | told
        }
        self.find_learned()
        self.takes_mask = "mask" in places
        told_after = None  # unless the function sees to the activation itself
        if "activation" not in self.options:
            told_after = self.config.get("activation")
        self.after = find_activation(told_after)
        names = [n for n in places if n not in NO_WEIGHTS | told]
        self.arrays = {} if self.inner else self.find_arrays(names)

    def find_learned(self):
        """Find what a lookup has learned: it stands in other files than the config."""
        if tokens := self.weights.get("vocabulary"):
            whole = self.kind == "IntegerLookup"
            self.options["vocabulary"] = list(map(int, tokens)) if whole else tokens
        variables = self.weights.get("vars")
        if isinstance(variables, dict) and "idf_weights" in variables:
            self.options["idf_weights"] = variables["idf_weights"]

    def find_arrays(self, names):
        """Return the weights by the names of the function's arguments that they are; in a
        list where it takes any number of them."""
        groups = [self.weights]
        if self.kind in PARTS:
            groups = [self.weights[p] for p in PARTS[self.kind] if p in self.weights]
        lists = [group.get("vars", []) for group in groups]
        arrays = [array for held in lists if isinstance(held, list) for array in held]
        if self.kind in HEADS | ATTENTION:
            return arrays
        names = [n for n in names if self.config.get(FLAGS.get(n), True)]
        signature = inspect.signature(self.function).parameters
        needed = [
            n
            for n in names
            if FLAGS.get(n) in self.config or signature[n].default is signature[n].empty
        ]
        if not len(needed) <= len(arrays) <= len(names):
            raise CannotRun(f"the file has {len(arrays)} weights, not {len(names)}")
        return dict(zip(names, arrays))

    def find_inner(self):
        """Return the layers that a wrapper holds."""
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
            if self.model:
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
            raise error if str(error).startswith("layer ") else self.refusal(error)
        except Exception as error:  # of NumPy, for shapes that do not fit
            said = (str(error) or type(error).__name__).splitlines()[0]
            raise self.refusal(f"its input or weights do not fit: {said}") from None

    def compute(self, x, *more, **keywords):
        masks, is_alone = masks_of(x), not tensors_in([more, keywords])
        x, more, keywords = arrays_of(x), arrays_of(more), arrays_of(keywords)
        keywords.pop("training", None)
        given = keywords.pop("mask", None)
        masks = masks if given is None else given
        if self.kind in LEAVE_OUT and any(mask is not None for mask in masks):
            raise CannotRun("it leaves out masked steps, which is not known here")
        # Keras looks for no mask where there are other tensors, such as initial states.
        used = masks if is_alone else given
        y = self.apply(x, *more, mask=used, **keywords)
        passed = None if keywords.get("reverse") else self.mask_after(x, masks)
        if self.kind == "Masking":
            return Tensor(*y)
        if isinstance(y, list | tuple):
            return [Tensor(y[0], passed), *map(Tensor, y[1:])]
        return Tensor(y, passed)

    def apply(self, x, *more, mask=None, **keywords):
        """Return what the layer's function makes of arrays."""
        if self.does_nothing():
            return x
        if self.model:  # in a wrapper
            return arrays_of(self.model.run(Tensor(x)))
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
        if self.inner:
            return self.apply_inner(x, mask, options)
        if self.takes_mask and mask is not None:
            options["mask"] = mask
        return self.after(self.function(x, **arrays, **options))

    def apply_inner(self, x, mask, options):
        """Return what a TimeDistributed or Bidirectional makes of arrays."""
        if self.kind == "TimeDistributed":
            given = mask if self.inner[0].takes_mask else None
            return self.function(self.inner[0].apply, x, mask=given)
        forward, backward = self.inner
        weights = [*forward.arrays.values(), *backward.arrays.values()]
        weights = each(in_float64, weights)
        options = {**forward.options, **options, "mask": mask}
        options["backward_layer"] = backward.function
        return self.function(forward.function, x, *weights, **options)

    def mask_after(self, x, mask):
        """Return the mask that the layer hands on."""
        if self.kind in EMBEDDING:
            return x != 0 if self.config.get("mask_zero") else None
        if mask is None or self.kind in KEEP_MASK:
            return mask
        if self.kind in RECURRENT or self.kind == "Bidirectional":
            layer = self.inner[0] if self.inner else self
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
        """MultiHeadAttention with the masks of its inputs, which Keras takes away from
        them: what comes later no longer sees them."""
        if query.array.ndim != 3:
            raise CannotRun("attention over more than one axis is not known here")
        # Keras does not look at a query_mask that it is given.
        keywords.pop("query_mask", None)
        given = {name: arrays_of(value) for name, value in keywords.items()}
        of_query, of_value = query.mask, given.pop("value_mask", None)
        of_key = given.pop("key_mask", None)
        if of_value is None:
            of_value = value.mask
        if of_key is None and key is not None:
            of_key = key.mask
        for tensor in (query, value, key or value):
            tensor.mask = None
        allowed = given.pop("attention_mask", None)
        for mask, axis in ((of_query, 2), (of_value, 1), (of_key, 1)):
            if mask is not None:
                mask = np.expand_dims(mask, axis)
                allowed = mask if allowed is None else allowed.astype(bool) & mask
        y = self.function(
            *(query.array, value.array, None if key is None else key.array),
            *each(in_float64, self.arrays),
            attention_mask=allowed,
            **self.options,
            **given,
        )
        if isinstance(y, tuple):
            return [Tensor(y[0], of_query), Tensor(y[1])]
        return Tensor(y, of_query)

    def operate(self, args, keywords):
        """Return what an operator between tensors makes of arrays."""
        options = {
            OF_NUMPY.get(key, key): tuple(value) if isinstance(value, list) else value
            for key, value in (self.config | keywords).items()
            if key != "name"
        }
        y = self.function(*args, **options)
        return each(Tensor, y) if isinstance(y, list | tuple) else Tensor(y)


# -- Operators between tensors: +, [...], and the functions of keras.ops

ALIKE = (  # their names in NumPy, which computes the same
    "abs absolute add all amax amin any arange arccos arcsin arctan arctan2 argmax argmin "
    "argsort average broadcast_to ceil clip concatenate cos cosh cumsum diff divide dot "
    "equal exp expand_dims expm1 flip floor floor_divide full_like greater greater_equal "
    "isfinite isinf isnan less less_equal linspace log log10 log1p log2 logaddexp "
    "logical_and logical_not logical_or logical_xor matmul max maximum mean median min "
    "minimum mod moveaxis multiply negative not_equal ones_like outer pad power prod "
    "reciprocal repeat reshape roll round sign sin sinh sort split sqrt square squeeze "
    "stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile "
    "transpose tril triu true_divide var where zeros_like"
)
OF_NUMPY = {"newshape": "shape", "x_min": "a_min", "x_max": "a_max", "xs": "arrays"}


def get_item(x, key):
    return x[tuple(key) if isinstance(key, list) else key]


def einsum(*operands, subscripts):
    return np.einsum(subscripts, *operands)


def cast(x, dtype):
    return x.astype("float64" if "float" in dtype else dtype)


def stop_gradient(x):
    return x


# By their modules. Only these: a file must not reach what else NumPy can do, such as read
# other files.
OPERATORS = {
    "keras.src.ops.numpy": {
        "get_item": get_item,
        "einsum": einsum,
        **{name: getattr(np, name) for name in ALIKE.split()},
    },
    "keras.src.ops.core": {"cast": cast, "stop_gradient": stop_gradient},
    "keras.src.ops.nn": ACTIVATIONS,
}


def find_operator(module, name):
    """Return the function of an operator, by its module and its name in snake case."""
    if name not in OPERATORS.get(module, {}):
        raise CannotRun("no function of this file computes this operator")
    return OPERATORS[module][name]


# -- Models

BATCH = 32  # samples at a time, as in Keras' predict


class Model:
    """A Sequential or functional model, as config.json tells of it.

    layers: all it has; weights: what read_file found for it.
    """

    def __init__(self, told, weights):
        if told.get("class_name") not in ("Functional", "Sequential"):
            raise CannotRun(
                f"the model is a {told.get('class_name')}: only its code knows what it "
                "computes; build it from layers, as a functional model"
            )
        config, groups, count = told["config"], weights.get("layers", {}), {}
        self.layers = []
        for told_of in config["layers"]:
            group = {}
            if not str(told_of.get("module")).startswith("keras.src.ops."):
                name = snake_case(told_of["class_name"])
                number = count[name] = count.get(name, -1) + 1
                group = groups.get(f"{name}_{number}" if number else name, {})
            self.layers.append(Layer(told_of, group))
        self.is_row = told["class_name"] == "Sequential"
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
            return [name, number - (self.by_name[name].kind == "Functional"), place]
        if isinstance(told, dict):
            return {key: self.renumbered(item) for key, item in told.items()}
        return [self.renumbered(item) for item in told]

    def find_order(self):
        """Return the calls in Keras' order, [(name of the layer, number of the call)]:
        those come first from which the way to an output is longest."""
        needs = {
            (layer.name, number): [(name, call) for name, call, _ in found_in(told)]
            for layer in self.layers
            for number, told in enumerate(layer.calls)
        }
        ready, left = [], list(needs)
        known = {(layer.name, 0) for layer in self.layers if layer.kind == "InputLayer"}
        while left:
            able = [call for call in left if known.issuperset(needs[call])]
            if not able:
                raise CannotRun(f"layer {left[0][0]}: nothing computes what it takes")
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
        return sorted(wanted, key=lambda call: (-depth[call], wanted.index(call)))

    def run(self, inputs):
        """Return the outputs, Tensors as nested as the model's, for inputs likewise."""
        if self.is_row:
            for layer in self.layers:
                inputs = self.step(layer, [inputs], {})
            return inputs
        values = {}
        for reference, tensor in zip(references(self.inputs), tensors_in(inputs)):
            values[reference] = tensor
        for position, (name, number) in enumerate(self.order):
            layer = self.by_name[name]
            told = layer.calls[number]
            args, keywords = (revive(told[key], values) for key in ("args", "kwargs"))
            keywords = {k: v for k, v in keywords.items() if v is not None}
            for place, tensor in enumerate(
                tensors_in(self.step(layer, args, keywords))
            ):
                values[name, number, place] = tensor
            for done in self.last_uses.get(position, ()):
                values.pop(done, None)
        return look_up(self.outputs, values)

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
        ...). Numbers are computed in float64. Raises CannotRun where it does not fit.
        """
        tensors = self.fit(x)
        starts = range(0, len(tensors_in(tensors)[0].array), BATCH)
        parts = [each(functools.partial(cut, start), tensors) for start in starts]
        outputs = [arrays_of(self.run(part)) for part in parts]
        return joined(outputs)

    def fit(self, x):
        """Return the inputs as Tensors, in the form in which the model takes them."""
        if self.is_row:
            first = self.layers[0]
            return Tensor(as_input(x, first.config, first.name))
        names = [name for name, _, _ in references(self.inputs)]
        if isinstance(x, dict):
            if missing := [name for name in names if name not in x]:
                raise CannotRun(
                    f"no input {missing[0]}: the model has {', '.join(names)}"
                )
            x = [x[name] for name in names]
        elif not isinstance(x, list | tuple):
            x = [x]
        if len(x) != len(names):
            raise CannotRun(f"{len(x)} inputs, but the model has {', '.join(names)}")
        told = [self.by_name[name].config for name in names]
        return [Tensor(as_input(*given)) for given in zip(x, told, names)]


def cut(start, tensor):
    return Tensor(tensor.array[start : start + BATCH])


def joined(parts):
    """Return what a model returned for parts of a batch as one."""
    if isinstance(parts[0], list):
        return [joined(part) for part in zip(*parts)]
    if isinstance(parts[0], dict):
        return {key: joined([part[key] for part in parts]) for key in parts[0]}
    return np.concatenate(parts)


def as_input(x, config, name):
    """Return an array as an input layer takes it: with a fraction in float64.

    Raises CannotRun where its shape does not fit.
    """
    x, shape, dtype = np.asarray(x), config.get("batch_shape"), config.get("dtype")
    if shape is not None:
        if x.ndim == len(shape) - 1 and shape[-1] == 1:
            x = x[..., np.newaxis]
        sizes = zip(x.shape, shape)
        if x.ndim != len(shape) or any(n not in (size, None) for size, n in sizes):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise CannotRun(f"input {name} has shape {x.shape}, not ({wanted})")
    if isinstance(dtype, str) and dtype.startswith(("int", "uint", "bool")):
        return x.astype(dtype)
    return x.astype("float64") if x.dtype.kind in "biuf" else x


def is_reference(told):
    """Whether it names an output of a call: [layer, number of the call, place]."""
    return isinstance(told, list) and len(told) == 3 and isinstance(told[0], str)


def references(told):
    """Return the references in nested lists and dicts, in order."""
    if is_reference(told):
        return [tuple(told)]
    inner = told.values() if isinstance(told, dict) else told
    return [found for item in inner for found in references(item)]


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
    inner = structure.values() if isinstance(structure, dict) else structure
    return [found for item in inner for found in tensors_in(item)]


def found_in(told):
    """Return the references to tensors among the arguments of a call."""
    if isinstance(told, dict) and told.get("class_name") == "__keras_tensor__":
        return [tuple(told["config"]["keras_history"])]
    inner = told.values() if isinstance(told, dict) else told
    if not isinstance(told, dict | list):
        return []
    return [found for item in inner for found in found_in(item)]


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
        return slice(config["start"], config["stop"], config["step"])
    return {key: revive(item, values) for key, item in told.items()}


# -- The command


def read_input(path):
    """Return what a .npy or .npz file holds: an array, or a dict of them. Raises
    CannotRun where it is neither."""
    try:
        held = np.load(path, allow_pickle=False)
        return held if isinstance(held, np.ndarray) else dict(held)
    except (EOFError, ValueError, zipfile.BadZipFile) as error:
        raise CannotRun(f"{path} is no .npy or .npz file: {error}") from None


def write_output(path, y):
    """Write a prediction: to a .npy file, or several by their names to a .npz file."""
    if isinstance(y, list):
        y = {f"output_{number}": array for number, array in enumerate(y)}
    with open(path, "xb") as file:  # x: nothing is overwritten
        np.savez(file, **y) if isinstance(y, dict) else np.save(file, y)


def main():
    parser = argparse.ArgumentParser(
        description="Print the layers of a .keras file, or predict by it, in NumPy."
    )
    parser.add_argument("model", help="the .keras file")
    parser.add_argument("--input", help="x: .npy, or .npz with an array for each input")
    parser.add_argument("--output", help="a new file for the prediction, .npy or .npz")
    given = parser.parse_args()
    if bool(given.input) != bool(given.output):
        parser.error("--input and --output go together")
    model = load_model(given.model)
    print(f"{'layer':32} {'class':24} {'weights':>12}")
    for layer in model.layers:
        print(f"{layer.name:32} {layer.kind:24} {count_numbers(layer.weights):12,}")
    if given.input:
        write_output(given.output, model.predict(read_input(given.input)))


if __name__ == "__main__":
    try:
        main()
    except (CannotRun, OSError) as error:
        sys.exit(f"{error}")
