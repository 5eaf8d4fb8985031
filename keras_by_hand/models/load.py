"""Run a whole model from its file, in NumPy."""

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

from keras_by_hand.models.archives import identify_file
from keras_by_hand.models.building import find_seeds
from keras_by_hand.models.config import is_of_keras, with_dtype
from keras_by_hand.models.errors import CannotRun, refusing_config
from keras_by_hand.models.files import read_file, read_optimizer
from keras_by_hand.models.legacy.compiling import compiled_today
from keras_by_hand.models.model import Model
from keras_by_hand.models.registry import MODELS, build_layer, stands_for
from keras_by_hand.shapes import as_option, quoted

OWN_LAYERS = "{name of a class: its function, or the name of a class of Keras}"


def are_own_layers(layers):
    """Whether there is a function, or the name of a class of Keras, for
    each."""
    return isinstance(layers, Mapping) and all(
        isinstance(name, str) and (isinstance(given, str) or callable(given))
        for name, given in layers.items()
    )


def _check_own(layers):
    """It must be as described."""
    if layers is not None and not are_own_layers(layers):
        raise TypeError(
            f"load_model: layers must be {OWN_LAYERS}, not {quoted(layers)}"
        )


def load_model(
    path: str | os.PathLike[str],
    dtype: Literal["float32", "float64"] | None = None,
    layers: Mapping[str, Callable[..., Any] | str] | None = None,
    weights: str | os.PathLike[str] | None = None,
) -> Model:
    """Return the Model of a .keras file, of the .h5 file of an older Keras, or
    of the model.json of a layers model of TensorFlow.js. Runs no code of the
    file.

    dtype: "float32" or "float64", in which all layers compute, in the place of
    their own: as Keras would if they had been made with it.

    layers: for classes of your own, by their names, the function that computes
    such a layer, of its inputs, its weights and, by keyword, its config; or the
    name of Keras' class that does the same, as in {"MyModel": "Functional"} for
    a model whose graph is in the file. A Lambda layer, whose code is never run,
    goes by its own name, and its function has its arguments by keyword; so does
    an activation of your own, such as "<lambda>".

    weights: the .h5 file of its weights, where path is a .json file that has
    none, or where these are to take the place of its own.

    What older Keras meant is computed as it was meant, such as hard_sigmoid,
    whose slope is another one today.

    Raises CannotRun where it is no such file, is damaged, or has something in
    it that is not known here; OSError where it cannot be read; TypeError for
    what is no path, and for layers of another kind.

    >>> model = load_model("model.keras")  # Dense(2, activation="relu")
    >>> model.predict(np.array([[1, 2]]))
    array([[7., 0.]], dtype=float32)
    >>> def shift(x, offset, *, scale):
    ...     return scale * x + offset
    >>> model = load_model("own.keras", layers={"Shift": shift})
    """
    if not isinstance(path, str | os.PathLike):  # 5 would be an open file
        raise TypeError(f"load_model: path must be a path, not {quoted(path)}")
    if not isinstance(weights, str | os.PathLike | None):
        raise TypeError(
            f"load_model: weights must be a path or None, not {quoted(weights)}"
        )
    dtype = as_option(load_model, dtype=dtype)
    _check_own(layers)
    # Before it is read, as it may change then.
    identity = identify_file(path) if os.path.exists(path) else None
    model = model_of(path, read_file(path, weights), dtype, layers)
    model.read_state = functools.partial(
        read_optimizer, os.path.abspath(path), identity
    )
    return model


def model_of(path, saved, dtype=None, layers=None):
    """Return the Model of what read_file found; path: for messages."""
    config = saved.config
    with refusing_config(path):
        if dtype:
            config = with_dtype(config, dtype)
        kind = config["class_name"]
        is_known = kind in MODELS and is_of_keras(config)
        if not is_known and stands_for(config, layers) not in MODELS:
            has_graph = "output_layers" in config["config"]
            how = (
                f"if its code only makes its layers, layers={{{kind!r}: "
                f"'Functional'}} runs these"
                if has_graph
                else "build it from layers, as a functional model"
            )
            raise CannotRun(
                f"the model is a {kind}: only its code knows what it computes; "
                f"{how}"
            )
        model = build_layer(config, saved.weights, layers)
        model.of_file = saved.notes
        model.saved, model.floatx = config, dtype or model.floatx
        model.find_seeds = functools.partial(find_seeds, config)
        model.compiled = config.get("compile_config") or None
        if saved.training:
            compiled, _ = compiled_today(saved.training, saved.writer)
            model.compiled = compiled
        return model
