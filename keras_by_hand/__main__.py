"""What keras-by-hand does: show, run, train, compare and convert models."""

import argparse
import sys
import warnings

from keras_by_hand.commands.compare import add_compare, compare_models
from keras_by_hand.commands.convert import add_convert, convert_model
from keras_by_hand.commands.dump import add_dump, dump_vectors
from keras_by_hand.commands.run import add_run, run_model
from keras_by_hand.commands.show import add_show, show_model
from keras_by_hand.commands.train import add_train, train_model
from keras_by_hand.models.errors import CannotRun, shown

COMMANDS = {
    "show": (add_show, show_model, "print a line for each layer"),
    "run": (add_run, run_model, "predict, or write what each layer makes"),
    "train": (add_train, train_model, "fit a model to data, as Keras does"),
    "compare": (add_compare, compare_models, "find the layers that differ"),
    "convert": (add_convert, convert_model, "write an old file for Keras 3"),
    "dump": (add_dump, dump_vectors, "write golden vectors"),
}
HELP = """\
examples:
  {0} show model.keras
      print its layers, with the shapes of outputs and weights
  {0} show old.h5
      the same, with which Keras wrote it, and what differs since
  {0} run model.json --weights model.weights.h5 --input x.npy --output y.npy
      predict, where layers and weights are in two files
  {0} run model.keras --input x.npy --output y.npy
      predict, with one input and output
  {0} run model.keras --input x.npz --output y.npz
      with several, by their names: np.savez("x.npz", image=..., text=...)
  {0} run model.keras --input x.npy --dump layers.npz
      write the output of each layer
  {0} train model.keras --x x.npy --y y.npy --epochs 3 --output new.keras
      train it with the optimizer, the loss and the metrics of the file
  {0} train model.keras --x x.npy --y y.npy --loss mse --output new.keras
      with another loss; a file without one needs it
  {0} compare model.keras model.tflite --input x.npy
      find the layers at which a port differs
  {0} dump model.keras --input x.npy --output golden.npz --header golden.h
      write weights, inputs and outputs of each layer
  {0} run own.keras --layers formulas.py --input x.npy --output y.npy
      with classes of your own: LAYERS = {{"MyLayer": function}} in formulas.py
  {0} convert old.h5 new.keras
      write the file of an older Keras as Keras 3 loads it

Without a command it is run.

exit codes: 0, or 1 for a model or an input that cannot be run, 2 for a wrong
call, 130 when it was interrupted; train then writes what it has so far. The
reason is one line on stderr. Those of compare: 0 where no layer differs, 1
where one does, 2 for whatever goes wrong.
"""


def make_parser():
    as_module = sys.argv[0].endswith("__main__.py")  # else, as it is called
    parser = argparse.ArgumentParser(
        "python -m keras_by_hand" if as_module else None,
        description="Show, run, train, compare and convert Keras models, in "
        "NumPy.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.epilog = HELP.format(parser.prog)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (add_arguments, do, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=what)
        add_arguments(command)
        command.add_argument(
            "--traceback",
            action="store_true",
            help="where it fails, show where in the code",
        )
        command.set_defaults(do=do, parser=command)
    return parser


def parse(arguments):
    """Return what the command was given."""
    parser = make_parser()
    first = arguments[0] if arguments else "--help"
    if not (first in COMMANDS or first in ("-h", "--help")):
        arguments = ["run", *arguments]
    return parser.parse_args(arguments or ["--help"])


def main():
    """Run the command. What goes wrong is one line."""
    given = parse(sys.argv[1:])
    code = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as for a logarithm of 0
            code = given.do(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if given.traceback:
            raise
        print(explain(error), file=sys.stderr)
        code = 2 if given.command == "compare" else 1
    if code:
        sys.exit(code)


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
