"""What Keras makes of what a model was compiled with, batch by batch, as JSON has it."""

import inspect
import json

import keras
import numpy as np
from keras.src.backend.common.masking import set_keras_mask
from keras.src.saving.serialization_lib import (
    deserialize_keras_object,
    serialize_keras_object,
)
from keras.src.trainers.compile_utils import CompileLoss, CompileMetrics
from library.engine.subjects import SUBJECTS, read_cases

from keras_by_hand.models.tensors import Tensor, each

BATCHES = slice(0, 1), slice(1, 3), slice(3, None)
TOLERANCES = {"float64": 1e-9, "float32": 1e-4}

read_cases()


def as_file(compiled):
    """What a file has of it."""
    return json.loads(json.dumps(serialize_keras_object(compiled)))


def as_keras(tensors):
    """Tensors of Keras, with their masks."""

    def of_one(tensor):
        y = keras.ops.convert_to_tensor(tensor.array)
        if tensor.mask is not None:
            set_keras_mask(y, keras.ops.convert_to_tensor(tensor.mask))
        return y

    return each(of_one, tensors)


def losses_of_keras(saved, names, batches):
    """The total of each batch, and the losses of several outputs, {name: number}.

    batches: [(labels, tensors of Keras, weights)].
    """
    read = deserialize_keras_object(saved)
    found = CompileLoss(read["loss"], read.get("loss_weights"), output_names=names)
    for batch in batches:
        total = found(*batch)
        yield total, {m.name: m.result() for m in found.metrics}
        for metric in found.metrics:
            metric.reset_state()


def metrics_of_keras(saved, names, batches):
    """The results after each batch, and after a reset and the last one again."""
    read = deserialize_keras_object(saved)
    found = CompileMetrics(
        read.get("metrics"), read.get("weighted_metrics"), output_names=names
    )
    for batch in batches:
        found.update_state(*batch)
        yield {name: np.array(value) for name, value in found.result().items()}
    found.reset_state()
    found.update_state(*batch)
    yield {name: np.array(value) for name, value in found.result().items()}


def assert_close(found, expected, tolerance):
    """Of one shape, up to a part of the largest entry."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    least = tolerance * max(np.max(np.abs(expected), initial=0), 1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=least)


def cases_of(name, target, draws):
    """Yield draws of a subject of the library, and their cases: so many, and one more for
    each argument that is not in these. Others are arguments of functions alone."""
    known, seen = inspect.signature(target).parameters.keys() | {"sample_weight"}, set()
    for draw in SUBJECTS[name].draws():
        case = SUBJECTS[name].generator(draw)
        if case.config.keys() <= known and (
            draw.number < draws or case.config.keys() - seen
        ):
            seen |= case.config.keys()
            yield draw, case


def batches_of(case, floatx, weight=None, mask=None):
    """Three unequal batches of labels, tensors and weights."""
    y_true, y_pred = [
        x.astype(floatx) if x.dtype.kind == "f" else x for x in case.inputs[:2]
    ]
    return [
        (
            y_true[rows],
            Tensor(y_pred[rows], None if mask is None else mask[rows]),
            None if weight is None else weight[rows],
        )
        for rows in BATCHES
        if len(y_pred[rows])
    ]


def for_keras(batches):
    return [(y_true, as_keras(y_pred), weight) for y_true, y_pred, weight in batches]
