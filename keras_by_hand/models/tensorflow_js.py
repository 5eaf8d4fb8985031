"""Read a layers model of TensorFlow.js: a model.json, which has Keras' config,
and the files of numbers beside it."""

import collections
import math
import os

import numpy as np

from keras_by_hand.models.archives import open_file
from keras_by_hand.models.budget import Budget
from keras_by_hand.models.config import named_groups
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.legacy.weights import nested_weights
from keras_by_hand.models.registry import MODELS

STORED = {"bool": "u1", "float32": "<f4", "int32": "<i4"}
DEEPEST = 16  # parts of the name of a weight that are looked at
QUANTIZED_AS = {"float16": "<f2", "uint16": "<u2", "uint8": "u1"}


def find_topology(held):
    """Return the config of a model and what else is told of it, from the
    content of a model.json. Raises CannotRun for a graph."""
    topology = held["modelTopology"]
    if held.get("format") == "graph-model" or "node" in topology:
        raise CannotRun(
            "it is a graph model of TensorFlow.js, which has no layers: give "
            "the Keras model that it was made of, or convert that again by "
            "tensorflowjs_converter --output_format=tfjs_layers_model"
        )
    keys = "keras_version", "backend", "training_config"
    told = {key: topology[key] for key in keys if topology.get(key)}
    return topology.get("model_config", topology), told


def read_manifest(path, manifest):
    """Return weights by their names, [(name, array)].

    path: of the model.json; manifest: its weightsManifest.
    """
    named, seen = [], set()
    for group in manifest:
        data = b"".join(read_shard(path, n, seen) for n in group["paths"])
        budget, place = Budget(len(data)), 0
        for told in group["weights"]:
            array, place = read_weight(told, data, place, budget)
            named.append((told["name"], array))
        if place != len(data):
            raise CannotRun(
                f"{', '.join(group['paths'])}: they have {len(data)} bytes, "
                f"the weights {place}"
            )
    return named


def read_shard(path, name, seen):
    """Return the bytes of a file of numbers; raises CannotRun where it is not
    in the folder of the model.json.

    seen: the files that were read.
    """
    folder = os.path.realpath(os.path.dirname(path))
    shard = os.path.realpath(os.path.join(folder, name))
    if os.path.commonpath([folder, shard]) != folder or shard in seen:
        raise CannotRun(f"{name}: no file of its own beside it")
    seen.add(shard)
    try:
        with open_file(shard)[0] as file:
            return file.read()
    except FileNotFoundError:
        raise CannotRun(
            f"{name}, which has its weights, is not there"
        ) from None


def read_weight(told, data, place, budget):
    """Return an array, and where the next one begins."""
    name, dtype = f"weights {told['name']}", told["dtype"]
    quantized = told.get("quantization")
    kind = quantized["dtype"] if quantized else dtype
    stored = (QUANTIZED_AS if quantized else STORED).get(kind)
    if stored is None or dtype not in STORED:
        raise CannotRun(f"{name}: {kind} is no dtype of weights")
    shape = told["shape"]
    count = math.prod(shape)
    end = place + count * np.dtype(stored).itemsize
    if any(n < 0 for n in shape) or end > len(data):
        raise CannotRun(f"{name} of shape {shape} are not in the file")
    budget.take(name, bytes=8 * count)
    array = np.frombuffer(data, stored, count, place).reshape(shape)
    if quantized and kind != "float16":
        array = array * float(quantized["scale"]) + float(quantized["min"])
        array = np.floor(array + 0.5) if dtype == "int32" else array
    return array.astype(dtype), end


def weights_by_layer(config, named, writer):
    """Return weights nested as today's are.

    config: of today; named: [(name, array)], each under the name of its layer,
    or that of a model around it first.
    """
    names = collections.Counter(names_of_layers(config))
    for name, times in names.items():
        if times > 1:
            raise CannotRun(f"{times} of its layers are named {name!r}")
    lists = {name: [] for name in names}
    for name, array in named:
        parts = name.split("/")[:DEEPEST]
        spans = [
            "/".join(parts[start:end])
            for start in range(len(parts))
            for end in range(len(parts), start, -1)
        ]
        layer = next((span for span in spans if span in lists), None)
        if layer is None:
            raise CannotRun(f"weights {name} are of no layer that it has")
        lists[layer].append(array)
    return nested_by_layer(config, lists, writer)


def is_model(saved):
    return saved["class_name"] in MODELS and "layers" in saved["config"]


def names_of_layers(config):
    """Return the names of all layers in a model that are no models."""
    names = []
    for saved in config["config"]["layers"]:
        names += names_of_layers(saved) if is_model(saved) else [saved["name"]]
    return names


def nested_by_layer(config, lists, writer):
    """Return the weights of a model, of lists of arrays by layers' names."""
    groups = {}
    for saved, group in named_groups(config["config"]["layers"]):
        if is_model(saved):
            groups[group] = nested_by_layer(saved, lists, writer)
        elif group and lists[saved["name"]]:
            groups[group] = nested_weights(saved, lists[saved["name"]], writer)
    return {"layers": groups}
