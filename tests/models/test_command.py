"""The command: what it writes, says and refuses, and its exit codes."""

import os
import re
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from project import join_by_hand
from refusals import is_refused

from keras_by_hand import load_model
from keras_by_hand.commands import run as script
from keras_by_hand.models.data import named, new_file, write_output
from keras_by_hand.models.errors import CannotRun, shown


@pytest.fixture
def x(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.float32(np.arange(8).reshape(2, 4)))
    return path


def test_the_library_in_one_file_is_the_command(good, tmp_path, x):
    y = tmp_path / "y.npy"
    command = [sys.executable, "-I", join_by_hand(), good, "--input", x, "--output", y]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "first" in done.stdout and "Dense" in done.stdout
    expected = keras.models.load_model(good).predict(np.load(x), verbose=0)
    np.testing.assert_allclose(np.load(y), expected, rtol=1e-5, atol=1e-5)


def test_success_says_what_was_written(command, good, tmp_path, x):
    y = tmp_path / "y.npy"
    code, said, errors = command(good, "--input", x, "--output", y)
    assert (code, errors) == (0, "")
    array = np.load(y)
    low, high = f"{array.min():.6g}", f"{array.max():.6g}"
    line = f"{y}: output (2, 2) {array.dtype}, {low} to {high}"
    assert said.splitlines()[-1] == line


def test_the_dtype_is_the_layers_own_or_the_one_that_is_asked_for(
    command, good, tmp_path, x
):
    def predict(*more):
        y = tmp_path / "y.npy"
        code, *_ = command(good, "--input", x, "--output", y, "--force", *more)
        assert code == 0
        return np.load(y)

    y = predict("--dtype", "float64")
    assert y.dtype == "float64" and predict().dtype == "float32"
    np.testing.assert_array_equal(y, load_model(good, "float64").predict(np.load(x)))
    assert command(good, "--dtype", "float16")[0] == 2


def test_several_outputs_are_written_by_their_names(command, tmp_path):
    x, y, path = tmp_path / "x.npz", tmp_path / "y.npz", tmp_path / "several.keras"
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    outputs = {"file": [a * 2, b], "allow_pickle": a + 1}
    keras.Model([a, b], outputs).save(path)
    np.savez(x, a=np.ones((1, 2)), b=np.zeros((1, 3)))
    code, said, _ = command(path, "--input", x, "--output", y)
    assert code == 0
    written = {"file_0": [[2, 2]], "file_1": [[0, 0, 0]], "allow_pickle": [[2, 2]]}
    np.testing.assert_equal(dict(np.load(y)), written)
    lines = said.splitlines()[-3:]
    assert {line.removeprefix(f"{y}: ").split()[0] for line in lines} == set(written)


def test_a_script_can_tell_the_exit_codes(command, good, tmp_path, x, monkeypatch):
    assert command(good)[0] == 0
    assert command(tmp_path / "none.keras")[0] == 1
    assert command(good, "--input", x)[0] == 2
    assert command(good, "--colour")[0] == 2

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "load_given", interrupt)
    assert command(good) == (130, "", "")


def test_where_keras_departs_from_mathematics_is_told(command, tmp_path):
    path, x = tmp_path / "sparse.keras", keras.Input((4,))
    y = keras.layers.Dense(2, activation="sparsemax", name="it")(x)
    keras.Model(x, y).save(path)
    code, _, errors = command(path)
    assert code == 0
    assert errors.startswith("note: layer it: the sparsemax of Keras")


def test_help_has_examples_and_exit_codes(command):
    code, said, _ = command("--help")
    assert code == 0
    assert "keras-by-hand run model.keras --input x.npy --output y.npy" in said
    assert "2 for a wrong" in said


ERRORS = {
    MemoryError("10 GB"): "not enough memory: 10 GB",
    RecursionError("too deep"): "too deeply nested",
    ZeroDivisionError("by\nzero"): r"ZeroDivisionError by\nzero (--traceback shows",
    OSError("disk full"): "disk full",
}


@pytest.mark.parametrize("error, said", ERRORS.items(), ids=repr)
def test_whatever_happens_is_one_line(command, good, monkeypatch, error, said):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(script, "load_given", fail)
    assert is_refused(command(good), said)
    with pytest.raises(type(error)):
        command(good, "--traceback")


def test_warnings_are_not_printed(command, good, tmp_path, x, monkeypatch):
    def warn(*arguments):
        np.log(np.zeros(1))
        raise CannotRun("refused")

    monkeypatch.setattr(script, "load_given", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # would be another exception
        assert is_refused(command(good), "refused")


def test_what_is_there_is_refused_before_computing(command, tmp_path, x):
    y = tmp_path / "y.npy"
    y.write_text("kept")
    none = tmp_path / "none.keras"  # not even looked for
    assert is_refused(command(none, "--input", x, "--output", y), "there already")
    assert y.read_text() == "kept"
    assert is_refused(
        command(none, "--input", x, "--output", y, "--force"), "none.keras"
    )
    assert y.read_text() == "kept"


def test_force_replaces_what_is_there(command, good, tmp_path, x):
    y, link = tmp_path / "y.npy", tmp_path / "link.npy"
    y.write_text("old")
    link.symlink_to(y)
    assert command(good, "--input", x, "--output", link, "--force")[0] == 0
    assert np.load(y).shape == (2, 2) and link.is_symlink()


def test_only_a_file_is_replaced(command, good, tmp_path, x):
    def refuses(y, said):
        assert is_refused(command(good, "--input", x, "--output", y, "--force"), said)

    os.mkfifo(tmp_path / "pipe")
    refuses(tmp_path / "pipe", "is no file")
    refuses(tmp_path, "is no file")
    refuses(tmp_path / "nowhere" / "y.npy", "No such file")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "y.npy"
    with pytest.raises(OSError, match="full"), new_file(path) as file:
        file.write(b"half")
        assert not path.exists()
        raise OSError("the disk is full")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileExistsError), new_file(path):
        path.write_text("of another")
    assert path.read_text() == "of another"
    assert list(tmp_path.iterdir()) == [path]
    with new_file(path, replace=True) as file:
        file.write(b"new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


UNSAFE = ["../x", "/x", "a/../../x", "..", "a\\b", "c:x"]


@pytest.mark.parametrize("name", UNSAFE)
def test_names_that_would_leave_a_folder_are_refused(tmp_path, name):
    y = {name: np.ones(1), "a": np.ones(1)}
    with pytest.raises(CannotRun, match="no name for a file"):
        with new_file(tmp_path / "y.npz") as file:
            write_output(file, y)
    assert not list(tmp_path.iterdir())


def test_two_outputs_of_one_name_are_refused():
    with pytest.raises(CannotRun, match="two outputs have the name a_0"):
        named({"a": [np.ones(1)], "a_0": np.zeros(1)})


def test_names_are_printed_with_escapes(command, tmp_path):
    path, name = tmp_path / "odd.keras", "a\x1b[2J\r\u202eb"
    x = keras.Input((4,))
    keras.Model(x, keras.layers.Dense(2, name=name)(x)).save(path)
    code, said, _ = command(path)
    assert code == 0
    assert r"a\x1b[2J\r\u202eb" in said
    assert re.fullmatch(r"[\x20-\x7e\n]*", said)


def test_of_a_long_text_both_ends_are_shown():
    line = shown(f"begin{'x' * 100_000}end")
    assert len(line) < 2100
    assert line.startswith("begin") and line.endswith("end")


def test_progress_is_told_once_it_takes_a_while(capsys, monkeypatch):
    times = iter([0, 1, 5, 6])
    monkeypatch.setattr(script.time, "monotonic", lambda: next(times))
    report = script.Progress()
    for done in (32, 64, 80):
        report(done, 80)
    said = "\r64 of 80 samples\r80 of 80 samples\n"
    assert capsys.readouterr().err == said
