"""What compile_config has of losses and metrics: how it is nested, which
outputs it is for, and which functions its names stand for."""

import inspect

import numpy as np

from keras_by_hand.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    categorical_hinge,
    circle,
    cosine_similarity,
    ctc,
    dice,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
    tversky,
)
from keras_by_hand.metrics.accuracy import (
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from keras_by_hand.metrics.regression import (
    concordance_correlation,
    pearson_correlation,
)
from keras_by_hand.models.checks import check_values
from keras_by_hand.models.errors import CannotRun, first_line

LOSS_FUNCTIONS = {
    "BinaryCrossentropy": binary_crossentropy,
    "BinaryFocalCrossentropy": binary_focal_crossentropy,
    "CTC": ctc,
    "CategoricalCrossentropy": categorical_crossentropy,
    "CategoricalFocalCrossentropy": categorical_focal_crossentropy,
    "CategoricalGeneralizedCrossEntropy": (
        categorical_generalized_cross_entropy
    ),
    "CategoricalHinge": categorical_hinge,
    "Circle": circle,
    "CosineSimilarity": cosine_similarity,
    "Dice": dice,
    "Hinge": hinge,
    "Huber": huber,
    "KLDivergence": kl_divergence,
    "LogCosh": log_cosh,
    "MeanAbsoluteError": mean_absolute_error,
    "MeanAbsolutePercentageError": mean_absolute_percentage_error,
    "MeanSquaredError": mean_squared_error,
    "MeanSquaredLogarithmicError": mean_squared_logarithmic_error,
    "Poisson": poisson,
    "SparseCategoricalCrossentropy": sparse_categorical_crossentropy,
    "SquaredHinge": squared_hinge,
    "Tversky": tversky,
}
# What compile_config may name as a function, by its name in Keras.
NAMED_FUNCTIONS = {
    function.__name__: function
    for function in (
        *LOSS_FUNCTIONS.values(),
        binary_accuracy,
        categorical_accuracy,
        concordance_correlation,
        pearson_correlation,
        sparse_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
        top_k_categorical_accuracy,
    )
}
NOT_FITTING = (  # of a damaged config, or of arrays that do not fit
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
SHORT_METRICS = {  # all small, or all capitals
    "bce": "BinaryCrossentropy",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}
SHORT_LOSSES = {**SHORT_METRICS, "kld": "KLDivergence"}


def long_name(name, known):
    """Return the class that a short name, such as mse or MSE, stands for among
    those that are known; any other name as it is."""
    is_short = name in (name.lower(), name.upper())
    return known.get(name.lower(), name) if is_short else name


def is_saved_object(saved):
    """Whether it is a class or a function, and no dict of several."""
    return isinstance(saved, dict) and "class_name" in saved


def is_one(saved):
    """Whether it is no list and no dict of several."""
    return not isinstance(saved, list | tuple | dict) or is_saved_object(saved)


def flat_compiled(saved):
    """Return what nested lists and dicts hold, in Keras' order: dicts by their
    sorted keys."""
    if is_one(saved):
        return [saved]
    parts = saved
    if isinstance(saved, dict):
        parts = [saved[key] for key in sorted(saved)]
    return [item for part in parts for item in flat_compiled(part)]


def named_function(saved):
    """Return the function of Keras that a saved function is. Raises CannotRun
    for any other, as it is not in the file."""
    name = saved.get("config")
    if saved.get("class_name") != "function":
        kind = saved.get("class_name")
        raise CannotRun(f"{kind} is no function; give one of Keras'")
    if not isinstance(name, str) or name not in NAMED_FUNCTIONS:
        raise CannotRun(
            f"{name} is a function of your own, which is never run; compile "
            "with one of Keras'"
        )
    return NAMED_FUNCTIONS[name]


def check_compiled(function, options):
    """Raise CannotRun for options that a function of predictions does not take,
    and where one is missing that it needs."""
    parameters = dict([*inspect.signature(function).parameters.items()][2:])
    for name in options.keys() - parameters:
        raise CannotRun(f"its config has {name!r}, which is not known here")
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in options:
            raise CannotRun(f"its config has no {name!r}")
    check_values(function, options)


def said_of(said, function, *args, **keywords):
    """Return what a function returns; where it refuses, CannotRun begins with
    what it is said of."""
    try:
        return function(*args, **keywords)
    except NOT_FITTING as error:
        raise CannotRun(f"{said}: {first_line(error)}") from None


# -- Outputs


def find_places(outputs, names):
    """Return the outputs of a model, [(name, key)], in the order in which Keras
    keeps metrics: key is the place in a list, or the key in a dict, which is
    the name, too; None for one output, whose name is never shown.

    outputs: nested as those of the model; names: of the layers that they come
    from, in order, or None for a Sequential, which has none.
    """
    parts = outputs.values() if isinstance(outputs, dict) else outputs
    if not isinstance(outputs, list | tuple | dict):
        return [(names[0] if names else None, None)]
    if any(isinstance(part, list | tuple | dict) for part in parts):
        raise CannotRun("its outputs are lists or dicts in others")
    if len(outputs) == 1:
        of_layer = names[0] if names else None
        return [
            ([*outputs][0] if isinstance(outputs, dict) else of_layer, None)
        ]
    if len(set(names)) < len(names):
        raise CannotRun(f"two of its outputs are of one layer: {names}")
    if isinstance(outputs, dict):
        is_named = set(outputs) == set(names)
        return [(key, key) for key in (names if is_named else sorted(outputs))]
    return [(name, place) for place, name in enumerate(names)]


def parts_of(said, given, places):
    """Return what is given for each output, in order: an array, or where there
    are several outputs a list or dict of them; None for one that a dict leaves
    out.

    said: what it is, for the message; places: as find_places returns them.
    """
    names = [name for name, _ in places]
    if isinstance(given, dict):
        if unknown := [key for key in given if key not in names]:
            raise CannotRun(f"{said} has {unknown[0]!r}, which is no output")
        return [given.get(name) for name in names]
    if places[0][1] is None:
        is_alone = isinstance(given, list | tuple) and len(given) == 1
        return [given[0] if is_alone else given]
    if not isinstance(given, list | tuple) or len(given) != len(places):
        raise CannotRun(f"{said} must be a list of {len(places)}, or a dict")
    if isinstance(places[0][1], str):
        raise CannotRun(f"{said} must be a dict of {', '.join(names)}")
    return list(given)


def sample_weights_of(sample_weight, places):
    """Return the weights of each output, or None; one array is for all."""
    if sample_weight is None or hasattr(sample_weight, "shape"):
        return [sample_weight] * len(places)
    return parts_of("sample_weight", sample_weight, places)


def as_labels(y_true):
    """Return labels as an array; those of no output as None."""
    return None if y_true is None else np.asarray(y_true)
