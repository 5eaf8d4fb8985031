"""Change each weight of files in int8, one at a time: its layer is named, or what changed
moves it by less than STEPS. And healthy files of what a converter folds: nothing is."""

from collections import Counter

import keras
import numpy as np
import ports
import pytest
from keras import layers
from weights_of_tflite import (
    change,
    double_scale,
    list_weights,
    read,
    reverse_scales,
    set_zero,
)

from keras_by_hand import compare
from keras_by_hand.comparing.with_tflite import run_tflite

pytestmark = pytest.mark.filterwarnings(  # of TensorFlow's interpreter of .tflite
    "ignore:.*(tf.lite.Interpreter is deprecated|preserve_all_tensors)"
)
STEPS = 5  # of a quantized tensor
CHANGES = {"reversed": reverse_scales, "doubled": double_scale, "zero": set_zero}


@pytest.mark.parametrize("name", ["cnn", "unet", "transformer"])
def test_what_moves_a_layer_is_named(name, tmp_path):
    model, x = ports.MODELS[name]()
    path = tmp_path / "model.keras"
    model.save(path)
    healthy = ports.export(model, x, tmp_path, "int8.tflite")
    right = run_tflite(str(healthy), x)
    assert not compare(path, healthy, x).weights.differ
    said, missed = Counter(), []
    for weight in list_weights(read(healthy)):
        for how, by in CHANGES.items():
            file = change(healthy, weight.tensor, by, tmp_path / "changed.tflite")
            wrong = run_tflite(str(file), x)
            moved = np.abs(wrong.arrays[weight.made] - right.arrays[weight.made])
            steps = np.max(moved) / (right.steps[weight.made] or np.inf)
            found = compare(path, file, x)
            if found.weights.differ:
                verdict = "named"
            elif found.faulty:
                verdict = "by activations"
            else:
                verdict = "cannot tell" if found.unmatched else "nothing"
            is_large = bool(steps >= STEPS)
            said[how, f"{STEPS} steps or more" if is_large else "less", verdict] += 1
            if is_large and verdict == "nothing":
                missed.append((how, weight))
    for row, count in sorted(said.items()):
        print(name, *row, count, sep=", ")
    assert not missed


def chain(shape, *inner):
    return keras.Sequential([keras.Input(shape), *inner])


IMAGE, SERIES, NUMBERS = (16, 16, 3), (12, 6), (10,)
NORMAL, CONV = layers.BatchNormalization, layers.Conv2D
FOLDED = {
    "rescaling": lambda: chain(IMAGE, layers.Rescaling(1 / 255), CONV(6, 3)),
    "rescaling and offset": lambda: chain(
        IMAGE, layers.Rescaling(1 / 127.5, -1), CONV(6, 3, padding="same")
    ),
    "normalization before": lambda: chain(IMAGE, NORMAL(), CONV(6, 3), layers.ReLU()),
    "two normalizations": lambda: chain(IMAGE, CONV(6, 3), NORMAL(), NORMAL()),
    "dilated": lambda: chain(IMAGE, CONV(6, 3, dilation_rate=2), NORMAL()),
    "dense in a row": lambda: chain(
        NUMBERS, layers.Dense(8), layers.Dense(8), NORMAL(), layers.Dense(8)
    ),
    "normalization and dense": lambda: chain(NUMBERS, NORMAL(), layers.Dense(8)),
    "groups": lambda: chain((8, 8, 4), CONV(8, 3, groups=2), NORMAL()),
    "depthwise": lambda: chain(
        IMAGE, layers.DepthwiseConv2D(3, depth_multiplier=2), NORMAL(), layers.ReLU()
    ),
    "separable": lambda: chain(IMAGE, NORMAL(), layers.SeparableConv2D(6, 3), NORMAL()),
    "transposed": lambda: chain(
        (6, 6, 3), layers.Conv2DTranspose(4, 2, strides=2), NORMAL(), layers.ReLU()
    ),
    "causal": lambda: chain(
        SERIES, layers.Conv1D(8, 3, padding="causal", dilation_rate=2), NORMAL()
    ),
    "layer normalization": lambda: chain(
        SERIES,
        layers.LayerNormalization(),
        layers.Dense(6),
        layers.LayerNormalization(),
    ),
    "in each step": lambda: chain(
        SERIES, layers.TimeDistributed(layers.Dense(6)), layers.Dense(3)
    ),
}


@pytest.mark.parametrize("kind", ["int8.tflite", "float16.tflite", "dynamic.tflite"])
@pytest.mark.parametrize("name", FOLDED)
def test_what_is_folded_is_not_accused(name, kind, tmp_path):
    keras.utils.set_random_seed(1)
    model, rng = FOLDED[name](), np.random.default_rng(1)
    ports.draw_weights(model, rng)
    x = rng.normal(size=(2, *model.input_shape[1:])).astype("float32")
    model.save(tmp_path / "model.keras")
    path = ports.export(model, x, tmp_path, kind)
    found = compare(tmp_path / "model.keras", path, x)
    assert not found.weights.differ
    assert not found.weights.unseen
