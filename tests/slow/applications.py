"""The architectures of keras.applications, computed in NumPy from their files and compared
with Keras layer by layer and as a whole: ``make applications``, or for some of them
``python tests/slow/applications.py MobileNetV2``. Prints a row of JSON for each.
"""

import contextlib
import inspect
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs/_ext"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

import collected
import keras
import keras.src.models.functional as functional
import numpy as np
from drawing import draw_weights, in_float64
from project import load_by_hand


def architectures():
    """Return the names of all architectures by family: {"resnet": ["ResNet50", ...]}."""
    found = {}
    for name, make in sorted(vars(keras.applications).items()):
        if inspect.isfunction(make):
            family = make.__module__.rpartition(".")[2]
            found.setdefault(family, []).append(name)
    return found


@contextlib.contextmanager
def recording(calls):
    """While open, the calls of Keras' functional models append what they return to
    ``calls``: {name of the layer: [its outputs, ...]}."""
    real = functional.operation_fn

    def operation_fn(operation, **options):
        call = real(operation, **options)

        def recorded(*args, **kwargs):
            y = call(*args, **kwargs)
            arrays = [keras.ops.convert_to_numpy(t) for t in keras.tree.flatten(y)]
            calls.setdefault(operation.name, []).append(arrays)
            return y

        return recorded

    with mock.patch.object(functional, "operation_fn", operation_fn):
        yield


def error_of(y, expected):
    """The largest error, as a part of the largest number."""
    largest = np.max(np.abs(expected), initial=0) or 1
    return float(np.max(np.abs(y - expected), initial=0) / largest)


def compare(path, x):
    """Compare NumPy with Keras on a file: each layer, given Keras' own input to it, and
    the result from end to end.

    Returns {"layers": their errors, {name: error}, "whole": the error}. Raises
    AssertionError where NumPy did not compute a call of Keras.
    """
    by_hand = load_by_hand()
    of_keras, calls = keras.models.load_model(path), {}
    with recording(calls):
        whole = of_keras(keras.ops.convert_to_tensor(x), training=False)
    del of_keras  # a large model leaves room for its copy
    errors = {}

    def watch(layer, args, y):
        expected = calls[layer.name].pop(0)
        for tensor, array in zip(by_hand.tensors_in(y), expected, strict=True):
            error = error_of(tensor.array, array)
            errors[layer.name] = max(errors.get(layer.name, 0), error)
            tensor.array = array.astype("float64")  # for the next layer

    model = by_hand.load_model(path)
    model.set_watch(watch)
    model.predict(x)
    assert [name for name, outputs in calls.items() if outputs] == []
    model.set_watch(None)
    expected = keras.ops.convert_to_numpy(whole)
    return {"layers": errors, "whole": error_of(model.predict(x), expected)}


def measure(name, size=None):
    """Measure an architecture, at its own size of images or another; return a row."""
    keras.utils.set_random_seed(313)
    rng = np.random.default_rng(313)
    make = getattr(keras.applications, name)
    shape = {"input_shape": (size, size, 3)} if size else {}
    model = make(weights=None, **shape)
    draw_weights(model, rng)
    x = rng.uniform(0, 255, size=(1, *model.input_shape[1:])).astype("float32")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        path, copy = folder / "model.keras", folder / "float64.keras"
        model.save(path)
        in_float64(path, copy)
        row = {
            "size": model.input_shape[1],
            "weights": model.count_params(),
            "layers": len(model.operations),
        }
        del model
        row |= run_alone(path, x, folder)
        for dtype, file in (("float32", path), ("float64", copy)):
            found = compare(file, x)
            worst = max(found["layers"], key=found["layers"].get)
            row["checked"] = len(found["layers"])
            row[dtype] = {
                "worst": worst,
                "layer": found["layers"][worst],
                "whole": found["whole"],
            }
    return row


# A small process starts the one that is measured: what this one holds would count, too.
MEASURING = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def run_alone(path, x, folder):
    """Predict in a process of its own, without Keras and with one thread; return the
    seconds of CPU it took, and the peak of its memory in MB."""
    np.save(folder / "x.npy", x)
    command = [sys.executable, collected.FILE, path]
    command += ["--input", folder / "x.npy", "--output", folder / "y.npy"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    said = subprocess.check_output(
        [sys.executable, "-c", MEASURING, *command], env={**os.environ, **threads}
    )
    seconds, peak = map(float, said.split())
    peak /= 1024**2 if sys.platform == "darwin" else 1024  # which counts bytes there
    return {"seconds": round(seconds, 2), "megabytes": round(peak)}


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(sys.argv[1], json.dumps(measure(sys.argv[1])), flush=True)
    else:  # each in a process of its own, whose memory is free again after it
        all_names = [name for names in architectures().values() for name in names]
        for name in sys.argv[1:] or all_names:
            subprocess.run([sys.executable, __file__, name], check=True)
