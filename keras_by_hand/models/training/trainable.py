"""What a model can do beside predict: train, be measured, and be saved."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from keras_by_hand.models.data import new_file
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.saving import write_keras
from keras_by_hand.models.training.fitting import (
    History,
    evaluate,
    find_gradients,
    fit,
)
from keras_by_hand.models.training.objects import saved_form
from keras_by_hand.models.training.steps import Training
from keras_by_hand.models.training.weights import put_into_groups
from keras_by_hand.shapes import check_numbers, check_sizes


class Trainable:
    """The training of a Model: compile, fit, evaluate, gradients and save.

    saved: the model as config.json has it; read_state: a function that reads
    the state of the optimizer in its file, or None; find_seeds: one of a seed,
    that returns those that its layers draw as they are loaded; compiled: what
    it was compiled with, or None; floatx: keras.config.floatx(), in which Keras
    computes losses and metrics: that of load_model(path, dtype), or float32.
    """

    saved: dict[str, Any]
    weights: dict[str, Any]  # nested as the groups of a file
    with_all_inside: Callable[[], list]
    read_state: Callable[[], list] | None = None
    find_seeds: Callable[[int], list]
    compiled: dict[str, Any] | None = None
    training: Training | None = None
    floatx = "float32"

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        """Choose what it is trained with, instead of what its file says.

        Each is what Keras' compile takes, but that an object is told by a pair
        of its class and its config: ("Adam", {"learning_rate": 0.01}). The
        optimizer begins anew.

        Raises CannotRun, from the first step on, for what is not known here.
        """
        self.compiled = {
            "optimizer": saved_form("keras.optimizers", optimizer),
            "loss": saved_form("keras.losses", loss),
            "loss_weights": loss_weights,
            "metrics": saved_form("keras.metrics", metrics),
            "weighted_metrics": saved_form("keras.metrics", weighted_metrics),
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }
        self.training, self.read_state = None, None

    @property
    def learning_rate(self) -> float:
        """That of the next step."""
        return self.start_training().optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.start_training().optimizer.learning_rate = rate

    def start_training(self) -> Training:
        """Return what is trained: the first time, of what it was compiled with,
        and of the state that its optimizer has in the file."""
        if self.training is None:
            if self.compiled is None:
                raise CannotRun(
                    "it was saved without an optimizer and a loss: "
                    'model.compile("adam", loss="mean_squared_error")'
                )
            state = self.read_state() if self.read_state else None
            self.training = Training(self, self.compiled, state, self.floatx)
        return self.training

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        epochs: int = 1,
        *,
        verbose: bool | None = None,
        callbacks: Sequence[Any] = (),
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
        after_batch: Callable[[int, dict[str, Any]], Any] | None = None,
        seed: int | None = None,
    ) -> History:
        """Train it as Keras' fit does, and return its history.

        x, y: arrays, or lists or dicts of them by the names of inputs and
        outputs, (samples, ...); callbacks: EarlyStopping, ReduceLROnPlateau and
        LearningRateScheduler; after_batch: a function of the number of each
        batch and of its results so far; seed: that of
        keras.utils.set_random_seed, called before Keras loads the model and
        fits it, which tells the order of samples with shuffle, and what a
        Dropout without a seed drops; without it, both are random; verbose:
        whether progress is shown, by default on a terminal. The others are
        Keras'.

        Ctrl-C leaves it as the last whole step did. Raises CannotRun before the
        first step for what is not trained here; all is then as it was.

        >>> model = load_model("model.keras")
        >>> model.compile(("SGD", {"learning_rate": 0.125}), "mse")
        >>> x, y = np.array([[1, 2]]), np.array([[8, 0]])
        >>> model.fit(x, y, epochs=2).history
        {'loss': [0.5, 0.03125]}
        """
        check_sizes("fit", batch_size=batch_size, epochs=epochs)
        check_sizes("fit", least=0, initial_epoch=initial_epoch)
        check_sizes("fit", validation_freq=validation_freq)
        check_numbers("fit", 0, 1, validation_split=validation_split)
        if validation_batch_size is not None:
            check_sizes("fit", validation_batch_size=validation_batch_size)
        if seed is not None:
            check_sizes("fit", least=0, seed=seed)
        if not isinstance(shuffle, bool):
            raise TypeError(f"fit: shuffle must be a bool, not {shuffle!r}")
        if not (after_batch is None or callable(after_batch)):
            raise TypeError("fit: after_batch must be a function")
        is_shown = sys.stdout.isatty() if verbose is None else bool(verbose)
        return fit(
            self,
            self.start_training(),
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            is_shown=is_shown,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            after_batch=after_batch,
            seed=seed,
        )

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        sample_weight: Any = None,
    ) -> dict[str, Any]:
        """Return what Keras' evaluate does with return_dict=True: the loss and
        the metrics, by their names. Arguments are those of fit."""
        check_sizes("evaluate", batch_size=batch_size)
        training = self.start_training()
        return evaluate(training, x, y, sample_weight, batch_size)

    def gradients(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        seed: int | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Return the gradients of the loss of one batch in training, {layer:
        {weight: array}}; nothing is changed. Arguments are those of fit."""
        training = self.start_training()
        return find_gradients(training, x, y, sample_weight, seed)

    def save(self, path: str | os.PathLike[str], force: bool = False) -> None:
        """Write it as a .keras file, which Keras loads, with the state of its
        optimizer.

        force: whether a file that is there is written anew. Raises CannotRun
        where there is one, and for what has no place in a file.
        """
        with new_file(path, force) as file:
            write_trained(self, file)

    def copy_arrays(self) -> list[dict[str, Any]]:
        """Return all its weights, for put_arrays."""
        return [dict(layer.arrays) for layer in self.with_all_inside()]

    def put_arrays(self, copied: list[dict[str, Any]]) -> None:
        """Give all its layers the weights that they had."""
        for layer, arrays in zip(self.with_all_inside(), copied):
            layer.arrays = dict(arrays)


def write_trained(model, file):
    """Write a model, with the state of its optimizer, to an open file. Raises
    CannotRun."""
    put_into_groups(model)
    config, weights = dict(model.saved), dict(model.weights)
    if model.compiled is not None:
        optimizer = model.start_training().optimizer
        config["compile_config"] = {
            **model.compiled,
            "optimizer": optimizer.describe(),
        }
        weights["optimizer"] = {"vars": optimizer.variables()}
    write_keras(file, config, weights)
