"""What each layer of Keras does with a mask, found by running it."""

import inspect

import keras
import numpy as np
from keras import layers, ops

from gallery import keras_names  # which imports Keras

GIVEN = {  # to the arguments that a layer needs
    "units": 2,
    "filters": 2,
    "kernel_size": 2,
    "pool_size": 2,
    "output_size": 2,
    "input_dim": 9,
    "output_dim": 2,
    "num_heads": 2,
    "num_query_heads": 2,
    "num_key_value_heads": 1,
    "key_dim": 2,
    "head_dim": 2,
    "rate": 0.5,
    "stddev": 0.5,
    "axes": 2,
    "dims": (2, 1),
    "target_shape": (-1,),
    "n": 2,
    "activation": "relu",
    "equation": "btf,fu->btu",
    "output_shape": (None, 2),
    "function": ops.negative,
    "scale": 2,
}
OPTIONS = {"return_sequences": True, "mask_zero": True, "dropout": 0.5}
NUMBERS = ("Normalization", "Rescaling")  # which preprocess any numbers
USED = {True: "uses it", False: "does not use it"}
PASSED = {True: "and passes it on", False: "and drops it"}
MAKES = "makes a mask of its own"


def make(layer_class):
    """Return a layer with values for what it needs, which drops something in training
    where it can, and has all outputs of a sequence.

    Raises KeyError where it needs something else.
    """
    known = {
        **GIVEN,
        "layer": layers.LSTM(2, return_sequences=True),
        "cell": layers.LSTMCell(2),
    }
    if layer_class in (layers.TimeDistributed, layers.SpectralNormalization):
        known["layer"] = layers.Dense(2)
    given = {name: known[name] for name in keras_names.required(layer_class)}
    if layer_class is layers.GroupNormalization:
        given["groups"] = 2
    parameters = inspect.signature(layer_class).parameters
    given |= {name: value for name, value in OPTIONS.items() if name in parameters}
    return layer_class(**given)


def behaviour(layer, inputs, mask, training):
    """Return in words what a layer does with the mask of its inputs.

    inputs: the arrays (batch, steps, ...) that it is called with, or one list of them.
    """

    def masked(array):
        tensor = ops.convert_to_tensor(array)
        tensor._keras_mask = ops.convert_to_tensor(mask)
        return tensor

    def run(tensor_of):
        for variable, value in zip(layer.variables, before):
            variable.assign(value)
        tensors = [
            list(map(tensor_of, array)) if isinstance(array, list) else tensor_of(array)
            for array in inputs
        ]
        y = layer(*tensors, training=training)
        y = y[0] if isinstance(y, list | tuple) else y
        after = [ops.convert_to_numpy(variable) for variable in layer.variables]
        return [ops.convert_to_numpy(y), *after], getattr(y, "_keras_mask", None)

    before = []
    run(ops.convert_to_tensor)  # builds it
    before = [ops.convert_to_numpy(variable) for variable in layer.variables]
    (plain, made), (with_mask, passed) = run(ops.convert_to_tensor), run(masked)
    if made is not None:
        return MAKES
    used = any(
        a.shape != b.shape or not np.allclose(a, b) for a, b in zip(plain, with_mask)
    )
    return f"{USED[used]} {PASSED[passed is not None]}"


def find_masks():
    """Return {name of a layer: {"predicting": what it does with a mask, "training": ...}}
    for those that take sequences, of numbers or of images; without preprocessing of images
    and texts, and without cells, as the layer around a cell skips masked steps."""
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)  # dropping all of the inputs would hide the mask
    mask = np.array([[True, True, True, False], [True, False, True, False]])
    words = rng.integers(1, 9, size=(2, 4))
    shapes = [(2, 4, *[5] * axes, 4) for axes in range(4)] + [(2, 4)]
    arrays = [rng.normal(size=shape).astype("float32") for shape in shapes]
    found = {}
    for name, layer_class in keras_names.named()["Layers"].items():
        prepares = ".preprocessing" in layer_class.__module__ and name not in NUMBERS
        if prepares or name.endswith("Cell"):
            continue
        if "Embedding" in name:
            trials = [[words]]
        elif name in ("MultiHeadAttention", "GroupQueryAttention"):  # query and value
            trials = [[array, array] for array in arrays]
        else:
            trials = [[a] for a in arrays] + [[[a, a]] for a in arrays]
        for inputs in trials:
            try:
                layer = make(layer_class)
                found[name] = {
                    "predicting": behaviour(layer, inputs, mask, training=False),
                    "training": behaviour(layer, inputs, mask, training=True),
                }
            except Exception:  # of as many kinds as there are layers
                continue
            break
    return found
