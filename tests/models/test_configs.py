"""What the configs of layers may hold: a key that nothing uses, and a value that is not
known, are refused by name, as are weights of other lengths than the config has."""

import functools
import json
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

import keras_by_hand as by_hand

IMAGES, STEPS, TOKENS = (6, 6, 2), (4, 3), (4,)


def rewritten(path, copy, change):
    """Write a model's file again, its config, a dict, changed in place."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config["config"])
                data = json.dumps(config)
            new.writestr(name, data)
    return copy


def load_changed(folder, layer, shape, changes):
    """Load a model of an input and a layer, named "it", whose config was changed."""
    keras.Sequential([keras.Input(shape), layer]).save(folder / "model.keras")

    def change(config):
        config["layers"][1]["config"].update(changes)

    changed = rewritten(folder / "model.keras", folder / "changed.keras", change)
    return by_hand.load_model(changed)


def heads(kind, **config):
    """A model that is a layer, of attention of its input to itself."""
    x = keras.Input(STEPS)
    return keras.Model(x, kind(**config, name="heads")(x, x), name="it")


def named(kind, *args, **config):
    return functools.partial(kind, *args, **config, name="it")


def describe(what):
    """The name of a layer's class, or a text of anything else."""
    return what.func.__name__ if isinstance(what, functools.partial) else str(what)


WRONG = [  # a layer, the shape of its input, what its config is made to say
    (named(layers.Dense, 2), STEPS, {"colour": "red"}),
    (named(layers.Dropout, 0.5), STEPS, {"colour": "red"}),
    (named(layers.Flatten), STEPS, {"activation": "relu"}),
    (named(layers.Flatten), STEPS, {"mask": [True]}),
    (named(layers.ReLU), STEPS, {"alpha": 0.5}),
    (named(layers.LSTM, 2), STEPS, {"time_major": True}),
    (named(layers.MaxPooling2D), IMAGES, {"padding": "full"}),
    (named(layers.Conv2D, 2, 3), IMAGES, {"padding": "causal"}),
    (named(layers.Conv2D, 2, 3), IMAGES, {"data_format": "sideways"}),
    (named(layers.Conv2D, 5, 3), IMAGES, {"filters": 4}),
    (named(layers.Conv2D, 5, 3), IMAGES, {"kernel_size": [3, 2]}),
    (named(layers.Conv2DTranspose, 5, 3), IMAGES, {"filters": 2}),
    (named(layers.DepthwiseConv2D, 3), IMAGES, {"depth_multiplier": 2}),
    (named(layers.SeparableConv2D, 5, 3), IMAGES, {"filters": 4}),
    (named(layers.SeparableConv2D, 5, 3), IMAGES, {"depth_multiplier": 2}),
    (named(layers.Dense, 5), STEPS, {"units": 2}),
    (named(layers.LSTM, 2), STEPS, {"units": 8}),
    (named(layers.GRU, 2), STEPS, {"units": 3}),
    (named(layers.Embedding, 9, 3), TOKENS, {"input_dim": 8}),
    (named(layers.Embedding, 9, 3), TOKENS, {"output_dim": 9}),
    (named(layers.PReLU), STEPS, {"shared_axes": [1]}),
    (
        named(layers.EinsumDense, "btf,fu->btu", (None, 2)),
        STEPS,
        {"bias_axes": "u"},
    ),
    (named(layers.BatchNormalization), STEPS, {"renorm": True}),
    (named(layers.LayerNormalization), STEPS, {"rms_scaling": True}),
    (named(layers.Dense, 2), STEPS, {"dtype": "int99"}),
    (named(layers.Resizing, 2, 2), IMAGES, {"interpolation": "area"}),
    (named(layers.Resizing, 2, 2), IMAGES, {"fill_mode": "reflect"}),
    (named(layers.RandomFlip), IMAGES, {"mode": "sideways"}),
    (named(layers.UpSampling2D), IMAGES, {"data_format": "Channels_First"}),
]


@pytest.mark.parametrize("make, shape, changes", WRONG, ids=describe)
def test_a_config_that_is_not_known_is_refused_by_name(make, shape, changes, tmp_path):
    load_changed(tmp_path, make(), shape, {})  # it is known as it is
    (name,) = changes
    with pytest.raises(by_hand.CannotRun, match=rf"layer it \(\w+\): .*{name}"):
        load_changed(tmp_path, make(), shape, changes)


SIZES = [  # below 1
    (named(layers.Conv2D, 2, 3), IMAGES, {"strides": [1, 0]}),
    (named(layers.Conv1D, 2, 3), STEPS, {"dilation_rate": [0]}),
    (named(layers.Conv2D, 2, 3), IMAGES, {"groups": 0}),
    (named(layers.Conv2DTranspose, 2, 3), IMAGES, {"strides": -1}),
    (named(layers.SeparableConv2D, 2, 3), IMAGES, {"strides": 0}),
    (named(layers.MaxPooling2D), IMAGES, {"pool_size": [0, 2]}),
    (named(layers.AveragePooling1D, 2), STEPS, {"strides": [0]}),
    (named(layers.UpSampling1D), STEPS, {"size": -2}),
    (named(layers.UpSampling2D), IMAGES, {"size": [2, 0]}),
    (named(layers.RepeatVector, 2), TOKENS, {"n": 0}),
    (named(layers.GroupNormalization, 1), STEPS, {"groups": 0}),
]


@pytest.mark.parametrize("make, shape, changes", SIZES, ids=describe)
def test_a_size_that_is_none_is_refused_by_name(make, shape, changes, tmp_path):
    """By the function, before it or anything else computes with it."""
    model = load_changed(tmp_path, make(), shape, changes)
    (name,) = changes
    with pytest.raises(by_hand.CannotRun, match=rf"layer it \(\w+\): .*{name} must be"):
        model.predict(np.ones((2, *shape), "float32"))


OF_HEADS = [
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 5}, "num_heads", 5),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 5}, "key_dim", 2),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 5}, "value_dim", 2),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 5}, "output_shape", [2]),
]
GROUPS = {"head_dim": 5, "num_query_heads": 4, "num_key_value_heads": 2}
OF_HEADS += [(layers.GroupQueryAttention, GROUPS, name, 3) for name in GROUPS]


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("kind, config, name, value", OF_HEADS)
def test_heads_have_the_lengths_that_their_config_tells(
    kind, config, name, value, use_bias, tmp_path
):
    model = heads(kind, **config, use_bias=use_bias)
    model.save(tmp_path / "model.keras")
    by_hand.load_model(tmp_path / "model.keras")

    def change(config):
        config["layers"][1]["config"][name] = value

    with pytest.raises(by_hand.CannotRun, match=rf"layer heads \(.*: {name}"):
        by_hand.load_model(
            rewritten(tmp_path / "model.keras", tmp_path / "copy.keras", change)
        )


def test_causal_padding_is_known_in_one_dimension(tmp_path):
    load_changed(tmp_path, layers.Conv1D(2, 2), STEPS, {"padding": "causal"})


def test_an_input_or_a_model_with_a_key_that_is_not_known_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input(STEPS, name="x")], name="whole").save(path)

    def of_model(config):
        config["colour"] = "red"

    def of_input(config):
        config["layers"][0]["config"]["sparse"] = True

    with pytest.raises(by_hand.CannotRun, match=r"layer whole .*has 'colour'"):
        by_hand.load_model(rewritten(path, tmp_path / "copy.keras", of_model))
    with pytest.raises(by_hand.CannotRun, match=r"layer x .*sparse must be"):
        by_hand.load_model(rewritten(path, tmp_path / "copy.keras", of_input))


def test_two_layers_of_one_name_are_refused(tmp_path):
    path = tmp_path / "model.keras"
    names = [layers.ReLU(name="one"), layers.ReLU(name="two")]
    keras.Sequential([keras.Input(STEPS), *names]).save(path)

    def rename(config):
        config["layers"][2]["config"]["name"] = "one"

    with pytest.raises(by_hand.CannotRun, match="two of its layers are named 'one'"):
        by_hand.load_model(rewritten(path, tmp_path / "copy.keras", rename))


def test_a_graph_as_keras_2_told_it_is_run(tmp_path):
    path, x = tmp_path / "model.keras", keras.Input((3,), name="x")
    model = keras.Model(x, layers.Dense(2)(x))
    model.save(path)

    def as_keras_2(config):
        config["layers"][1]["inbound_nodes"] = [[["x", 0, 0, {}]]]

    old = by_hand.load_model(rewritten(path, tmp_path / "old.keras", as_keras_2))
    x = np.array([[1, 2, 3]], "float32")
    np.testing.assert_allclose(old.predict(x), model.predict_on_batch(x), rtol=1e-5)


def test_the_slope_that_was_called_alpha_is_read_as_by_keras(tmp_path):
    path, x = tmp_path / "model.keras", np.array([[-2, 3]], "float32")
    keras.Sequential([keras.Input((2,)), layers.LeakyReLU()]).save(path)

    def of_old(config):
        slopes = config["layers"][1]["config"]
        slopes["alpha"] = 0.25
        del slopes["negative_slope"]

    old = rewritten(path, tmp_path / "old.keras", of_old)
    with pytest.warns(match="`alpha` is deprecated"):
        expected = keras.models.load_model(old).predict(x, verbose=0)
    np.testing.assert_array_equal(by_hand.load_model(old).predict(x), expected)
    np.testing.assert_array_equal(expected, np.float32([[-0.5, 3]]))
