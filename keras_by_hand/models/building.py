"""Make a whole model of its config, with the first weights that Keras draws.

A layer of Keras draws seeds while it is constructed, some also when it is
built, which is done at once where a config tells with which shape. Weights are
as nested as the groups of a file, with "seed" beside "vars" for a layer that
draws in training.
"""

import functools
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras_by_hand.initializers import (
    constant,
    draw_orthogonal,
    draw_scaled,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    identity_initializer,
    lecun_normal,
    lecun_uniform,
    ones_initializer,
    random_normal,
    random_uniform,
    stft_initializer,
    truncated_normal,
    zeros_initializer,
)
from keras_by_hand.models.checks import parameters_of
from keras_by_hand.models.config import (
    is_of_keras,
    is_operator,
    named_groups,
    quantization_mode,
    with_dtype,
)
from keras_by_hand.models.errors import (
    CannotRun,
    CannotRunLayer,
    first_line,
    refusing_config,
)
from keras_by_hand.models.layers.layer import FLAGS, name_of
from keras_by_hand.models.model import Model
from keras_by_hand.models.registry import LAYERS, MODELS, build_layer
from keras_by_hand.models.weight_shapes import (
    FIRST_WEIGHTS,
    RATES,
    einsum_parts,
    no_shapes,
)
from keras_by_hand.shapes import are_whole, quoted

FACTORS = tuple(  # of RandomColorJitter: for each, a layer that draws a seed
    f"{of}_factor" for of in ("brightness", "contrast", "saturation", "hue")
)


def build_model(config: Mapping[str, Any], seed: int) -> Model:
    """Return the Model of a config, with the first weights that Keras gives it:
    those of keras.models.model_from_json after keras.utils.set_random_seed, on
    TensorFlow. Uniform weights are equal to the bit, normal and orthogonal ones
    but for rounding.

    config: json.loads(model.to_json()), or config.json of a .keras file; of a
    model that is built, as its layers tell the shapes of their inputs there.
    An initializer or layer with a seed in the config keeps it; the others take
    the next numbers that keras_by_hand.random.default_seeds returns.

    seed: that of set_random_seed. In layers of the model, layer.seed is then
    that of what it draws in training, as a Dropout or an LSTM does; None where
    it draws nothing. In a Bidirectional, forward and backward have their own,
    in an RNN its cells; of augmentation, it is the layer's own generator's.

    A model that is made by hand after set_random_seed has these weights, too,
    if its layers are made in the order of the config: Dense(2)(Dense(3)(x))
    makes Dense(2) first. But Bidirectional then draws its forward layer before
    the backward one, as it does here where its config has no backward_layer;
    attentions with heads, AdditiveAttention and SpectralNormalization draw when
    they are called, and in a Sequential after all layers are made; RandomCrop
    draws two seeds. SimpleRNN and RandomGrayscale have no seed in a config.

    Raises CannotRun for what is no such config, or not known here, such as
    weights of float64; TypeError for a config that is no dict and a seed that
    is no whole number; ValueError for a seed below 0, or from 2**32 on.

    >>> with open("model.json") as file:  # keras_model.to_json()
    ...     model = build_model(json.load(file), seed=313)
    >>> model.by_name["dense"].arrays["kernel"].round(3)
    array([[-0.15 , -0.076],
           [-0.791,  0.379]], dtype=float32)
    """
    _check_building(config, seed)
    with refusing_config("build_model"):
        saved = _as_json(config)
        source = random.Random(int(seed))
        weights = first_weights(saved, lambda: source.randint(1, 10**9))
        model = build_layer(saved, weights)
        model.saved = saved
        model.compiled = saved.get("compile_config") or None
        for layer in model.with_all_inside():
            layer.seed = layer.weights.pop("seed", None)
    return model


def find_seeds(config, seed):
    """Return the seeds of what the layers of a model draw in training, None
    where one draws nothing, in the order of with_all_inside: those that they
    have if Keras loads the model after keras.utils.set_random_seed(seed).

    config: as config.json has it. Raises CannotRun.
    """
    drawn = all_uniform(with_dtype(config, "float32"))  # of any dtype
    model = build_model(drawn, seed)
    return [layer.seed for layer in model.with_all_inside()]


def all_uniform(saved):
    """Return what config.json has, with uniform numbers for all that
    initializers draw, which is done soonest; each draws one seed."""
    if isinstance(saved, list):
        return [all_uniform(item) for item in saved]
    if not isinstance(saved, dict):
        return saved
    function = OF_INITIALIZERS.get(saved.get("class_name"))
    if function and "seed" in parameters_of(function):
        seed = saved["config"].get("seed")
        return keras_initializer("RandomUniform", seed=seed)
    return {key: all_uniform(item) for key, item in saved.items()}


def _check_building(config, seed):
    if not isinstance(config, Mapping):
        raise TypeError(
            "build_model: config must be a dict, as json.loads(model.to_json())"
            f" returns it, not {quoted(config)}"
        )
    wanted = "seed must be a whole number of at least 0 and below 2**32"
    if not are_whole([seed]):
        raise TypeError(f"build_model: {wanted}, not {quoted(seed)}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"build_model: {wanted}, not {quoted(seed)}")


def _as_json(config):
    """The config of a model with lists for tuples, as it stands in a file."""
    try:
        saved = json.loads(json.dumps(config))
    except (TypeError, ValueError) as error:
        raise CannotRun(f"config is not of JSON: {first_line(error)}") from None
    if not {"module", "class_name", "config"} <= saved.keys():
        raise CannotRun(
            "config must have module, class_name and config, as "
            "json.loads(model.to_json()) of Keras 3; model.get_config() and "
            "older files have not"
        )
    if saved["class_name"] not in MODELS or not is_of_keras(saved):
        raise CannotRun(
            f"the config is of a {saved['class_name']}, not of a Functional or "
            "Sequential model of Keras"
        )
    return saved


# -- Initializers, by their classes in Keras

OF_INITIALIZERS: dict[str, Callable] = {
    "Constant": constant,
    "GlorotNormal": glorot_normal,
    "GlorotUniform": glorot_uniform,
    "HeNormal": he_normal,
    "HeUniform": he_uniform,
    "Identity": identity_initializer,
    "LecunNormal": lecun_normal,
    "LecunUniform": lecun_uniform,
    "Ones": ones_initializer,
    "Orthogonal": draw_orthogonal,
    "RandomNormal": random_normal,
    "RandomUniform": random_uniform,
    "STFT": stft_initializer,
    "TruncatedNormal": truncated_normal,
    "VarianceScaling": draw_scaled,
    "Zeros": zeros_initializer,
}


def keras_initializer(name, **options):
    """An initializer as configs have it."""
    return {"module": "keras", "class_name": name, "config": options}


# Of the weights of classes that have no arguments for them.
FIXED = {
    "AdditiveAttention": "GlorotUniform",
    "Attention": "Ones",
    "LayerScale": "Constant",
    "RMSNormalization": "Ones",
}


def fixed_initializer(kind, config):
    """The initializer of the weights of such a class."""
    options = {"value": config["init_values"]} if kind == "LayerScale" else {}
    return keras_initializer(FIXED[kind], **options)


def take_seed(given, draw_seed):
    """The seed that a config gives, or the next that is drawn."""
    if given is not None and not are_whole([given]):
        raise CannotRun(f"seed must be a whole number, not {quoted(given)}")
    return draw_seed() if given is None else given


def revive_initializer(saved, draw_seed):
    """A function that an initializer stands for, of a shape: as it is made, it
    draws its seed, whether it is used or not."""
    if not isinstance(saved, dict) or not is_of_keras(saved):
        raise CannotRun(f"the initializer {quoted(saved)} is not known here")
    name, options = saved["class_name"], {**saved["config"]}
    if name not in OF_INITIALIZERS:
        raise CannotRun(f"the initializer {name} is not known here")
    function = OF_INITIALIZERS[name]
    if "seed" in parameters_of(function):
        options["seed"] = take_seed(options.get("seed"), draw_seed)
    return functools.partial(function, **options)


def with_axes(initializer, input_axes, output_axes):
    """The initializer of the kernel of an EinsumDense, which counts inputs and
    outputs along these axes, if it counts them and has no axes of its own."""
    axes = {"input_axes": input_axes, "output_axes": output_axes}
    has_own = None not in [initializer.keywords.get(name) for name in axes]
    if has_own or "input_axes" not in parameters_of(initializer.func):
        return initializer
    return functools.partial(initializer, **axes)


# -- A layer


def first_weights(saved, draw_seed):
    """Return the first weights of a layer or a model, as the groups of a file
    have them. draw_seed: of the next seed. Raises CannotRun."""
    kind, config = saved["class_name"], saved["config"]
    if is_operator(saved) or not is_of_keras(saved):
        return {}  # of the latter, build_layer says what to do
    try:
        for name, held in config.items():
            check_activation(name, held)
        if kind in MODELS:
            return {"layers": first_groups(config["layers"], draw_seed)}
        if kind in HOLDERS:
            return HOLDERS[kind](saved, draw_seed)
        if kind in FIRST_WEIGHTS:
            return first_of_layer(saved, draw_seed)
    except CannotRunLayer:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        TypeError,
        ValueError,
    ) as error:
        why = error
        if not isinstance(error, CannotRun):
            said = f"{type(error).__name__} {first_line(error)}"
            why = f"its config does not tell of its weights: {said}"
        name = f"layer {name_of(saved)} ({kind})"
        raise CannotRunLayer(f"{name}: {why}") from None
    return {}


def first_groups(layers, draw_seed):
    """Return the weights of layers one after another, by their groups."""
    return {
        group: first_weights(saved, draw_seed)
        for saved, group in named_groups(layers)
        if group
    }


def check_activation(name, held):
    """Raise CannotRun for an activation that is a layer with weights."""
    if name.endswith("activation") and isinstance(held, dict):
        kind = held["class_name"]
        if kind in FIRST_WEIGHTS or kind in HOLDERS:
            raise CannotRun(
                f"its {name} is a layer, {kind}, whose first weights are not "
                "known here; put it behind this one"
            )


def first_of_layer(saved, draw_seed):
    """Return the first weights of a layer that holds no others."""
    kind, config = saved["class_name"], saved["config"]
    shapes_of, order = FIRST_WEIGHTS[kind]
    shapes, seeds, made = {}, {}, {}
    if shapes_of is not no_shapes:
        shapes = shapes_of(config, shape_of_input(saved))
    if shapes:
        check_float32(config)
    for name in order.split():
        if name == "seed":
            seeds = training_seed(kind, config, draw_seed)
        elif kind not in FIXED:
            held = config[f"{name}_initializer"]
            made[name] = revive_initializer(held, draw_seed)
        elif name in shapes:  # else Keras does not make it
            held = fixed_initializer(kind, config)
            made[name] = revive_initializer(held, draw_seed)
    if kind == "EinsumDense":
        _, *axes = einsum_parts(config, shape_of_input(saved))
        made["kernel"] = with_axes(made["kernel"], *axes)
    if config.get("unit_forget_bias"):
        made["bias"] = functools.partial(first_forget_bias, made["bias"])
    arrays = [
        made[name](shape)
        for name, shape in shapes.items()
        if config.get(FLAGS.get(name), True)
    ]
    if config.get("tie_weights") is False:  # of a ReversibleEmbedding
        arrays.append(made["embeddings"](shapes["embeddings"][::-1]))
    group = {"vars": arrays}
    is_of_cell = LAYERS[kind][1].parts == ("cell",)
    return {**({"cell": group} if is_of_cell else group), **seeds}


def check_float32(config):
    """Raise CannotRun for weights that are not of float32, or have LoRA."""
    policy = config.get("dtype") or "float32"
    if quantization_mode(policy):
        raise CannotRun("a quantized layer has no first weights")
    name = policy["config"]["name"] if isinstance(policy, dict) else policy
    if name != "float32" and not name.startswith("mixed_"):
        raise CannotRun(
            f"its dtype is {name}: first weights are known in float32 alone"
        )
    if config.get("lora_rank"):
        raise CannotRun("lora_rank is not known here; leave it out")


def told_shapes(saved):
    """Return what a config tells of the shapes with which Keras built it."""
    if not saved.get("build_config"):
        raise CannotRun(
            "its build_config does not tell the shape of its input; give the "
            "model an Input, or call model.build(shape), before to_json()"
        )
    return saved["build_config"]


def shape_of_input(saved):
    """Return the shape of the first input of a layer: of a recurrent one that
    is given states, that of its sequences."""
    told = told_shapes(saved)
    if "input_shape" in told:
        return told["input_shape"]
    return told["shapes_dict"]["sequences_shape"]


def training_seed(kind, config, draw_seed):
    """Return {"seed": that of what a layer draws in training}, or {}."""
    if kind in RATES and not config[RATES[kind]] > 0:
        return {}
    given = config.get("seed")
    if kind == "RandomCrop" and given is None:
        raise CannotRun("its seed is null, which Keras does not write")
    drawn = take_seed(given, draw_seed)
    inside = 9 if kind in ("AugMix", "RandAugment") else 0
    if kind == "RandomColorJitter":
        inside = sum(config[factor] is not None for factor in FACTORS)
    for _ in range(inside):
        take_seed(given, draw_seed)
    return {"seed": drawn}


def first_forget_bias(initializer, shape):
    """The bias of an LSTM: ones for the forget gate; what is drawn for the
    input gate is drawn again for the others."""
    units = shape[0] // 4
    ones = np.ones(units, np.float32)
    return np.concatenate(
        [initializer((units,)), ones, initializer((2 * units,))]
    )


# -- Layers that hold others


def first_of_heads(saved, draw_seed):
    """Return the first weights of an attention with heads: each projection has
    initializers of its own, beside those of the layer, which it does not
    use."""
    kind, config = saved["class_name"], saved["config"]
    check_float32(config)
    shapes = told_shapes(saved)["shapes_dict"]
    features, of_value = shapes["query_shape"][-1], shapes["value_shape"][-1]
    of_key = shapes.get("key_shape", shapes["value_shape"])[-1]
    if kind == "MultiHeadAttention":
        heads = of_values = config["num_heads"]
        lengths = config["key_dim"], config["value_dim"]
        outputs = config["output_shape"] or [features]
    else:
        heads = config["num_query_heads"]
        of_values = config["num_key_value_heads"]
        lengths, outputs = [config["head_dim"]] * 2, [features]
    parts = {  # inputs, and outputs
        "query": ([features], [heads, lengths[0]]),
        "key": ([of_key], [of_values, lengths[0]]),
        "gate": ([features], [heads, lengths[1]]),
        "value": ([of_value], [of_values, lengths[1]]),
        "output": ([heads, lengths[1]], outputs),
    }
    if not config.get("use_gate"):
        del parts["gate"]
    revive_projection(config, draw_seed)
    groups = {}
    for part, (inputs, of_part) in parts.items():
        if part == "output":
            groups |= training_seed(kind, config, draw_seed)
        kernel, bias = revive_projection(config, draw_seed)
        axes = [*range(len(inputs) + len(of_part))]
        kernel = with_axes(kernel, axes[: len(inputs)], axes[len(inputs) :])
        arrays = [kernel((*inputs, *of_part))]
        arrays += [bias(tuple(of_part))] * config["use_bias"]
        has_dash = part == "gate" or kind == "GroupQueryAttention"
        groups[f"{'_' * has_dash}{part}_dense"] = {"vars": arrays}
    return groups


def revive_projection(config, draw_seed):
    """Return the initializers of a kernel and a bias."""
    return [
        revive_initializer(config[f"{name}_initializer"], draw_seed)
        for name in ("kernel", "bias")
    ]


def first_of_bidirectional(saved, draw_seed):
    """Return the first weights of both layers: Keras makes them of a layer that
    it does not use, and the backward one first where it has a config."""
    config = saved["config"]
    first_weights(config["layer"], draw_seed)
    backward = config.get("backward_layer")
    groups = {}
    if backward:
        groups["backward_layer"] = first_weights(backward, draw_seed)
    groups["forward_layer"] = first_weights(config["layer"], draw_seed)
    if not backward:
        groups["backward_layer"] = first_weights(config["layer"], draw_seed)
    return groups


def first_of_inner(key, saved, draw_seed):
    """Return the first weights of a layer whose own are in one in it."""
    return {key: first_weights(saved["config"][key], draw_seed)}


def first_of_cells(saved, draw_seed):
    return {"cells": first_groups(saved["config"]["cells"], draw_seed)}


def first_of_spectral(saved, draw_seed):
    """Return the first weights of a SpectralNormalization: of its layer, whose
    kernel its file has twice, and vector_u."""
    groups = first_of_inner("layer", saved, draw_seed)
    kernel = groups["layer"]["vars"][0]
    made = keras_initializer("TruncatedNormal", stddev=0.02)
    vector_u = revive_initializer(made, draw_seed)((1, kernel.shape[-1]))
    return {**groups, "vars": [kernel, vector_u]}


def first_of_normalization(saved, draw_seed):
    """Return what a Normalization has before it is adapted, if its config has
    no mean: mean, variance and count."""
    config = saved["config"]
    if config["mean"] is not None:
        return {}
    check_float32(config)
    shape = shape_of_input(saved)
    kept = [a % len(shape) for a in np.ravel(config["axis"]).astype(int)]
    shape = tuple(shape[axis] for axis in sorted(kept))
    zeros, ones = zeros_initializer(shape), ones_initializer(shape)
    return {"vars": [zeros, ones, np.zeros((), np.int64)]}


HOLDERS: dict[str, Callable] = {
    "Bidirectional": first_of_bidirectional,
    "GroupQueryAttention": first_of_heads,
    "MultiHeadAttention": first_of_heads,
    "Normalization": first_of_normalization,
    "RNN": functools.partial(first_of_inner, "cell"),
    "SpectralNormalization": first_of_spectral,
    "StackedRNNCells": first_of_cells,
    "TimeDistributed": functools.partial(first_of_inner, "layer"),
}
