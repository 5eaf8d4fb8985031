"""keras-by-hand run: predict by a model, or see what its layers make."""

import contextlib
import sys
import time

import numpy as np

from keras_by_hand.commands.models import add_model, load_given
from keras_by_hand.comparing.recording import outputs_of, record
from keras_by_hand.models.data import (
    named,
    new_file,
    read_input,
    write_output,
)
from keras_by_hand.models.errors import shown
from keras_by_hand.models.tensors import count_numbers

PATIENCE = 3  # seconds, after which a terminal is told how far it is


def add_run(parser):
    """Add its arguments to its parser."""
    add_model(parser)
    parser.add_argument(
        "--input", help="x: .npy, or .npz with an array for each input"
    )
    parser.add_argument(
        "--output", help="a new file for the prediction, .npy or .npz"
    )
    parser.add_argument(
        "--dump", help="a new .npz file for the output of each layer"
    )
    parser.add_argument(
        "--layer", help="stop after this layer; its output is the prediction"
    )
    parser.add_argument(
        "--dtype",
        choices=["float32", "float64"],
        help="compute in this, in the place of the layers' own dtypes",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace files that are there"
    )


def check_run(given):
    """Exit with 2 where its arguments do not go together."""
    if given.input and not (given.output or given.dump):
        given.parser.error("--input goes with --output or --dump")
    if (given.output or given.dump or given.layer) and not given.input:
        given.parser.error("--output, --dump and --layer need an --input")


def run_model(given):
    """Print the layers of a model; predict, where there is an input."""
    check_run(given)
    with contextlib.ExitStack() as stack:
        files = {  # opened first of all: they may be refused
            path: stack.enter_context(new_file(path, given.force))
            for path in (given.output, given.dump)
            if path
        }
        model = load_given(given, given.dtype)
        print_layers(model)
        written = {}
        if given.input:
            x = read_input(given.input)
            written = compute(model, x, given)
        for path, y in written.items():
            write_output(files[path], y)
    for path, y in written.items():
        for name, array in named(y).items():
            print(f"{shown(path)}: {describe(name, array)}")
    for said in model.list_notes():
        print(shown(f"note: {said}"), file=sys.stderr)


def compute(model, x, given):
    """Return what is to be written, {path: arrays}."""
    written, recorded = {}, {}
    if given.dump or given.layer:
        recorded = outputs_of(record(model, x, given.layer))
    if given.output:
        report = Progress() if sys.stderr.isatty() else None
        written[given.output] = (
            recorded[given.layer] if given.layer else model.predict(x, report)
        )
    if given.dump:
        written[given.dump] = recorded
    return written


def print_layers(model):
    print(f"{'layer':32} {'class':24} {'weights':>12}")
    for layer in model.layers:
        count = count_numbers(layer.weights)
        print(f"{shown(layer.name):32} {shown(layer.kind):24} {count:12,}")


def describe(name, array):
    """Return the shape, dtype and range of an output, in a line."""
    said = f"{shown(name)} {array.shape} {array.dtype}"
    if array.size == 0 or array.dtype.kind not in "biuf":
        return said
    return f"{said}, {np.min(array):.6g} to {np.max(array):.6g}"


class Progress:
    """Tells on one line of a terminal how many samples are done, once it takes
    a while."""

    def __init__(self):
        self.start = time.monotonic()

    def __call__(self, done, samples):
        if time.monotonic() - self.start > PATIENCE:
            end = "\n" if done == samples else ""
            said = f"\r{done} of {samples} samples"
            print(said, end=end, file=sys.stderr, flush=True)
