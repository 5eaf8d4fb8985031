"""Where Keras itself departs from mathematics, a run says so."""

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers, ops

import keras_by_hand as by_hand
from keras_by_hand.models.notes import is_taken_for_bias

rng = np.random.default_rng(313)


def notes(folder, model, x):
    """Return what a run says, and its answer and that of Keras."""
    draw_weights(model, rng)
    model.save(folder / "model.keras")
    read = by_hand.load_model(folder / "model.keras")
    return read.predict(x), model.predict(x, verbose=0), read.list_notes()


def of_image(layer, shape=(3, 5, 4)):
    image = keras.Input(shape)
    return keras.Model(image, layer(image)), rng.normal(size=(2, *shape))


def of_column(add, batch=4):
    x, column = keras.Input((4,)), keras.Input((1,))
    given = [rng.normal(size=(batch, n)).astype("float32") for n in (4, 1)]
    return keras.Model([x, column], add([x, column])), given


def transposed(filters):
    return layers.Conv2DTranspose(filters, 1, data_format="channels_first", name="it")


SAID = {
    "sparsemax": of_image(layers.Dense(4, activation="sparsemax", name="it")),
    "sparsemax ": of_image(lambda x: ops.sparsemax(x)),
    "bicubic": of_image(layers.Resizing(4, 9, "bicubic", name="it")),
    "bicubic ": of_image(layers.UpSampling2D(3, interpolation="bicubic")),
    "bicubic  ": of_image(lambda x: ops.image.resize(x, (4, 9), "bicubic")),
    "the bias": of_image(transposed(4)),
    "an input": of_column(layers.Add()),
    "an input ": of_column(layers.Average()),
    "the second": of_column(lambda pair: pair[0] + pair[1]),
    "sparsemax  ": of_image(
        layers.TimeDistributed(layers.Dense(4, activation="sparsemax"))
    ),
}


@pytest.mark.parametrize("words", SAID, ids=str.strip)
def test_a_departure_of_keras_is_told(words, tmp_path):
    y, of_keras, (said,) = notes(tmp_path, *SAID[words])
    assert words.strip() in said
    if "sparsemax" in words:  # computed as Keras does
        np.testing.assert_allclose(y, of_keras, rtol=1e-5, atol=1e-6)
    else:
        assert np.max(np.abs(y - of_keras)) > 1e-5


SILENT = {
    "bicubic with antialias": of_image(
        layers.Resizing(4, 9, "bicubic", antialias=True)
    ),
    "as many columns as no filters": of_image(transposed(3)),
    "no bias": of_image(
        layers.Conv2D(4, 1, use_bias=False, data_format="channels_first")
    ),
    "another batch": of_column(layers.Add(), batch=3),
    "a column first": of_column(lambda pair: pair[1] + pair[0]),
    "a product": of_column(layers.Multiply()),
}


@pytest.mark.parametrize("model", SILENT.values(), ids=SILENT)
def test_nothing_is_told_where_keras_is_right(model, tmp_path):
    y, of_keras, said = notes(tmp_path, *model)
    assert said == []
    np.testing.assert_allclose(y, of_keras, rtol=1e-5, atol=1e-5)


def test_whole_numbers_are_resized_as_in_predict_and_it_is_told(tmp_path):
    image = keras.Input((5, 5, 1), dtype="uint8")
    model = keras.Model(image, layers.Resizing(3, 4)(image))
    y, of_keras, (said,) = notes(tmp_path, model, rng.integers(0, 256, (2, 5, 5, 1)))
    np.testing.assert_allclose(y, of_keras, rtol=1e-5)
    assert "Keras rounds them where a model is called" in said


@pytest.mark.parametrize("units, batch", [(4, 4), (4, 3), (5, 4)])
def test_what_is_taken_for_a_bias_is_so_by_keras(units, batch):
    x, column = rng.normal(size=(batch, units)), rng.normal(size=(batch, 1))
    y = ops.convert_to_numpy(ops.add(x, column))
    assert is_taken_for_bias(x, column) == bool(np.any(y != x + column))
