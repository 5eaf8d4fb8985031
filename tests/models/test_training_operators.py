"""Operators between trained layers: each is trained as by Keras, or refused by its name
before anything has changed."""

import re

import keras
import numpy as np
import pytest
from keras import layers, ops
from test_operators import CALLS, draw_inputs
from test_training_layers import CannotAsk, trained_or_refused
from trained_models import set_floats

NAMED = r"layer \w+ \(\w+\): "
CALLS = CALLS.strip().splitlines()

EVERY = 7  # of the calls
pytestmark = pytest.mark.filterwarnings("ignore:Gradients do not exist")
WORDS = re.compile(r"[a-z]+")


@pytest.fixture(autouse=True)
def floatx_is_kept():
    before = keras.config.floatx()
    yield
    set_floats(before)
    keras.utils.clear_session(free_memory=False)


def model_of(call):
    """Return a compiled model with a call between layers, and what it learns from."""
    set_floats("float64")
    keras.utils.set_random_seed(313)
    rng, inputs, arrays, tensors = np.random.default_rng(313), [], [], {}
    for name, array in draw_inputs("float32").items():
        if name not in WORDS.findall(call):
            continue
        is_float = array.dtype.kind == "f" and array.ndim > 1
        arrays.append(array.astype("float64") if is_float else array)
        dtype = arrays[-1].dtype.name
        inputs.append(keras.Input(batch_shape=array.shape, dtype=dtype, name=name))
        tensors[name] = inputs[-1]
        if is_float and name != "nans":
            tensors[name] = layers.Dense(array.shape[-1])(inputs[-1])
    kernel = rng.normal(size=(2, 2, 3, 4))
    outputs = eval(call, vars(ops) | {"np": np, "kernel": kernel} | tensors)
    total = 0.0
    for y in keras.tree.flatten(outputs):
        drawn = rng.normal(size=y.shape)
        total = total + ops.sum(ops.cast(y, "float64") * drawn)
    first = keras.Input(batch_shape=(2, 1), dtype="float64")
    model = keras.Model([*inputs, first], layers.Dense(1)(first) + total)
    arrays.append(rng.normal(size=(2, 1)))
    model.compile("sgd", "mse")
    model.run_eagerly = True
    return model, arrays, rng.normal(size=(2, 1))


WITH_CARE = [  # once wrong, or refused for nothing
    "stop_gradient(x)",
    "extract_sequences(x, 3, 1)",
    "cumsum(x)",
    "prod(x, axis=(1, 2))",
    "amax(x, axis=1)",
    "cast(x, 'float32')",
]


# Their inputs are of one sample, which fit takes with no label of two; or TensorFlow has
# no such gradient in float64.
NOT_TRAINED_BY_KERAS = {
    "diagflat(row, 1)",
    'searchsorted(sort(row), row, side="right")',
    "rfft(row, 4)",
    "adaptive_average_pool(picture, (4, 3))",
    'image.resize(picture, (8, 3), interpolation="bicubic", antialias=True)',
}


@pytest.mark.drawn
@pytest.mark.parametrize("call", [*CALLS[::EVERY], *WITH_CARE])
def test_an_operator_is_trained_as_by_keras_or_refused_by_name(call, tmp_path):
    path = tmp_path / "model.keras"
    # TensorFlow has some constants, such as slopes, in float32.
    tolerance = 1e-9 if "leaky" not in call else 1e-7
    with np.errstate(all="ignore"):  # divisions by 0, and the like
        if call in NOT_TRAINED_BY_KERAS:
            with pytest.raises(CannotAsk):
                trained_or_refused(lambda: model_of(call), NAMED, path, tolerance)
            return
        found = trained_or_refused(lambda: model_of(call), NAMED, path, tolerance)
    assert found == "trained" or call not in WITH_CARE
