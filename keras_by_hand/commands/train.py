"""keras-by-hand train: fit a model to data."""

import argparse
import contextlib
import csv
import io
import os
import sys

import numpy as np

from keras_by_hand.commands.models import add_model, load_given
from keras_by_hand.models.data import check_new, new_file, read_input
from keras_by_hand.models.errors import CannotRun, shown
from keras_by_hand.models.training.callbacks import Callback
from keras_by_hand.models.training.fitting import results_in_words
from keras_by_hand.models.training.trainable import write_trained

INTERRUPTED = 130


def add_train(parser):
    """Add its arguments to its parser."""
    add_model(parser)
    several = "or .npz with an array for each"
    parser.add_argument(
        "--x", required=True, help=f"inputs: .npy, {several} of them"
    )
    parser.add_argument(
        "--y", required=True, help=f"labels: .npy, {several} output"
    )
    parser.add_argument(
        "--sample-weight", help=f"weights of samples: .npy, {several} output"
    )
    parser.add_argument(
        "--epochs", type=at_least_1, default=1, help="how many (%(default)s)"
    )
    parser.add_argument(
        "--batch-size",
        type=at_least_1,
        default=32,
        help="samples in a step (%(default)s)",
    )
    parser.add_argument(
        "--validation-split",
        type=between_0_and_1,
        default=0.0,
        help="this part of the samples, their end, is not trained on: it "
        "measures each epoch",
    )
    parser.add_argument("--validation-x", help="other inputs that do so")
    parser.add_argument("--validation-y", help="and their labels")
    parser.add_argument(
        "--no-shuffle", action="store_true", help="take samples in their order"
    )
    parser.add_argument(
        "--seed",
        type=seed_of_python,
        help="what is random is as in Keras, where "
        "keras.utils.set_random_seed(SEED) comes before load_model",
    )
    parser.add_argument(
        "--optimizer",
        help="such as adam, in the place of the file's (of a file without one: "
        "rmsprop)",
    )
    parser.add_argument(
        "--loss",
        action="append",
        help="such as mean_squared_error, in the place of the file's; of "
        "several outputs, one for all, or given again for each",
    )
    parser.add_argument(
        "--metric",
        action="append",
        help="such as accuracy, in the place of the file's; may be given again",
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        help="in the place of the file's, or of the optimizer's default",
    )
    parser.add_argument(
        "--history", help="a new .csv file, with a row for each epoch"
    )
    parser.add_argument("--output", required=True, help="a new .keras file")
    parser.add_argument(
        "--force", action="store_true", help="replace files that are there"
    )


def at_least_1(text):
    """Return a number of epochs or samples."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return number


def between_0_and_1(text):
    """Return a part of the samples."""
    if not 0 < (part_of_all := float(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1, not {text}")
    return part_of_all


def seed_of_python(text):
    """Return a seed that set_random_seed takes."""
    if not 0 <= (seed := int(text)) < 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1: {text}")
    return seed


def check_train(given):
    """Exit with 2 where its arguments do not go together."""
    if bool(given.validation_x) != bool(given.validation_y):
        given.parser.error("--validation-x and --validation-y go together")
    if given.validation_x and given.validation_split:
        given.parser.error("--validation-x and --validation-split do not")
    if given.history and os.path.realpath(given.history) == os.path.realpath(
        given.output
    ):
        given.parser.error("--history and --output are one file")


def train_model(given):
    """Train a model, and write it; also where Ctrl-C ends it."""
    check_train(given)
    code, epochs = None, Epochs()
    with contextlib.ExitStack() as stack:
        # Opened first of all: they may be refused.
        output = stack.enter_context(new_file(given.output, given.force))
        if given.history:
            history = new_history(given.history, given.force)
            epochs.file = stack.enter_context(history)
        model = load_given(given)
        compile_given(model, given)
        data = read_data(given)
        write_trained(model, io.BytesIO())  # what cannot be, is refused now
        try:
            model.fit(
                **data,
                batch_size=given.batch_size,
                epochs=given.epochs,
                validation_split=given.validation_split,
                shuffle=not given.no_shuffle,
                seed=given.seed,
                callbacks=[epochs],
            )
            how = f"trained, {epochs.count} epoch{'s' * (epochs.count > 1)}"
        except KeyboardInterrupt:
            code = INTERRUPTED
            number = min(epochs.count + 1, given.epochs)
            how = f"interrupted in epoch {number} of {given.epochs}"
            if sys.stdout.isatty():
                print()  # ends the line that grows
        write_trained(model, output)
    said = filter(None, [how, results_in_words(epochs.last)])
    print(shown(f"{given.output}: {', '.join(said)}"))
    for said in [*model.list_notes(), *list_not_finite(epochs.last)]:
        print(shown(f"note: {said}"), file=sys.stderr)
    return code


def compile_given(model, given):
    """Put what was given in the place of what the file was compiled with."""
    if model.compiled is None:
        if not given.loss:
            raise CannotRun(
                f"{given.model} was saved without a loss: give one, such as "
                "--loss mean_squared_error"
            )
        model.compile()
    changed = {}
    if given.loss:
        is_for_all = len(given.loss) == 1
        changed["loss"] = given.loss[0] if is_for_all else given.loss
        changed["loss_weights"] = None
    if given.metric:
        changed |= {"metrics": given.metric, "weighted_metrics": None}
    if given.optimizer:
        changed["optimizer"] = given.optimizer
        model.read_state = None
    model.compiled = {**model.compiled, **changed}
    if given.learning_rate is not None:
        model.learning_rate = given.learning_rate


def read_data(given):
    """Return the arrays of fit, by the names of its arguments."""
    data = {"x": read_input(given.x), "y": read_input(given.y)}
    if given.sample_weight:
        data["sample_weight"] = read_input(given.sample_weight)
    if given.validation_x:
        paths = given.validation_x, given.validation_y
        data["validation_data"] = tuple(map(read_input, paths))
    return data


class Epochs(Callback):
    """What fit tells after each epoch, and where it is written.

    file: an open .csv file, or None; count: of epochs that ended; last: their
    last results.
    """

    def __init__(self):
        self.file, self.count, self.last = None, 0, {}

    def end_epoch(self, model, epoch, logs):
        """Write a row."""
        self.count, self.last = self.count + 1, dict(logs)
        if self.file:
            writer = csv.writer(self.file)
            if epoch == 0:
                self.file.truncate()  # what was there before
                writer.writerow(["epoch", *logs])
            values = [np.asarray(value).tolist() for value in logs.values()]
            writer.writerow([epoch, *values])
            self.file.flush()


@contextlib.contextmanager
def new_history(path, replace):
    """Open a file to which is written while a model is trained. Where it fails
    before, none is left, and what is to be replaced stays."""
    path = check_new(path, replace)
    is_there = os.path.exists(path)
    with open(path, "r+" if is_there else "x", newline="") as file:
        try:
            yield file
        except BaseException:
            if file.tell() == 0 and not is_there:
                os.remove(path)
            raise
        file.truncate()  # where no epoch ended


def list_not_finite(results):
    """Return a sentence, in a list, where results are no finite numbers."""
    names = [
        n for n, value in results.items() if not np.all(np.isfinite(value))
    ]
    if not names:
        return []
    return [
        f"{', '.join(names)}: not finite, as there is NaN in x or y, or the "
        "learning rate is too large"
    ]
