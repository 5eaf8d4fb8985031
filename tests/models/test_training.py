"""Whole models, trained from their files in NumPy and by Keras: history, weights and
optimizer are equal after each step, and files go on at either side."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
import trained_models
from compiled_by_keras import TOLERANCES
from keras import layers
from trained_models import MODELS, drawn_options, made_optimizer, set_floats

from keras_by_hand import CannotRun, build_model, load_model
from keras_by_hand.models.training import callbacks as by_hand_callbacks

SEED = 7


@pytest.fixture
def floatx(request):
    before = keras.config.floatx()
    set_floats(request.param)
    yield request.param
    set_floats(before)
    keras.utils.clear_session(free_memory=False)


def made_model(number):
    """A compiled model of Keras, what it is trained on, and how."""
    trained_models.RNG = np.random.default_rng(number)
    keras.utils.set_random_seed(313 + number)
    model, x, y, compiled = MODELS[number]()
    model.compile(made_optimizer(number), jit_compile=False, **compiled)
    if number % 2:  # the file has the state of its optimizer already
        model.optimizer.build(model.trainable_variables)
    return model, x, y, *drawn_options(number, x, y)


def callbacks_of(module, kind):
    return [getattr(module, kind[0])(**kind[1])] if kind else []


class Recorder(keras.callbacks.Callback):
    """Notes what training changes after each batch."""

    def __init__(self):
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        weights = [np.array(v) for v in self.model.trainable_variables]
        slots = [np.array(v) for v in self.model.optimizer.variables]
        self.steps.append((weights, slots, dict(logs)))


def largest_error(found, expected):
    """The largest difference between arrays, in parts of the largest entry of each."""
    assert len(found) == len(expected)
    largest = 0.0
    for a, b in zip(found, expected):
        a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
        assert a.shape == b.shape
        part = np.max(np.abs(a - b), initial=0) / max(
            np.max(np.abs(b), initial=0), 1e-3
        )
        largest = max(largest, part)
    return largest


def error_of_logs(found, expected, model):
    """The same of the values of a history, or of a step, by their names in one order."""
    assert list(found) == list(expected)
    # Step by step, Keras weights the losses of several outputs otherwise.
    names = [n for n in found if n == "val_loss" or "_loss" not in n]
    names = names if model.run_eagerly else [*found]
    return largest_error([found[n] for n in names], [expected[n] for n in names])


def in_both(model, x, y, kind, options, path, floatx):
    """Train a model of Keras, and its file. Return what is read, and the largest errors of
    all steps."""
    recorder, steps = Recorder(), []
    keras.utils.set_random_seed(SEED)
    callbacks = [*callbacks_of(keras.callbacks, kind), recorder]
    expected = model.fit(x, y, verbose=0, callbacks=callbacks, **options)

    read = load_model(path)
    read.floatx = floatx

    def record(_, logs):
        weights = [weight.array for weight in read.training.weights]
        steps.append((weights, read.training.optimizer.variables(), logs))

    callbacks = callbacks_of(by_hand_callbacks, kind)
    told = {"seed": SEED, "verbose": False, "after_batch": record}
    found = read.fit(x, y, callbacks=callbacks, **told, **options)
    assert found.epoch == expected.epoch
    assert len(steps) == len(recorder.steps)
    errors = {
        "history": error_of_logs(found.history, expected.history, model),
        "weights": 0.0,
        "optimizer": 0.0,
    }
    for one, other in zip(steps, recorder.steps):
        of_step = error_of_logs(one[2], other[2], model)
        errors["history"] = max(errors["history"], of_step)
        for what, place in (("weights", 0), ("optimizer", 1)):
            error = largest_error(one[place], other[place])
            errors[what] = max(errors[what], error)
    return read, errors


CASES = [(number, "float64") for number in range(len(MODELS))]
CASES += [(number, "float32") for number in range(0, len(MODELS), 3)]


@pytest.mark.drawn
@pytest.mark.parametrize(
    "number, floatx",
    CASES,
    ids=lambda told: told if isinstance(told, str) else MODELS[told].__name__,
    indirect=["floatx"],
)
def test_a_model_is_trained_as_by_keras(number, floatx, tmp_path):
    model, x, y, options, kind = made_model(number)
    path = tmp_path / "model.keras"
    model.save(path)
    # To be traced takes seconds: in float64, Keras works step by step.
    model.run_eagerly = floatx == "float64"
    read, errors = in_both(model, x, y, kind, options, path, floatx)
    print(MODELS[number].__name__, floatx, errors)
    assert max(errors.values()) <= TOLERANCES[floatx]

    # What is saved afterwards is the same.
    model.save(tmp_path / "keras.keras")
    read.save(tmp_path / "by_hand.keras")
    again = keras.models.load_model(tmp_path / "by_hand.keras")
    for found, expected in (
        (again.get_weights(), model.get_weights()),
        (again.optimizer.variables, model.optimizer.variables),
    ):
        assert largest_error(found, expected) <= TOLERANCES[floatx]
    if floatx == "float64":  # and both go on with the file of the other
        again.run_eagerly = True
        options = {"batch_size": options["batch_size"], "shuffle": True}
        of_keras = tmp_path / "keras.keras"
        read, errors = in_both(again, x, y, None, options, of_keras, floatx)
        assert max(errors.values()) <= TOLERANCES[floatx]
        read.save(tmp_path / "end.keras")
        end = keras.models.load_model(tmp_path / "end.keras", compile=False)
        assert largest_error(end.get_weights(), again.get_weights()) <= 1e-9


OF_GRADIENTS = "siamese u_net a_model_in_a_model penalties_and_constraints operators"
OF_GRADIENTS += " two_inputs_and_outputs tied_embeddings activations_with_weights"


@pytest.mark.parametrize("floatx", ["float64"], indirect=True)
@pytest.mark.parametrize("name", OF_GRADIENTS.split())
def test_gradients_are_those_of_tensorflow(name, floatx, tmp_path):
    number = [make.__name__ for make in MODELS].index(name)
    model, x, y, _, _ = made_model(number)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    model.save(tmp_path / "model.keras")
    read = load_model(tmp_path / "model.keras")
    read.floatx = floatx
    by_layer = read.gradients(x, y)
    found = [by_layer[w.layer.name][w.name] for w in read.training.weights]
    with tf.GradientTape() as tape:
        inputs = keras.tree.map_structure(tf.constant, x)
        outputs = model(inputs, training=True)
        loss = model.compute_loss(x, keras.tree.map_structure(tf.constant, y), outputs)
    variables = [variable.value for variable in model.trainable_variables]
    expected = tape.gradient(loss, variables)
    assert largest_error(found, [*map(tf.convert_to_tensor, expected)]) <= 1e-9


def test_a_built_model_draws_as_keras_does(tmp_path):
    """Without seeds in its config, which are drawn as its layers are made."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            layers.SimpleRNN(
                4, dropout=0.2, recurrent_dropout=0.3, return_sequences=True
            ),
            layers.Dropout(0.3),
            layers.GRU(3, dropout=0.2),
            layers.Dense(1),
        ]
    )
    config = json.loads(model.to_json())
    keras.utils.set_random_seed(SEED)
    model = keras.models.model_from_json(json.dumps(config))
    model.compile("adam", "mse", run_eagerly=True)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(10, 4, 3)), rng.normal(size=(10, 1))
    told = {"shuffle": False, "verbose": 0, "batch_size": 4, "epochs": 2}
    expected = model.fit(x, y, **told)
    built = build_model(config, SEED)
    built.compile("adam", "mse")
    found = built.fit(x, y, **told)
    assert error_of_logs(found.history, expected.history, model) <= 1e-5
    arrays = [weight.array for weight in built.training.weights]
    assert largest_error(arrays, model.get_weights()) <= 1e-4


X, Y = np.ones((8, 3)), np.arange(8) % 3
BAD = {  # what fit is told, and what is said of it
    "four features": ({"x": np.ones((8, 4))}, "has shape"),
    "texts": ({"x": np.array([["a"] * 3] * 8)}, "not of numbers"),
    "too few samples": ({"x": X[1:]}, "as many samples"),
    "no samples": ({"x": X[:0], "y": Y[:0]}, "no samples"),
    "masked": ({"x": np.ma.array(X)}, "masked"),
    "complex": ({"y": Y * 1j}, "complex128"),
    "nan": ({"y": Y * np.nan}, "not finite"),
    "an unknown class": ({"y": Y + 1}, "labels must be"),
    "an unknown class at the end": ({"y": np.where(np.arange(8) < 7, Y, 5)}, "labels"),
    "half a class": ({"y": Y + 0.5}, "labels must be"),
    "labels in words": ({"y": np.array(list("abcdefgh"))}, "the loss"),
    "two labels": ({"y": np.ones((8, 2))}, "shape"),
    "no labels": ({"y": None}, "no labels"),
    "batches of 0": ({"batch_size": 0}, "batch_size"),
    "no epochs": ({"epochs": 0}, "epochs"),
    "all for validation": ({"validation_split": 1.0}, "leaves none"),
    "x alone for validation": ({"validation_data": (X,)}, "validation_data must"),
    "other labels for validation": ({"validation_data": (X, Y + 1)}, "labels"),
    "fewer labels for validation": ({"validation_data": (X, Y[1:])}, "samples"),
    "a list of class weights": ({"class_weight": [1, 2]}, "class_weight must"),
    "class weights by words": ({"class_weight": {"a": 1}}, "labels in class_weight"),
    "too few weights": ({"sample_weight": Y[1:]}, "samples"),
    "callbacks of Keras": ({"callbacks": [keras.callbacks.Callback()]}, "callbacks"),
    "what is not in the history": (
        {"callbacks": [by_hand_callbacks.EarlyStopping("a", mode="min")]},
        "a is not in the history",
    ),
    "a seed below 0": ({"seed": -1}, "seed"),
}


@pytest.fixture(scope="module")
def of_classes(tmp_path_factory):
    """A file of a model of three classes."""
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4),
            layers.Dropout(0.3, seed=1),
            layers.BatchNormalization(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    path = tmp_path_factory.mktemp("classes") / "model.keras"
    model.save(path)
    return path


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_and_nothing_has_changed(what, of_classes):
    model = load_model(of_classes)
    training = model.start_training()

    def state():
        kept = [(dict(la.arrays), la.seed_state) for la in training.all_layers]
        return kept, training.optimizer.variables()

    before = state()
    told, said = BAD[what]
    good = {"x": X, "y": Y, "batch_size": 4, "verbose": False, "shuffle": False}
    with pytest.raises((CannotRun, TypeError, ValueError), match=said) as raised:
        model.fit(**{**good, **told})
    assert "\n" not in str(raised.value)
    np.testing.assert_equal(state(), before)
    model.fit(**good)
    with pytest.raises(AssertionError):
        np.testing.assert_equal(state(), before)
