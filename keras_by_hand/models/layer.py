"""What all layers of a model have in common: weights, keywords, and a call."""

import inspect

from keras_by_hand.models.activations import find_activation
from keras_by_hand.models.config import revive
from keras_by_hand.models.errors import CannotRun, CannotRunLayer, refusing
from keras_by_hand.models.tensors import (
    Tensor,
    arrays_of,
    each,
    in_float64,
    masks_of,
    tensors_in,
)

FLAGS = {"bias": "use_bias", "gamma": "scale", "beta": "center"}  # of weights
NOT_WEIGHTS = {"initial_state", "mask", "states"}  # by place, after the input
NOT_KNOWN = {"interpolation": "area", "renorm": True, "rms_scaling": True}


class Layer:
    """A layer of a model: y = function(x, *weights, **config), in predict.

    told: what config.json tells of it; weights: what read_file found for it;
    build: makes a layer of what is told of one in this; function: what computes
    it. Raises CannotRun where something is not known here, or missing.
    """

    places = ("training", "mask")  # of its call, after the input
    takes_mask = False  # whether its function does
    parts = ()  # groups of the file that hold its weights, if not its own

    def __init__(self, told, weights, build, function=None):
        self.kind, self.config = told["class_name"], told["config"]
        self.name, self.module = name_of(told), told.get("module")
        self.weights = weights
        self.function = refusing(function)
        try:
            self.prepare(build)
        except CannotRun as error:
            raise self.refusal(error) from None

    def refusal(self, error):
        """Return what to raise: the error, with the name of its layer."""
        if isinstance(error, CannotRunLayer):  # of a layer in this
            return error
        return CannotRunLayer(f"layer {self.name} ({self.kind}): {error}")

    # -- What it is

    def prepare(self, build):
        """Find the function's keywords and weights."""
        policy = self.config.get("dtype")
        if isinstance(policy, dict) and "Quantized" in policy["class_name"]:
            raise CannotRun("it is quantized; save the model before quantize()")
        for name, value in NOT_KNOWN.items():
            if self.config.get(name) == value:
                raise CannotRun(
                    f"no function of this file computes {name}={value!r}"
                )
        by_place, by_name = self.find_arguments()
        told = {n for n in by_place if self.config.get(n) is not None}
        self.options = {
            name: find_activation(value, self.weights.get(name), build)
            if name.endswith("activation")
            else revive(value, {})
            for name, value in self.config.items()
            if name in by_name | told
        }
        self.takes_mask = "mask" in {*by_place, *by_name}
        alone = None  # unless the function sees to the activation itself
        if "activation" not in self.options:
            alone = self.config.get("activation")
        of_alone = self.weights.get("activation")
        self.activation = find_activation(alone, of_alone, build)
        names = [n for n in by_place if n not in NOT_WEIGHTS | told]
        self.arrays = self.find_arrays(names)

    def find_arguments(self):
        """Return the names of the function's arguments behind its first: those
        by place, and those by keyword."""
        first, *others = inspect.signature(self.function).parameters.values()
        by_place = [p.name for p in others if p.kind is p.POSITIONAL_OR_KEYWORD]
        by_name = {p.name for p in others if p.kind is p.KEYWORD_ONLY}
        return by_place, by_name

    def list_weights(self):
        """Return its arrays in the order of get_weights()."""
        groups = [self.weights]
        if self.parts:
            names = [n for part in self.parts for n in (part, f"_{part}")]
            groups = [self.weights[n] for n in names if n in self.weights]
        lists = [group.get("vars", []) for group in groups]
        return [a for held in lists if isinstance(held, list) for a in held]

    def find_arrays(self, names):
        """Return its arrays by the names of the function's arguments."""
        arrays = self.list_weights()
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

    # -- Its call

    def call(self, args, keywords):
        """Return what the layer makes of its arguments: Tensors, or lists and
        dicts of them.

        args: those by place, keywords: those by name. Raises CannotRun where it
        cannot be computed.
        """
        try:
            if len(args) > len(self.places) + 1:
                raise CannotRun(f"its call has {len(args)} arguments by place")
            keywords = {**dict(zip(self.places, args[1:])), **keywords}
            if not args:
                inputs = [n for n in keywords if n not in self.places]
                if not inputs:
                    raise CannotRun("its call has no input")
                args = [keywords.pop(inputs[0])]
            return self.compute(args[0], **keywords)
        except CannotRun as error:
            raise self.refusal(error) from None

    def compute(self, x, mask=None, training=None, **keywords):
        """Return what it makes of Tensors, with the masks that it hands on."""
        masks = masks_of(x) if mask is None else arrays_of(mask)
        # Keras looks for no mask where there are other tensors, such as states.
        is_alone = mask is not None or not tensors_in(keywords)
        x, keywords = arrays_of(x), arrays_of(keywords)
        y = self.apply(x, mask=masks if is_alone else None, **keywords)
        passed = self.mask_after(x, masks)
        if isinstance(y, list | tuple):
            return [Tensor(y[0], passed), *each(Tensor, y[1:])]
        return Tensor(y, passed)

    def apply(self, x, mask=None, **keywords):
        """Return what the function makes of arrays."""
        options = {**self.options, **keywords}
        if self.takes_mask and mask is not None:
            options["mask"] = mask
        arrays = each(in_float64, self.arrays)
        return self.activation(self.function(x, **arrays, **options))

    def mask_after(self, x, mask):
        """Return the mask that it hands on, of an array and its mask: none."""
        return None


class KeepsMask(Layer):
    """A layer that hands the mask on to the next."""

    def mask_after(self, x, mask):
        return mask


class TakesMask(Layer):
    """A layer whose call has the mask at the second place."""

    places = ("mask",)


class TakesAndKeepsMask(TakesMask, KeepsMask):
    """Softmax: both."""


class DoesNothing(Layer):
    """A layer that does something in training alone."""

    def prepare(self, build):
        pass

    def compute(self, x, mask=None, training=None):
        # The same tensor, as in Keras: an attention takes the mask from both.
        return x

    def apply(self, x, mask=None):
        return x


class HoldsCode(Layer):
    """A Lambda."""

    def prepare(self, build):
        raise CannotRun(
            "it holds code, which is never run; use layers or keras.ops"
        )


def name_of(told):
    """Return the name of a layer."""
    return told.get("name") or told["config"].get("name", "without a name")
