"""The metrics of a compiled model are those of Keras: after each of unequal batches, by the
names and in the order of its history, with weights and masks, in floatx of either kind."""

import inspect
import io
import itertools
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from compiled_by_keras import (
    BATCHES,
    TOLERANCES,
    as_file,
    as_keras,
    assert_close,
    batches_of,
    cases_of,
    for_keras,
    metrics_of_keras,
)
from keras.src.metrics import ALL_OBJECTS_DICT
from library.engine.metrics import in_dtype
from library.engine.subjects import SUBJECTS

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.tensors import Tensor
from keras_by_hand.models.training.compiled import (
    NAMED_FUNCTIONS,
    SHORT_METRICS,
    long_name,
)
from keras_by_hand.models.training.objectives import Objectives
from keras_by_hand.models.training.tracking import (
    KINDS_BY_NAME,
    METRIC_KINDS,
    OVERLAPS,
    Metrics,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")
METRICS = keras.metrics
OF_NO_LABELS = {"Mean", "Sum"}
RNG = np.random.default_rng(2)
NAMES = {  # of subjects, by the classes of Keras
    subject.reference.metric.__name__: name
    for name, subject in SUBJECTS.items()
    if inspect.isclass(getattr(getattr(subject, "reference", None), "metric", None))
} | {
    "TopKCategoricalAccuracy": "top_k_categorical_accuracy_metric",
    "SparseTopKCategoricalAccuracy": "sparse_top_k_categorical_accuracy_metric",
}


def test_each_metric_has_a_function():
    classes = {name for name, thing in vars(METRICS).items() if inspect.isclass(thing)}
    assert classes - METRIC_KINDS == OF_NO_LABELS | {"Metric", "MeanMetricWrapper"}
    for name, thing in ALL_OBJECTS_DICT.items():
        if inspect.isclass(thing) and thing.__name__ in METRIC_KINDS:
            kind = long_name(name, SHORT_METRICS)
            assert KINDS_BY_NAME.get(kind, kind) == thing.__name__
    functions = {
        name for name, thing in vars(METRICS).items() if inspect.isfunction(thing)
    } - {"deserialize", "get", "serialize"}
    assert functions <= NAMED_FUNCTIONS.keys()


def by_hand(saved, batches, floatx, names=("y",), outputs="y", logits=None):
    found = Metrics(saved, [*names], outputs, floatx)
    for batch in batches:
        found.update(*batch, logits)
        yield found.result()
    found.reset()
    found.update(*batch, logits)
    yield found.result()


def assert_same(found, expected, tolerance):
    found, expected = list(found), list(expected)
    assert len(found) == len(expected)
    for of_batch, of_keras in zip(found, expected):
        assert [*of_batch] == sorted(of_keras)
        for name, value in of_batch.items():
            assert isinstance(value, float) or np.ndim(value)
            assert_close(value, of_keras[name], tolerance)


def drawn(draw, case):
    """What the constructor takes of a case, and weights and a mask, or None."""
    config = {
        key: value.tolist() if isinstance(value, np.ndarray) else value
        for key, value in case.config.items()
    }
    weight = np.array(config.pop("sample_weight", 0))
    samples = len(case.inputs[1])
    if np.ndim(weight) == 0 or len(weight) != samples:  # not one for each sample
        weight = None
    shape = case.inputs[1].shape[:-1] or (samples,)
    mask = draw.one_of(None, None, draw.rng.integers(2, size=shape).astype(bool))
    return config, weight, mask


@pytest.mark.drawn
@pytest.mark.parametrize(
    ("kind", "floatx"),
    [
        (kind, floatx)
        for kind in sorted(METRIC_KINDS)
        for floatx in TOLERANCES
        if floatx == "float32" or "TopK" not in kind  # of which TensorFlow has no other
    ],
)
def test_each_metric_is_that_of_keras(kind, floatx):
    name, compared, metric = NAMES[kind], 0, getattr(METRICS, kind)
    draws = {"float64": 3, "float32": 2}[floatx]
    cases = itertools.islice(cases_of(name, metric, draws), 2 * draws)
    for draw, case in cases:
        config, weight, mask = drawn(draw, case)
        batches = batches_of(case, floatx, weight, mask)
        tolerance = max(
            TOLERANCES["float32" if kind in OVERLAPS else floatx],
            case.tolerance or SUBJECTS[name].tolerance,
        )
        with in_dtype(floatx):
            metrics = [metric(**config)]
            saved = as_file({"metrics": metrics, "weighted_metrics": metrics})
            try:
                expected = [*metrics_of_keras(saved, ["y"], for_keras(batches))]
            except Exception:
                with pytest.raises(CannotRun, match="the metric "):
                    [*by_hand(saved, batches, floatx)]
                continue
        assert_same(by_hand(saved, batches, floatx), expected, tolerance)
        compared += 1
    assert compared >= (draws + 1) // 2


Y = RNG.uniform(0.05, 1, size=(7, 3)).astype("float32")
CLASSES = np.array([0, 1, 2, 1, 0, 2, 2])
LABELS = np.eye(3)[CLASSES]
MASK = RNG.integers(2, size=7).astype(bool)
WEIGHT = RNG.uniform(size=7)


def cut(y_true, y_pred=Y, mask=None, weight=WEIGHT):
    return [
        (
            y_true[rows],
            Tensor(y_pred[rows], None if mask is None else mask[rows]),
            weight[rows],
        )
        for rows in BATCHES
    ]


@pytest.mark.drawn
@pytest.mark.parametrize("mask", [None, MASK], ids=["", "mask"])
@pytest.mark.parametrize(
    ("metric", "y_true"),
    [
        *[(name, LABELS) for name in ("acc", "accuracy", "Accuracy", "ACC", "mse")],
        *[(name, LABELS) for name in ("MAE", "bce", "msle", "AUC", "auc", "f1_score")],
        *[(name, LABELS) for name in ("F1Score", "recall", "root_mean_squared_error")],
        *[(name, LABELS) for name in ("cosine_similarity", "hinge")],
        ("acc", CLASSES),
        ("acc", CLASSES[:, None]),
        *[
            (function, LABELS)
            for function in (
                keras.losses.huber,
                keras.losses.cosine_similarity,
                METRICS.binary_accuracy,
                METRICS.categorical_accuracy,
                METRICS.pearson_correlation,
            )
        ],
        (METRICS.sparse_top_k_categorical_accuracy, CLASSES),
        (METRICS.MeanMetricWrapper(keras.losses.huber, "bent", delta=0.25), LABELS),
        (METRICS.MeanMetricWrapper(keras.losses.hinge), LABELS),
        (METRICS.Accuracy(), LABELS),
        (METRICS.AUC(thresholds=[0.3, 0.5], multi_label=True, num_labels=3), LABELS),
        (METRICS.IoU(3, [0, 1], sparse_y_pred=False), CLASSES + 0.75),
        (METRICS.SparseCategoricalCrossentropy(ignore_class=1), CLASSES),
    ],
)
def test_names_functions_and_masks(metric, y_true, mask):
    saved = as_file({"metrics": [metric], "weighted_metrics": [metric]})
    batches = cut(y_true, mask=mask)
    expected = metrics_of_keras(saved, ["y"], for_keras(batches))
    assert_same(by_hand(saved, batches, "float32"), expected, 1e-5)


def test_accuracy_of_one_output_is_binary():
    saved, batches = {"metrics": ["acc"]}, cut(CLASSES % 2, Y[:, :1])
    expected = metrics_of_keras(saved, ["y"], for_keras(batches))
    assert_same(by_hand(saved, batches, "float32"), expected, 1e-6)


@pytest.mark.parametrize("floatx", TOLERANCES)
@pytest.mark.parametrize("of_metric", TOLERANCES)
def test_dtypes_of_metrics(of_metric, floatx):
    """A file has a dtype for each metric, whatever floatx is when it is read."""
    metrics = [
        getattr(METRICS, kind)(dtype=of_metric)
        for kind in ("MeanSquaredError", "FBetaScore", "Recall", "AUC")
    ]
    saved = as_file({"metrics": metrics, "weighted_metrics": metrics})
    y_pred = Y.astype("float64")
    y_pred[0] = 0.5 + 1e-12  # of float32, which is at a threshold
    batches = cut(LABELS + 1 / 3, y_pred)
    with in_dtype(floatx):
        *_, expected, _ = metrics_of_keras(saved, ["y"], for_keras(batches))
    *_, found, _ = by_hand(saved, batches, floatx)
    is_exact = {of_metric, floatx} == {"float64"}
    assert_same([found], [expected], 1e-9 if is_exact else 2e-6)


def test_r2_of_another_dtype_than_floatx_is_refused():
    saved = as_file({"metrics": [METRICS.R2Score(dtype="float64")]})
    Metrics(saved, ["y"], "y", "float64")
    with pytest.raises(
        CannotRun, match="dtype must be float32, as floatx, not float64"
    ):
        Metrics(saved, ["y"], "y", "float32")


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_logits_are_used_where_keras_does(activation):
    logits = (9 * RNG.normal(size=(7, 3))).astype("float32")
    y = getattr(keras.activations, activation)(keras.ops.convert_to_tensor(logits))
    metrics = [
        "bce",
        "categorical_crossentropy",
        keras.losses.binary_focal_crossentropy,
    ]
    saved = as_file({"metrics": metrics})
    expected = metrics_of_keras(saved, ["y"], [(LABELS, y, None)])
    batch = LABELS, Tensor(y.numpy()), None
    found = by_hand(saved, [batch], "float32", logits={"y": logits})
    assert_same(found, expected, 1e-5)


# -- Names, and several outputs

LIST, DICT, SWAPPED = ["a", "b"], {"p": "b", "o": "a"}, {"b": "a", "a": "b"}


@pytest.mark.parametrize(
    ("outputs", "metrics", "weighted"),
    [
        ("y", ["mae", "mae", "mae", "mse"], ["mae", "mae", "mse", "mae"]),
        ("y", {"y": "mae", "a": ["mse"]}, [["mae"], "mse"]),
        ("y", [], ["mae"]),
        (LIST, ["mae", "mse"], None),
        (LIST, [["mae", "acc"], None], [None, ["mae"]]),
        (LIST, [["mae", "mae"], ["mae"]], [["mae", "mae"], ["mse", "mae"]]),
        (LIST, {"b": "mae"}, {"b": ["mae", "mse"], "a": "mse"}),
        (LIST, [[], "mae"], None),
        (DICT, {"p": "mae", "o": ["acc"]}, ["mse", "mae"]),
        (SWAPPED, {"b": "mae", "a": ["acc"]}, ["mse", "mae"]),
    ],
)
def test_names_and_outputs(outputs, metrics, weighted):
    names = {"y": ["y"]}.get(str(outputs), ["b", "a"] if outputs is SWAPPED else LIST)
    saved = as_file({"metrics": metrics, "weighted_metrics": weighted})
    if outputs == "y":
        batches = cut(LABELS)
    else:
        keys = outputs if isinstance(outputs, list) else sorted(outputs)
        both = zip(cut(LABELS), cut(LABELS[:, ::-1], 1 - Y, weight=1 / WEIGHT))
        batches = [[dict(zip(keys, part)) for part in zip(*pair)] for pair in both]
        if isinstance(outputs, list):
            batches = [[list(p.values()) for p in batch] for batch in batches]
    given = [(y, as_keras(tensors), weight) for y, tensors, weight in batches]
    expected = metrics_of_keras(saved, names, given)
    assert_same(by_hand(saved, batches, "float32", names, outputs), expected, 1e-5)


def own(y_true, y_pred):
    return y_pred


@pytest.mark.parametrize(
    ("outputs", "metrics", "said"),
    [
        ("y", "mae", "metrics must be a list or a dict"),
        ("y", ["kld"], "metrics kld: kld is no metric"),
        ("y", ["mean"], "metrics mean: mean is no metric"),
        ("y", [METRICS.Mean()], "metrics mean: Mean is no metric of y_true and y_pred"),
        ("y", [METRICS.Sum()], "Sum is no metric of y_true and y_pred"),
        (
            "y",
            [keras.losses.Huber()],
            "Huber is a class of your own, or none of Keras'",
        ),
        ("y", [own], "metrics own: own is a function of your own"),
        ("y", [METRICS.MeanMetricWrapper(own, name="z")], "metrics z: own is a funct"),
        ("y", [METRICS.AUC(dtype="float16")], "dtype must be float32 or float64"),
        ("y", [METRICS.MeanIoU(2, dtype="float32")], "dtype must be int32 or int64"),
        (LIST, ["mae"], "metrics must have one entry, or a list, for each"),
        (LIST, {"z": "mae"}, "metrics must have one entry, or a list, for each"),
        (LIST, [[["mae"]], None], "is no metric"),
    ],
)
def test_what_is_refused(outputs, metrics, said):
    saved = as_file({"metrics": metrics})
    with pytest.raises(CannotRun, match=said):
        Metrics(saved, ["y"] if outputs == "y" else LIST, outputs)


@pytest.mark.parametrize(
    ("metric", "key"),
    [
        (METRICS.OneHotIoU(2, [0]), "sparse_y_true"),
        (METRICS.MeanIoU(2), "target_class_ids"),
        (METRICS.F1Score(), "beta"),
        (METRICS.PrecisionAtRecall(0.5), "bound"),
        (METRICS.PrecisionAtRecall(0.5), "rate"),
        (METRICS.Recall(), "kind"),
        (METRICS.BinaryAccuracy(), "axis"),
    ],
)
def test_keys_of_other_classes_are_refused(metric, key):
    [saved] = as_file([metric])
    saved["config"][key] = 1
    with pytest.raises(CannotRun, match=f"its config has '{key}'"):
        Metrics({"metrics": [saved]}, ["y"], "y")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"curved": 1}, "its config has 'curved', which is not known here"),
        ({"curve": "ring"}, "curve must be .*, not 'ring'"),
        ({"name": None}, "its config has no name"),
        ({"num_labels": 3}, "num_labels is for multi_label alone"),
    ],
)
def test_unknown_configs_are_refused(changed, said):
    [auc] = as_file([METRICS.AUC()])
    auc["config"] |= changed
    with pytest.raises(CannotRun, match=said):
        Metrics({"metrics": [auc]}, ["y"], "y")


# -- Whole models


@pytest.mark.parametrize(
    ("of_two", "eager"), [(False, False), (True, False), (True, True)]
)
def test_a_saved_model_evaluates_as_in_keras(tmp_path, of_two, eager):
    x = keras.Input((3,))
    y = keras.layers.Dense(3, "softmax", name="zz")(x)
    z = keras.layers.Dense(1, "sigmoid", name="b")(x)
    model = keras.Model(x, [y, z] if of_two else y)
    model.compile(
        "sgd",
        loss=["mse", "bce"] if of_two else "mse",
        loss_weights=[0.5, 2.0] if of_two else None,
        metrics=[["acc"], [METRICS.F1Score()]] if of_two else ["acc", "mae"],
        weighted_metrics=[["acc"], ["acc"]] if of_two else ["acc"],
        run_eagerly=eager,
    )
    model.save(tmp_path / "model.keras")
    inputs = RNG.normal(size=(7, 3)).astype("float32")
    labels = [LABELS, CLASSES[:, None] % 2] if of_two else LABELS
    expected = model.evaluate(
        inputs, labels, 3, verbose=0, return_dict=True, sample_weight=WEIGHT
    )
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        compiled = json.loads(archive.read("config.json"))["compile_config"]
        weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
        assert {*weights} == {"layers", "optimizer", "vars"}  # none of metrics
    outputs = ["zz", "b"] if of_two else "zz"
    objectives = Objectives(compiled, ["zz", "b"][: 1 + of_two], outputs)
    metrics = Metrics(compiled, ["zz", "b"][: 1 + of_two], outputs)
    for rows in (slice(0, 3), slice(3, 6), slice(6, 7)):
        y_pred = model.predict(inputs[rows], verbose=0)
        tensors = [*map(Tensor, y_pred)] if of_two else Tensor(y_pred)
        y_true = [y[rows] for y in labels] if of_two else labels[rows]
        batch = y_true, tensors, WEIGHT[rows]
        metrics.update_losses(*objectives.losses(*batch), len(inputs[rows]))
        metrics.update(*batch)
    found = metrics.result()
    assert [*found] == [*expected]
    for name in found:
        assert_close(found[name], expected[name], 1e-5)
