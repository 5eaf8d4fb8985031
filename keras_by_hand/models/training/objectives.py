"""Losses of whole models: one number of all outputs, as CompileLoss has it."""

import functools

import numpy as np

from keras_by_hand.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    circle,
    reduce_losses,
    sparse_categorical_crossentropy,
)
from keras_by_hand.metrics.accuracy import resolve_name
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.training.compiled import (
    LOSS_FUNCTIONS,
    NAMED_FUNCTIONS,
    SHORT_LOSSES,
    as_labels,
    check_compiled,
    find_places,
    flat_compiled,
    is_one,
    is_saved_object,
    long_name,
    named_function,
    parts_of,
    said_of,
    sample_weights_of,
)
from keras_by_hand.pairs import of_one_rank
from keras_by_hand.shapes import options_of

OF_LOGITS = (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
MEAN = "sum_over_batch_size"


class Objectives:
    """The losses that a model was compiled with, and their weights.

    Own functions and classes are refused at once. What compile_config has stays
    as it was, and goes back into a file so.
    """

    def __init__(self, compiled, names, outputs, floatx="float32"):
        """compiled: compile_config of a .keras file; names and outputs: as
        find_places takes them; floatx: Keras' floatx."""
        self.floatx = np.dtype(floatx)
        self.places = find_places(outputs, names)
        loss, weights = compiled.get("loss"), compiled.get("loss_weights")
        self.found = []  # [(place, name, loss, weight)], in Keras' order
        for place, saved, weight in pair_losses(loss, weights, self.places):
            if saved is not None:
                name, _ = self.places[place]
                said = "the loss" if name is None else f"the loss of {name}"
                found = said_of(said, find_loss, saved)
                self.found.append((place, name, found, weight))

    def losses(self, y_true, outputs, sample_weight=None, logits=None):
        """Return the total loss, and those of several outputs without their
        weights, {name in history: value}; None where no output has a loss.

        y_true: an array, or a list or dict of them, by the names of outputs;
        outputs: Tensors, nested as the model's; sample_weight: an array for all
        outputs, or nested likewise; logits: by the names of outputs that are
        the softmax or sigmoid of them, what Keras computes crossentropies from.
        That of one output goes by its name, which may be None.

        A total is an array where a reduction is none. Raises CannotRun.
        """
        labels = parts_of("y_true", y_true, self.places)
        predictions = parts_of("outputs", outputs, self.places)
        sample_weights = sample_weights_of(sample_weight, self.places)
        total, of_outputs = None, {}
        for place, name, loss, weight in self.found:
            said = "the loss" if name is None else f"the loss of {name}"
            value = said_of(
                said,
                loss,
                as_labels(labels[place]),
                predictions[place],
                sample_weights[place],
                (logits or {}).get(name),
                self.floatx,
            )
            if len(self.found) > 1:
                of_outputs[f"{name}_loss"] = value
            if weight is not None:
                value = value * self.floatx.type(weight)
            total = value if total is None else total + value
        return total, of_outputs


def pair_losses(loss, weights, places):
    """Return the losses of outputs, as they are saved, with their weights,
    [(place, loss, weight)]. Raises CannotRun for what Keras refuses, and for
    several losses of one output, of which it takes the first alone.

    places: as find_places returns them.
    """
    names = [name for name, _ in places]
    if isinstance(weights, int) and weights:
        raise CannotRun("loss_weights must be a list, a dict or a fraction")
    by_key = isinstance(places[0][1], str)
    if not is_one(loss) and isinstance(loss, dict) and not by_key:
        if None in names or set(loss) != set(names):
            raise CannotRun(
                f"loss has {sorted(loss)}, but the outputs are {names}"
            )
        loss = [loss[name] for name in names]
        if isinstance(weights, dict):
            if missing := [name for name in names if name not in weights]:
                raise CannotRun(f"loss_weights has no {missing[0]!r}")
            weights = [weights[name] for name in names]
    flat = flat_compiled(loss)
    flat_weights = [None] * len(flat)
    if weights is not None:
        flat_weights = flat_compiled(weights)
        if len(flat_weights) != len(flat):
            raise CannotRun(
                f"{len(flat)} losses, but {len(flat_weights)} loss_weights"
            )
        for weight in flat_weights:
            if not isinstance(weight, int | float | None):
                raise CannotRun(f"loss_weights has {weight!r}, no number")
    if is_one(loss):
        return [(place, loss, flat_weights[0]) for place in range(len(places))]
    if len(flat) != len(loss):
        raise CannotRun(
            "lists of losses in others, of which Keras 3.15.1 counts the first "
            "alone; give one loss for each output"
        )
    if isinstance(loss, dict):  # for a dict of outputs, or some of it
        by_name = dict(zip(sorted(loss), flat_weights))
        for key in loss:
            if key not in names:
                raise CannotRun(f"loss has {key!r}, which is no output")
        return [(names.index(key), loss[key], by_name[key]) for key in loss]
    if len(loss) != len(places):
        raise CannotRun(
            f"{len(loss)} losses for {len(places)} outputs, of which Keras "
            "3.15.1 counts the first alone; give one loss for each output"
        )
    order = sorted(range(len(names)), key=names.__getitem__)
    order = order if by_key else range(len(names))
    return list(zip(order, loss, flat_weights))


def find_loss(saved):
    """Return a function that computes one loss, (y_true, tensor, sample_weight,
    logits, floatx). Raises CannotRun where it is none of Keras'."""
    if isinstance(saved, str) and saved.lower() in ("crossentropy", "ce"):
        return functools.partial(value_of_loss, saved, {}, MEAN)
    function, options = loss_function(saved)
    reduction = options.pop("reduction", MEAN)
    allowed = options_of(reduce_losses, "reduction")
    if reduction not in allowed:
        wanted = ", ".join(map(str, allowed))
        raise CannotRun(f"reduction must be one of {wanted}, not {reduction!r}")
    options.pop("name", None)
    check_compiled(function, options)
    return functools.partial(value_of_loss, function, options, reduction)


def loss_function(saved):
    """Return the function of a loss, and its config."""
    if isinstance(saved, str):
        name = long_name(saved, SHORT_LOSSES)
        function = LOSS_FUNCTIONS.get(name, NAMED_FUNCTIONS.get(name))
        is_loss = function in LOSS_FUNCTIONS.values()
        if not is_loss or function is categorical_generalized_cross_entropy:
            raise CannotRun(f"Keras has no loss {saved!r}")
        return function, {}
    if not is_saved_object(saved):
        raise CannotRun(f"{saved!r} is no loss")
    if saved["class_name"] == "function":
        return named_function(saved), {}
    kind = saved["class_name"]
    if saved.get("module") != "keras.losses" or kind not in LOSS_FUNCTIONS:
        raise CannotRun(
            f"{kind} is a class of your own, or none of Keras' losses; "
            "compile with one of these"
        )
    return LOSS_FUNCTIONS[kind], dict(saved["config"])


def value_of_loss(
    function, options, reduction, y_true, tensor, sample_weight, logits, floatx
):
    """Return the number that a loss is, or with reduction none an array, of
    floatx.

    function: of the library, or the name of a crossentropy that shapes tell.
    """
    if y_true is None:
        raise CannotRun("it has no labels")
    y_pred, mask = tensor.array, tensor.mask
    if isinstance(function, str):
        function = NAMED_FUNCTIONS[resolve_name(function, y_true, y_pred)]
    if y_pred.dtype != floatx:  # a copy, of which Keras knows no logits
        y_pred, logits = y_pred.astype(floatx), None
    y_true, aligned = of_one_rank(y_true.astype(floatx), y_pred)
    if aligned.ndim != y_pred.ndim:
        logits = None
    values = values_of(function, options, y_true, aligned, logits)
    kept = kept_of(function, options, y_true, values)
    if kept is not None:
        mask = kept if mask is None else mask & kept
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight).astype(floatx)
    value = reduce_losses(values, sample_weight, reduction, mask)
    return value if hasattr(value, "dtype") else floatx.type(value)


def values_of(function, options, y_true, y_pred, logits=None):
    """Return the losses of all samples. Where Keras knows the logits behind
    predictions, it computes crossentropies from them; of any activation, and
    whatever from_logits says."""
    if logits is None or options.get("ignore_class") is not None:
        return function(y_true, y_pred, **options)
    if function in OF_LOGITS:
        options = {**options, "from_logits": True}
        return function(y_true, logits, **options)
    if function is binary_focal_crossentropy and not options.get("from_logits"):
        return _focal_of_logits(y_true, y_pred, logits, **options)
    return function(y_true, y_pred, **options)


def _focal_of_logits(
    y_true,
    y_pred,
    logits,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """The same of binary_focal_crossentropy: its factors are of y_pred, its
    crossentropies of logits."""
    y_true = y_true * (1 - label_smoothing) + label_smoothing / 2
    each = np.newaxis  # a sample for each entry
    values = binary_crossentropy(y_true[..., each], logits[..., each], True)
    of_right = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    values = (1 - of_right) ** gamma * values
    if apply_class_balancing:
        values = (y_true * alpha + (1 - y_true) * (1 - alpha)) * values
    return np.mean(values, axis=tuple(np.ravel(axis)))


def kept_of(function, options, y_true, values):
    """Return the mask that Keras gives losses, beside that of predictions, or
    None."""
    if function is circle:
        return values > 0
    ignored = options.get("ignore_class")
    if function is sparse_categorical_crossentropy and ignored is not None:
        return y_true.reshape(values.shape) != ignored
    return None
