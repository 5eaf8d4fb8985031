"""Where a model begins."""

import numpy as np

from keras_by_hand.layers.activation import identity_layer
from keras_by_hand.models.checks import check_values
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import DoesNothing, LayerTable


class InputLayer(DoesNothing):
    """Where a model begins."""

    reads = "batch_shape", "optional"

    def check_config(self):
        super().check_config()
        check_values(self.function, self.config)
        shape = self.config.get("batch_shape")
        if not (shape is None or is_shape(shape)):
            raise CannotRun(f"batch_shape: {shape!r} is no shape")

    def as_input(self, x, is_stateful):
        """Return an array as the layer takes it, in its dtype.

        Raises CannotRun where its shape does not fit. A model that keeps states
        from batch to batch takes whole batches.
        """
        shape = self.config.get("batch_shape")
        if x.dtype.kind not in "biuf" and self.dtype:
            raise CannotRun(
                f"input {self.name} is not of numbers, but {x.dtype}"
            )
        given = x.shape
        if shape is not None:
            x = fit_rank(x, shape)
            sizes = list(zip(x.shape, shape))[1:]
            if x.ndim != len(shape) or any(
                n not in (size, None) for size, n in sizes
            ):
                raise CannotRun(
                    f"input {self.name} has shape {given}, "
                    f"not {self.shape_in_words()}"
                )
            if is_stateful and shape[0] and len(x) % shape[0]:
                raise CannotRun(
                    f"input {self.name} has {len(x)} samples, not a multiple "
                    f"of {shape[0]}: the model keeps states"
                )
        return x.astype(self.dtype, copy=False) if self.dtype else x

    def shape_in_words(self):
        """Return the shape that its inputs have."""
        shape = self.config.get("batch_shape") or ["..."]
        lengths = ["any" if n is None else str(n) for n in shape]
        return f"({', '.join(lengths)})"


def is_shape(shape):
    """Whether it is the shape of a batch; any length may be unknown."""
    return isinstance(shape, list) and all(
        length is None or isinstance(length, int) for length in shape
    )


def fit_rank(x, shape):
    """Return x with a last axis of one more or less, where that is missing or
    too much, as Keras does."""
    if x.ndim == len(shape) - 1 and shape[-1] == 1:
        return x[..., np.newaxis]
    if x.ndim == len(shape) + 1 and x.shape[-1] == 1:
        return x[..., 0]
    return x


INPUT_LAYERS: LayerTable = {
    "InputLayer": (identity_layer, InputLayer),
}
