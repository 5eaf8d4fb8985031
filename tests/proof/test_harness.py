"""The harness itself, on small pages: it tells its states apart, and fails when it must."""

from pathlib import Path

import answers
import faults
import kept
import keras
import mutants
import prove
import pytest
import replaying
import running
from breaking import altered
from fault import Fault
from keras import layers

DENSE = '''"""
Dense
=====
"""
import keras
import numpy as np

# %%
# Build it
# --------
x = np.array([[1.0, -2.0], [3.0, 5.0], [4.0, 2.0]], "float32")
dense = keras.layers.Dense(2)
dense.build((None, 2))
dense.set_weights([np.array([[1, 2], [3, -4]]), np.array([5, 7])])
kernel, bias = dense.get_weights()
y = keras.ops.convert_to_numpy(dense(x))

# %%
# Compute it
# ----------


def compute(x, kernel, bias, axes=(0, 1)):
    """x: (batch, features)."""
    return np.einsum("bf,fg->bg", x, kernel.transpose(axes)) + bias[:]


# %%
# Check it
# --------
np.testing.assert_equal(y.shape, (3, 2))
np.testing.assert_allclose(y, compute(x, kernel, bias), rtol=1e-6)

# %%
# Break it
# --------
assert np.any(y != x @ kernel.T + bias)

# %%
# See it
# ------
raise RuntimeError("what follows the last check is not run")
'''


@pytest.fixture
def page(tmp_path):
    """Return a function that makes a page of a text."""

    def make(text=DENSE):
        path = tmp_path / "trial" / "plot_trial.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return running.Page(path)

    return make


def made(breakings):
    return [
        Fault("trial/plot_trial", "Dense.call", n, by) for n, by in breakings.items()
    ]


def states(page, **breakings):
    """Measure faults on a page; return {name: (state, red)}."""
    runs = {fault.how: faults.run_under(fault, page) for fault in made(breakings)}
    with running.conditions():
        clean = replaying.Replay(page).clean.observed
    return {
        name: tuple(faults.judge(run, clean).values()) for name, run in runs.items()
    }


def stop(x):
    raise AssertionError("this is no check of the page")


def line(text, part):
    (number,) = [n for n, s in enumerate(text.splitlines(), 1) if part in s]
    return number


def test_states_are_told_apart(page):
    found = states(
        page(),
        wrong=altered(layers.Dense, "kernel", lambda w: 2 * w),
        shape=altered(layers.Dense, "call", lambda y: y[..., None]),
        stops=altered(layers.Dense, "call", stop),
        nothing=altered(layers.Dense, "kernel", lambda w: 1 * w),
        elsewhere=altered(layers.Conv2D, "call", stop),
    )
    assert found.pop("stops")[0] == "stopped"
    assert found == {
        "wrong": ("caught", line(DENSE, "assert_allclose")),
        "shape": ("caught", line(DENSE, "assert_equal")),
        "nothing": ("no effect", None),
        "elsewhere": ("no effect", None),
    }


def measure_mutants(page):
    with running.conditions():
        found, _ = mutants.measure(replaying.Replay(page))
    return found


def test_a_check_that_cannot_fail_leaves_a_fault_unnoticed(page):
    wrong = altered(layers.Dense, "kernel", lambda w: 1.01 * w)
    assert states(page(), wrong=wrong)["wrong"][0] == "caught"
    weak = page(DENSE.replace("rtol=1e-6", "rtol=1e6, atol=1e6"))
    assert states(weak, wrong=wrong)["wrong"] == ("unnoticed", None)
    for _, after, state in measure_mutants(weak):
        assert state != "caught" or "axes" in after or "einsum" in after


def test_a_page_that_fails_as_it_is_ends_the_measurement(page):
    broken = page(DENSE.replace("(3, 2))", "(3, 3))"))
    wrong = made({"wrong": altered(layers.Dense, "kernel", lambda w: 2 * w)})
    for own in (wrong, []):
        with pytest.raises(AssertionError, match="fails as it is"):
            prove.measure(broken, own)


def test_settings_that_a_fault_leaves_behind_are_noticed(page):
    leak = altered(layers.Dense, "build", lambda _: keras.config.set_floatx("float16"))
    try:
        with pytest.raises(RuntimeError, match="other settings"):
            prove.measure(page(), made({"leak": leak}))
    finally:
        keras.config.set_floatx("float32")


def test_code_that_a_fault_leaves_behind_is_noticed(page, monkeypatch):
    real = layers.Dense.call
    monkeypatch.setattr(layers.Dense, "call", real)  # which is put back after the test

    def leave(built):
        layers.Dense.call = lambda self, x: 2 * real(self, x)

    leak = altered(layers.Dense, "build", leave)
    with pytest.raises(AssertionError, match="fails as it is"):
        prove.measure(page(), made({"leak": leak}))


def test_a_page_is_proved_again_when_its_faults_have_changed():
    for module in faults.catalogues():
        for fault in module.FAULTS:
            files = kept.find_catalogues(fault.page)
            assert Path(module.__file__) in files, fault.name


def test_mutants_are_found_while_the_page_runs(page):
    found = {after: state for _, after, state in measure_mutants(page())}
    for part in ("'fb,fg->bg'", "axes[::-1]", "np.flip(kernel)", "- bias[:]"):
        assert "caught" in [state for after, state in found.items() if part in after], (
            part
        )
    assert "unnoticed" not in found.values()


REPLAYED = '''"""A page
======
"""
import warnings

import keras
import numpy as np

rng = np.random.default_rng(0)
weights = keras.Variable([1.0, 2.0])
losses, drawn = [], rng.integers(9, size=weights.shape)


# %%
# Compute it
# ----------


def double(x):
    """x: any shape."""
    return 2 * x


# %%
# Check it
# --------

with warnings.catch_warnings(record=True, action="always") as told:
    embedding = keras.layers.Embedding(4, 1, "ones", mask_zero=True)
    losses.append(keras.layers.Flatten()(embedding(np.array([[1, 0]]))))
np.testing.assert_equal(len(told), 1)
keras.optimizers.SGD(1.0).apply([weights * 1.0 - 1], [weights])
np.testing.assert_array_equal(weights.numpy(), double(np.array([0.5, 0.5])))
np.testing.assert_array_equal(np.array(losses[0]), [double(np.array([0.5, 0.5]))])
np.testing.assert_array_equal(drawn, np.random.default_rng(0).integers(9, size=2))
'''


def test_a_page_is_repeated_with_its_state_its_sums_and_its_warnings(page):
    with running.conditions():
        replay = replaying.Replay(page(REPLAYED))
        found, _ = mutants.measure(replay)
    assert replay.repeats
    assert {state for *_, state in found} == {"caught"}


CHANGED = """x = np.ones((2, 3), "float32")
dense = keras.layers.Dense(2)
y = keras.ops.convert_to_numpy(dense(x))
z = keras.ops.convert_to_numpy(dense(x))
name = dense.get_config()["activation"]

# %%
# Check it
# --------
np.testing.assert_array_equal(y, z)
np.testing.assert_equal(y.shape, (2, 2))
np.testing.assert_equal(name, "linear")
np.testing.assert_allclose(y, y + 0, rtol=1e-6)
np.testing.assert_allclose(x, np.ones((2, 3)))

# %%
# Break it
# --------
np.testing.assert_array_equal(y, z)
"""


def test_a_comparison_goes_red_when_what_keras_returned_is_changed(page):
    head = DENSE[: DENSE.index("x = np.array")]
    page = page(head + CHANGED)
    first = head.count("\n") + CHANGED.count("\n", 0, CHANGED.index("np.testing")) + 1
    with running.conditions():
        replay = replaying.Replay(page)
        fired = answers.measure(replay, set())
    assert page.comparisons == set(range(first, first + 5))
    assert fired & page.comparisons == set(range(first, first + 3))
