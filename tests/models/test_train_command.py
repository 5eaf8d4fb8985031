"""The command train: it trains as Keras does, writes what it says, and refuses the rest
before anything is trained."""

import csv
import itertools
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from keras import layers
from refusals import is_refused

from keras_by_hand import CannotRun, load_model
from keras_by_hand.models.training import fitting
from keras_by_hand.models.training.optimizing import Optimizer

RNG = np.random.default_rng(313)
X, Y = RNG.normal(size=(40, 4)).astype("float32"), RNG.integers(3, size=40)
TARGETS = RNG.normal(size=(40, 3))
TWO = {"a": RNG.normal(size=(40, 2)), "b": RNG.normal(size=(40, 3))}
LABELS = {"p": RNG.normal(size=(40, 2)), "q": RNG.normal(size=(40, 1))}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with models, and with what they are trained on."""
    folder = tmp_path_factory.mktemp("files")
    keras.utils.set_random_seed(313)
    body = [keras.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dropout(0.3)]
    model = keras.Sequential([*body, layers.Dense(3, activation="softmax")])
    model.save(folder / "bare.keras")
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss=loss, metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)  # else Keras warns as it loads it
    model.save(folder / "model.keras")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.compile("adam", loss="mean_squared_error")
    model.save(folder / "plain.keras")
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    p = layers.Dense(2, name="p")(a)
    q = layers.Dense(1, name="q")(layers.Concatenate()([p, b]))
    model = keras.Model([a, b], [p, q])
    model.compile("sgd", loss=["mean_squared_error", "mean_absolute_error"])
    model.save(folder / "two.keras")
    x = keras.Input((4,))
    y = layers.Dense(3, name="rounded", dtype="mixed_float16")(x)
    model = keras.Model(x, y)
    model.compile("sgd", loss="mean_squared_error")
    model.save(folder / "half.keras")
    more = {
        "targets": TARGETS,
        "wild": np.where(np.arange(40) == 30, 3, Y),
        "with_nan": np.where(X == X[3, 3], np.nan, X),
    }
    arrays = {"x": X, "y": Y, "wide": np.ones((40, 7)), "short": Y[:9]}
    for name, array in {**arrays, **more}.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "x.npz", **TWO)
    np.savez(folder / "y.npz", **LABELS)
    np.savez(folder / "w.npz", p=np.arange(40.0), q=np.ones(40))
    return folder


@pytest.fixture
def train(command, files, tmp_path, monkeypatch):
    """The command, beside the files, of a model and of options in a line; what it writes
    is in tmp_path."""
    monkeypatch.chdir(files)

    def call(model, options, **changed):
        given = {"x": "x.npy", "y": "y.npy", "output": tmp_path / "new.keras"}
        pairs = [(f"--{name}", value) for name, value in {**given, **changed}.items()]
        return command("train", model, *options.split(), *itertools.chain(*pairs))

    return call


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def weights_in(path):
    return [a for layer in load_model(path).layers for a in layer.arrays.values()]


def assert_equal(arrays, others):
    for one, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(one, other)


# -- What it writes


def test_it_trains_as_keras_does(train, files, tmp_path):
    """Also what a Dropout draws that has no seed of its own."""
    options = "--epochs 3 --batch-size 8 --validation-split 0.2 --seed 7"
    code, said, errors = train("model.keras", options, history=tmp_path / "h.csv")
    assert (code, errors) == (0, "")
    keras.utils.set_random_seed(7)
    model = keras.models.load_model(files / "model.keras")
    model.fit(
        *(X, Y, 8, 3),
        verbose=0,
        validation_split=0.2,
        callbacks=[keras.callbacks.CSVLogger(tmp_path / "keras.csv")],
    )
    own, of_keras = rows_of(tmp_path / "h.csv"), rows_of(tmp_path / "keras.csv")
    assert [list(row) for row in own] == [list(row) for row in of_keras]
    assert len(own) == 3
    for row, row_of_keras in zip(own, of_keras):
        np.testing.assert_allclose(
            *([float(v) for v in r.values()] for r in (row, row_of_keras)), atol=1e-4
        )
    last = f"val_loss: {float(own[-1]['val_loss']):.4f}"
    assert said.startswith(f"{tmp_path / 'new.keras'}: trained, 3 epochs, accuracy: ")
    assert said.endswith(f" - {last}\n") and said.count("\n") == 1
    written = keras.models.load_model(tmp_path / "new.keras")
    for array, array_of_keras in zip(written.get_weights(), model.get_weights()):
        np.testing.assert_allclose(array, array_of_keras, rtol=0, atol=1e-4)
    assert int(written.optimizer.iterations) == 3 * 4


def test_what_it_writes_goes_on_where_it_ended(train, tmp_path):
    def weights_after(model, options, output):
        options = f"--no-shuffle --batch-size 8 {options}"
        code, *_ = train(model, options, y="targets.npy", output=tmp_path / output)
        assert code == 0
        return weights_in(tmp_path / output)

    weights = weights_after("plain.keras", "--epochs 2", "both.keras")
    one = weights_after("plain.keras", "", "one.keras")
    assert_equal(weights_after(tmp_path / "one.keras", "", "two.keras"), weights)
    assert np.any(one[0] != weights[0])


def test_several_inputs_and_outputs_go_by_their_names(train, files, tmp_path):
    of_two = {"x": "x.npz", "y": "y.npz", "sample-weight": "w.npz"}
    kept = {"validation-x": "x.npz", "validation-y": "y.npz"}
    options, history = "--no-shuffle --epochs 2", tmp_path / "h.csv"
    code, *_ = train("two.keras", options, history=history, **of_two, **kept)
    assert code == 0
    weights = dict(np.load(files / "w.npz"))
    model = load_model(files / "two.keras")
    found = model.fit(
        *(TWO, LABELS),
        epochs=2,
        shuffle=False,
        sample_weight=weights,
        validation_data=(TWO, LABELS),
    ).history
    rows = rows_of(history)
    assert {"p_loss", "val_q_loss"} <= found.keys() == rows[0].keys() - {"epoch"}
    for name, values in found.items():
        assert [float(row[name]) for row in rows] == values


def test_options_take_the_place_of_what_the_file_says(train, files, tmp_path):
    options = "--no-shuffle --optimizer sgd --learning-rate 0.5 --loss mae --metric mse"
    answer = train("plain.keras", f"{options} --metric hinge", y="targets.npy")
    model = load_model(files / "plain.keras")
    rate = {"learning_rate": 0.5}
    model.compile(("SGD", rate), "mean_absolute_error", metrics=["mse", "hinge"])
    history = model.fit(X, TARGETS, shuffle=False).history
    assert answer[0] == 0
    assert answer[1].endswith(f", {fitting.results_in_words(last_of(history))}\n")
    written = load_model(tmp_path / "new.keras")
    assert_equal(weights_in(tmp_path / "new.keras"), model.layers[-1].arrays.values())
    assert written.learning_rate == 0.5
    assert written.compiled["metrics"] == ["mse", "hinge"]


def last_of(history):
    return {name: values[-1] for name, values in history.items()}


def test_the_optimizer_of_the_file_goes_on_unless_another_is_given(train, tmp_path):
    def count_steps(model, options, output):
        assert train(model, options, y="targets.npy", output=output)[0] == 0
        return load_model(output).start_training().optimizer.iterations

    one, two, three = (tmp_path / f"{name}.keras" for name in ("one", "two", "three"))
    assert count_steps("plain.keras", "", one) == 2
    assert count_steps(one, "--loss mae --metric mse", two) == 4
    assert count_steps(one, "--optimizer adam", three) == 2


def test_a_file_without_a_loss_needs_one(train, tmp_path):
    assert is_refused(train("bare.keras", ""), "bare.keras was saved without a loss")
    code, said, _ = train("bare.keras", "--loss sparse_categorical_crossentropy")
    assert code == 0 and "trained, 1 epoch, loss: " in said
    optimizer = load_model(tmp_path / "new.keras").compiled["optimizer"]
    assert optimizer["class_name"] == "RMSprop"  # as of compile


def test_without_a_seed_a_dropout_draws_another_one_each_time(train, tmp_path):
    paths = [tmp_path / "one.keras", tmp_path / "two.keras"]
    for path in paths:
        options = "--no-shuffle --learning-rate 0.1"
        assert train("model.keras", options, output=path)[0] == 0
    one, two = map(weights_in, paths)
    assert np.any(one[0] != two[0])


def test_what_is_there_is_replaced_where_it_is_asked_for(train, tmp_path):
    history, output = tmp_path / "h.csv", tmp_path / "new.keras"
    for path in (history, output):
        path.write_text("of another" * 1000)
    code, _, errors = train("model.keras", "--force --loss none", history=history)
    assert code == 1 and "no loss" in errors
    assert history.read_text() == output.read_text() == "of another" * 1000
    assert train("model.keras", "--force", history=history)[0] == 0
    assert len(rows_of(history)) == 1 and weights_in(output)
    assert sorted(tmp_path.iterdir()) == [history, output]


def test_old_files_are_written_for_keras_3_or_refused(train, recorded, tmp_path):
    for name in ("gru.tf_keras.h5", "hard_sigmoid.2.15.0.h5"):
        path, _, [x], y = recorded(name)
        for of, array in {"x": x, "y": y}.items():
            np.save(tmp_path / f"{of}.npy", array)
        given = {of: tmp_path / f"{of}.npy" for of in "xy"}
        answer = train(path, "--loss mse --optimizer adam --force", **given)
        if "hard" in name:
            assert is_refused(answer, "run keras-by-hand convert old.h5 new.keras")
        else:
            assert answer[0] == 0
            model = keras.models.load_model(tmp_path / "new.keras")
            expected = load_model(tmp_path / "new.keras").predict(x)
            y = model.predict(x, verbose=0)
            np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


# -- Interrupted


def test_ctrl_c_keeps_the_last_whole_step(files, tmp_path):
    history, output = tmp_path / "h.csv", tmp_path / "new.keras"
    options = "--no-shuffle --batch-size 4 --epochs 1000000 --y targets.npy --x x.npy"
    training = subprocess.Popen(
        [sys.executable, "-m", "keras_by_hand", "train", "plain.keras"]
        + [*options.split(), "--output", output, "--history", history],
        cwd=files,
        # Which a job in the background ignores, and what it starts does, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not (history.exists() and history.read_text().count("\n") > 3):
        assert training.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    training.send_signal(signal.SIGINT)
    said, errors = training.communicate(timeout=60)
    assert (training.returncode, errors) == (130, "")
    rows = rows_of(history)
    assert said.startswith(f"{output}: interrupted in epoch {len(rows) + 1} of 1000000")
    assert said.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == [history, output]
    steps = load_model(output).start_training().optimizer.iterations
    # It may end an epoch whose row is not yet written.
    assert len(rows) >= 3 and 0 <= steps - 10 * len(rows) <= 10
    model = load_model(files / "plain.keras")
    left = iter(range(steps - 1))

    def stop(number, logs):
        if next(left, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, TARGETS, 4, 10**6, shuffle=False, after_batch=stop)
    assert_equal(weights_in(output), model.layers[-1].arrays.values())


def test_a_step_that_is_interrupted_changes_nothing(files, monkeypatch):
    model = load_model(files / "plain.keras")
    model.fit(X, TARGETS)
    optimizer, run_step = model.training.optimizer, Optimizer._run_step
    state = [*model.layers[-1].arrays.values(), *optimizer.variables()]
    before = [np.array(array) for array in state]

    def interrupt(self, w, *more):
        if w.ndim == 1:  # the bias, which comes last
            raise KeyboardInterrupt
        return run_step(self, w, *more)

    monkeypatch.setattr(Optimizer, "_run_step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, TARGETS)
    assert_equal([*model.layers[-1].arrays.values(), *optimizer.variables()], before)


# -- Refused


REFUSED = {
    "no file": ({"x": "none.npy"}, "No such file"),
    "lengths": ({"y": "short.npy"}, "as many samples, not x 40, y 9"),
    "shapes": ({"x": "wide.npy"}, "(32, 7), not (any, 4)"),
    "labels": ({"y": "wild.npy"}, "labels must be whole numbers from 0 to 2"),
    "weights": ({"sample-weight": "short.npy"}, "sample_weight 9"),
    "validation": (
        {"validation-x": "x.npy", "validation-y": "short.npy"},
        "not validation_x 40, validation_y 9",
    ),
    "optimizer": ({"optimizer": "adamm"}, "the optimizer 'adamm' is not known here"),
    "loss": ({"loss": "mms"}, "Keras has no loss 'mms'"),
    "metric": ({"metric": "mms"}, "mms is no metric"),
    "folder": ({"history": "nowhere/h.csv"}, "No such file"),
}


@pytest.mark.parametrize("changed, said", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    train, tmp_path, changed, said
):
    history = {"history": tmp_path / "h.csv"}
    assert is_refused(train("model.keras", "", **(history | changed)), said)
    assert not list(tmp_path.iterdir())


def test_a_layer_that_is_not_trained_here_is_named(train):
    said = "layer rounded (Dense): it is not trained here"
    assert is_refused(train("half.keras", "", y="targets.npy"), said)


@pytest.mark.parametrize("name", ["h.csv", "new.keras"])
def test_what_is_there_is_refused_before_all_else(train, tmp_path, name):
    (tmp_path / name).write_text("kept")
    answer = train("none.keras", "", history=tmp_path / "h.csv")
    assert is_refused(answer, f"{name} is there already: it is not overwritten")
    assert (tmp_path / name).read_text() == "kept"
    assert len([*tmp_path.iterdir()]) == 1


WRONG = {
    "--epochs 0": "--epochs: must be at least 1, not 0",
    "--batch-size x": "--batch-size: invalid",
    "--validation-split 1": "must be between 0 and 1, not 1",
    "--seed -1": "must be from 0",
    "--validation-x x.npy": "--validation-x and --validation-y go together",
    "--validation-x x --validation-y y --validation-split 0.5": "do not",
    "--history same --output same": "are one file",
}


@pytest.mark.parametrize("options, said", WRONG.items(), ids=WRONG)
def test_wrong_calls_are_told(command, options, said):
    code, _, errors = command(
        *"train model.keras --x x.npy --y y.npy --output y.keras".split(),
        *options.split(),
    )
    assert code == 2 and said in errors.splitlines()[-1]


def test_validation_that_does_not_fit_is_refused_before_training(files):
    model = load_model(files / "plain.keras")
    with pytest.raises(CannotRun, match=r"shape \(8, 7\)"):
        model.fit(
            *(X, TARGETS),
            validation_data=(np.ones((8, 7)), TARGETS[:8]),
            after_batch=lambda *_: pytest.fail("an epoch has begun"),
        )


def test_results_that_are_no_numbers_are_told(train, tmp_path):
    code, said, errors = train("model.keras", "", x="with_nan.npy")
    assert code == 0 and said.endswith("loss: nan\n")
    assert errors.startswith("note: loss: not finite") and errors.count("\n") == 1
    assert np.isnan(weights_in(tmp_path / "new.keras")[0]).all()


# -- Progress


def test_a_terminal_sees_how_far_an_epoch_is(capsys, monkeypatch):
    times = iter([0, 0.05, 2, 2, 60, 61, 200])
    monkeypatch.setattr(fitting.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(fitting.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "36")
    progress = fitting.EpochProgress(True, 3, 10)
    progress.begin(1)
    assert not progress.is_due() and progress.is_due()
    progress.step(1, {"accuracy": 0.5, "loss": 1.25})
    progress.step(6, {"loss": 0.0001})
    progress.end({"loss": 0.0001, "of_classes": np.ones(2)})
    assert capsys.readouterr().out == (
        "Epoch 2/3\n"
        "\r1/10 18s left, 2s/step - accuracy: "
        "\r6/10 40s left, 10s/step - loss: 1.0"
        "\r10/10 0:01:01, 6s/step - loss: 1.0000e-04\n"
    )


def test_elsewhere_each_epoch_is_a_line_if_asked_for(files, capsys):
    model = load_model(files / "plain.keras")
    model.fit(X, TARGETS, epochs=2)
    assert capsys.readouterr().out == ""
    model.fit(X, TARGETS, epochs=2, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[::2] == ["Epoch 1/2", "Epoch 2/2"] and len(lines) == 4
    assert all(line.startswith("2/2 ") for line in lines[1::2])
