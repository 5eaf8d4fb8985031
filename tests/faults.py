"""Faults in Keras, put in on purpose: do the pages notice?

``make faults`` runs every page under every fault that concerns it: those of Dense, and
those of its section (catalogue/). It prints a table for each section and writes
docs/_build/faults.json, from which the site draws it. A cell is

- *caught*: a check of the page failed;
- *no effect*: the page passed, and nothing that Keras returned to it was moved beyond
  the rounding limit, nor changed its shape or dtype, as measured;
- *missed*: the page passed although something was: this fails the run.

``python tests/faults.py SECTION`` measures one section, and writes nothing.
"""

import concurrent.futures
import contextlib
import functools
import hashlib
import importlib
import json
import multiprocessing
import sys
import time
from unittest import mock

import keras
import ml_dtypes
import numpy as np
import pages
from keras import ops

RECORD = pages.ROOT / "docs" / "_build" / "faults.json"


def faults_of(page):
    """Return the faults that concern a page: {name: context manager}."""
    sections = ("dense", page.parent.name)
    catalogues = [importlib.import_module(f"catalogue.{name}") for name in sections]
    return {name: fault for each in catalogues for name, fault in each.FAULTS.items()}


def reordered(self, x, training=None):
    """The same computation in another order: the features from last to first."""
    x = ops.convert_to_tensor(x, sparse=False)
    y = ops.matmul(ops.flip(x, -1), ops.flip(self.kernel, 0))
    return self.activation(y if self.bias is None else y + self.bias)


# -- The measurement


def dense_limit(model, x):
    """How far rounding can move each entry of a prediction, (batch, ..., units).

    Source: the page "What equal means". Returns None where it is not known: for models
    of more than one Dense layer, for activations other than linear and relu, and for
    sparse inputs.
    """
    if len(model.layers) != 2 or not isinstance(model.layers[1], keras.layers.Dense):
        return None
    if not isinstance(x, np.ndarray):  # a sparse tensor
        return None
    layer = model.layers[1]
    name = getattr(layer.activation, "__name__", None)
    if name not in ("linear", "relu") or layer.dtype_policy.name != "float32":
        return None
    kernel, *bias = (np.abs(w.numpy()).astype("float64") for w in layer.weights)
    magnitude = np.abs(x) @ kernel + sum(bias)
    roundings = kernel.shape[0] + len(bias)
    return roundings / 2 * np.finfo("float32").eps * magnitude


def rough_limit(value):
    """How far rounding may move each entry of anything else: 32 times the last bit of
    its largest entry. Integers and what is no number must not move at all. A loss comes
    as a Python float, but was computed in float32."""
    if value.dtype.kind not in "fcV" or value.size == 0:  # "V": bfloat16
        return np.zeros(value.shape)
    size = np.abs(value).astype("float64")
    largest = np.max(np.nan_to_num(size, posinf=0, neginf=0))
    dtype = value.dtype if value.ndim else "float32"
    return 32 * float(ml_dtypes.finfo(dtype).eps) * largest


@contextlib.contextmanager
def observed(measure_limit=False):
    """Collect what Keras returns to a page: (array, its rounding limit if wanted)."""
    seen = []

    def observing(owner, name):
        real = getattr(owner, name)

        @functools.wraps(real)
        def wrapper(*args, **kwargs):
            result = real(*args, **kwargs)
            for value in map(np.array, keras.tree.flatten(result)):
                limit = None
                if measure_limit and name == "predict":
                    limit = dense_limit(*args[:2])
                if measure_limit and limit is None:
                    limit = rough_limit(value)
                seen.append((value, limit))
            return result

        return mock.patch.object(owner, name, wrapper)

    with contextlib.ExitStack() as stack:
        for owner, name in pages.OBSERVED:
            stack.enter_context(observing(owner, name))
        yield seen


def moved(before, after, limit):
    """Whether an array differs beyond its limit, or in its shape or dtype."""
    if (before.shape, before.dtype) != (after.shape, after.dtype):
        return True
    if before.dtype.kind not in "fcV":
        return not np.array_equal(before, after)
    wide = "complex128" if before.dtype.kind == "c" else "float64"
    before, after = before.astype(wide), after.astype(wide)
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    with np.errstate(invalid="ignore"):
        return not np.all(same | (np.abs(after - before) <= limit))


def has_effect(clean, faulty):
    """Whether a fault moved anything that Keras returned to the page."""
    if len(clean) != len(faulty):
        return True
    return any(
        moved(before, after, limit)
        for (before, limit), (after, _) in zip(clean, faulty)
    )


def cell(page, fault, clean):
    """Run one page under one fault; return its state."""
    with fault, observed() as faulty:
        try:
            pages.run(page.read_text(), page.name)
        except AssertionError:
            return "caught"
    return "missed" if has_effect(clean, faulty) else "no effect"


def measure_page(page):
    """Run a page under its faults; return {fault: state} and the seconds of each."""
    with observed(measure_limit=True) as clean:
        pages.run(page.read_text(), page.name)
    with mock.patch.object(keras.layers.Dense, "call", reordered):
        pages.run(page.read_text(), page.name)  # raises if rounding alone fails it
    states, seconds = {}, []
    for name, fault in faults_of(page).items():
        start = time.perf_counter()
        try:
            states[name] = cell(page, fault, clean)
        except Exception as error:
            raise RuntimeError(f"{page.stem} stops under {name!r}") from error
        seconds.append(time.perf_counter() - start)
    return states, seconds


def measure(chosen=pages.PAGES):
    """Run the pages under their faults; return the record, as it is written."""
    fresh = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with concurrent.futures.ProcessPoolExecutor(mp_context=fresh) as pool:
        found = list(pool.map(measure_page, chosen))
    sources = [
        *chosen,
        pages.ROOT / "requirements.txt",
        *(pages.ROOT / "tests" / name for name in ("faults.py", "pages.py")),
        pages.ROOT / "tests/breaking.py",
        *sorted(pages.ROOT.glob("tests/catalogue/*.py")),
    ]
    return {
        "pages": {
            f"{page.parent.name}/{page.stem}": states
            for page, (states, _) in zip(chosen, found)
        },
        "seconds_a_cell": round(
            float(np.mean([second for _, seconds in found for second in seconds])), 3
        ),
        "sources": {
            file.relative_to(pages.ROOT).as_posix(): hashlib.sha256(
                file.read_bytes()
            ).hexdigest()
            for file in sources
        },
    }


def problems(states):
    """What must not be: a fault that is missed, or one that has no effect anywhere."""
    found = [
        f"{page} misses: {name}"
        for page, faults in states.items()
        for name, state in faults.items()
        if state == "missed"
    ]
    for name in dict.fromkeys(name for faults in states.values() for name in faults):
        if not any(faults.get(name) == "caught" for faults in states.values()):
            found.append(f"has no effect on any page: {name}")
    return found


def show(states):
    """Print a table: a line for each fault, a column for each page."""
    signs = {"caught": "x", "no effect": ".", "missed": "M"}
    for number, page in enumerate(states, 1):
        print(f"{number:2} {page}")
    print(" " * 50, *(f"{number:2}" for number in range(1, len(states) + 1)))
    for name in dict.fromkeys(name for faults in states.values() for name in faults):
        row = (f"{signs.get(faults.get(name), ' '):>2}" for faults in states.values())
        print(f"{name:50}", *row)
    print("x caught, . no effect (measured), M missed")


def main(section=None):
    chosen = [page for page in pages.PAGES if section in (None, page.parent.name)]
    if not chosen:
        sys.exit(f"There is no section {section} in examples/")
    record = measure(chosen)
    states = record["pages"]
    for name in dict.fromkeys(page.split("/")[0] for page in states):
        show({page: found for page, found in states.items() if page.startswith(name)})
    print(
        f"{record['seconds_a_cell']} seconds a cell; the control left every page green"
    )
    found = problems(states)
    if section is None:
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        RECORD.write_text(json.dumps(record, indent=1))
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main(*sys.argv[1:2])
