"""What the corpus of whole models is made with: names, weights and inputs."""

import functools

import keras
import numpy as np

MODELS = {}  # by name, functions that return a model, alone or with its inputs

LENGTH = 7  # of an axis that a model leaves open
SENTENCES = ["the cat sat", "on the mat", "A cat, the dog!", "dog on mat sat"]


def whole_model(*variants):
    """Put a function among the models, once for each dict of arguments."""

    def add(make):
        for options in variants or [{}]:
            told = [make.__name__, *(f"{n}={v}" for n, v in options.items())]
            MODELS["-".join(told).replace(" ", "")] = functools.partial(make, **options)
        return make

    return add


def each(name, values):
    """Return dicts of one argument, for whole_model."""
    return [{name: value} for value in values.split()]


def make(name):
    """Return a model and its inputs, always the same ones."""
    keras.utils.set_random_seed(313)
    made, rng = MODELS[name](), np.random.default_rng(313)
    model, x = made if isinstance(made, tuple) else (made, None)
    draw_weights(model, rng)
    return model, draw_inputs(model, rng) if x is None else x


def draw_weights(model, rng):
    """Draw the weights that are the same throughout, or tiny, in a new model."""
    for variable in model.weights:
        values = keras.ops.convert_to_numpy(variable)
        learned = variable.name in ("mean", "variance")  # by adapt()
        if "float" not in variable.dtype or learned:
            continue
        if "variance" in variable.name:
            variable.assign(rng.uniform(0.5, 2, size=variable.shape))
        elif np.ptp(values) == 0 or "embeddings" in variable.name:
            variable.assign(rng.normal(0.2, 0.5, size=variable.shape))


def draw_inputs(model, rng):
    """Draw three samples for a model, nested as its inputs are."""
    draw = functools.partial(draw_input, rng=rng)
    in_a_row = isinstance(model, keras.Sequential)
    return keras.tree.map_structure(draw, model.inputs[0] if in_a_row else model.input)


def draw_input(tensor, rng):
    """Draw what an input takes: numbers, truths, sentences, or words 1 to 9 of which the
    last two are padding, 0."""
    batch, *sizes = tensor.shape
    shape = [batch or 3, *(n or LENGTH for n in sizes)]
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype == "string":
        return rng.choice(SENTENCES, shape)
    if dtype == "uint8":
        return rng.integers(0, 256, shape).astype(dtype)
    if dtype == "bool":
        drawn = rng.random(shape) < 0.7
        drawn[..., 0] = True  # a mask that hides all leaves nothing to compare
        return drawn
    if "int" in dtype:
        drawn = rng.integers(1, 10, shape).astype(dtype)
        if len(shape) == 2 and shape[1] > 3:
            drawn[:, -2:] = 0
        return drawn
    return rng.normal(size=shape).astype("float32")
