"""What a page compares: while it runs, each assertion is recorded beside its .rst."""

import functools
import inspect
import json

import numpy as np

from gallery.paths import EXAMPLES, GALLERY

NAMES = ("assert_equal", "assert_array_equal", "assert_array_less", "assert_allclose")

original = {name: getattr(np.testing, name) for name in NAMES}
checks = []  # of the page that runs now


def tolerances(actual, desired, *arguments, **options):
    """Return rtol and atol of a call of assert_allclose."""
    signature = inspect.signature(original["assert_allclose"])
    call = signature.bind(actual, desired, *arguments, **options)
    call.apply_defaults()
    return call.arguments["rtol"], call.arguments["atol"]


def describe(name, actual, desired, *arguments, **options):
    """Return what an assertion that has passed compared.

    "part" is the largest error as a part of its limit, None where none is allowed;
    "rtol" is the tolerance of an assert_allclose; "vain" says why the assertion could not
    have failed, None if it could.
    """
    part = rtol = vain = None
    endless = "has a limit that is no finite number: any error is below it"
    arrays = isinstance(actual, np.ndarray) and isinstance(desired, np.ndarray)
    if arrays and actual.__array_interface__ == desired.__array_interface__:
        vain = "compares an array with itself"
    if name == "assert_array_less":  # the error, and its limit
        with np.errstate(divide="ignore", invalid="ignore"):
            part = float(np.nanmax(np.divide(actual, desired)))
        if part == 0:
            vain = "finds no error at all: let it compare exactly"
        if not np.all(np.isfinite(desired)):
            vain = endless
    if name == "assert_allclose":  # to find no error is no fault of a tolerance
        rtol, atol = tolerances(actual, desired, *arguments, **options)
        wide = [np.multiply(array, np.float64(1)) for array in (actual, desired)]
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.abs(wide[0] - wide[1]) / (atol + rtol * np.abs(wide[1]))
        part = float(np.max(np.nan_to_num(parts), initial=0))
        if not np.isfinite([rtol, atol]).all():
            vain = endless
        rtol = float(np.max(rtol))
    many = isinstance(actual, np.ndarray) or name == "assert_array_less"
    numbers = np.size(actual) if many else 1
    return {"numbers": numbers, "part": part, "rtol": rtol, "vain": vain}


def recorded(name):
    """Return the assertion of this name, which then also records what it compared."""

    @functools.wraps(original[name])
    def check(actual, desired, *arguments, **options):
        original[name](actual, desired, *arguments, **options)
        checks.append(describe(name, actual, desired, *arguments, **options))

    return check


def start():
    """Record from here on."""
    checks.clear()
    for name in NAMES:
        setattr(np.testing, name, recorded(name))


def stop(page):
    """Write the record of the page of this file name, and record no more."""
    import keras
    import tensorflow as tf

    for name in NAMES:
        setattr(np.testing, name, original[name])
    modules = {"Keras": keras, "TensorFlow": tf, "NumPy": np}
    versions = {name: module.__version__ for name, module in modules.items()}
    (source,) = EXAMPLES.glob(f"*/{page}")
    path = GALLERY / source.parent.name / f"{source.stem}.checks.json"
    path.write_text(json.dumps({"checks": checks, "versions": versions}))
