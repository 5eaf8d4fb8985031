"""What a model of older Keras was compiled with, in the words of today."""

from keras_by_hand.models.config import of_class
from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.legacy.layers import is_of_older_keras

LOSSES = {  # by the name of today, other names that functions had
    "binary_crossentropy": "bce BCE",
    "binary_focal_crossentropy": "",
    "categorical_crossentropy": "",
    "categorical_focal_crossentropy": "",
    "categorical_hinge": "",
    "cosine_similarity": "",
    "hinge": "",
    "huber": "huber_loss",
    "kl_divergence": "kld KLD kullback_leibler_divergence",
    "log_cosh": "logcosh",
    "mean_absolute_error": "mae MAE",
    "mean_absolute_percentage_error": "mape MAPE",
    "mean_squared_error": "mse MSE",
    "mean_squared_logarithmic_error": "msle MSLE",
    "poisson": "",
    "sparse_categorical_crossentropy": "",
    "squared_hinge": "",
}
ACCURACIES = {
    "accuracy": "acc",
    "binary_accuracy": "",
    "categorical_accuracy": "",
    "crossentropy": "ce",
    "sparse_categorical_accuracy": "",
    "sparse_top_k_categorical_accuracy": "",
    "top_k_categorical_accuracy": "",
}
LOSS_CLASSES = (
    "BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy "
    "CategoricalFocalCrossentropy CategoricalHinge CosineSimilarity Hinge "
    "Huber KLDivergence LogCosh MeanAbsoluteError MeanAbsolutePercentageError "
    "MeanSquaredError MeanSquaredLogarithmicError Poisson "
    "SparseCategoricalCrossentropy SquaredHinge"
).split()
METRIC_CLASSES = (
    "AUC BinaryAccuracy BinaryCrossentropy CategoricalAccuracy "
    "CategoricalCrossentropy CategoricalHinge CosineSimilarity FalseNegatives "
    "FalsePositives Hinge KLDivergence LogCoshError MeanAbsoluteError "
    "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError "
    "Poisson Precision Recall RootMeanSquaredError SparseCategoricalAccuracy "
    "SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy SquaredHinge "
    "TopKCategoricalAccuracy TrueNegatives TruePositives"
).split()
# The keys that optimizers have today, beside those of all.
OPTIMIZERS = {
    "Adadelta": "rho epsilon",
    "Adagrad": "initial_accumulator_value epsilon",
    "Adam": "beta_1 beta_2 epsilon amsgrad",
    "AdamW": "beta_1 beta_2 epsilon amsgrad",
    "Adamax": "beta_1 beta_2 epsilon",
    "Lion": "beta_1 beta_2",
    "Nadam": "beta_1 beta_2 epsilon",
    "RMSprop": "rho momentum epsilon centered",
    "SGD": "momentum nesterov",
}
OF_ALL_OPTIMIZERS = (
    "name learning_rate weight_decay clipnorm clipvalue global_clipnorm "
    "use_ema ema_momentum ema_overwrite_frequency"
).split()
CLIPS = {"clipnorm", "clipvalue", "global_clipnorm"}
# Keras 2.11 wrote all anew. These compute what they did before; others have
# their epsilon, or their schedule, in another place since.
AS_BEFORE_2_11 = "Adadelta Adam Adamax SGD".split()
SCHEDULES = (
    "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay "
    "PiecewiseConstantDecay PolynomialDecay"
).split()


def compiled_today(training, writer):
    """Return the compile_config of a model, or None, and a sentence on what of
    it is not taken along.

    training: what the file has of compile().
    """
    left = ["the state of the optimizer, of which Keras warns"]
    try:
        optimizer = training.get("optimizer_config", training.get("optimizer"))
        compiled = {
            "optimizer": optimizer_of_today(optimizer, writer),
            "loss": each_inside(loss_of_today, training.get("loss")),
            "loss_weights": training.get("loss_weights"),
        }
        if training.get("sample_weight_mode"):
            raise CannotRun("sample_weight_mode is not known to Keras 3")
        for key in ("metrics", "weighted_metrics"):
            compiled[key], unknown = metrics_of_today(training.get(key))
            left += [f"metric {name}" for name in unknown]
    except CannotRun as error:
        return None, f"it is not compiled: {error}"
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        why = f"what the file has of compile() is damaged: {first_line(error)}"
        return None, f"it is not compiled: {why}"
    return compiled, f"it is compiled as before, but for {', '.join(left)}"


def each_inside(function, saved):
    """Return what a function makes of each that lists and dicts of outputs
    hold; None stays."""
    if isinstance(saved, list):
        return [each_inside(function, item) for item in saved]
    if isinstance(saved, dict) and "class_name" not in saved:
        return {key: each_inside(function, saved[key]) for key in saved}
    return None if saved is None else function(saved)


def is_own_class(saved):
    """Whether a saved object is of a class that is not Keras'."""
    module = saved.get("module")
    return module is not None and not is_of_older_keras(module)


def function_of_today(saved, known):
    """Return the name of today of a function, or None."""
    if isinstance(saved, str):
        for name, others in known.items():
            if saved in (name, *others.split()):
                return name
    return None


def loss_of_today(saved):
    """Return a loss; raises CannotRun where Keras 3 has none such."""
    name = function_of_today(saved, LOSSES)
    if name:
        return name
    kind = saved.get("class_name") if isinstance(saved, dict) else None
    if kind not in LOSS_CLASSES or is_own_class(saved):
        raise CannotRun(f"its loss {name_in(saved)} is not known to Keras 3")
    config = {k: v for k, v in saved["config"].items() if k != "fn"}
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return of_class("keras.losses", kind, config)


def metrics_of_today(saved):
    """Return metrics, and the names of those that are not known to Keras 3."""
    unknown = []

    def of_today(metric):
        name = function_of_today(metric, ACCURACIES | LOSSES)
        if name is None and isinstance(metric, dict):
            kind, config = metric["class_name"], metric["config"]
            if kind in METRIC_CLASSES and not is_own_class(metric):
                kept = {k: v for k, v in config.items() if k != "fn"}
                return of_class("keras.metrics", kind, kept)
            if kind == "MeanMetricWrapper":
                name = function_of_today(config.get("fn"), ACCURACIES | LOSSES)
        if name is None:
            unknown.append(name_in(metric))
        return name

    found = without_none(each_inside(of_today, saved))
    is_of_one = isinstance(found, list) and len(found) == 1
    if is_of_one and isinstance(found[0], list):  # of the one output
        found = found[0]
    return found or None, unknown


def without_none(nested):
    """Return lists of metrics without those that are None."""
    if isinstance(nested, list):
        return [without_none(item) for item in nested if item is not None]
    if isinstance(nested, dict) and "class_name" not in nested:
        return {key: without_none(item) for key, item in nested.items()}
    return nested


def name_in(saved):
    """Return the name of what is not known."""
    if isinstance(saved, dict):
        config = saved.get("config")
        of_function = config if isinstance(config, str) else None
        return of_function or saved.get("class_name")
    return saved


def optimizer_of_today(saved, writer):
    """Return an optimizer; raises CannotRun where Keras 3 has none that
    computes the same."""
    if isinstance(saved, str):  # with the defaults of 2.11 and later
        for kind in OPTIMIZERS:
            if kind.lower() == saved.lower():
                return of_class("keras.optimizers", kind, {})
        raise CannotRun(f"its optimizer {saved} is not known to Keras 3")
    kind = saved["class_name"].removeprefix("Custom>")
    config = dict(saved["config"])
    if kind not in OPTIMIZERS or is_own_class(saved):
        raise CannotRun(f"its optimizer {kind} is not known to Keras 3")
    is_new = config.pop("is_legacy_optimizer", None) is False
    is_new = is_new or "use_ema" in config
    if not is_new and kind not in AS_BEFORE_2_11:
        raise CannotRun(f"its optimizer {kind} computed otherwise then")
    config.pop("jit_compile", None)
    if "lr" in config:
        config["learning_rate"] = config.pop("lr")
    rate, decay = config["learning_rate"], config.pop("decay", 0)
    if isinstance(rate, dict):
        if rate["class_name"] not in SCHEDULES or is_own_class(rate):
            raise CannotRun("its schedule is not known to Keras 3")
        schedule = rate["class_name"], rate["config"]
    elif decay:
        options = {"initial_learning_rate": rate, "decay_rate": decay}
        schedule = "InverseTimeDecay", {**options, "decay_steps": 1}
    if isinstance(rate, dict) or decay:
        module = "keras.optimizers.schedules"
        config["learning_rate"] = of_class(module, *schedule)
    if config.get("epsilon", 0) is None:  # that of Keras, then and now
        del config["epsilon"]
    for key in CLIPS:
        if not config.get(key):  # 0 clips nothing
            config.pop(key, None)
    if len(CLIPS & config.keys()) > 1:
        raise CannotRun("its optimizer clips in two ways")
    if "clipnorm" in config and writer.clips_all_together:
        config["global_clipnorm"] = config.pop("clipnorm")
    known = {*OF_ALL_OPTIMIZERS, *OPTIMIZERS[kind].split()}
    for key in config.keys() - known:
        raise CannotRun(f"{key} of its optimizer is not known to Keras 3")
    return of_class("keras.optimizers", kind, config)
