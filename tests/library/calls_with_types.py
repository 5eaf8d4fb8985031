"""Calls of the library as users write them, for the type checker: nothing runs them."""

# mypy: disallow-untyped-calls, disallow-untyped-defs, warn-unreachable

from pathlib import Path
from typing import Any, assert_type

import numpy as np

import keras_by_hand as k
from keras_by_hand.comparing.golden import golden_vectors
from keras_by_hand.comparing.recording import outputs_of, record, weights_of


def run_a_model(x: np.ndarray) -> None:
    model = k.load_model(Path("model.keras"), "float64", {"Shift": k.relu})
    assert_type(model, k.Model)
    model.predict({"x": x}, report=print)
    assert_type(model.list_notes(), list[str])
    assert_type(weights_of(model.by_name["dense"]), dict[str, np.ndarray])
    assert_type(outputs_of(record(model, x)), dict[str, np.ndarray])
    assert_type(golden_vectors(model, x), dict[str, np.ndarray])


def train_a_model(x: np.ndarray, y: np.ndarray) -> None:
    model = k.load_model("model.keras")
    model.compile("adam", loss="mse", metrics=["mae"])
    model.learning_rate = 0.01
    stop = k.EarlyStopping("loss", patience=2, mode="min")
    rates = k.LearningRateScheduler(lambda epoch, rate: rate / 2)
    found = model.fit(x, y, epochs=3, callbacks=[stop, rates, k.ReduceLROnPlateau()])
    assert_type(found.epoch, list[int])
    assert_type(found.history["loss"], list[Any])
    assert_type(model.evaluate({"x": x}, y), dict[str, Any])
    assert_type(model.gradients(x, y), dict[str, dict[str, Any]])
    model.save(Path("trained.keras"), force=True)


def build_a_model() -> None:
    model = k.build_model({"module": "keras", "class_name": "Sequential"}, seed=313)
    assert_type(model, k.Model)
    assert_type(model.layers[0].seed, int | None)


def compare_a_model(x: np.ndarray) -> None:
    found = k.compare("model.keras", {"dense": x}, x, tolerance=1e-4)
    assert_type(found, k.Comparison)
    assert_type(found.faulty, list[str])
    assert_type(found.rows[0].own, float | None)
    assert_type(found.table() + found.summary(), list[str])
    found.plot().set_title("")


def compute(x: np.ndarray) -> None:
    assert_type(k.relu([1, -1]), np.ndarray)
    assert_type(k.dense([[1.0]], [[2]], activation="relu"), np.ndarray)
    assert_type(k.conv2d(x, x, strides=(1, 2), padding="same"), np.ndarray)
    y = k.lstm(x, x, x, activation=None, return_sequences=True)
    assert_type(y, np.ndarray | list[np.ndarray])
