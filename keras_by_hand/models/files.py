"""Read a .keras file and the input of a model; write what it predicts."""

import io
import json
import os
import re
import zipfile
import zlib

import numpy as np

from keras_by_hand.models.errors import CannotRun

LARGEST_CONFIG = 100_000_000  # bytes; that of a large model has a million


def read_file(path):
    """Return the config of a .keras file and its weights: a dict as nested as
    the groups of model.weights.h5, with "vars" a list of arrays.

    Only what the file really holds is read: no other file, and no size that it
    claims.
    """
    try:
        import h5py  # here, as nothing else needs it
    except ImportError:
        raise CannotRun(
            f"{path}: to read it needs h5py: pip install h5py"
        ) from None

    size = os.path.getsize(path)
    try:
        with zipfile.ZipFile(path) as archive:
            told = archive.getinfo("config.json")
            stored = archive.getinfo("model.weights.h5")
            if told.file_size > LARGEST_CONFIG:
                raise CannotRun(
                    f"{path}: config.json claims {told.file_size} bytes"
                )
            if stored.file_size > size:
                raise CannotRun(
                    f"{path}: its weights claim more than the file holds"
                )
            config = json.loads(archive.read(told))
            with h5py.File(io.BytesIO(archive.read(stored))) as file:
                weights = read_group(file, size, h5py)
            read_vocabularies(archive, weights, size)
            return config, weights
    except CannotRun:
        raise
    except zipfile.BadZipFile:
        raise CannotRun(
            f"{path} is no .keras file, or damaged; write one by model.save()"
        ) from None
    except KeyError as missing:
        raise CannotRun(f"{path}: {missing.args[0]}") from None
    except (
        OSError,
        RecursionError,
        RuntimeError,
        ValueError,
        zlib.error,
    ) as error:
        said = (
            str(error).splitlines()[0] if str(error) else type(error).__name__
        )
        raise CannotRun(f"{path} is damaged: {said}") from None


def read_group(group, size, h5py):
    """Return what a group of an HDF5 file holds, as read_file does."""
    found = {}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise CannotRun(
                f"weights {group.name}/{name} link to another place"
            )
        thing = group[name]
        if isinstance(thing, h5py.Group):
            found[name] = read_group(thing, size, h5py)
        elif thing.external or thing.is_virtual or thing.nbytes > size:
            raise CannotRun(
                f"weights {thing.name}: their numbers are not in the file"
            )
        elif thing.dtype.kind in "biuf":
            found[name] = thing[()]
        elif (
            thing.attrs.get("dtype") == "bfloat16"
        ):  # the upper half of a float32
            halves = thing[()].view("uint16").astype("uint32")
            found[name] = (halves << 16).view("float32")
    if group.name.endswith("/vars") and all(map(str.isdigit, found)):
        return [found[name] for name in sorted(found, key=int)]
    return found


def read_vocabularies(archive, weights, size):
    """Put the vocabularies that lookups have learned beside the weights of
    their layers, as lists under the name "vocabulary"."""
    for told in archive.infolist():
        if re.fullmatch(r"assets/(layers/\w+/)+vocabulary\.txt", told.filename):
            if told.file_size > max(size, LARGEST_CONFIG):
                raise CannotRun(
                    f"{told.filename} claims {told.file_size} bytes"
                )
            group = weights
            for part in told.filename.split("/")[1:-1]:
                group = group.setdefault(part, {})
            group["vocabulary"] = archive.read(told).decode().split("\n")


def count_numbers(weights):
    """Return how many numbers there are in what read_file found for a layer."""
    if not isinstance(weights, dict | list):
        return getattr(weights, "size", 0)  # 0 for a token of a vocabulary
    inner = weights.values() if isinstance(weights, dict) else weights
    return sum(map(count_numbers, inner))


def read_input(path):
    """Return what a .npy or .npz file holds: an array, or a dict of them.
    Raises CannotRun where it is neither."""
    try:
        held = np.load(path, allow_pickle=False)
        return held if isinstance(held, np.ndarray) else dict(held)
    except (EOFError, ValueError, zipfile.BadZipFile) as error:
        raise CannotRun(f"{path} is no .npy or .npz file: {error}") from None


def named(y, name=""):
    """Return the arrays in nested lists and dicts in one dict. In a list they
    are named output_0, output_1, ..., and what is in "a" of a dict, a_0, a_1,
    ..."""
    if isinstance(y, dict):
        pairs = [(f"{name}_{key}" if name else key, y[key]) for key in y]
    elif isinstance(y, list):
        pairs = [
            (f"{name or 'output'}_{number}", item)
            for number, item in enumerate(y)
        ]
    else:
        return {name: y}
    return {
        n: array for key, item in pairs for n, array in named(item, key).items()
    }


def write_output(path, y):
    """Write a prediction: to a .npy file, or several by their names to a .npz
    file."""
    with open(path, "xb") as file:  # x: nothing is overwritten
        np.save(file, y) if isinstance(y, np.ndarray) else np.savez(
            file, **named(y)
        )
