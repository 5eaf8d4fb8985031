"""Keras' other ways to the same answer: predict of a model, which is compiled, and the
.keras file, which the library reads."""

import keras
import numpy as np
from library.engine.cases import find_arrays, map_arrays

from keras_by_hand import load_model


def model_of(subject, case):
    """A functional model of the layer alone."""

    def input_for(array):
        is_float = array.dtype.kind == "f"
        dtype = subject.dtype.get("dtype", "float32") if is_float else array.dtype.name
        dtype = "string" if array.dtype.kind == "U" else dtype
        return keras.Input(array.shape[1:], dtype=dtype)

    inputs, call = map_arrays(input_for, (case.inputs, case.call))
    layer = subject.build(case)
    model = keras.Model(
        keras.tree.flatten((inputs, call_tensors(call))), layer(*inputs, **call)
    )
    return model


def call_tensors(call):
    return [
        part for part in keras.tree.flatten(call) if keras.backend.is_keras_tensor(part)
    ]


def predictions(subject, case, folder):
    """Return what predict returns, and what the library makes of the saved file: lists of
    arrays."""
    model = model_of(subject, case)
    arrays = list(find_arrays((case.inputs, case.call)).values())
    model.save(folder / "model.keras")
    tensors = [
        a if a.dtype.kind != "U" else keras.ops.convert_to_tensor(a) for a in arrays
    ]
    compiled = model.predict(tensors, verbose=0)
    read = load_model(folder / "model.keras").predict(arrays)
    return [list(map(np.asarray, keras.tree.flatten(y))) for y in (compiled, read)]
