"""Whole models in Keras and in NumPy, side by side: ``make test-speed`` prints what they
take, and holds NumPy to its goals.

Both have one thread and the same file, and are called five times, of which the quickest
counts; the machine should do nothing else. The memory is the most that a process holds
which does nothing but predict; the start is the time of the processor that ``python -m
keras_by_hand`` takes to list the layers of the file.
"""

import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers
from measuring import error_of, measure_process, run_alone

from keras_by_hand import load_model


def mobilenet_v2():
    return keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3))


def resnet50():
    return keras.applications.ResNet50(weights=None, input_shape=(224, 224, 3))


def lstm():
    return keras.Sequential(
        [keras.Input((200, 64)), layers.LSTM(128), layers.Dense(10)]
    )


def transformer():
    """Four blocks as of a small encoder."""
    x = inputs = keras.Input((64, 128))
    for _ in range(4):
        normalized = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(4, 32)(normalized, normalized)
        h = layers.Dense(512, activation="gelu")(layers.LayerNormalization()(x))
        x = x + layers.Dense(128)(h)
    return keras.Model(inputs, layers.GlobalAveragePooling1D()(x))


MODELS = {  # {name: (function that makes it, how many samples it is given)}
    "MobileNetV2": (mobilenet_v2, 8),
    "ResNet50": (resnet50, 2),
    "LSTM": (lstm, 32),
    "transformer": (transformer, 8),
}
# How many times what Keras takes, {name: {what is called: times}}: with room, as processes
# and processors differ by a third.
GOALS = {
    "MobileNetV2": {"predict": 0.7, "predict_on_batch": 2.5},
    "ResNet50": {"predict": 1.1, "predict_on_batch": 1.7},
    "LSTM": {"predict": 0.45},
    "transformer": {"predict": 0.45},
}
PREDICT = """
import sys, keras, numpy
keras.models.load_model(sys.argv[1]).predict(numpy.load(sys.argv[2]), verbose=0)
"""


def least(call):
    """The seconds of the quickest of five calls, after one that compiles or loads."""
    call()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure(name, folder):
    """Return the seconds of each way to predict, and of a start, {what: seconds}; and the
    megabytes of Keras and of NumPy. Both must predict the same."""
    make, samples = MODELS[name]
    rng = np.random.default_rng(313)
    keras.utils.set_random_seed(313)
    model = make()
    draw_weights(model, rng)
    x = rng.normal(size=(samples, *model.input_shape[1:])).astype("float32")
    path = folder / "model.keras"
    model.save(path)
    by_hand = load_model(path)
    assert error_of(by_hand.predict(x), model.predict(x, verbose=0)) < 1e-4
    seconds = {
        "predict": least(lambda: model.predict(x, verbose=0)),
        "predict_on_batch": least(lambda: model.predict_on_batch(x)),
        "NumPy": least(lambda: by_hand.predict(x)),
    }
    in_numpy = run_alone(path, x, folder)
    in_keras = measure_process(sys.executable, "-c", PREDICT, path, folder / "x.npy")
    start = measure_process(sys.executable, "-m", "keras_by_hand", path)
    seconds["start"] = start["seconds"]
    return seconds, in_keras["megabytes"], in_numpy["megabytes"]


@pytest.fixture(scope="module", autouse=True)
def head():
    print(
        "\nseconds     predict  on_batch    NumPy    times    times   start      MB      MB"
    )
    print(
        "              Keras     Keras           predict on_batch           Keras   NumPy"
    )


@pytest.mark.parametrize("name", MODELS)
def test_numpy_keeps_up_with_keras(name):
    with tempfile.TemporaryDirectory() as folder:
        seconds, of_keras, of_numpy = measure(name, Path(folder))
    calls = "predict", "predict_on_batch"
    times = {call: seconds["NumPy"] / seconds[call] for call in calls}
    print(
        f"{name:12} {seconds['predict']:6.3f} {seconds['predict_on_batch']:9.3f} "
        f"{seconds['NumPy']:8.3f} {times['predict']:8.2f} {times['predict_on_batch']:8.2f} "
        f"{seconds['start']:7.2f} {of_keras:7} {of_numpy:7}"
    )
    for call, most in GOALS[name].items():
        assert times[call] <= most, f"{times[call]:.2f} times {call}, not {most}"
    assert of_numpy < of_keras
    assert seconds["start"] < 1
