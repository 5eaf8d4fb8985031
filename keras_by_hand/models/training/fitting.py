"""fit, evaluate and gradients of a model, as Keras has them."""

import datetime
import shutil
import sys
import time
from typing import Any, NamedTuple

import numpy as np

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.training.batches import (
    as_floats,
    check_finite,
    count_samples,
    order_samples,
    split_off,
    take_rows,
    weights_of_classes,
)
from keras_by_hand.models.training.steps import gradients_by_layer
from keras_by_hand.shapes import quoted

BETWEEN_LINES = 0.1  # seconds


class History(NamedTuple):
    """What fit returns, as Keras does: history has the values of each epoch by
    their names, as history["val_loss"], and epoch the numbers of the epochs."""

    history: dict[str, list[Any]]
    epoch: list[int]


class EpochProgress:
    """What is shown of epochs, as Keras does: on a terminal a line that grows,
    and of each how it ended."""

    def __init__(self, is_shown, epochs, steps):
        self.is_shown, self.epochs, self.steps = is_shown, epochs, steps
        self.grows = is_shown and sys.stdout.isatty()

    def begin(self, epoch):
        """Show the number of an epoch."""
        self.start = self.last = time.monotonic()
        self.line = ""
        if self.is_shown:
            print(f"Epoch {epoch + 1}/{self.epochs}", flush=True)

    def is_due(self):
        """Whether it is time to show how far an epoch is."""
        return self.grows and time.monotonic() - self.last > BETWEEN_LINES

    def step(self, done, logs):
        """Show how far an epoch is, how long it will still take, and how it
        goes."""
        self.last = time.monotonic()
        each = (self.last - self.start) / done
        left = max(1, each * (self.steps - done))
        width = shutil.get_terminal_size().columns - 1
        line = f"{done}/{self.steps} {in_seconds(left)} left, "
        line += f"{in_seconds(each)}/step - {results_in_words(logs)}"
        self.replace(line[:width])

    def end(self, logs):
        """Show how an epoch ended."""
        took = time.monotonic() - self.start
        line = f"{self.steps}/{self.steps} {in_seconds(took)}, "
        line += f"{in_seconds(took / self.steps)}/step"
        if self.is_shown:
            self.replace(f"{line} - {results_in_words(logs)}")
            print(flush=True)

    def replace(self, line):
        """Write a line over the last one."""
        start = "\r" if self.grows else ""
        print(f"{start}{line:{len(self.line)}}", end="", flush=True)
        self.line = line


def in_seconds(seconds):
    """Return how long something takes: 12ms, 12s, or 0:12:00."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.0f}s"
    return str(datetime.timedelta(seconds=round(seconds)))


def results_in_words(logs):
    """Return results in a line, as Keras shows them."""
    return " - ".join(
        f"{name}: {value:.4f}" if abs(value) > 1e-3 else f"{name}: {value:.4e}"
        for name, value in logs.items()
        if np.ndim(value) == 0
    )


def fit(
    model,
    training,
    x,
    y,
    batch_size,
    epochs,
    is_shown,
    callbacks,
    validation_split,
    validation_data,
    shuffle,
    class_weight,
    sample_weight,
    initial_epoch,
    validation_batch_size,
    validation_freq,
    after_batch,
    seed,
):
    """Train a model, and return its History. Arguments are those of
    Model.fit."""
    _check_callbacks(callbacks)
    given = [as_floats(part, training.floatx) for part in (x, y, sample_weight)]
    if validation_split and validation_data is None:
        given, validation_data = split_off(given, validation_split)
    elif validation_data is not None:
        validation_data = _read_validation(validation_data, training.floatx)
    if class_weight is not None:
        if sample_weight is not None:
            raise CannotRun(
                "class_weight and sample_weight are both given, of which Keras "
                "takes one alone"
            )
        labels = given[1]
        given[2] = weights_of_classes(labels, class_weight, training.floatx)
    samples = count_samples(x=given[0], y=given[1], sample_weight=given[2])
    check_finite(y=given[1], sample_weight=given[2])
    history: dict[str, list[Any]] = {}
    done = []
    progress = EpochProgress(is_shown, epochs, -(-samples // batch_size))
    size = validation_batch_size or batch_size
    before = training.remember()
    try:
        training.begin_drawing(seed)
        if validation_data is not None:
            _try_validation(training, validation_data, size)
        for callback in callbacks:
            callback.begin(model)
        for epoch in range(initial_epoch, epochs):
            for callback in callbacks:
                callback.begin_epoch(model, epoch)
            progress.begin(epoch)
            order = order_samples(samples, shuffle, seed)
            parts = np.split(order, range(batch_size, samples, batch_size))
            logs = _run_epoch(training, given, parts, progress, after_batch)
            if (
                validation_data is not None
                and not (epoch + 1) % validation_freq
            ):
                found = evaluate(training, *validation_data, size)
                logs |= {f"val_{name}": value for name, value in found.items()}
            stops = [
                callback.end_epoch(model, epoch, logs) for callback in callbacks
            ]
            done.append(epoch)
            for name, value in logs.items():
                history.setdefault(name, []).append(value)
            progress.end(logs)
            if any(stops):
                break
    except CannotRun:
        training.restore(before)
        raise
    training.finish()
    for callback in callbacks:
        callback.end(model)
    return History(history, done)


def _run_epoch(training, given, parts, progress, after_batch):
    """Train on the samples of each part, by their numbers; return results."""
    training.metrics.reset()
    for number, rows in enumerate(parts):
        training.step(*[take_rows(part, rows) for part in given])
        is_due = progress.is_due()
        if is_due or after_batch:
            so_far = training.metrics.result()
        if is_due:
            progress.step(number + 1, so_far)
        if after_batch:
            after_batch(number, so_far)
    return training.metrics.result()


def _try_validation(training, validation_data, batch_size):
    """Raise CannotRun for what does not fit now, and not after an epoch."""
    names = ("validation_x", "validation_y", "validation_sample_weight")
    samples = count_samples(**dict(zip(names, validation_data)))
    first = slice(min(samples, batch_size))
    training.step(*take_rows(validation_data, first), update=False)


def _check_callbacks(callbacks):
    """Raise TypeError for what is none of the module callbacks."""
    methods = "begin", "begin_epoch", "end_epoch", "end"
    for callback in callbacks:
        if not all(hasattr(callback, name) for name in methods):
            raise TypeError(
                "fit: callbacks must be of keras_by_hand.models.training's "
                f"module callbacks, not {quoted(callback)}"
            )


def _read_validation(given, floatx):
    """What is kept for validation: (x, y) or (x, y, sample_weight)."""
    if not isinstance(given, list | tuple) or len(given) not in (2, 3):
        raise CannotRun(
            "validation_data must be (x, y) or (x, y, sample_weight)"
        )
    return [as_floats(part, floatx) for part in (*given, None)[:3]]


def evaluate(training, x, y, sample_weight, batch_size):
    """Return the loss and metrics of samples, {name: value}."""
    given = [as_floats(part, training.floatx) for part in (x, y, sample_weight)]
    samples = count_samples(x=given[0], y=given[1], sample_weight=given[2])
    training.metrics.reset()
    for start in range(0, samples, batch_size):
        rows = slice(start, start + batch_size)
        training.test(*[take_rows(part, rows) for part in given])
    return training.metrics.result()


def find_gradients(training, x, y, sample_weight, seed):
    """Return the gradients of one batch, {layer: {weight: array}}."""
    given = [as_floats(part, training.floatx) for part in (x, y, sample_weight)]
    count_samples(x=given[0], y=given[1], sample_weight=given[2])
    training.begin_drawing(seed)
    found = training.step(*given, update=False)
    return gradients_by_layer(training.weights, found)
