"""Faults in Keras, put in on purpose: do the pages notice?

``make faults`` runs every page under every fault that concerns it: those of Dense, and
those of its section (catalogue/). It prints a table for each section and writes
docs/_build/faults.json, from which the site draws it. A page that was measured before,
with all that it depends on unchanged, is not measured again. A cell is

- *caught*: a check of the page failed;
- *no effect*: the page passed, and nothing that Keras returned to it was moved beyond
  the rounding limit, nor changed its shape or dtype, as measured;
- *missed*: the page passed although something was: this fails the run.
- *stopped*: another error than that of a check ended the page: this fails the run too.

``python tests/faults.py SECTION`` measures one section.
"""

import concurrent.futures
import contextlib
import functools
import importlib
import multiprocessing
import sys
import traceback
from unittest import mock

import keras
import ml_dtypes
import numpy as np
import pages
import report
from keras import ops
from report import name_of


def faults_of(page):
    """Return the faults that concern a page: {name: context manager}."""
    sections = ("dense", page.parent.name)
    catalogues = [importlib.import_module(f"catalogue.{name}") for name in sections]
    return {name: fault for each in catalogues for name, fault in each.FAULTS.items()}


def reordered(self, x, training=None):
    """The same computation in another order: the features from last to first."""
    x = ops.convert_to_tensor(x, sparse=False)
    y = ops.matmul(ops.flip(x, -1), ops.flip(self.kernel, 0))
    return self.activation(y if self.bias is None else ops.add(y, self.bias))


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
        except Exception:
            traceback.print_exc()
            return "stopped"
    return "missed" if has_effect(clean, faulty) else "no effect"


def measure_page(page):
    """Run a page under its faults; return {fault: state}."""
    with observed(measure_limit=True) as clean:
        pages.run(page.read_text(), page.name)
    with mock.patch.object(keras.layers.Dense, "call", reordered):
        pages.run(page.read_text(), page.name)  # raises if rounding alone fails it
    return {name: cell(page, fault, clean) for name, fault in faults_of(page).items()}


def measure(chosen):
    """Measure the pages that have not been; return {page: {fault: state}} of all."""
    measured = report.read_faults()
    left = [page for page in chosen if name_of(page) not in measured]
    sources = list(map(report.digests_of_faults, left))
    fresh = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with concurrent.futures.ProcessPoolExecutor(mp_context=fresh) as pool:
        measuring = pool.map(measure_page, left)
        for page, digests, states in zip(left, sources, measuring):
            report.keep_faults(page, digests, states)
            measured[name_of(page)] = states
            print(f"{name_of(page)}: {len(states)} faults", flush=True)
    return {name_of(page): measured[name_of(page)] for page in chosen}


def problems(states):
    """What must not be: a fault that is missed, or that stops a page, or one that has no
    effect anywhere."""
    verbs = {"missed": "misses", "stopped": "stops under"}
    found = [
        f"{page} {verbs[state]}: {name}"
        for page, faults in states.items()
        for name, state in faults.items()
        if state in verbs
    ]
    for name in dict.fromkeys(name for faults in states.values() for name in faults):
        if not any(faults.get(name) == "caught" for faults in states.values()):
            found.append(f"has no effect on any page: {name}")
    return found


def show(states):
    """Print a table: a line for each fault, a column for each page."""
    signs = {"caught": "x", "no effect": ".", "missed": "M", "stopped": "S"}
    for number, page in enumerate(states, 1):
        print(f"{number:2} {page}")
    print(" " * 50, *(f"{number:2}" for number in range(1, len(states) + 1)))
    for name in dict.fromkeys(name for faults in states.values() for name in faults):
        row = (f"{signs.get(faults.get(name), ' '):>2}" for faults in states.values())
        print(f"{name:50}", *row)
    print("x caught, . no effect (measured), M missed, S stopped")


def main(section=None):
    chosen = [page for page in pages.PAGES if section in (None, page.parent.name)]
    if not chosen:
        sys.exit(f"There is no section {section} in examples/")
    states = measure(chosen)
    for name in dict.fromkeys(page.split("/")[0] for page in states):
        show({page: found for page, found in states.items() if page.startswith(name)})
    print("The control left every page green")
    if found := problems(states):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(*sys.argv[1:2])
