"""The losses of a compiled model are those of Keras: the total and those of outputs, of
unequal batches, with weights and masks, in floatx of either kind."""

import inspect

import keras
import numpy as np
import pytest
from compiled_by_keras import (
    TOLERANCES,
    as_file,
    as_keras,
    assert_close,
    batches_of,
    cases_of,
    for_keras,
    losses_of_keras,
)
from library.engine.metrics import in_dtype
from library.engine.subjects import SUBJECTS

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.tensors import Tensor
from keras_by_hand.models.training.compiled import LOSS_FUNCTIONS
from keras_by_hand.models.training.objectives import Objectives

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")
LOSSES = keras.losses
REDUCTIONS = "sum_over_batch_size sum mean mean_with_sample_weight none".split()
RNG = np.random.default_rng(1)


def test_each_loss_has_a_function():
    classes = {
        name for name, thing in vars(LOSSES).items() if inspect.isclass(thing)
    } - {"Loss"}
    assert {*LOSS_FUNCTIONS} == classes
    functions = {
        name for name, thing in vars(LOSSES).items() if inspect.isfunction(thing)
    } - {"deserialize", "get", "serialize"}
    assert {function.__name__ for function in LOSS_FUNCTIONS.values()} == functions


def drawn_weights(draw, case):
    """Weights of samples or of losses, or None, and a mask, or None."""
    y_pred = case.inputs[1]
    shape = y_pred.shape[:-1] or y_pred.shape
    of_samples = draw.rng.uniform(size=shape[:1] + (1,) * (len(shape) - 1))
    weight = draw.one_of(None, of_samples, draw.rng.uniform(size=shape))
    return weight, draw.one_of(None, draw.rng.integers(2, size=shape).astype(bool))


@pytest.mark.drawn
@pytest.mark.parametrize("floatx", TOLERANCES)
@pytest.mark.parametrize("kind", LOSS_FUNCTIONS)
def test_each_loss_is_that_of_keras(kind, floatx):
    name, compared = LOSS_FUNCTIONS[kind].__name__, 0
    loss = getattr(LOSSES, kind)
    for draw, case in cases_of(name, loss, 3):
        batches = batches_of(case, floatx, *drawn_weights(draw, case))
        reduction = draw.one_of(*REDUCTIONS, None)
        compiled = {
            "loss": loss(**case.config, reduction=reduction),
            "loss_weights": draw.one_of(None, 0.5),
        }
        tolerance = case.tolerance or SUBJECTS[name].tolerance
        with in_dtype(floatx):
            saved = as_file(compiled)
            try:
                expected = [*losses_of_keras(saved, ["y"], for_keras(batches))]
            except Exception:
                with pytest.raises(CannotRun, match="the loss of y: "):
                    losses_by_hand(saved, batches, floatx)
                continue
        for (y, of_outputs), (of_keras, _) in zip(
            losses_by_hand(saved, batches, floatx), expected
        ):
            assert y.dtype == floatx and of_outputs == {}
            assert_close(y, of_keras, max(TOLERANCES[floatx], tolerance))
            compared += 1
    assert compared > 2


def losses_by_hand(saved, batches, floatx, logits=None, names=("y",), outputs="y"):
    found = Objectives(saved, [*names], outputs, floatx)
    return [found.losses(*batch, logits) for batch in batches]


Y = RNG.uniform(0.05, 1, size=(4, 3))
LABELS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]], "float32")
SPARSE = np.array([0, 2, 1, 2])


@pytest.mark.parametrize(
    ("loss", "y_true"),
    [
        *[(name, LABELS) for name in ("mse", "MSE", "bce", "MAPE", "kld", "KLD")],
        *[(name, LABELS) for name in ("Huber", "huber", "crossentropy", "CE", "ce")],
        ("ce", SPARSE),
        ("crossentropy", SPARSE[:, None]),
        (LOSSES.log_cosh, LABELS),
        (LOSSES.cosine_similarity, LABELS),
        ([LOSSES.huber], LABELS),
        ({"y": "mae"}, LABELS),
    ],
)
def test_names_and_functions(loss, y_true):
    saved = as_file({"loss": loss, "loss_weights": None})
    batch = y_true, Tensor(Y.astype("float32")), None
    [(expected, _)] = losses_of_keras(saved, ["y"], for_keras([batch]))
    [(y, _)] = losses_by_hand(saved, [batch], "float32")
    assert_close(y, expected, 1e-6)


def test_binary_crossentropy_is_told_by_shapes():
    saved = {"loss": "ce"}
    batch = np.array([1, 0, 1, 1]), Tensor(Y[:, :1].astype("float32")), None
    [(expected, _)] = losses_of_keras(saved, ["y"], for_keras([batch]))
    assert_close(losses_by_hand(saved, [batch], "float32")[0][0], expected, 1e-6)


# -- Logits behind predictions


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize(
    ("kind", "y_true", "config"),
    [
        ("BinaryCrossentropy", LABELS, {"label_smoothing": 0.25}),
        ("BinaryFocalCrossentropy", LABELS, {"label_smoothing": 0.25, "axis": 0}),
        ("BinaryFocalCrossentropy", LABELS, {"apply_class_balancing": True}),
        ("CategoricalCrossentropy", LABELS, {"label_smoothing": 0.25}),
        ("CategoricalFocalCrossentropy", LABELS, {}),
        ("SparseCategoricalCrossentropy", SPARSE, {}),
        ("SparseCategoricalCrossentropy", SPARSE, {"ignore_class": 1}),
        ("MeanSquaredError", LABELS, {}),
    ],
)
@pytest.mark.parametrize("floatx", TOLERANCES)
def test_logits_are_used_where_keras_does(
    kind, y_true, config, from_logits, activation, floatx
):
    if "Crossentropy" in kind:
        config = config | {"from_logits": from_logits}
    logits = 8 * RNG.normal(size=(4, 3))  # predictions that are clipped, too
    saved = as_file({"loss": getattr(LOSSES, kind)(**config)})
    apply = getattr(keras.activations, activation)
    for dtype in TOLERANCES:  # another one than floatx is cast, and loses its logits
        x = logits.astype(dtype)
        with in_dtype(floatx):
            y = apply(keras.ops.convert_to_tensor(x))
            [(expected, _)] = losses_of_keras(saved, ["y"], [(y_true, y, None)])
        batch = y_true, Tensor(y.numpy()), None
        [(found, _)] = losses_by_hand(saved, [batch], floatx, {"y": x})
        # Keras rounds the bounds of its clipping to float32.
        assert_close(found, expected, max(TOLERANCES[floatx], 1e-6))


def test_predictions_that_are_squeezed_lose_their_logits():
    logits = 9 * RNG.normal(size=(2, 3, 1)).astype("float32") + 20
    y = keras.activations.sigmoid(keras.ops.convert_to_tensor(logits))
    y_true, saved = np.zeros((2, 3)), {"loss": "bce"}
    [(expected, _)] = losses_of_keras(saved, ["y"], [(y_true, y, None)])
    batch = y_true, Tensor(y.numpy()), None
    [(found, _)] = losses_by_hand(saved, [batch], "float32", {"y": logits})
    assert_close(found, expected, 1e-4)
    assert found < 17 < np.mean(logits)


# -- Several outputs

LIST, DICT, SWAPPED = ["a", "b"], {"p": "b", "o": "a"}, {"b": "a", "a": "b"}
MASK = RNG.integers(2, size=(4, 3)).astype(bool)
SEQUENCE, STEPS = RNG.normal(size=(2, 4, 3, 2)).astype("float32")


def of_two(outputs):
    """Labels, predictions and weights of two outputs, nested as these; of the sorted keys
    of a dict, the first is like a."""
    first = LABELS, Tensor(Y.astype("float32")), RNG.uniform(size=4)
    second = STEPS, Tensor(SEQUENCE, MASK), RNG.uniform(size=(4, 3))
    if isinstance(outputs, list):
        return [list(pair) for pair in zip(first, second)]
    return [dict(zip(sorted(outputs), pair)) for pair in zip(first, second)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("outputs", "loss", "weights"),
    [
        (LIST, "mse", None),
        (LIST, ["mse", LOSSES.Huber(reduction="sum")], None),
        (LIST, ["mse", "mae"], [2, 0.5]),
        (LIST, ["mse", None], [2, 0.5]),
        (LIST, [None, "mae"], None),
        (LIST, {"b": "mae", "a": "mse"}, None),
        (LIST, {"b": "mae", "a": "mse"}, {"b": 0.5, "a": 2}),
        (LIST, {"b": "mae", "a": "mse"}, [0.5, 2]),
        (LIST, ["mae", "mse"], {"b": 0.5, "a": 2}),
        (LIST, "mae", [0.5]),
        (DICT, "mae", None),
        (DICT, {"p": "mae", "o": "bce"}, {"p": 0.5, "o": 2}),
        (DICT, {"p": "mae", "o": "bce"}, [0.5, 2]),
        (DICT, {"p": "mae", "o": "bce"}, None),
        (DICT, {"p": "mae"}, None),
        (DICT, ["mae", "mse"], [3, 1]),
        (SWAPPED, ["mae", "mse"], [3, 1]),
        (SWAPPED, {"b": "mae", "a": "mse"}, [3, 1]),
    ],
)
def test_two_outputs(outputs, loss, weights, weighted):
    names = ["b", "a"] if outputs is SWAPPED else ["a", "b"]
    saved = as_file({"loss": loss, "loss_weights": weights})
    y_true, y_pred, weight = of_two(outputs)
    weight = weight if weighted else None
    given = y_true, as_keras(y_pred), weight
    [(expected, of_outputs)] = losses_of_keras(saved, names, [given])
    batch = y_true, y_pred, weight
    [(y, found)] = losses_by_hand(
        saved, [batch], "float32", names=names, outputs=outputs
    )
    assert_close(y, expected, 1e-5)
    assert found.keys() == of_outputs.keys()
    for name in found:
        assert_close(found[name], of_outputs[name], 1e-5)
    if isinstance(outputs, list):  # labels by name, which tell the same
        by_name = dict(zip(names, y_true)), y_pred, weight
        [(again, _)] = losses_by_hand(
            saved, [by_name], "float32", names=names, outputs=outputs
        )
        assert again == y


@pytest.mark.parametrize(
    ("outputs", "loss", "weights", "said"),
    [
        ("y", ["mse", "mae"], None, "2 losses for 1 outputs, of which Keras 3.15.1"),
        (LIST, [["mse", "mae"], "mse"], None, "lists of losses in others"),
        ("y", {"z": "mse"}, None, "loss has .'z'., but the outputs are .'y'."),
        (LIST, {"a": "mse"}, None, "loss has .'a'., but the outputs"),
        (DICT, {"q": "mse"}, None, "'q', which is no output"),
        (LIST, ["mse"] * 3, None, "3 losses for 2 outputs"),
        (LIST, ["mse", "mae"], [1], "2 losses, but 1 loss_weights"),
        (LIST, "mse", [1, 2], "1 losses, but 2 loss_weights"),
        (LIST, {"a": "mse", "b": "mae"}, {"a": 1}, "loss_weights has no 'b'"),
        ("y", "mse", ["2"], "loss_weights has '2', no number"),
        ("y", "mse", 2, "loss_weights must be a list, a dict or a fraction"),
        ("y", "logcosh", None, "the loss of y: Keras has no loss 'logcosh'"),
        ("y", "categorical_generalized_cross_entropy", None, "Keras has no loss"),
        ("y", "binary_accuracy", None, "Keras has no loss"),
        ("y", 3, None, "3 is no loss"),
        ([["a"], "b"], "mse", None, "its outputs are lists or dicts in others"),
    ],
)
def test_what_is_refused(outputs, loss, weights, said):
    saved = as_file({"loss": loss, "loss_weights": weights})
    names = ["y"] if outputs == "y" else ["a", "b"]
    with pytest.raises(CannotRun, match=said):
        Objectives(saved, names, outputs)


def own(y_true, y_pred):
    return y_pred


def test_own_functions_classes_and_keys_are_refused():
    class Own(LOSSES.Loss):
        pass

    huber = as_file(LOSSES.Huber()) | {"config": {}}
    for loss, said in [
        (as_file(own), "own is a function of your own, which is never run"),
        (as_file(Own()), "Own is a class of your own, or none of Keras' losses"),
        (as_file(keras.metrics.AUC()), "AUC is a class of your own, or none"),
        ({"class_name": "Huber", "module": "keras.losses"}, "the loss of y: 'config'"),
        (huber | {"config": {"bend": 1}}, "its config has 'bend', which is not known"),
        (huber | {"config": {"reduction": "auto"}}, "reduction must be one of"),
        (huber | {"class_name": "CategoricalGeneralizedCrossEntropy"}, "no 'q'"),
    ]:
        with pytest.raises(CannotRun, match=said):
            Objectives({"loss": loss}, ["y"], "y")


def test_no_loss_at_all():
    assert losses_by_hand({"loss": None}, [(None, Tensor(Y), None)], "float32") == [
        (None, {})
    ]


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that stays of its class in all that NumPy computes of it."""

    def __init__(self, value):
        self.value = value = np.asarray(value)
        self.shape, self.dtype, self.ndim = value.shape, value.dtype, value.ndim
        self.size = value.size

    T = property(lambda self: Traced(self.value.T))

    def __len__(self):
        return len(self.value)

    def __getitem__(self, index):
        return Traced(self.value[index])

    def __array__(self, *args, **keywords):
        return self.value

    def astype(self, dtype, copy=True):
        return Traced(self.value.astype(dtype))

    def __array_ufunc__(self, ufunc, method, *args, **keywords):
        return traced(getattr(ufunc, method)(*plain(args), **plain(keywords)))

    def __array_function__(self, function, types, args, keywords):
        return traced(function(*plain(args), **plain(keywords)))


def plain(thing):
    if isinstance(thing, tuple | list):
        return type(thing)(map(plain, thing))
    if isinstance(thing, dict):
        return {key: plain(value) for key, value in thing.items()}
    return thing.value if isinstance(thing, Traced) else thing


def traced(thing):
    dtype = getattr(thing, "dtype", None)
    return Traced(thing) if dtype is not None and dtype.kind == "f" else thing


@pytest.mark.parametrize("kind", sorted(LOSS_FUNCTIONS.keys() - {"CTC"}))
def test_predictions_may_be_traced(kind):
    is_sparse = kind.startswith(("Sparse", "Circle", "CategoricalGeneralized"))
    y_true, y = SPARSE if is_sparse else LABELS, Y.astype("float64")
    saved = as_file({"loss": getattr(LOSSES, kind)()})
    [(expected, _)] = losses_by_hand(saved, [(y_true, Tensor(y), None)], "float32")
    batch = y_true, Tensor(Traced(y)), RNG.uniform(size=4) * 0 + 1
    [(total, _)] = losses_by_hand(saved, [batch], "float32", {"y": Traced(y)})
    assert isinstance(total, Traced)
    assert_close(total.value, expected, 1e-6)
