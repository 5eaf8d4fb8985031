"""Models of a config: the first weights, and the seeds of training, of Keras after
set_random_seed."""

import io
import json
import random
import re
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import initializers, layers
from keras.src.applications import convnext
from keras.src.saving import saving_lib
from library.engine.cases import Draw, Inner, map_arrays
from library.engine.subjects import SUBJECTS, LayerSubject, read_cases

from keras_by_hand import CannotRun, build_model
from keras_by_hand.models.budget import Budget
from keras_by_hand.models.building import HOLDERS, OF_INITIALIZERS, first_weights
from keras_by_hand.models.files import read_group
from keras_by_hand.models.layers.augmentation import AUGMENTATION_LAYERS
from keras_by_hand.models.registry import LAYERS
from keras_by_hand.models.weight_shapes import FIRST_WEIGHTS

SEED = 313
ROUNDED = re.compile('Orthogonal|Normal"|VarianceScaling|STFT|SpectralNormalization')
read_cases()
OF_CLASS = {
    name: subject for name, subject in SUBJECTS.items() if type(subject) is LayerSubject
}


# -- What Keras makes, and what the library makes


def as_config(model):
    return json.loads(model.to_json())


def revived(config, seed=SEED):
    """The model that Keras makes of a config."""
    keras.utils.set_random_seed(seed)
    return keras.models.model_from_json(json.dumps(config))


def paths_of(group, path=""):
    """The arrays in nested groups, {path: array}."""
    if not isinstance(group, dict | list):
        return {path: np.asarray(group)}
    inner = group.items() if isinstance(group, dict) else enumerate(group)
    return {
        name: array
        for key, held in inner
        for name, array in paths_of(held, f"{path}/{key}").items()
    }


def saved_weights(model):
    """The weights of a model of Keras, as its file has them."""
    store = saving_lib.H5IOStore(buffer := io.BytesIO(), mode="w")
    saving_lib._save_state(model, store, None, "", set())
    store.close()
    with h5py.File(buffer) as file:
        return read_group(file, Budget(10**9), set(), h5py)


def seeds_of(model):
    """The seeds of all generators in the layers of a model of Keras."""
    held = [
        getattr(layer, "seed_generator", None) or getattr(layer, "generator", None)
        for layer in model._flatten_layers()
    ]
    return {int(g.state[0]) for g in held if g is not None}


def assert_same_weights(model, of_keras, exact):
    found, wanted = paths_of(model.weights), paths_of(saved_weights(of_keras))
    assert found.keys() == wanted.keys()
    for path, array in wanted.items():
        tolerance = 0 if exact else 5e-7 * max(1, np.max(np.abs(array)))
        np.testing.assert_allclose(found[path], array, rtol=0, atol=tolerance)
        assert found[path].dtype == array.dtype


def check(config, x=None):
    """Compare a model of a config with Keras': weights, seeds, how many were drawn, and
    its prediction. Returns both."""
    of_keras, after = revived(config), random.getstate()
    model = build_model(config, SEED)
    assert_same_weights(model, of_keras, not ROUNDED.search(json.dumps(config)))
    source = random.Random(SEED)
    first_weights(config, lambda: source.randint(1, 10**9))
    assert source.getstate() == after
    seeds = {layer.seed for layer in model.with_all_inside()} - {None}
    if any(name in json.dumps(config) for name in AUGMENTATION_LAYERS):
        assert seeds <= seeds_of(of_keras)
    else:
        assert seeds == seeds_of(of_keras)
    if x is not None:
        expected = of_keras.predict(x, verbose=0)
        np.testing.assert_allclose(model.predict(x), expected, 1e-4, 1e-6)
    return model, of_keras


# -- Each class of the registry


def make(target, config, is_drawn):
    """A layer of Keras; is_drawn: with random numbers wherever it has an argument for
    an initializer, and with dropout."""

    def revive(value):
        if isinstance(value, Inner):
            return make(getattr(layers, value.name), value.config, is_drawn)
        return list(map(revive, value)) if isinstance(value, list) else value

    config = {key: revive(value) for key, value in config.items()}
    if is_drawn:
        state = random.getstate()
        keys = target(**config).get_config()
        random.setstate(state)
        drawn = {key: "random_uniform" for key in keys if key.endswith("_initializer")}
        rates = {key: 0.5 for key in keys if key in ("dropout", "rate")}
        config = {**drawn, **rates, **config}
    return target(**config)


def model_of(subject, number):
    """A model of a layer, of the case of this number, made after set_random_seed."""
    case = subject.generator(Draw(subject.name, number, subject.cases))

    def enter(array):
        dtype = array.dtype.name.replace("64", "32")
        return keras.Input(
            array.shape[1:], dtype="string" if array.dtype.kind == "U" else dtype
        )

    tensors, call = map_arrays(enter, (case.inputs, case.call))
    keras.utils.set_random_seed(SEED)
    layer = make(subject.target, case.config, is_drawn=number % 2)
    parts = keras.tree.flatten((tensors, call))
    inputs = [part for part in parts if keras.backend.is_keras_tensor(part)]
    return keras.Model(inputs, layer(*tensors, **call))


IN_OTHER_ORDER = {"Bidirectional"}
CANNOT_REVIVE = {("RandomColorDegeneration", 1)}  # a case that Keras refuses


DRAWN = {(kind, number) for kind in OF_CLASS for number in (0, 1)}


@pytest.mark.drawn
@pytest.mark.parametrize("kind, number", sorted(DRAWN - CANNOT_REVIVE))
def test_a_layer_has_the_first_weights_of_keras(kind, number):
    by_hand = model_of(OF_CLASS[kind], number)
    _, of_keras = check(as_config(by_hand))
    pairs = zip(by_hand.get_weights(), of_keras.get_weights(), strict=True)
    same = all(np.array_equal(one, other) for one, other in pairs)
    assert same or kind in IN_OTHER_ORDER


APART = {  # of classes that have no such cases
    "ActivityRegularization": lambda: [layers.ActivityRegularization(l2=0.1)],
    "AlphaDropout": lambda: [layers.AlphaDropout(0.2), layers.AlphaDropout(0.0)],
    "Dropout": lambda: [layers.Dropout(rate, seed=7) for rate in (0.5, 0.0)],
    "GRUCell": lambda: [layers.RNN(layers.GRUCell(2, reset_after=False))],
    "GaussianDropout": lambda: [layers.GaussianDropout(rate) for rate in (0.5, 0.0)],
    "GaussianNoise": lambda: [layers.GaussianNoise(stddev) for stddev in (0.5, 0.0)],
    "InputLayer": lambda: [],
    "LSTMCell": lambda: [layers.RNN(layers.LSTMCell(2, unit_forget_bias=False))],
    "LayerScale": lambda: [convnext.LayerScale(0.5, 3)],
    "SimpleRNNCell": lambda: [layers.RNN(layers.SimpleRNNCell(2))],
    "SpatialDropout1D": lambda: [layers.SpatialDropout1D(0.5)],
    "StackedRNNCells": lambda: [
        layers.RNN([layers.GRUCell(2, dropout=0.5), layers.LSTMCell(3)])
    ],
    "StochasticDepth": lambda: [convnext.StochasticDepth(0.5)],
}
# An image, 2-D or 3-D, or two inputs: below. Lambda is refused.
ELSEWHERE = {"CustomScaleLayer", "Lambda", "SpatialDropout2D", "SpatialDropout3D"}


@pytest.mark.drawn
@pytest.mark.parametrize("kind", APART)
def test_so_has_a_layer_without_cases(kind):
    model = keras.Sequential([keras.Input((4, 3), name="x"), *APART[kind]()])
    model.add(layers.Dense(2))
    check(as_config(model), np.ones((2, 4, 3), "float32"))


def test_no_class_of_the_registry_is_left_out():
    assert OF_CLASS.keys() | APART.keys() | ELSEWHERE == LAYERS.keys()
    assert {*FIRST_WEIGHTS, *HOLDERS} <= LAYERS.keys()


@pytest.mark.parametrize("rank", [2, 3])
def test_a_spatial_dropout_draws_one_seed(rank):
    drop = getattr(layers, f"SpatialDropout{rank}D")(0.5)
    check(as_config(keras.Sequential([keras.Input([2] * rank + [3]), drop])))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("RandAugment", {"seed": 5}),
        ("AugMix", {}),
        ("RandomColorJitter", {"brightness_factor": 0.1, "hue_factor": 0.1}),
        ("RandomColorJitter", {"contrast_factor": 0.1, "seed": 3}),
        ("RandomCrop", {"height": 4, "width": 4}),
        ("RandomGrayscale", {}),
    ],
)
def test_what_comes_behind_an_augmentation_has_its_own_seeds(kind, given):
    layer = getattr(layers, kind)(**given)
    parts = [keras.Input((6, 6, 3)), layer, layers.Conv2D(2, 3), layers.Dropout(0.5)]
    check(as_config(keras.Sequential(parts)))


# -- Each initializer


@pytest.mark.drawn
@pytest.mark.parametrize("name", sorted({*OF_INITIALIZERS} - {"STFT"}))
@pytest.mark.parametrize("seed", [{}, {"seed": 5}])
def test_each_initializer_of_a_config(name, seed):
    kind = getattr(initializers, name)
    if name in ("Constant", "Identity", "Ones", "Zeros"):
        seed = {}
    given = {"scale": 2.0} if name == "VarianceScaling" else {}
    dense = layers.Dense(3, kernel_initializer=kind(**given, **seed))
    check(as_config(keras.Sequential([keras.Input((4,)), dense, layers.Dense(2)])))


def test_an_stft_and_axes_of_its_own():
    stft = layers.Conv1D(5, 8, kernel_initializer=initializers.STFT("imag"))
    check(as_config(keras.Sequential([keras.Input((9, 1)), stft])))
    own = initializers.HeUniform(input_axes=[0, 1], output_axes=[1])
    dense = layers.EinsumDense(
        "...ab,bc->...ac", (2, 3), bias_axes="ac", kernel_initializer=own
    )
    check(as_config(keras.Sequential([keras.Input((2, 4)), dense])))


def test_all_initializers_are_known():
    told = {
        kind.__name__
        for kind in vars(initializers).values()
        if isinstance(kind, type) and kind is not keras.Initializer
    }
    assert told == OF_INITIALIZERS.keys()


# -- Whole models


def cnn():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3), name="x"),
            layers.Conv2D(4, 3, activation="relu", kernel_initializer="he_normal"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(4, 2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    ), np.ones((2, 8, 8, 3))


def lstm():
    return keras.Sequential(
        [
            keras.Input((5,), name="x"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.LSTM(3, return_sequences=True, dropout=0.1),
            layers.SimpleRNN(2),
            layers.Dense(1),
        ]
    ), np.array([[1, 2, 3, 0, 0]])


def transformer():
    x = keras.Input((5,), name="x")
    h = layers.Embedding(9, 8)(x)
    a = layers.MultiHeadAttention(2, 4, dropout=0.1)(h, h, use_causal_mask=True)
    h = layers.LayerNormalization()(h + layers.Dropout(0.1)(a))
    f = layers.Dense(16, activation="gelu")(h)
    h = layers.LayerNormalization()(layers.Add()([h, layers.Dense(8)(f)]))
    return keras.Model(x, layers.Dense(9)(h)), np.array([[1, 2, 3, 4, 5]])


def nested_and_shared():
    shared = layers.Dense(6, activation="tanh")  # first, as in the config
    image = keras.Input((6,), name="image")
    inner = layers.Dense(4)(image)
    encoder = keras.Model(image, layers.Dense(3)(inner))
    head = keras.Sequential([layers.Dense(2), layers.PReLU()], name="head")
    x = keras.Input((6,), name="x")
    return keras.Model(x, head(encoder(shared(shared(x))))), np.ones((2, 6))


def wrapped():
    return keras.Sequential(
        [
            keras.Input((4, 5, 3), name="x"),
            layers.TimeDistributed(
                keras.Sequential([layers.Conv1D(2, 2), layers.ReLU()])
            ),
            layers.TimeDistributed(layers.Bidirectional(layers.GRU(2))),
            layers.Bidirectional(layers.LSTM(2, dropout=0.2)),
            layers.Dense(1),
        ]
    ), np.ones((2, 4, 5, 3))


def normalized():
    return keras.Sequential(
        [
            keras.Input((4, 3), name="x"),
            layers.Normalization(),
            layers.SpectralNormalization(layers.Conv1D(2, 2)),
            layers.Activation(layers.LeakyReLU()),
            layers.Dense(1, dtype="mixed_float16"),
        ]
    ), np.ones((2, 4, 3))


MODELS = [cnn, lstm, transformer, nested_and_shared, wrapped, normalized]


@pytest.mark.drawn
@pytest.mark.parametrize("make_model", MODELS)
def test_a_whole_model_has_keras_weights_and_predicts_as_it(make_model):
    keras.utils.set_random_seed(SEED)
    by_hand, x = make_model()
    config = as_config(by_hand)
    tolerance = 1e-2 if make_model is normalized else 1e-4  # of float16
    model, of_keras = check(config)
    y = model.predict(x)
    np.testing.assert_allclose(y, of_keras.predict(x, verbose=0), 0, tolerance)
    if make_model not in (wrapped, normalized):
        exact = not ROUNDED.search(json.dumps(config))
        assert_same_weights(model, by_hand, exact)


def test_another_seed_gives_other_weights_and_the_same_one_the_same():
    config = as_config(cnn()[0])
    one, same, other = (
        paths_of(build_model(config, seed).weights) for seed in (1, 1, 2)
    )
    path = "/layers/conv2d/vars/0"
    np.testing.assert_array_equal(one[path], same[path])
    assert not np.any(one[path] == other[path])


HEADS = {
    layers.MultiHeadAttention: {
        "num_heads": 2,
        "key_dim": 3,
        "value_dim": 5,
        "output_shape": (2, 3),
    },
    layers.GroupQueryAttention: {
        "head_dim": 4,
        "num_query_heads": 4,
        "num_key_value_heads": 2,
    },
}


@pytest.mark.parametrize("kind", HEADS)
def test_an_attention_draws_for_each_of_its_projections(kind):
    lengths = (6, 7, 5) if kind is layers.MultiHeadAttention else (6, 6, 6)
    inputs = [keras.Input((4, length)) for length in lengths]
    drawn = {"kernel_initializer": "he_uniform", "bias_initializer": "random_uniform"}
    y = kind(**HEADS[kind], **drawn, dropout=0.5, use_gate=True)(*inputs)
    check(as_config(keras.Model(inputs, layers.Dense(2)(y))))


def test_what_is_drawn_when_a_layer_is_built_comes_before_the_next_layer():
    """In Keras' Sequential made by hand, after all layers."""
    keras.utils.set_random_seed(SEED)
    normalized = layers.SpectralNormalization(layers.Dense(3))
    parts = [keras.Input((4,)), normalized, layers.Dense(2)]
    by_hand = keras.Sequential(parts)
    model, _ = check(as_config(by_hand))
    inner, own = model.layers[1].layer, by_hand.layers[0].layer
    np.testing.assert_array_equal(inner.arrays["kernel"], own.kernel)
    assert not np.any(model.layers[2].arrays["kernel"] == by_hand.layers[1].kernel)


def test_a_bidirectional_made_by_hand_draws_its_forward_layer_first():
    """As one without a backward_layer in its config does."""
    keras.utils.set_random_seed(SEED)
    layer = layers.Bidirectional(layers.GRU(2))
    by_hand = keras.Sequential([keras.Input((4, 3)), layer])
    config = as_config(by_hand)
    told, _ = check(config)
    del config["config"]["layers"][1]["config"]["backward_layer"]
    model = build_model(config, SEED)
    assert_same_weights(model, by_hand, exact=False)
    of_told, of_model = (m.layers[1].forward.arrays["kernel"] for m in (told, model))
    assert not np.any(of_told == of_model)


def test_a_sequential_without_an_input_is_built_once_its_shape_is_told():
    model = keras.Sequential([layers.Dense(2), layers.Dense(3)])
    model.build((None, 4))
    check(as_config(model), np.ones((2, 4)))


def test_the_config_of_a_file_is_taken(tmp_path):
    model = cnn()[0]
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        check(json.loads(archive.read("config.json")))


# -- What is refused


def changed(change, *parts, shape=(4, 3)):
    """The config of a model whose last layer's saved dict is changed."""
    config = as_config(keras.Sequential([keras.Input(shape), *parts]))
    change(config["config"]["layers"][-1])
    return config


def setting(**values):
    return lambda saved: saved["config"].update(values)


@keras.saving.register_keras_serializable("pack")
class Own(initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


def normal(**options):
    return {
        "kernel_initializer": {
            "module": "keras.initializers",
            "class_name": "RandomNormal",
            "config": options,
        }
    }


REFUSED = {
    "its build_config does not tell the shape": (
        lambda saved: saved.pop("build_config")
    ),
    "quantized": setting(
        dtype={"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}
    ),
    "its dtype is float64: first weights": setting(dtype="float64"),
    "its dtype is bfloat16: first weights": setting(dtype="bfloat16"),
    "lora_rank is not known here": setting(lora_rank=2),
    "KeyError 'units'": lambda saved: saved["config"].pop("units"),
    "KeyError 'kernel_initializer'": (
        lambda saved: saved["config"].pop("kernel_initializer")
    ),
    "the initializer 'he_normal' is not": setting(kernel_initializer="he_normal"),
    "the initializer Nothing is not": setting(
        bias_initializer={"module": "keras", "class_name": "Nothing", "config": {}}
    ),
    "seed must be a whole number, not {'class_name'": setting(
        **normal(seed={"class_name": "SeedGenerator"})
    ),
    "TypeError": setting(**normal(mean=0, colour=1)),
    "mean must be": setting(**normal(mean="none")),
    "shape must be whole numbers above 0, not (None, 2)": (
        lambda saved: saved.update(build_config={"input_shape": [None, None]})
    ),
    "its activation is a layer, PReLU": setting(
        activation={"module": "keras.layers", "class_name": "PReLU", "config": {}}
    ),
    "a class of your own": lambda saved: saved.update(module="mine"),
    "no function of this file": lambda saved: saved.update(class_name="Hologram"),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_is_not_known_is_refused_by_name(said):
    with pytest.raises(CannotRun) as refused:
        build_model(changed(REFUSED[said], layers.Dense(2, name="it")), SEED)
    message = str(refused.value)
    assert said in message and "\n" not in message
    assert message.startswith("build_model: layer it ")


def test_other_layers_are_refused_by_name():
    own = layers.Dense(2, kernel_initializer=Own())
    with pytest.raises(CannotRun, match="the initializer .*Own"):
        build_model(changed(setting(), own), SEED)
    code = layers.Lambda(lambda x: x)
    with pytest.raises(CannotRun, match="it holds code"):
        build_model(changed(setting(), code), SEED)
    crop = layers.RandomCrop(2, 2)
    with pytest.raises(CannotRun, match="its seed is null"):
        build_model(changed(setting(seed=None), crop, shape=(4, 4, 3)), SEED)
    unbuilt = keras.Sequential([layers.Dense(2)])
    with pytest.raises(CannotRun, match=r"build_config .* model.build\(shape\)"):
        build_model(as_config(unbuilt), SEED)


@pytest.mark.parametrize(
    ("config", "seed", "error", "said"),
    [
        ("model.json", 1, TypeError, "config must be a dict, as json.loads"),
        (None, 1, TypeError, "config must be a dict"),
        ({"layers": []}, 1, CannotRun, "config must have module, class_name"),
        ({"x": object()}, 1, CannotRun, "config is not of JSON"),
        (
            {"module": "keras.layers", "class_name": "Dense", "config": {}},
            1,
            CannotRun,
            "the config is of a Dense, not of a Functional",
        ),
        (
            {"module": "keras", "class_name": "Sequential", "config": 5},
            1,
            CannotRun,
            "",
        ),
        ({}, 1.5, TypeError, "seed must be a whole number of at least 0"),
        ({}, True, TypeError, "seed must be"),
        ({}, -1, ValueError, "seed must be"),
        ({}, 2**32, ValueError, "below 2**32"),
    ],
)
def test_another_config_or_seed_is_refused(config, seed, error, said):
    with pytest.raises(error) as refused:
        build_model(config, seed)
    message = str(refused.value)
    assert message.startswith("build_model: ") and said in message
    assert "\n" not in message
