"""Each layer of a file, between others that are trained, either takes a step as Keras
does, or is refused by its name before anything has changed."""

import functools
import re

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from library.engine.cases import Draw, map_arrays
from library.engine.subjects import SUBJECTS, read_cases
from trained_models import set_floats

from keras_by_hand import CannotRun, load_model
from keras_by_hand.models.registry import LAYERS

# Behind whole numbers: Keras then leaves the weights as they are.
pytestmark = pytest.mark.filterwarnings("ignore:Gradients do not exist")
read_cases()
CASES = 6  # of each layer, of which one is asked


class CannotAsk(Exception):
    """Keras refuses the layer, what it is given, or to train it."""


def dropping(kind, shape=(3, 4)):
    return lambda: (kind(0.3, seed=1), shape)


BY_HAND = {  # layers without cases of their own that predict, and shapes that they take
    "ActivityRegularization": lambda: (layers.ActivityRegularization(0.1), (3, 4)),
    "AlphaDropout": dropping(layers.AlphaDropout),
    "Bidirectional": lambda: (layers.Bidirectional(layers.GRU(2)), (3, 4)),
    "CustomScaleLayer": lambda: (CustomScaleLayer(0.3), [(3, 4), (3, 4)]),
    "Dropout": dropping(layers.Dropout),
    "GRUCell": lambda: (layers.RNN(layers.GRUCell(2)), (3, 4)),
    "GaussianDropout": dropping(layers.GaussianDropout),
    "GaussianNoise": dropping(layers.GaussianNoise),
    "InputLayer": lambda: (layers.Identity(), (3, 4)),
    "LSTMCell": lambda: (layers.RNN(layers.LSTMCell(2)), (3, 4)),
    "LayerScale": lambda: (LayerScale(0.5, 4), (3, 4)),
    "RNN": lambda: (layers.RNN(layers.LSTMCell(2), return_sequences=True), (3, 4)),
    "SimpleRNNCell": lambda: (layers.RNN(layers.SimpleRNNCell(2)), (3, 4)),
    "SpatialDropout1D": dropping(layers.SpatialDropout1D),
    "SpatialDropout2D": dropping(layers.SpatialDropout2D, (2, 2, 3)),
    "SpatialDropout3D": dropping(layers.SpatialDropout3D, (2, 2, 1, 3)),
    "SpectralNormalization": lambda: (
        layers.SpectralNormalization(layers.Dense(3)),
        (4,),
    ),
    "StackedRNNCells": lambda: (
        layers.RNN([layers.GRUCell(2), layers.LSTMCell(3)]),
        (3, 4),
    ),
    "StochasticDepth": lambda: (StochasticDepth(0.3), (3, 4)),
    "TimeDistributed": lambda: (layers.TimeDistributed(layers.Dense(2)), (3, 4)),
}
NOT_ASKED = {
    "Lambda": "its function is Python's: a user gives a formula, by layers=",
    "TextVectorization": "how long its sentences are is not said, so that nothing is "
    "behind it; StringLookup is alike",
}


@pytest.fixture(autouse=True)
def floatx_is_kept():
    before = keras.config.floatx()
    yield
    set_floats(before)
    keras.utils.clear_session(free_memory=False)


def between(make, inputs, call, policy):
    """A model of a layer between others that are trained, and what it is given."""
    arrays, entered = [], []

    def enter(array):
        is_float = array.dtype.kind == "f"
        arrays.append(array)
        dtype = {"f": policy, "U": "string"}.get(array.dtype.kind, array.dtype.name)
        entered.append(keras.Input(array.shape[1:], dtype=dtype))
        if not is_float or array.ndim < 2:
            return entered[-1]
        return layers.Dense(array.shape[-1], dtype=policy)(entered[-1])

    tensors, call = map_arrays(enter, (inputs, call))
    layer = make()
    y = keras.tree.flatten(layer(*tensors, **call))[0]
    if len(y.shape) == 1:
        y = keras.ops.expand_dims(y, -1)
    model = keras.Model(entered, layers.Dense(2, dtype=policy)(y))
    return model, arrays


def drawn_model(name, number):
    """Return a compiled model with a layer, and what it learns from."""
    rng, subject = np.random.default_rng(number), SUBJECTS.get(name)
    set_floats("float64")
    if name in BY_HAND:
        layer, shapes = BY_HAND[name]()
        shapes = shapes if isinstance(shapes, list) else [shapes]
        inputs = [rng.normal(size=(4, *shape)) for shape in shapes]
        inputs = (inputs,) if len(inputs) > 1 else tuple(inputs)
        model, arrays = between(lambda: layer, inputs, {}, "float64")
    else:
        case = subject.generator(Draw(f"{name} in a model", number, CASES))
        policy = subject.dtype.get("dtype", "float64")
        set_floats(policy)
        make = functools.partial(subject.make, case)
        model, arrays = between(make, case.inputs, case.call, policy)
    draw_weights(model, rng)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    y = rng.normal(size=(len(arrays[0]), *model.output_shape[1:]))
    model.compile("sgd", "mse")
    model.run_eagerly = True
    return model, arrays, y


def state_of(model):
    training = model.training
    return (
        [{n: np.array(a) for n, a in la.arrays.items()} for la in training.all_layers],
        [layer.seed_state for layer in training.all_layers],
        [np.array(a) for a in training.optimizer.variables()],
    )


def trained_or_refused(make, named, path, tolerance=1e-9):
    """Return what a model is, "trained" or "refused", as it is asserted to be.

    make: returns a compiled model, and what it learns from; named: a pattern of what a
    refusal has to say.
    """
    told = {"shuffle": False, "verbose": 0, "batch_size": 99}
    try:
        model, arrays, y = make()
        model.save(path)
    except Exception as error:  # of all kinds
        raise CannotAsk(repr(error)) from None
    try:
        read = load_model(path)
        read.floatx = keras.config.floatx()
        read.start_training()
    except CannotRun as error:
        assert re.search(named, str(error))
        return "refused"
    try:
        given = list(map(keras.ops.convert_to_tensor, arrays))
        expected = model.fit(given, y, **told).history["loss"]
    except Exception as error:  # of all kinds
        raise CannotAsk(repr(error)) from None
    before = state_of(read)
    try:
        found = read.fit(arrays, y, **told).history["loss"]
    except CannotRun as error:
        assert re.search(named, str(error))
        np.testing.assert_equal(state_of(read), before)
        return "refused"
    tolerance = 1e-4 if read.floatx == "float32" else tolerance
    np.testing.assert_allclose(found, expected, rtol=tolerance)
    trained = [np.array(variable) for variable in model.trainable_variables]
    for weight, of_keras in zip(read.training.weights, trained, strict=True):
        least = tolerance * max(np.max(np.abs(of_keras), initial=0), 1e-3)
        np.testing.assert_allclose(weight.array, of_keras, rtol=0, atol=least)
    return "trained"


@pytest.mark.drawn
@pytest.mark.parametrize("name", sorted(LAYERS.keys() - NOT_ASKED))
def test_a_layer_is_trained_as_by_keras_or_refused_by_name(name, tmp_path):
    tolerance = max(10 * getattr(SUBJECTS.get(name), "tolerance", 0), 1e-9)
    if name == "ReversibleEmbedding":
        tolerance = 1e-6  # with a reverse_dtype of float32
    # The first case has Keras' defaults alone.
    for number in [*range(1, CASES), 0]:
        make = functools.partial(drawn_model, name, number)
        path = tmp_path / f"{number}.keras"
        try:
            trained_or_refused(make, rf"\({name}\)", path, tolerance)
            return
        except CannotAsk as error:
            print(name, "is not asked", error)
    pytest.fail("Keras cannot be asked in any case")
