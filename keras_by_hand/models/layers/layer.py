"""What all layers of a model have in common: weights, keywords, and a call."""

from collections.abc import Callable, Sequence

from keras_by_hand.models.checks import (
    IN_TRAINING,
    LENGTHS,
    check_keys,
    check_lengths,
    check_values,
    parameters_of,
)
from keras_by_hand.models.config import compute_dtype, find_activation, revive
from keras_by_hand.models.errors import CannotRun, CannotRunLayer, refusing
from keras_by_hand.models.limits import bounded
from keras_by_hand.models.notes import notes_of_config
from keras_by_hand.models.tensors import (
    Tensor,
    arrays_of,
    each,
    in_dtype,
    masks_of,
    speaks_numpy,
    tensors_in,
)
from keras_by_hand.random import next_state
from keras_by_hand.tracing.tape import NoGradient

FLAGS = {"bias": "use_bias", "gamma": "scale", "beta": "center"}  # of weights
NOT_WEIGHTS = {"initial_state", "mask", "states"}  # of a call
FLAG_VALUES = True, False, None  # in config.json
TENSORS = set(  # arguments of calls that are tensors, if there are any
    "value key mask query_mask value_mask key_mask attention_mask".split()
)
# Kinds of dtypes that a layer may cast to its own.
ALL_NUMBERS, ALL_BUT_BOOLEANS = "biuf", "iuf"


class Layer:
    """A layer of a model: y = function(x, *weights, **config), in predict.

    saved: the layer as config.json has it; weights: what read_file found for
    it; build: makes a layer in this of such two; function: what computes it.
    Raises CannotRun where something is not known here, or missing.
    """

    places: Sequence[str] = ("training", "mask")  # of its call, after the input
    reads: Sequence[str] = ()  # keys of its config that its function lacks
    kinds = "f"  # of dtypes that its call casts: what has a fraction
    takes_mask = False  # whether its function does
    parts: Sequence[str] = ()  # groups of the file that have its weights
    trains = False  # whether it is called in training
    # Why it is not trained here, as far as its class tells.
    not_trained: str | None = None
    # That of the generator of what it draws in training, [seed, count].
    seed_state: Sequence[int] | None = None
    kept: list | None = None  # the last states of one that is stateful
    floatx = "float32"  # keras.config.floatx(), in training
    arrays: dict = {}  # what prepare finds
    options: dict = {}
    activation = None
    seed: int | None = None  # of what it draws in training: of build_model

    def __init__(self, saved, weights, build, function=None):
        self.kind, self.config = saved["class_name"], saved["config"]
        self.name, self.module = name_of(saved), saved.get("module")
        self.weights = weights
        self.function = refusing(bounded(function))
        self.notes = notes_of_config(self.config)
        try:
            self.dtype = compute_dtype(self.config.get("dtype"))
            self.check_config()
            self.prepare(build)
        except CannotRun as error:
            raise self.refusal(error) from None

    def refusal(self, error):
        """Return what to raise: the error, with the name of its layer."""
        if isinstance(error, CannotRunLayer):  # of a layer in this
            return error
        if isinstance(error, NoGradient):
            error = f"it is not trained here: {error}"
        return CannotRunLayer(f"layer {self.name} ({self.kind}): {error}")

    def note(self, said):
        """Say once where Keras departs from mathematics."""
        if said not in self.notes:
            self.notes.append(said)

    # -- In training

    def why_not_trained(self):
        """Return why it cannot be trained here, or None."""
        if self.config.get("lora_rank"):
            return "lora_rank: its matrices are not in the file"
        return self.not_trained

    def draws(self):
        """Return whether it draws random numbers in training."""
        return False

    def next_seed(self):
        """Return the state of its generator, which moves on."""
        state = self.seed_state
        self.seed_state = next_state(state)
        return state

    def inside(self):
        """Return the layers in this: here, those that are its activations."""
        functions = [*self.options.values(), self.activation]
        holders = [getattr(held, "__self__", None) for held in functions]
        return [holder for holder in holders if isinstance(holder, Layer)]

    def with_all_inside(self):
        """Return this layer and all in it, those in its layers, too."""
        layers = [self]
        for layer in layers:  # which grows
            layers += layer.inside()
        return layers

    def build_inside(self, build, saved, weights):
        """Return a layer in this, of what is saved of it."""
        layer = build(saved, weights)
        if layer.dtype not in (self.dtype, None):  # None: each of its layers'
            raise CannotRun(
                f"layer {layer.name} in it computes in {layer.dtype}, not in "
                f"{self.dtype}"
            )
        return layer

    # -- What it is

    def prepare(self, build):
        """Find the function's keywords and weights."""
        by_place, by_name = self.find_arguments()
        by_config = {n for n in by_place if self.config.get(n) is not None}
        self.options = {
            name: find_activation(value, self.weights.get(name), build)
            if name.endswith("activation")
            else revive(value, {})
            for name, value in self.config.items()
            if name in by_name | by_config
        }
        self.takes_mask = "mask" in {*by_place, *by_name}
        alone = self.config.get("activation")
        is_of_function = "activation" in self.options
        if alone is not None and not is_of_function:
            of_alone = self.weights.get("activation")
            self.activation = find_activation(alone, of_alone, build)
        names = [n for n in by_place if n not in NOT_WEIGHTS | by_config]
        self.arrays = self.find_arrays(names)
        self.check_arrays()

    def check_config(self):
        """Raise CannotRun for what its config holds that is not known here."""
        by_place, by_name = self.find_arguments()
        flags = {FLAGS[name] for name in by_place if name in FLAGS}
        lengths = {
            n for n, places in LENGTHS.items() if places.keys() & {*by_place}
        }
        known = {*by_name, *flags, *lengths, *self.reads}
        if any(name.endswith("kernel") for name in by_place):
            known.add("activation")
        check_keys(self.config, known - NOT_WEIGHTS)
        check_values(self.function, self.config)
        for name, parameter in parameters_of(self.function).items():
            value = self.config.get(name)
            if isinstance(parameter.default, bool) and value not in FLAG_VALUES:
                raise CannotRun(f"{name}={value!r} is neither true nor false")

    def check_arrays(self):
        """Raise CannotRun where its weights are not as its config has it."""
        check_lengths(self.kind, self.config, self.arrays)

    def find_arguments(self):
        """Return the names of the function's arguments behind its first: those
        by place, and those by keyword."""
        first, *others = parameters_of(self.function).values()
        by_place = [p.name for p in others if p.kind is p.POSITIONAL_OR_KEYWORD]
        by_name = {p.name for p in others if p.kind is p.KEYWORD_ONLY}
        return by_place, by_name

    def held_lists(self):
        """Return the lists of arrays that a file has of it."""
        groups = [self.weights]
        if self.parts:
            names = [n for part in self.parts for n in (part, f"_{part}")]
            groups = [self.weights[n] for n in names if n in self.weights]
        lists = [group.get("vars", []) for group in groups]
        return [held for held in lists if isinstance(held, list)]

    def list_weights(self):
        """Return its arrays in the order of get_weights()."""
        return [
            in_dtype(array, self.dtype)
            for held in self.held_lists()
            for array in held
        ]

    def find_arrays(self, names):
        """Return its arrays by the names of the function's arguments."""
        arrays = self.list_weights()
        names = [n for n in names if self.config.get(FLAGS.get(n), True)]
        signature = parameters_of(self.function)
        needed = [
            n
            for n in names
            if FLAGS.get(n) in self.config
            or signature[n].default is signature[n].empty
        ]
        optional = len(names) - len(needed)
        return name_weights(names, arrays, optional)

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
            x, keywords = each(
                lambda given: in_dtype(given, self.dtype, self.kinds),
                [args[0], keywords],
            )
            if x is None:
                raise CannotRun("its call has no input")
            given = [keywords[n] for n in TENSORS & keywords.keys()]
            each(check_tensor, [x, *(t for t in given if t is not None)])
            return self.compute(x, **keywords)
        except (CannotRun, NoGradient) as error:
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
        y = self.function(x, **self.arrays, **options)
        if self.activation:
            y = self.activation(y)
        # Its functions make float64 of whole numbers.
        return each(lambda array: in_dtype(array, self.dtype), y)

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

    def apply(self, x, mask=None, **keywords):
        if mask is not None and x.dtype.kind != "f":
            raise CannotRun("a mask of whole numbers is not known here")
        return super().apply(x, mask, **keywords)


class TakesAndKeepsMask(TakesMask, KeepsMask):
    """Softmax: both."""


class DoesNothing(Layer):
    """A layer that does something in training alone."""

    reads: Sequence[str] = IN_TRAINING

    def check_config(self):
        check_keys(self.config, self.reads)

    def prepare(self, build):
        pass

    def compute(self, x, mask=None, training=None):
        # The same tensor, as in Keras: an attention takes the mask from both.
        return x

    def apply(self, x, mask=None):
        return x


# By the class in Keras: the function that computes a layer, and how a model
# calls it.
LayerTable = dict[str, tuple[Callable, type[Layer]]]


def check_tensor(given):
    """Raise CannotRun for what is neither a tensor nor a constant, nor a mask
    that is not there."""
    if not (given is None or isinstance(given, Tensor) or speaks_numpy(given)):
        raise CannotRun("its input or mask is no tensor")


def name_weights(names, arrays, optional=0):
    """Return a layer's weights by their names, of which the last may be
    missing. Raises CannotRun where there are not as many."""
    if not len(names) - optional <= len(arrays) <= len(names):
        why = "" if arrays else ": it was saved before it was built"
        raise CannotRun(
            f"the file has {len(arrays)} weights, not {len(names)}{why}"
        )
    return dict(zip(names, arrays))


def name_of(saved):
    """Return the name of a layer."""
    name = saved.get("name") or saved["config"].get("name")
    return "without a name" if name is None else name
