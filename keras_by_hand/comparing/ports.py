"""Run a port, of whatever kind it is."""

import os

import numpy as np

from keras_by_hand.comparing.dumps import read_listed, read_printed
from keras_by_hand.comparing.port import Port
from keras_by_hand.comparing.recording import outputs_of, record
from keras_by_hand.comparing.with_keras import load_by_keras, run_keras
from keras_by_hand.comparing.with_onnx import run_onnx
from keras_by_hand.comparing.with_tflite import run_tflite
from keras_by_hand.models.data import read_arrays
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.load import load_model
from keras_by_hand.models.model import Model
from keras_by_hand.shapes import quoted


def run_port(thing, path_of_model, x, dtype=None, layers=None):
    """Return the Port of what compare() is given.

    path_of_model: None where it is loaded already; x: the inputs; dtype: in
    which a .keras file is computed, or None for its layers' own; layers: as for
    load_model.
    """
    if isinstance(thing, dict):
        return Port(arrays_by_name(thing))
    if isinstance(thing, str) and thing == "keras":
        if path_of_model is None:
            raise CannotRun(
                'the port "keras" goes with the path of a model; else give '
                "what keras.models.load_model(path) returns"
            )
        thing = load_by_keras(path_of_model)
    if isinstance(thing, Model):
        return Port(outputs_of(record(thing, x)))
    if hasattr(thing, "predict") and hasattr(thing, "get_config"):
        return run_keras(thing, x)
    if not isinstance(thing, str | os.PathLike):
        raise CannotRun(
            "compare: port must be the path of a file, a model that is loaded, "
            f'"keras", or a dict {{name: array}}, not {quoted(thing)}'
        )
    path = os.fspath(thing)
    ending = os.path.splitext(path)[1].lower()
    if ending in (".keras", ".h5", ".hdf5"):
        return Port(outputs_of(record(load_model(path, dtype, layers), x)))
    if ending == ".npz":
        arrays = read_arrays(path)
        if not isinstance(arrays, dict):
            raise CannotRun(f"{path} has no names: save by np.savez")
        return Port(arrays)
    if ending == ".json":
        return read_listed(path)
    if ending == ".txt":
        return read_printed(path)
    if ending == ".onnx":
        return run_onnx(path, x)
    if ending == ".tflite":
        return run_tflite(path, x)
    raise CannotRun(
        f"{path} is no .keras, .h5, .npz, .json, .txt, .onnx or .tflite file"
    )


def arrays_by_name(given):
    """Return the arrays in a dict. Raises CannotRun where it is none of arrays
    by their names."""
    arrays = {}
    for name, y in given.items():
        if not isinstance(name, str) or isinstance(y, np.ma.MaskedArray):
            raise CannotRun(
                "compare: port must have arrays without masks by their names, "
                f"not {quoted({name: y})}"
            )
        arrays[name] = np.asarray(y)
    return arrays
