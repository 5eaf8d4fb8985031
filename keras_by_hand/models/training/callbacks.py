"""What fit does between epochs: stop early, and change the learning rate."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from keras_by_hand.models.errors import CannotRun, refusing
from keras_by_hand.schedules import early_stopping, reduce_lr_on_plateau

Direction = Literal["auto", "min", "max"]


class Callback:
    """What fit calls around all epochs, and around each; here, in vain."""

    def begin(self, model):
        """Be ready for a fit of a model."""

    def begin_epoch(self, model, epoch):
        """Do what comes before an epoch."""

    def end_epoch(self, model, epoch, logs):
        """Return whether training stops."""

    def end(self, model):
        """Do what is left."""


def _values_of(monitor, history):
    """What is watched, after each epoch."""
    if monitor not in history:
        raise CannotRun(
            f"{monitor} is not in the history, which has {', '.join(history)}"
        )
    return history[monitor]


def _direction(monitor, mode):
    """Whether less or more is better."""
    if mode == "auto" and not monitor.endswith("loss"):
        raise CannotRun(f"mode must be 'min' or 'max' for {monitor}")
    return "min" if mode == "auto" else mode


@dataclasses.dataclass
class EarlyStopping(Callback):
    """Stop training when what is watched does not get better
    (keras.callbacks.EarlyStopping, with its arguments).

    mode: by default "min" for losses; anything else needs "min" or "max".

    >>> model = load_model("model.keras")
    >>> model.compile("sgd", "mse")
    >>> x, y = np.array([[1, 2]]), np.array([[7, 0]])  # what it predicts
    >>> model.fit(x, y, epochs=9, callbacks=[EarlyStopping("loss")]).history
    {'loss': [0.0, 0.0]}
    """

    monitor: str = "val_loss"
    min_delta: float = 0
    patience: int = 0
    mode: Direction = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0

    def begin(self, model):
        """Be ready for a fit of a model."""
        self.watched, self.best = [], None

    def end_epoch(self, model, epoch, logs):
        """Return whether training stops."""
        self.watched.append(_values_of(self.monitor, {**logs}))
        found = refusing(early_stopping)(
            self.watched,
            self.min_delta,
            self.patience,
            _direction(self.monitor, self.mode),
            self.baseline,
            self.start_from_epoch,
        )
        number = len(self.watched) - 1
        is_watched = number >= self.start_from_epoch
        is_better = is_watched and found.best_epoch == number
        if self.restore_best_weights and is_watched:
            if self.best is None or is_better:
                self.best = model.copy_arrays()
        return found.stopped_epoch is not None

    def end(self, model):
        """Put the best weights in the place of the last, if asked."""
        if self.restore_best_weights and self.best is not None:
            model.put_arrays(self.best)


@dataclasses.dataclass
class ReduceLROnPlateau(Callback):
    """Lower the learning rate when what is watched does not get better
    (keras.callbacks.ReduceLROnPlateau, with its arguments)."""

    monitor: str = "val_loss"
    factor: float = 0.1
    patience: int = 10
    mode: Direction = "auto"
    min_delta: float = 0.0001
    cooldown: int = 0
    min_lr: float = 0.0

    def begin(self, model):
        """Be ready for a fit of a model."""
        self.watched, self.first_rate = [], model.learning_rate

    def end_epoch(self, model, epoch, logs):
        """Set the learning rate for the next epoch; note that of this."""
        logs["learning_rate"] = model.learning_rate
        self.watched.append(_values_of(self.monitor, {**logs}))
        rates = refusing(reduce_lr_on_plateau)(
            self.watched,
            self.first_rate,
            self.factor,
            self.patience,
            _direction(self.monitor, self.mode),
            self.min_delta,
            self.cooldown,
            self.min_lr,
        )
        before = rates[-2] if len(rates) > 1 else self.first_rate
        if rates[-1] != before:
            model.learning_rate = rates[-1]


@dataclasses.dataclass
class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch
    (keras.callbacks.LearningRateScheduler).

    schedule: a function of the epoch, from 0, and of the learning rate, which
    returns the new one.
    """

    schedule: Callable[[int, float], Any]

    def begin_epoch(self, model, epoch):
        """Set the learning rate."""
        model.learning_rate = float(self.schedule(epoch, model.learning_rate))

    def end_epoch(self, model, epoch, logs):
        """Note the learning rate of the epoch."""
        logs["learning_rate"] = model.learning_rate
