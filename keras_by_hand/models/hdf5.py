"""Read what an HDF5 file holds: arrays, and attributes in a process apart."""

import json
import math
import os
import subprocess
import sys

from keras_by_hand.models.chunks import read_chunks
from keras_by_hand.models.config import NUMBERS
from keras_by_hand.models.errors import CannotRun

OBJECT = 25  # nodes; to look at an object of HDF5 takes as long as so many
PATIENCE_WITH_ATTRIBUTES = 10  # seconds; they take some tenths of one
# libhdf5 may hang or crash where an attribute is damaged: a process of its own
# then ends, and no other. It finds h5py where this one does.
ATTRIBUTES = """
import json, sys
path, size, sys.path[:] = json.loads(sys.argv[1])
try:
    import resource
    most = 2**31 + 8 * size
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
except (ImportError, OSError, ValueError):
    pass
import h5py

def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)

def names(group, key):  # in pieces, where they are long
    number, found = 0, [*group.attrs.get(key, ())]
    while f"{key}{number}" in group.attrs:
        found += [*group.attrs[f"{key}{number}"]]
        number += 1
    return [text(name) for name in found]

def layers(group):
    return [[name, names(group[name], "weight_names")]
            for name in names(group, "layer_names")]

with h5py.File(path, "r") as file:
    keys = "model_config", "training_config", "keras_version", "backend"
    found = {key: text(file.attrs[key]) for key in keys if key in file.attrs}
    group = file.get("model_weights", file)
    is_old = "layer_names" in group.attrs or "layer_names0" in group.attrs
    found["layers"] = layers(group) if is_old else None
    found["is_whole"] = "model_weights" in file
    if "top_level_model_weights" in group:
        found["top"] = names(group["top_level_model_weights"], "weight_names")
print(json.dumps(found))
"""


def read_attributes(path, size, budget):
    """Return what the attributes of an HDF5 file tell of a model: model_config,
    training_config, keras_version and backend, as texts; "layers", the names of
    the layers that older Keras saved, and of their weights, or None; is_whole,
    whether a model has a group of its own.

    size: of the file, in bytes.
    """
    asked = json.dumps([str(path), size, sys.path])
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", ATTRIBUTES, asked],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # starts sooner
            capture_output=True,
            timeout=PATIENCE_WITH_ATTRIBUTES,
        )
    except subprocess.TimeoutExpired:
        raise CannotRun(
            "it is damaged: its attributes cannot be read in "
            f"{PATIENCE_WITH_ATTRIBUTES} seconds"
        ) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"libhdf5 ended with {done.returncode}"
        raise CannotRun(f"it is damaged: its attributes cannot be read: {why}")
    budget.take("its attributes", bytes=len(done.stdout))
    return json.loads(done.stdout)


def read_group(group, budget, seen, h5py):
    """Return what a group of an HDF5 file holds: a dict as nested as groups
    are, with "vars" a list of arrays.

    seen: where the objects are that were read, as one may have many names.
    """
    budget.take(group.name, nodes=OBJECT * len(group))
    found = {}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise CannotRun(
                f"weights {group.name}/{name} link to another place"
            )
        if group.name == "/" and name == "optimizer":
            continue  # fit alone reads it; it is often larger than all else
        thing = group[name]
        address = h5py.h5o.get_info(thing.id).addr
        if address in seen:
            raise CannotRun(f"weights {thing.name} have another name, too")
        seen.add(address)
        if isinstance(thing, h5py.Group):
            found[name] = read_group(thing, budget, seen, h5py)
        elif isinstance(thing, h5py.Dataset):
            found[name] = read_array(thing, budget, h5py)
        else:
            raise CannotRun(f"weights {thing.name} are no array")
    if group.name.endswith("/vars") and all(map(str.isdigit, found)):
        numbers = [str(number) for number in range(len(found))]
        if set(found) != set(numbers):
            raise CannotRun(
                f"weights {group.name} are numbered {', '.join(sorted(found))}"
            )
        return [found[number] for number in numbers]
    return found


def read_optimizer_group(file, budget, h5py):
    """Return the arrays of the optimizer that an HDF5 file of today holds."""
    link = file.get("optimizer", getlink=True)
    if link is None:
        return []
    group = file["optimizer"] if isinstance(link, h5py.HardLink) else None
    if not isinstance(group, h5py.Group):
        raise CannotRun("its optimizer is no group of arrays")
    seen = {h5py.h5o.get_info(group.id).addr}
    arrays = read_group(group, budget, seen, h5py).get("vars", [])
    if not isinstance(arrays, list):
        raise CannotRun("the arrays of its optimizer have no numbers")
    return arrays


def read_array(dataset, budget, h5py):
    """Return the numbers of a dataset of HDF5: in one piece, as Keras writes
    them, or in chunks."""
    dtype, name = dataset.dtype, f"weights {dataset.name}"
    is_bfloat16 = dtype == "V2" and dataset.attrs.get("dtype") == "bfloat16"
    if not (is_bfloat16 or dtype.name in NUMBERS):
        raise CannotRun(f"{name}: {dtype} is no dtype of weights")
    form = dataset.id.get_create_plist()
    size = math.prod(dataset.shape or ()) * dtype.itemsize
    budget.take(name, bytes=size)
    if form.get_layout() == h5py.h5d.CHUNKED:
        array = read_chunks(dataset, budget)
    elif (
        form.get_layout() not in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS)
        or form.get_external_count()
        or dataset.shape is None
        or dataset.id.get_storage_size() < size
    ):
        raise CannotRun(f"{name}: their numbers are not in the file")
    else:
        array = dataset[()]
    if not is_bfloat16:
        return array
    budget.take(name, bytes=2 * size)
    halves = array.view("uint16").astype("uint32")
    return (halves << 16).view("float32")  # of which they are the upper half
