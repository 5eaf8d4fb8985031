"""Whole models, trained from their files in NumPy and by Keras: history, weights and
optimizer are equal after each step, and files go on at either side."""

import keras
import numpy as np
import pytest
import trained_models
from compiled_by_keras import TOLERANCES
from trained_models import MODELS, drawn_options, made_optimizer

from keras_by_hand import load_model
from keras_by_hand.models.training import callbacks as by_hand_callbacks

SEED = 7


@pytest.fixture(params=TOLERANCES)
def floatx(request):
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx(before)
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


@pytest.mark.parametrize("number", range(len(MODELS)), ids=lambda n: MODELS[n].__name__)
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
