"""What there is to cover: the names of Keras itself, and what each can be told."""

import inspect

import keras

from gallery.keras_names import arguments, named

# Families and classes of which every argument, method and property must be covered.
WHOLE = {"Dense", "Activations"}

# Modules of layers, in keras.src.layers, each of which must have all its arguments covered.
FAMILIES = (
    "convolutional",
    "pooling",
    "normalization",
    "rnn",
    "core.embedding",
    "core.masking",
    "core.reversible_embedding",
    "attention",
    "regularization",
    "merging",
    "reshaping",
    "activations",
    "core.identity",
    "core.lambda_layer",
    "preprocessing.rescaling",
    "preprocessing.normalization",
    "preprocessing.discretization",
    "preprocessing.category_encoding",
    "preprocessing.integer_lookup",
    "preprocessing.string_lookup",
    "preprocessing.text_vectorization",
    "preprocessing.image_preprocessing.center_crop",
    "preprocessing.image_preprocessing.resizing",
)
# What changes no answer: the dtype policy, which is saved beside it, says the same; and
# one device has nothing to synchronize with (normalization/plot_normalization_arguments).
WITHOUT_EFFECT = {"Embedding.quantization_config", "BatchNormalization.synchronized"}


def classes_of_families():
    """Yield (name, class) of each layer of FAMILIES."""
    for name, layer in named()["Layers"].items():
        if layer.__module__.removeprefix("keras.src.layers.").startswith(FAMILIES):
            yield name, layer


def of_families():
    """Yield "Conv2D.strides" and so on: each argument that a layer of FAMILIES names
    itself, without what all layers can be told."""
    for name, layer in classes_of_families():
        for argument, parameter in inspect.signature(layer).parameters.items():
            own = parameter.kind is not parameter.VAR_KEYWORD
            if own and argument not in ("name", "dtype"):
                yield f"{name}.{argument}"


def methods(thing):
    """The public methods and properties that a class defines itself."""
    return [name for name in vars(thing) if not name.startswith("_")]


def find(covers):
    """Return what a fault covers, as (object, name of a part or None).

    Raises ValueError where Keras has no such name.
    """
    name, _, part = covers.partition(".")
    places = [*named().values(), vars(keras), vars(keras.random), vars(keras.utils)]
    places += [vars(keras.models), vars(keras.quantizers), vars(keras.optimizers)]
    owner = next((place[name] for place in places if name in place), None)
    if owner is None:
        raise ValueError(f"{covers}: Keras has no {name}")
    if part and part not in arguments(owner) and not hasattr(owner, part):
        raise ValueError(f"{covers}: {name} has neither argument nor method {part}")
    return owner, part or None


def table():
    """Return what there is to cover: {title: {name: [its arguments]}}."""
    return {
        title: {name: arguments(thing) for name, thing in things.items()}
        for title, things in named().items()
    }
