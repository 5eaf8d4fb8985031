"""Read the inputs of a model from .npy and .npz files; write its outputs."""

import contextlib
import math
import os
import re
import tokenize
import zipfile

import numpy as np

from keras_by_hand.models.archives import (
    DAMAGED,
    damaged,
    open_file,
    take_member,
)
from keras_by_hand.models.errors import CannotRun

HEADERS = {  # of .npy files, by their version
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
KINDS = "biufcSU"  # of dtypes that can be read; a model then takes some of them


# -- Inputs


def read_input(path):
    """Return the inputs that a .npy or .npz file holds: an array, or several in
    a dict by their names. Raises CannotRun where it is neither."""
    x = read_arrays(path)
    if isinstance(x, dict) and len(x) == 1:  # whatever its name
        (x,) = x.values()
    return x


def read_arrays(path):
    """Return what a .npy or .npz file holds: an array, or a dict of them.
    Raises CannotRun where it is neither."""
    file, budget = open_file(path)
    with file:
        start = file.read(6)
        file.seek(0)
        try:
            if start == b"\x93NUMPY":
                return read_npy(file, os.fstat(file.fileno()).st_size)
            if start.startswith(b"PK"):
                with zipfile.ZipFile(file) as archive:
                    return read_npz(archive, budget)
        except CannotRun as error:
            raise CannotRun(f"{path}: {error}") from None
        except (*DAMAGED, SyntaxError, tokenize.TokenError) as error:
            raise damaged(path, error) from None
    raise CannotRun(f"{path} is no .npy or .npz file")


def read_npz(archive, budget):
    """Return the arrays in a .npz file by their names."""
    arrays = {}
    for name in archive.namelist():
        member = take_member(archive, name, budget)
        with archive.open(member) as file:
            arrays[name.removesuffix(".npy")] = read_npy(file, member.file_size)
    return arrays


def read_npy(file, size):
    """Return the array in a .npy file of so many bytes. Raises CannotRun where
    it claims more than these hold."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise CannotRun(f"version {version} of .npy is not known here")
    shape, _, dtype = HEADERS[version](file)
    if dtype.hasobject:
        raise CannotRun(
            "an array of objects, which would run code; of texts, save "
            "x.astype(str)"
        )
    if dtype.kind not in KINDS:
        raise CannotRun(f"an array of {dtype}, not of numbers or texts")
    needed = math.prod(shape) * dtype.itemsize
    if any(n < 0 for n in shape) or needed > size - file.tell():
        raise CannotRun(f"an array of shape {shape} does not fit in the file")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


# -- Outputs


def named(y, name=""):
    """Return the arrays in nested lists and dicts in one dict. In a list they
    are named output_0, output_1, ..., and what is in "a" of a dict, a_0, a_1,
    ... Raises CannotRun where two have one name."""
    if isinstance(y, dict):
        pairs = [(f"{name}_{key}" if name else key, y[key]) for key in y]
    elif isinstance(y, list):
        pairs = [
            (f"{name or 'output'}_{number}", item)
            for number, item in enumerate(y)
        ]
    else:
        return {name or "output": y}
    found = {}
    for key, item in pairs:
        for n, array in named(item, key).items():
            if n in found:
                raise CannotRun(f"two outputs have the name {n}")
            found[n] = array
    return found


def check_new(path, replace):
    """Return the path of a file to write; of a link, that of the file that it
    stands for. Raises CannotRun where there is one already, unless it is to be
    replaced."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not (replace and os.path.isfile(path)):
        why = "no file" if replace else "there already"
        raise CannotRun(f"{path} is {why}: it is not overwritten")
    return path


@contextlib.contextmanager
def new_file(path, replace=False):
    """Open a file to write that appears under its path when it is whole; where
    something fails, nothing is left of it.

    Raises CannotRun at once where there is a file already, unless it is to be
    replaced.
    """
    path = check_new(path, replace)
    part = f"{path}.{os.urandom(4).hex()}.part"
    try:
        with open(part, "xb") as file:
            yield file
        if not replace:
            open(path, "xb").close()  # x: fails where it has come meanwhile
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


def write_output(file, y):
    """Write a prediction: one array as .npy, several by their names as .npz.
    Raises CannotRun for a name that would leave the folder when unpacked."""
    if isinstance(y, np.ndarray):
        return np.lib.format.write_array(file, y, allow_pickle=False)
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in named(y).items():
            if re.search(r"^/|\\|:|(^|/)\.\.(/|$)", name):
                raise CannotRun(f"output {name}: no name for a file")
            with archive.open(
                zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True
            ) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
