"""Inputs to try a model with."""

import numpy as np

from keras_by_hand.models.config import references
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.input import InputLayer


def trial_inputs(model, samples, length, rng=None):
    """Return inputs for a model, by their names: zeros, or numbers that are
    drawn; those that stand for tokens are 0 and 1.

    length: of axes that may have any; rng: a generator of random numbers, or
    None.
    """
    inputs = {}
    for name, _, _ in references(model.inputs):
        layer = model.by_name[name]
        shape = layer.config.get("batch_shape")
        if not isinstance(layer, InputLayer) or shape is None:
            raise CannotRun("the file does not tell the shape of its input")
        batch, *lengths = shape
        shape = [batch or samples, *(known or length for known in lengths)]
        is_text = layer.config.get("dtype") == "string"
        inputs[name] = np.zeros(shape, "U1" if is_text else "float32")
        if rng is not None and not is_text:
            fed = {after.kind for after in model.layers_after(name)}
            draw = rng.integers(0, 2, shape)
            if not any("Embedding" in kind for kind in fed):
                draw = rng.normal(size=shape)
            inputs[name] = draw.astype("float32")
    return inputs
