"""Whole models, after keras.io's examples and with odd arguments: they predict as Keras
does, or are refused by name."""

import collections

import keras
import numpy as np
import pytest
from corpus import odd, sequences, tables, vision  # noqa: F401 they add their models
from corpus.making import MODELS, make

import keras_by_hand as by_hand

REFUSED = {  # and what is said of it
    "spectrograms-kind=MelSpectrogram": "MelSpectrogram",
    "spectrograms-kind=STFTSpectrogram": "STFTSpectrogram",
    "hashed_crossing": "HashedCrossing",
    "random_images-name=Solarization": "Solarization",
    "random_images-name=AutoContrast": "AutoContrast",
    "shared_by_two_models": "the file has 0 weights",  # nor can Keras load it
    "own_code-kind=layer": "a class of your own, whose formula is not in the file",
    "own_code-kind=subclass": "only its code knows what it computes",
    "own_code-kind=lambda": "it holds code, which is never run",
}

# Keras rounds to 16 bits, where NumPy computes in float32: how far a prediction may be
# off then, of its largest entry.
TOLERANCES = {"float16": 0.01, "bfloat16": 0.05}
counted = collections.Counter()


@pytest.fixture(scope="module", autouse=True)
def summary(request):
    """Tell in the end how many models of each kind there are."""
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{counted['agree']} agree, {counted['refused']} are refused")


def predict(model, x):
    """Return what Keras predicts."""
    as_tensor = lambda array: (
        keras.ops.convert_to_tensor(array) if array.dtype.kind == "U" else array
    )
    return model.predict(keras.tree.map_structure(as_tensor, x), verbose=0)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in REFUSED])
def test_a_model_predicts_as_keras_does(name, tmp_path):
    model, x = make(name)
    model.save(tmp_path / "model.keras")
    expected = predict(model, x)
    y = by_hand.load_model(tmp_path / "model.keras").predict(x)
    dtypes = {layer.compute_dtype for layer in model._flatten_layers()}
    tolerance = max(TOLERANCES.get(dtype, 1e-4) for dtype in dtypes)
    places, outputs = zip(*keras.tree.flatten_with_path(y))
    of_keras_places, of_keras_outputs = zip(*keras.tree.flatten_with_path(expected))
    assert places == of_keras_places
    assert any(len(np.unique(of_keras)) > 1 for of_keras in of_keras_outputs)
    for array, of_keras in zip(outputs, of_keras_outputs):
        dtype = "float32" if of_keras.dtype.name in TOLERANCES else of_keras.dtype.name
        assert (array.dtype.name, array.shape) == (dtype, of_keras.shape)
        assert np.isfinite(of_keras).all()
        limit = tolerance * np.max(np.abs(of_keras.astype("float64")))
        np.testing.assert_allclose(array, of_keras, rtol=0, atol=limit)
    counted["agree"] += 1


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_is_refused(name, tmp_path):
    model, x = make(name)
    model.save(tmp_path / "model.keras")
    with pytest.raises(by_hand.CannotRun, match=REFUSED[name]):
        by_hand.load_model(tmp_path / "model.keras").predict(x)
    counted["refused"] += 1
