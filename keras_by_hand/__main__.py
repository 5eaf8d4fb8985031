"""Print the layers of a .keras file, or predict by it:
python -m keras_by_hand model.keras --input x.npy --output y.npy
"""

import argparse
import contextlib
import sys
import time
import warnings

import numpy as np

from keras_by_hand.models.data import (
    named,
    new_file,
    read_input,
    write_output,
)
from keras_by_hand.models.errors import CannotRun, shown
from keras_by_hand.models.files import count_numbers
from keras_by_hand.models.load import load_model

PATIENCE = 3  # seconds, after which a terminal is told how far it is
HELP = """\
examples:
  {0} model.keras
      print its layers
  {0} model.keras --input x.npy --output y.npy
      predict, with one input and output
  {0} model.keras --input x.npz --output y.npz
      with several, by their names: np.savez("x.npz", image=..., text=...)

exit codes: 0, or 1 for a model or an input that cannot be run, 2 for a wrong
call, 130 when it was interrupted. The reason is one line on stderr.
"""


def make_parser():
    as_module = sys.argv[0].endswith("__main__.py")  # else, as it is called
    parser = argparse.ArgumentParser(
        "python -m keras_by_hand" if as_module else None,
        description="Print the layers of a .keras file, or predict by it.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.epilog = HELP.format(parser.prog)
    parser.add_argument("model", help="the .keras file")
    parser.add_argument(
        "--input", help="x: .npy, or .npz with an array for each input"
    )
    parser.add_argument(
        "--output", help="a new file for the prediction, .npy or .npz"
    )
    parser.add_argument(
        "--dtype",
        choices=["float32", "float64"],
        help="compute in this, in the place of the layers' own dtypes",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace the output if it is there"
    )
    parser.add_argument(
        "--traceback",
        action="store_true",
        help="where it fails, show where in the code",
    )
    return parser


def run(given):
    """Do what the command was given."""
    with contextlib.ExitStack() as stack:
        if given.output:  # first of all: it may be refused
            file = stack.enter_context(new_file(given.output, given.force))
        model = load_model(given.model, given.dtype)
        print_layers(model)
        y = {}
        if given.input:
            x = read_input(given.input)
            report = Progress() if sys.stderr.isatty() else None
            y = model.predict(x, report)
            write_output(file, y)
    for name, array in named(y).items():
        print(f"{shown(given.output)}: {describe(name, array)}")
    for said in model.list_notes():
        print(shown(f"note: {said}"), file=sys.stderr)


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


def main():
    """Run the command. What goes wrong is one line, and the exit code is 1."""
    parser = make_parser()
    given = parser.parse_args()
    if bool(given.input) != bool(given.output):
        parser.error("--input and --output go together")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as for a logarithm of 0
            run(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if given.traceback:
            raise
        sys.exit(explain(error))


def explain(error):
    """Return a line on what went wrong."""
    if isinstance(error, CannotRun | OSError):
        return shown(error)
    if isinstance(error, MemoryError):
        return shown(f"not enough memory: {error}")
    if isinstance(error, RecursionError):
        return "the model, or its input, is too deeply nested"
    return shown(
        f"a defect of keras_by_hand, or of a file that Keras did not write: "
        f"{type(error).__name__} {error} (--traceback shows where)"
    )


if __name__ == "__main__":
    main()
