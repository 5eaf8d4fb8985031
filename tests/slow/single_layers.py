"""Models of a single layer, drawn, saved, and run from their files by both: they agree, or
the library refuses. ``make test-models MODELS=3000 SEED=1``: what differs is told with its
seed, the layer and the number of the case.

The cases are those of tests/library, with another seed, in the dtypes of models: floats,
or whole numbers and booleans in their place, behind a Masking layer, and in float64.
"""

import os

import keras
import numpy as np
import pytest
from library.engine.cases import Draw, Inner, describe, map_arrays
from library.engine.subjects import SUBJECTS, LayerSubject, read_cases

from keras_by_hand import CannotRun, load_model

read_cases()
NAMES = [name for name, subject in SUBJECTS.items() if type(subject) is LayerSubject]
MODELS = int(os.environ.get("MODELS", 3000))
SEED = int(os.environ.get("SEED", 1))
EACH = -(-MODELS // len(NAMES))
KINDS = "float32", "float64", "int32", "uint8", "bool"


class CannotAsk(Exception):
    """Keras refuses the model, or what it is given."""


def build(target, config, policy):
    """Return a layer of Keras, and the layers in it, in a dtype, if it has one."""

    def revive(value):
        if isinstance(value, Inner):
            return build(getattr(keras.layers, value.name), value.config, policy)
        return list(map(revive, value)) if isinstance(value, list) else value

    dtype = {"dtype": policy} if policy else {}
    return target(**{**dtype, **{key: revive(config[key]) for key in config}})


def draw_model(subject, number):
    """Return a case, its model in Keras with weights, and the arrays that it takes."""
    draw = Draw(f"{subject.name} {SEED}", number, EACH)
    case = subject.generator(draw)
    kind = KINDS[draw.int(0, 7) % 5] if number % 2 else "float32"
    policy = "float64" if kind == "float64" else "float32"
    arrays = []

    def enter(array):
        """Return an input of Keras for an array, which is kept."""
        if array.dtype.kind == "f":
            # Whole numbers in which there is something, not only 0.
            array = array if "float" in kind else np.abs(7 * array).clip(0, 255)
            array = array.astype(kind)
        arrays.append(array)
        dtype = "string" if array.dtype.kind == "U" else array.dtype.name
        return keras.Input(array.shape[1:], dtype=dtype)

    try:
        tensors, call = map_arrays(enter, (case.inputs, case.call))
        parts = keras.tree.flatten((tensors, call))
        inputs = [part for part in parts if keras.backend.is_keras_tensor(part)]
        is_masked = "float" in kind and arrays[0].ndim == 3 and draw.flag()
        if is_masked and not isinstance(tensors[0], list):
            arrays[0][1:, -1] = 0
            tensors = (keras.layers.Masking(dtype=policy)(tensors[0]), *tensors[1:])
        layer = build(subject.target, case.config, policy if subject.dtype else None)
        model = keras.Model(inputs, layer(*tensors, **call))
        rng = np.random.default_rng([SEED, number])
        for weight in layer.weights:
            drawn = rng.normal(size=weight.shape)
            if "variance" in weight.path:
                drawn = rng.uniform(0.5, 2, size=weight.shape)
            if "float" in weight.dtype:
                weight.assign(drawn)
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    except Exception as error:  # of all kinds
        raise CannotAsk(error) from None
    return case, kind, model, arrays


def ask(model, arrays):
    """Return what Keras predicts, in a list."""
    tensors = [
        keras.ops.convert_to_tensor(array) if array.dtype.kind == "U" else array
        for array in arrays
    ]
    try:
        y = model.predict(tensors, verbose=0)
    except Exception as error:  # of all kinds
        raise CannotAsk(error) from None
    return [np.asarray(array) for array in keras.tree.flatten(y)]


def check(found, expected):
    """Assert that two lists of arrays agree in shapes, dtypes and numbers."""
    assert len(found) == len(expected)
    for y, of_keras in zip(found, expected):
        assert y.shape == of_keras.shape
        if of_keras.dtype.kind not in "biuf":
            assert y.ravel().tolist() == [t.decode() for t in of_keras.ravel()]
            continue
        assert y.dtype == of_keras.dtype
        largest = np.max(np.abs(of_keras[np.isfinite(of_keras)]), initial=0)
        np.testing.assert_allclose(y, of_keras, rtol=1e-4, atol=1e-4 * float(largest))


@pytest.mark.parametrize("name", NAMES)
def test_models_of_one_layer_agree_or_are_refused(name, tmp_path):
    counts = dict.fromkeys(("agree", "told", "refused", "not asked"), 0)
    failed = []
    for number in range(EACH):
        told = f"SEED={SEED} {name} {number}"
        try:
            case, kind, model, arrays = draw_model(SUBJECTS[name], number)
            told += f" {kind}: {describe(name, case)}"
            expected = ask(model, arrays)
        except CannotAsk:
            counts["not asked"] += 1
            continue
        model.save(tmp_path / "model.keras")
        try:
            read = load_model(tmp_path / "model.keras")
            with np.errstate(all="ignore"):
                y = read.predict(arrays)
            found = [np.asarray(array) for array in keras.tree.flatten(y)]
            if not read.list_notes():
                check(found, expected)
            counts["told" if read.list_notes() else "agree"] += 1
        except CannotRun as error:
            counts["refused"] += 1
            told += f": {error}"
        except Exception as error:  # of all kinds: each is a failure
            lines = [line for line in str(error).splitlines() if line.strip()]
            failed.append(f"{told}: {type(error).__name__} {' '.join(lines)[:300]}")
        keras.utils.clear_session(free_memory=False)
    print(name, counts)
    assert not failed, "\n".join(failed)
    assert counts["agree"] + counts["told"] + counts["refused"] > 0
