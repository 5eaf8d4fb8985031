"""Open a file that somebody else wrote, and read what a zip file holds."""

import json
import os
import stat
import struct
import zipfile
import zlib

from keras_by_hand.models.budget import Budget
from keras_by_hand.models.errors import CannotRun, first_line

PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the ways that are read
ENCRYPTED = 1  # a flag of a member
# What zipfile, json, h5py and NumPy raise for files that are damaged.
DAMAGED = (
    EOFError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def open_file(path):
    """Open a file to read; return it and its Budget. Raises CannotRun for what
    is no file: to open a pipe would wait for ever."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise CannotRun(f"{path} is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise CannotRun(f"{path} is a device or a pipe, not a file")
    file = open(path, "rb")
    return file, Budget(os.fstat(file.fileno()).st_size)


def load_json(path):
    """Return what a .json file holds. Raises CannotRun where it holds no
    JSON."""
    file, _ = open_file(path)
    with file:
        try:
            return json.load(file)
        except (ValueError, RecursionError) as error:
            raise CannotRun(f"{path} is no .json file: {error}") from None


def identify_file(path):
    """Return what tells a file from another one, and from what is written to it
    later. path: or the number of an open one."""
    told = os.stat(path)
    return told.st_ino, told.st_size, told.st_mtime_ns


def damaged(path, error):
    """Return what to raise where a file cannot be read."""
    return CannotRun(f"{path} is damaged: {first_line(error)}")


def take_member(archive, name, budget, copies=1):
    """Take from a budget what a member of a zip file needs; return its
    ZipInfo.

    copies: how often it will be in memory.
    """
    member = archive.getinfo(name)
    if member.flag_bits & ENCRYPTED:
        raise CannotRun(f"{name} is encrypted")
    if member.compress_type not in PACKED:
        raise CannotRun(f"{name} is packed in a way that is not known here")
    budget.take(name, bytes=copies * member.file_size, nodes=1)
    return member
