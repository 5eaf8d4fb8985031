"""Read what a program in C wrote of its layers: binary files that a .json file
lists, or a text that it printed."""

import os
import re

import numpy as np

from keras_by_hand.comparing.port import Port
from keras_by_hand.models.archives import load_json, open_file
from keras_by_hand.models.errors import CannotRun

DUMPED = (  # dtypes of binary files
    "float16 float32 float64 int8 uint8 int16 uint16 int32 uint32 int64".split()
)
ENTRY = {"file", "dtype", "scale", "zero_point"}  # of a .json file
PRINTED = re.compile(  # a line of a text
    r"\s*(?P<name>.*?)(?:\s+scale=(?P<scale>\S+)\s+zero_point=(?P<zero>\S+))?"
    r"\s*:(?P<numbers>[^:]*)"
)
DIGITS = re.compile(r"[+-]?\d*(?:\.(\d*))?(?:[eE]([+-]?\d+))?")


def read_listed(path):
    """Return the Port of a .json file that lists binary files beside it,
    {name: {"file": "conv.bin", "dtype": "int8", "scale": 0.05, "zero_point":
    -3}}; without a dtype they are float32, and without a scale as they are.
    Raises CannotRun where it holds anything else, or a file does not fit."""
    listed = load_json(path)
    if not isinstance(listed, dict) or not listed:
        raise CannotRun(f'{path} must hold {{"layer": {{"file": ...}}, ...}}')
    arrays, steps = {}, {}
    for name, entry in listed.items():
        try:
            check_entry(entry)
            array = read_binary(os.path.dirname(path), entry)
        except CannotRun as error:
            raise CannotRun(f"{path}: {name}: {error}") from None
        if "scale" in entry:
            scale, zero = entry["scale"], entry.get("zero_point", 0)
            array, steps[name] = from_whole(array, scale, zero), scale
        arrays[name] = array
    return Port(arrays, steps=steps)


def check_entry(entry):
    """Raise CannotRun for what does not say how to read a binary file."""
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
        raise CannotRun(f'must be {{"file": "conv.bin", ...}}, not {entry}')
    if odd := entry.keys() - ENTRY:
        raise CannotRun(
            f"{min(odd)} is not known: {', '.join(sorted(ENTRY))} are"
        )
    dtype = entry.get("dtype", "float32")
    if dtype not in DUMPED:
        raise CannotRun(f"dtype {dtype} is none of {', '.join(DUMPED)}")
    if "zero_point" in entry and "scale" not in entry:
        raise CannotRun("zero_point goes with scale")
    if "scale" in entry:
        check_quantization(entry["scale"], entry.get("zero_point", 0))
        if "int" not in dtype:
            raise CannotRun(f"scale goes with whole numbers, not with {dtype}")


def check_quantization(scale, zero):
    """Raise CannotRun where numbers are no scale and zero point."""
    if type(scale) not in (int, float) or not 0 < scale < np.inf:
        raise CannotRun(f"scale must be a number above 0, not {scale}")
    if type(zero) is not int:
        raise CannotRun(f"zero_point must be a whole number, not {zero}")


def read_binary(folder, entry):
    """Return the numbers in a binary file, least byte first, flat."""
    dtype = np.dtype(entry.get("dtype", "float32")).newbyteorder("<")
    file, _ = open_file(os.path.join(folder, entry["file"]))
    with file:
        data = file.read()
    if not data or len(data) % dtype.itemsize:
        raise CannotRun(
            f"{entry['file']} has {len(data)} bytes, which are no numbers of "
            f"{dtype.name}"
        )
    return np.frombuffer(data, dtype)


def from_whole(array, scale, zero):
    """Return the numbers that whole ones stand for."""
    return ((array.astype("float64") - zero) * scale).astype("float32")


def read_printed(path):
    """Return the Port of a text with a line "name: 1.5, 2.5, ..." for each
    tensor. Lines of one name belong together, in their order. Of whole numbers
    that stand for others, it is "name scale=0.05 zero_point=-3: 12, 17, ...".

    Raises CannotRun where it holds anything else.
    """
    file, _ = open_file(path)
    with file:
        try:
            lines = file.read().decode().splitlines()
        except UnicodeDecodeError:
            raise CannotRun(f"{path} is no text in UTF-8") from None
    words, quantized = {}, {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        found = PRINTED.fullmatch(line)
        numbers = found and found["numbers"].replace(",", " ").split()
        if not numbers or not found["name"]:
            raise CannotRun(f'{where} is not "name: 1.5, 2.5, ..."')
        pair = read_quantization(where, found)
        if quantized.setdefault(found["name"], pair) != pair:
            raise CannotRun(f"{where}: {found['name']} had another scale")
        try:
            np.array(numbers, "float64")
        except ValueError as error:
            raise CannotRun(f"{where}: {error}") from None
        words.setdefault(found["name"], []).extend(numbers)
    if not words:
        raise CannotRun(f"{path} is empty")
    arrays = {name: np.array(said, "float64") for name, said in words.items()}
    steps, decimals = {}, {}
    for name, pair in quantized.items():
        if pair:
            arrays[name], steps[name] = from_whole(arrays[name], *pair), pair[0]
        elif (count := decimals_printed(words[name])) is not None:
            decimals[name] = count
    return Port(arrays, steps=steps, decimals=decimals)


def read_quantization(where, found):
    """Return the scale and the zero point in a line, or None."""
    if not found["scale"]:
        return None
    try:
        scale, zero = float(found["scale"]), int(found["zero"])
        check_quantization(scale, zero)
    except ValueError as error:
        raise CannotRun(f"{where}: {error}") from None
    return scale, zero


def decimals_printed(words):
    """Return how many decimals printed numbers have, None where they are whole.
    Where all have exponents, the largest tells: its last digit counts most."""
    found = [DIGITS.fullmatch(word) for word in words]
    pairs = [tell.groups() for tell in found if tell]  # neither NaN nor inf
    every = [
        len(places) - int(exponent or 0) for places, exponent in pairs if places
    ]
    if not every:
        return None
    are_of_e = all(exponent for _, exponent in pairs)
    return min(every) if are_of_e else max(every)
