"""Layers of a user's own classes, computed by functions that the user gives."""

import inspect

import numpy as np

from keras_by_hand.models.config import find_activation, revive
from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.layers.layer import Layer
from keras_by_hand.models.tensors import (
    Tensor,
    arrays_of,
    each,
    flat,
    in_dtype,
    masks_of,
    tensors_in,
)

# Keys that all layers have.
OF_KERAS = {"name", "trainable", "dtype", "autocast", "activity_regularizer"}


class OwnLayer(Layer):
    """A layer that a function of the user computes:

    y = function(*inputs, *weights, **layers, **config)

    inputs: those by place; weights: the layer's own, in the order in which it
    adds them; layers: the weights of layers in it, a list for each, by the
    names of its attributes. A function with an argument mask is given the mask
    of the first input, a list where that is one, or None where there is none,
    and returns y and the mask that goes on.
    """

    def __init__(self, saved, weights, build, function):
        self.own = function  # whose errors are the user's
        super().__init__(saved, weights, build, function)

    def check_config(self):
        try:
            signature = inspect.signature(self.own).parameters.values()
        except ValueError:  # one that is not written in Python
            raise CannotRun("its function has no signature") from None
        if not self.config.get("autocast", True):
            raise CannotRun("autocast=False is not known here")
        self.by_name = {p.name for p in signature if p.kind is p.KEYWORD_ONLY}
        others = any(p.kind is p.VAR_KEYWORD for p in signature)
        for key in self.config.keys() - OF_KERAS - self.by_name:
            if not others:
                raise CannotRun(
                    f"its config has {key!r}, which its function does not take "
                    "by keyword"
                )

    def prepare(self, build):
        self.arrays = weights_by_path(self.weights, self.dtype)
        self.options = weights_inside(self.weights, self.dtype)
        for key in self.config.keys() - OF_KERAS:
            saved = self.config[key]
            self.options[key] = (
                find_activation(saved, self.weights.get(key), build)
                if key.endswith("activation")
                else revive(saved, {})
            )

    def call(self, args, keywords):
        try:
            inputs = flat(list(args))
            if not all(isinstance(given, Tensor) for given in inputs or [None]):
                raise CannotRun("it must be called with tensors by place")
            if not keywords.get("training"):
                keywords = {
                    n: v for n, v in keywords.items() if n != "training"
                }
            args, keywords = each(
                lambda given: in_dtype(given, self.dtype), [args, keywords]
            )
            inputs += tensors_in(keywords)
            is_masked = any(given.mask is not None for given in inputs)
            mask = masks_of(args)[0] if is_masked else None
            if "mask" in keywords:
                mask = arrays_of(keywords.pop("mask"))
            is_masked = is_masked or mask is not None
            if is_masked and "mask" not in self.by_name:
                raise CannotRun(
                    "a mask reaches it, but its function has no argument mask"
                )
            y, mask = self.run(arrays_of(args), mask, arrays_of(keywords))
        except CannotRun as error:
            raise self.refusal(error) from None
        return each(lambda array: Tensor(array, mask), y)

    def apply(self, x, mask=None):
        return self.run([x], mask, {})[0]

    def run(self, inputs, mask, keywords):
        """Return what the function makes of arrays, and the mask that goes
        on."""
        takes_mask = "mask" in self.by_name
        if takes_mask:
            keywords = {**keywords, "mask": mask}
        name = getattr(self.own, "__name__", "of its own")
        try:
            options = {**self.options, **keywords}
            y = self.own(*inputs, *self.list_weights(), **options)
            y, mask = y if takes_mask else (y, None)
            y = each(np.asarray, y)
        except CannotRun:
            raise
        except Exception as error:  # of all kinds: it is the user's
            why = f"{type(error).__name__}: {first_line(error)}"
            raise CannotRun(f"its function {name}: {why}") from None
        return each(lambda array: in_dtype(array, self.dtype), y), mask

    def why_not_trained(self):
        if self.arrays or self.options:
            return "which weights of a class of your own train is in no file"
        return None

    def first_states(self, batch, given):
        raise CannotRun("a cell of your own is not known here")


def weights_by_path(weights, dtype):
    """Return the weights of a layer, and of those in it, by their places in the
    file: "weight_0", "dense/weight_1"."""
    found = {}
    for name, group in weights.items():
        if name == "vars":
            for number, array in enumerate(group):
                found[f"weight_{number}"] = in_dtype(array, dtype)
        elif name != "seed_generator":
            for path, array in weights_by_path(group, dtype).items():
                found[f"{name}/{path}"] = array
    return found


def weights_inside(weights, dtype):
    """Return the weights of the layers in a layer, as its file has them: by the
    names of its attributes a list for each, or a dict of such."""
    found = {}
    for name, group in weights.items():
        if name in ("vars", "seed_generator"):
            continue
        own = [in_dtype(array, dtype) for array in group.get("vars", [])]
        inside = weights_inside(group, dtype)
        if own or inside:
            found[name] = (
                {**inside, "vars": own} if inside and own else own or inside
            )
    return found


def call_for(name):
    """Return in words how a user gives the function of a layer."""
    return (
        f"load_model(path, layers={{{name!r}: function}}), or --layers file.py "
        f"with LAYERS = {{{name!r}: function}}"
    )


# -- Lambda


def with_arguments(saved):
    """Return a saved Lambda with the arguments of its function for a config,
    as a class of a user's own has it."""
    config = saved["config"]
    kept = {key: config[key] for key in OF_KERAS & config.keys()}
    return {**saved, "config": {**(config.get("arguments") or {}), **kept}}


def known_of(config):
    """Return in words what a Lambda's config tells of its function, beside the
    code, at which nothing looks: such as its name, and its defaults."""
    function = config.get("function")
    if isinstance(function, dict):  # else, as Keras 2 saved it
        function = function.get("config")
    if isinstance(function, dict):
        function = [None, function.get("defaults")]
    is_code = isinstance(function, list) and len(function) > 1
    told = {
        "function": None if is_code else function,
        "module": config.get("module"),
        "defaults": function[1] if is_code else None,
        "arguments": config.get("arguments"),
        "output_shape": config.get("output_shape"),
    }
    known = [f"{key} {value!r}" for key, value in told.items() if value]
    return ", ".join(known) or "nothing"
