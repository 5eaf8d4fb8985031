"""Metrics of whole models over batches, as CompileMetrics has them, and the
means of their losses."""

import functools
import inspect

import numpy as np

from keras_by_hand.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_hinge,
    cosine_similarity,
    hinge,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from keras_by_hand.metrics.accuracy import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    resolve_name,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from keras_by_hand.metrics.counts import (
    count_result,
    count_state,
    precision_result,
    precision_state,
    recall_result,
    recall_state,
)
from keras_by_hand.metrics.curves import (
    auc_result,
    auc_state,
    best_at,
    confusion_state,
)
from keras_by_hand.metrics.f_scores import fbeta_result, fbeta_state
from keras_by_hand.metrics.means import add_states, mean_result, mean_state
from keras_by_hand.metrics.overlap import iou_result, iou_state
from keras_by_hand.metrics.regression import (
    concordance_correlation,
    pearson_correlation,
    r2_result,
    r2_state,
)
from keras_by_hand.models.checks import check_values
from keras_by_hand.models.config import snake_case
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.training.compiled import (
    NAMED_FUNCTIONS,
    SHORT_METRICS,
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
from keras_by_hand.models.training.objectives import kept_of, values_of
from keras_by_hand.pairs import in_one_dtype, of_one_rank

# -- Which function stands for which class of Keras


def _cosine(y_true, y_pred, axis=-1):
    """Of the metric, which is 1 for one direction; the loss is -1."""
    return -cosine_similarity(y_true, y_pred, axis)


def _squares(y_true, y_pred):
    """What RootMeanSquaredError has the mean of, before its root."""
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    return (y_pred - y_true) ** 2


def _binary_iou_state(y_true, y_pred, sample_weight=None, *, threshold=0.5):
    """Of 0 and 1: y_pred is 1 from the threshold on, in float32."""
    found = y_pred.astype("float32") >= np.float32(threshold)
    return _iou_of_any(y_true, found, sample_weight, num_classes=2)


def _binary_iou_result(state, *, target_class_ids=(0, 1)):
    return iou_result(state, target_class_ids=target_class_ids)


def _iou_of_any(
    y_true,
    y_pred,
    sample_weight=None,
    *,
    num_classes,
    ignore_class=None,
    sparse_y_true=True,
    sparse_y_pred=True,
    axis=-1,
):
    """iou_state, which wants whole numbers: of classes and weights, Keras drops
    the fractions."""
    return iou_state(
        y_true.astype("int64") if sparse_y_true else y_true,
        y_pred.astype("int64") if sparse_y_pred else y_pred,
        None if sample_weight is None else sample_weight.astype("int64"),
        num_classes=num_classes,
        ignore_class=ignore_class,
        sparse_y_true=sparse_y_true,
        sparse_y_pred=sparse_y_pred,
        axis=axis,
    )


_of_one_hot = functools.partial(_iou_of_any, sparse_y_true=False)
_mean_iou_result = functools.partial(iou_result, target_class_ids=None)


MEANS = {  # of the values of a function
    "Accuracy": accuracy,
    "BinaryAccuracy": binary_accuracy,
    "BinaryCrossentropy": binary_crossentropy,
    "CategoricalAccuracy": categorical_accuracy,
    "CategoricalCrossentropy": categorical_crossentropy,
    "CategoricalHinge": categorical_hinge,
    "ConcordanceCorrelation": concordance_correlation,
    "CosineSimilarity": _cosine,
    "Hinge": hinge,
    "KLDivergence": kl_divergence,
    "LogCoshError": log_cosh,
    "MeanAbsoluteError": mean_absolute_error,
    "MeanAbsolutePercentageError": mean_absolute_percentage_error,
    "MeanSquaredError": mean_squared_error,
    "MeanSquaredLogarithmicError": mean_squared_logarithmic_error,
    "PearsonCorrelation": pearson_correlation,
    "Poisson": poisson,
    "RootMeanSquaredError": _squares,
    "SparseCategoricalAccuracy": sparse_categorical_accuracy,
    "SparseCategoricalCrossentropy": sparse_categorical_crossentropy,
    "SparseTopKCategoricalAccuracy": sparse_top_k_categorical_accuracy,
    "SquaredHinge": squared_hinge,
    "TopKCategoricalAccuracy": top_k_categorical_accuracy,
}
COUNTED = {  # in floatx, whatever their own dtype
    "AUC": (auc_state, auc_result),
    **{
        kind: (
            functools.partial(count_state, snake_case(kind)),
            count_result,
        )
        for kind in (
            "FalseNegatives",
            "FalsePositives",
            "TrueNegatives",
            "TruePositives",
        )
    },
    "Precision": (precision_state, precision_result),
    "PrecisionAtRecall": (confusion_state, best_at),
    "Recall": (recall_state, recall_result),
    "RecallAtPrecision": (confusion_state, best_at),
    "SensitivityAtSpecificity": (confusion_state, best_at),
    "SpecificityAtSensitivity": (confusion_state, best_at),
}
RATES_AT = {  # the largest rate, where another is at least what config has
    "PrecisionAtRecall": ("precision", "recall", "recall"),
    "RecallAtPrecision": ("recall", "precision", "precision"),
    "SensitivityAtSpecificity": ("recall", "specificity", "specificity"),
    "SpecificityAtSensitivity": ("specificity", "recall", "sensitivity"),
}
SCORES = {
    "F1Score": (fbeta_state, functools.partial(fbeta_result, beta=1.0)),
    "FBetaScore": (fbeta_state, fbeta_result),
    "R2Score": (r2_state, r2_result),
}
OVERLAPS = {  # in whole numbers
    "BinaryIoU": (_binary_iou_state, _binary_iou_result),
    "IoU": (_iou_of_any, iou_result),
    "MeanIoU": (_iou_of_any, _mean_iou_result),
    "OneHotIoU": (_of_one_hot, iou_result),
    "OneHotMeanIoU": (_of_one_hot, _mean_iou_result),
}
METRIC_KINDS = {*MEANS, *COUNTED, *SCORES, *OVERLAPS}
KINDS_BY_NAME = {snake_case(kind): kind for kind in METRIC_KINDS}
METRIC_DTYPES = {
    **dict.fromkeys([*MEANS, *COUNTED, *SCORES], ("float32", "float64")),
    **dict.fromkeys(OVERLAPS, ("int32", "int64")),
}


class Metrics:
    """The metrics that a model was compiled with, and what they and the losses
    add up to over batches.

    Own functions and classes are refused at once, and Mean and Sum, which do
    not take labels. A file has no state of metrics, and needs none back.
    """

    def __init__(self, compiled, names, outputs, floatx="float32"):
        """compiled: compile_config of a .keras file; names and outputs: as
        find_places takes them; floatx: Keras' floatx."""
        self.floatx = np.dtype(floatx)
        self.places = find_places(outputs, names)
        self.runs_eagerly = bool(compiled.get("run_eagerly"))
        self.found, taken = [], {}  # [(name in history, place, ...)]
        for key in ("metrics", "weighted_metrics"):
            is_weighted = key == "weighted_metrics"
            each = metrics_of_outputs(key, compiled.get(key), self.places)
            for place, saved in each:
                said = f"{key} {metric_name(saved)}"
                short, *parts = said_of(said, find_metric, saved, self.floatx)
                of_output, is_of_more = self.places[place]
                output = "" if is_of_more is None else f"{of_output}_"
                name = f"{output}{short}"
                if is_weighted and name in taken:
                    name = f"{output}weighted_{short}"
                name = free_name(name, taken)
                self.found.append((name, place, is_weighted, *parts))
        self.reset()

    def reset(self):
        """Begin again, as each epoch does."""
        self.states, self.of_losses = {}, {}

    def update(self, y_true, outputs, sample_weight=None, logits=None):
        """Add a batch.

        Arguments are those of Objectives.losses, but arrays that are not
        traced. What Keras divides by 0 without a word stays NaN. Raises
        CannotRun.
        """
        labels = parts_of("y_true", y_true, self.places)
        predictions = parts_of("outputs", outputs, self.places)
        sample_weights = sample_weights_of(sample_weight, self.places)
        for name, place, is_weighted, state_of, _ in self.found:
            if labels[place] is None:
                raise CannotRun(f"the metric {name}: it has no labels")
            weights = sample_weights[place] if is_weighted else None
            with np.errstate(divide="ignore", invalid="ignore"):
                state = said_of(
                    f"the metric {name}",
                    state_of,
                    as_labels(labels[place]),
                    predictions[place],
                    None if weights is None else np.asarray(weights),
                    (logits or {}).get(self.places[place][0]),
                )
            self.states[name] = with_batch(self.states.get(name), state)

    def update_losses(self, total, of_outputs, samples):
        """Add the losses of a batch, plain numbers.

        total: with all penalties; of_outputs: as Objectives.losses returns it;
        samples: how many the batch has, by which Keras weighs the total. It
        weighs the others so only where it runs eagerly: in a graph, it does not
        know how many there are, and each batch counts as much.
        """
        weight = self.floatx.type(samples)
        for name, value in {"loss": total, **of_outputs}.items():
            is_weighted = name == "loss" or self.runs_eagerly
            state = mean_state(
                np.asarray(value, self.floatx), weight if is_weighted else None
            )
            self.of_losses[name] = with_batch(self.of_losses.get(name), state)

    def result(self):
        """Return the results of all batches since reset, {name in history:
        number}, in the order of Keras' history, that of names; of several
        thresholds or classes, an array."""
        means = {n: mean_result(s) for n, s in self.of_losses.items()}
        with np.errstate(divide="ignore", invalid="ignore"):
            results = {
                name: said_of(
                    f"the metric {name}", result_of, self.states[name]
                )
                for name, *_, result_of in self.found
            }
        loss = {"loss": means.pop("loss")} if means else {}
        all_results = {**loss, **results, **means}
        return {
            name: float(all_results[name])
            if np.ndim(all_results[name]) == 0
            else all_results[name]
            for name in sorted(all_results)
        }


def free_name(name, taken):
    """Return the name in history of a metric, with a number where others have
    it; taken: of each name, how many have it, to which it is added."""
    number = taken.get(name, 0)
    taken[name] = number + 1
    return f"{name}_{number}" if number else name


def with_batch(state, more):
    """Return the state of a metric after one more batch."""
    return more if state is None else add_states(state, more)


def metrics_of_outputs(said, metrics, places):
    """Return the metrics of each output, as they are saved, [(place, saved)].
    Raises CannotRun for what Keras refuses.

    said: metrics or weighted_metrics; places: as find_places returns them.
    """
    if not metrics:
        return []
    if is_one(metrics):
        raise CannotRun(f"{said} must be a list or a dict")
    if len(places) == 1:
        return [(0, saved) for saved in flat_compiled(metrics)]
    names = [name for name, _ in places]
    if isinstance(metrics, dict) and set(metrics) <= set(names):
        metrics = [metrics.get(name) for name in names]
    if isinstance(metrics, dict) or len(metrics) != len(places):
        raise CannotRun(
            f"{said} must have one entry, or a list, for each of {names}"
        )
    return [
        (place, saved)
        for place, entry in enumerate(metrics)
        if entry is not None
        for saved in (entry if isinstance(entry, list | tuple) else [entry])
    ]


def metric_name(saved):
    """Return the name that Keras gives a metric, without that of its output."""
    if not is_saved_object(saved):
        return saved
    config = saved.get("config")
    return config.get("name") if isinstance(config, dict) else config


def find_metric(saved, floatx):
    """Return the name of a metric, a function that makes a state of a batch,
    (y_true, tensor, sample_weight, logits), and one that makes a number of a
    state. Raises CannotRun where it is none of Keras'."""
    name = metric_name(saved)
    if isinstance(saved, str):
        if saved.lower() in ("accuracy", "acc"):
            return name, *_mean_parts(_accuracy_named(saved), {}, floatx)
        kind = long_name(saved, SHORT_METRICS)
        kind = KINDS_BY_NAME.get(kind, kind)
        config = {}
    elif not is_saved_object(saved):
        raise CannotRun(f"{saved!r} is no metric")
    elif saved["class_name"] == "function":
        return name, *_mean_parts(named_function(saved), {}, floatx)
    else:
        kind, config = saved["class_name"], dict(saved["config"])
        if saved.get("module") != "keras.metrics":
            raise CannotRun(
                f"{kind} is a class of your own, or none of Keras' metrics; "
                "compile with one of these"
            )
    if not isinstance(config.pop("name", name), str):
        raise CannotRun("its config has no name")
    dtype = np.dtype(_dtype_of(kind, config.pop("dtype", None), floatx))
    if kind == "MeanMetricWrapper":
        function = named_function(config.pop("fn", None) or {})
        return name, *_mean_parts(function, config, dtype)
    if kind in MEANS:
        return name, *_mean_parts(MEANS[kind], config, dtype)
    if kind not in METRIC_KINDS:
        raise CannotRun(f"{kind} is no metric of y_true and y_pred")
    return name, *_state_parts(kind, config, dtype, floatx)


def _dtype_of(kind, dtype, floatx):
    """Return the dtype of a metric; raises CannotRun for an unknown one."""
    allowed = METRIC_DTYPES.get(kind, METRIC_DTYPES["Accuracy"])
    if dtype is None:
        return floatx if allowed == METRIC_DTYPES["Accuracy"] else "int64"
    if dtype not in allowed:
        raise CannotRun(f"dtype must be {' or '.join(allowed)}, not {dtype!r}")
    return dtype


def _accuracy_named(name):
    """Return the accuracy that shapes tell."""

    def of_shapes(y_true, y_pred):
        found = resolve_name(name, y_true, y_pred)
        return NAMED_FUNCTIONS[found](y_true, y_pred)

    return of_shapes


def _mean_parts(function, options, dtype):
    """Return the state and the result of the mean of a function's values."""
    check_compiled(function, options)
    counts_mask = function is not _squares

    def state_of(y_true, tensor, sample_weight, logits):
        values = values_of(function, options, y_true, tensor.array, logits)
        if sample_weight is not None:
            sample_weight = sample_weight.astype(dtype)
        if counts_mask:
            sample_weight = weighted_by(sample_weight, tensor.mask, dtype)
        if sample_weight is not None:
            kept = kept_of(function, options, y_true, values)
            sample_weight = weighted_by(sample_weight, kept, dtype)
        return mean_state(np.asarray(values, dtype), sample_weight)

    def result_of(state):
        return (
            mean_result(state) if counts_mask else np.sqrt(mean_result(state))
        )

    return state_of, result_of


def weighted_by(sample_weight, mask, dtype):
    """Return weights times a mask, either of which may be None."""
    if mask is None:
        return sample_weight
    mask = mask.astype(dtype)
    if sample_weight is None:
        return mask
    mask, sample_weight = of_one_rank(mask, sample_weight)
    return mask * sample_weight


def _state_parts(kind, config, dtype, floatx):
    """Return the state and the result of what is no mean, with the options that
    each takes of the config."""
    table = {**COUNTED, **SCORES, **OVERLAPS}
    state_of, result_of = table[kind]
    if kind in RATES_AT:
        rate, other, key = RATES_AT[kind]
        if key not in config:
            raise CannotRun(f"its config has no {key!r}")
        result_of = functools.partial(
            result_of, rate=rate, other=other, bound=config.pop(key)
        )
    labels = config.pop("num_labels", None)
    if labels and not config.get("multi_label"):
        raise CannotRun("num_labels is for multi_label alone")
    of_state, of_result = [
        {key: config[key] for key in config if key in parameters}
        for parameters in map(_parameters_after, (state_of, result_of))
    ]
    for key in config.keys() - of_state.keys() - of_result.keys():
        raise CannotRun(f"its config has {key!r}, which is not known here")
    check_values(state_of, of_state)
    check_values(result_of, of_result)
    is_whole, is_score = kind in OVERLAPS, kind in SCORES
    given = dtype if is_score else floatx
    if kind == "R2Score" and dtype != floatx:  # Keras would compute in both
        raise CannotRun(f"dtype must be {floatx}, as floatx, not {dtype}")

    def state_of_batch(y_true, tensor, sample_weight, logits):
        y_pred = tensor.array
        if not is_whole:
            y_true, y_pred = y_true.astype(given), y_pred.astype(given)
        state = state_of(y_true, y_pred, sample_weight, **of_state)
        if labels and state["true_positives"].shape[-1] != labels:
            raise CannotRun(f"num_labels is {labels}, but y_pred has others")
        return state

    return state_of_batch, functools.partial(result_of, **of_result)


def _parameters_after(function):
    """Return what a function takes beside predictions, weights or a state, and
    what it was given already."""
    given = getattr(function, "keywords", {}).keys()
    inputs = {"y_true", "y_pred", "sample_weight", "state"}
    return inspect.signature(function).parameters.keys() - inputs - given
