"""The architectures of keras.applications, computed in NumPy from their files and compared
with Keras layer by layer and as a whole: ``make applications``, or for some of them
``python tests/measuring.py MobileNetV2``. Writes a row for each to the table
that the site shows, docs/applications.json.
"""

import contextlib
import datetime
import inspect
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keras
import keras.src.models.functional as functional
import numpy as np
from drawing import draw_weights, in_float64
from project import join_by_hand

from gallery.paths import ARCHITECTURES
from gallery.repository import find_versions
from keras_by_hand import load_model
from keras_by_hand.models.tensors import tensors_in


def architectures():
    """Return the names of all architectures by family: {"resnet": ["ResNet50", ...]}."""
    found = {}
    for name, make in sorted(vars(keras.applications).items()):
        if inspect.isfunction(make):
            family = make.__module__.rpartition(".")[2].rstrip("169")  # VGG16 and VGG19
            found.setdefault(family, []).append(name)
    return found


def layers_of(model):
    """Yield the layers and operators of a Keras model, and of the models in it, but for
    its inputs."""
    for layer in getattr(model, "operations", model.layers):
        if not isinstance(layer, keras.layers.InputLayer):
            yield layer
        if isinstance(layer, keras.Model):
            yield from layers_of(layer)


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
    """The largest error, as a part of the largest number, in two digits."""
    largest = np.max(np.abs(expected), initial=0) or 1
    return float(f"{np.max(np.abs(y - expected), initial=0) / largest:.1e}")


def compare(path, x):
    """Compare NumPy with Keras on a file: each layer, given Keras' own input to it, and
    the result from end to end.

    Returns the errors of the layers, {name: error}, and that of the whole. Raises
    AssertionError where NumPy did not compute a call of Keras.
    """
    of_keras, calls = keras.models.load_model(path), {}
    with recording(calls):
        whole = of_keras(keras.ops.convert_to_tensor(x), training=False)
    del of_keras  # a large model leaves room for its copy
    errors = {}

    def around(layer, args, keywords):
        y = layer.call(args, keywords)
        if layer.kind == "InputLayer":
            return y
        expected = calls[layer.name].pop(0)
        for tensor, array in zip(tensors_in(y), expected, strict=True):
            error = error_of(tensor.array, array)
            errors[layer.name] = max(errors.get(layer.name, 0), error)
            tensor.array = array.astype("float64")  # for the next layer
        return y

    model = load_model(path, dtype="float64")
    with model.calls_by(around):
        model.predict(x)
    assert [name for name, outputs in calls.items() if outputs] == []
    expected = keras.ops.convert_to_numpy(whole)
    return errors, error_of(model.predict(x), expected)


def measure(name, size=None, quick=False):
    """Measure an architecture, at its own size of images or another; return a row of the
    table: {"size", "weights", "layers", "checked", "seconds", "megabytes", "float32",
    "float64"}, the last two with the largest error of a layer, which, and of the whole.

    quick: leave out the seconds, the megabytes and float32.
    """
    keras.utils.set_random_seed(313)
    rng = np.random.default_rng(313)
    make = getattr(keras.applications, name)
    if name.startswith("ConvNeXt") and size is None:
        size = 64  # at 224, Keras' grouped convolutions take many minutes on a CPU
    shape = {"input_shape": (size, size, 3)} if size else {}
    model = make(weights=None, **shape)
    draw_weights(model, rng)
    size = model.input_shape[1] or 224  # some take images of any size
    x = rng.uniform(0, 255, size=(1, size, size, 3)).astype("float32")
    row = {
        "size": size,
        "weights": model.count_params(),
        "layers": len(list(layers_of(model))),
    }
    with tempfile.TemporaryDirectory() as folder:
        path, copy = Path(folder, "model.keras"), Path(folder, "float64.keras")
        model.save(path)
        in_float64(path, copy)
        del model  # a large one leaves room for its copies
        files = {"float64": copy}
        if not quick:
            row |= run_alone(path, x, path.parent)
            files["float32"] = path
        for dtype, file in files.items():
            errors, whole = compare(file, x)
            worst = max(errors, key=errors.get)
            row["checked"] = len(errors)
            row[dtype] = {"worst": worst, "layer": errors[worst], "whole": whole}
    return row


def check(row):
    """Assert that all layers of an architecture were compared, and that they agree."""
    assert row["checked"] == row["layers"]
    limits = {"float32": 1e-3, "float64": 1e-10}  # means of many numbers lie near 0
    if row["float64"]["worst"].endswith("_gelu"):
        limits["float64"] = 1e-7  # TensorFlow rounds a constant of gelu to float32
    for dtype in limits.keys() & row.keys():
        assert row[dtype]["layer"] < limits[dtype], row
        assert row[dtype]["whole"] < limits[dtype], row


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
    files = "--input", folder / "x.npy", "--output", folder / "y.npy"
    return measure_process(sys.executable, join_by_hand(), path, *files)


def measure_process(*command):
    """Run a command with one thread; return the seconds of CPU it took, and the peak of
    its memory in MB."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    said = subprocess.check_output(
        [sys.executable, "-c", MEASURING, *command], env={**os.environ, **threads}
    )
    seconds, peak = map(float, said.split())
    peak /= 1024**2 if sys.platform == "darwin" else 1024  # which counts bytes there
    return {"seconds": round(seconds, 2), "megabytes": round(peak)}


def write_row(name):
    """Measure an architecture and put its row into the table."""
    row = measure(name)
    row["date"] = datetime.date.today().isoformat()
    row["versions"] = find_versions().partition(", Matplotlib")[0]
    table = json.loads(ARCHITECTURES.read_text()) if ARCHITECTURES.exists() else {}
    table[name] = row
    ARCHITECTURES.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")
    print(name, json.dumps(row), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        write_row(sys.argv[1])
    else:  # each in a process of its own, whose memory is free again after it
        all_names = [name for names in architectures().values() for name in names]
        for name in sys.argv[1:] or all_names:
            subprocess.run([sys.executable, __file__, name], check=True)
