"""What each layer of Keras does with a mask, found by running it."""

import inspect

import numpy as np
from keras import layers, ops

from gallery import keras_names  # which imports Keras

SIZES = {  # of the arguments that a layer needs
    "units": 2,
    "filters": 2,
    "kernel_size": 2,
    "pool_size": 2,
    "output_size": 2,
    "input_dim": 9,
    "output_dim": 2,
    "rate": 0.5,
    "stddev": 0.5,
    "axes": 2,
    "dims": (2, 1),
    "activation": "relu",
}
USED = {True: "uses it", False: "does not use it"}
PASSED = {True: "and passes it on", False: "and drops it"}
MAKES = "makes a mask of its own"


def make(layer_class):
    """Return a layer with sizes for what it needs, and with all outputs of a sequence.

    Raises KeyError where it needs something else.
    """
    inner = {"layer": layers.LSTM(2, return_sequences=True), "cell": layers.LSTMCell(2)}
    if layer_class is layers.TimeDistributed:
        inner["layer"] = layers.Dense(2)
    known = {**SIZES, **inner}
    given = {name: known[name] for name in keras_names.required(layer_class)}
    for name in ("return_sequences", "mask_zero"):
        if name in inspect.signature(layer_class).parameters:
            given[name] = True
    return layer_class(**given)


def behaviour(layer, inputs, mask):
    """Return in words what a layer does with the mask of its inputs, a list of one or two
    arrays (batch, steps, ...)."""

    def run(masked):
        tensors = [ops.convert_to_tensor(array) for array in inputs]
        for tensor in tensors:
            if masked:
                tensor._keras_mask = ops.convert_to_tensor(mask)
        y = layer(tensors if len(tensors) > 1 else tensors[0])
        y = y[0] if isinstance(y, list | tuple) else y
        return ops.convert_to_numpy(y), getattr(y, "_keras_mask", None)

    (plain, made), (with_mask, passed) = run(False), run(True)
    if made is not None:
        return MAKES
    used = plain.shape != with_mask.shape or not np.allclose(plain, with_mask)
    return f"{USED[used]} {PASSED[passed is not None]}"


def find_masks():
    """Return {name of a layer: what it does with a mask} for those that take sequences, of
    numbers or of images; without those of preprocessing."""
    rng = np.random.default_rng(0)
    mask = np.array([[True, True, True, False], [True, False, True, False]])
    words = rng.integers(1, 9, size=(2, 4))
    shapes = [(2, 4, *[5] * axes, 4) for axes in range(4)]
    arrays = [rng.normal(size=shape).astype("float32") for shape in shapes]
    found = {}
    for name, layer_class in keras_names.named()["Layers"].items():
        if ".preprocessing" in layer_class.__module__:
            continue
        trials = [[array] for array in arrays] + [[array, array] for array in arrays]
        for inputs in [[words]] if "Embedding" in name else trials:
            try:
                found[name] = behaviour(make(layer_class), inputs, mask)
            except Exception:  # of as many kinds as there are layers
                continue
            break
    return found
