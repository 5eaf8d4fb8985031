"""Files of older Keras: those in old_files/, which it wrote beside its predictions; and
those of Keras 1 and of Keras 3's .h5, which are made here."""

import json
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers
from old_keras import FILES, OLD, write_old

from keras_by_hand import conv2d, gru, load_model, lstm
from keras_by_hand.models.converting import convert
from keras_by_hand.models.errors import CannotRun


def test_there_are_files_of_each_version_and_they_are_small():
    versions = {".".join(name.split(".")[1:-1]) for name in FILES}
    assert versions == {"2.12.0", "2.13.1", "2.14.0", "2.15.0", "tf_keras"}
    assert sum(path.stat().st_size for path in OLD.iterdir()) < 300_000


@pytest.mark.parametrize("name", FILES)
def test_an_old_file_predicts_what_its_own_keras_did(recorded, name):
    path, weights, inputs, y = recorded(name)
    model = load_model(path, weights=weights)
    answer = model.predict(inputs if len(inputs) > 1 else inputs[0])
    np.testing.assert_allclose(answer, y, rtol=1e-5, atol=1e-5)
    if weights:
        with pytest.raises(CannotRun, match="has no weights: give the file"):
            load_model(path)
        with pytest.raises(CannotRun, match="has weights alone: give the file"):
            load_model(weights)


@pytest.mark.parametrize(
    "name, said",
    [
        ("gru.2.12.0.h5", "Keras 3 refuses its time_major"),
        ("seq2seq.2.15.0.h5", "a mask beside initial states"),
        ("depthwise.2.13.1.h5", "Keras 3 refuses its groups"),
        ("axes.2.12.0.h5", "Keras 3 drops its list of axes"),
        ("hard_sigmoid.2.13.1.keras", "its hard_sigmoid, of slope 0.2, is computed"),
    ],
)
def test_what_differs_since_is_noted(recorded, name, said):
    assert any(said in note for note in load_model(recorded(name)[0]).list_notes())


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_masks_beside_states_are_computed(recorded, ending):
    """Without its mask, the decoder answers otherwise."""
    path, _, inputs, y = recorded(f"seq2seq.2.15.0.{ending}")
    assert (inputs[1] == 0).any()
    model = load_model(path)
    [node] = model.calls["lstm_1"]
    del node["kwargs"]["mask"]
    assert np.abs(model.predict(inputs) - y).max() > 1e-3


# -- Where things are


def test_names_of_windows_are_groups(recorded, tmp_path):
    name = "time_major.2.14.0.keras"
    path, _, [x], y = recorded(name)
    copy = tmp_path / "windows.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for member in old.namelist():
            if member != "model.weights.h5":
                new.writestr(member, old.read(member))
        with old.open("model.weights.h5") as held, h5py.File(held) as source:
            with h5py.File(tmp_path / "w.h5", "w") as target:

                def write(name, thing):
                    if isinstance(thing, h5py.Dataset):
                        *groups, number = name.split("/")
                        name = "\\".join(groups[:-1]) + f"/vars/{number}"
                        target[name] = thing[()]

                source.visititems(write)
        new.write(tmp_path / "w.h5", "model.weights.h5")
    np.testing.assert_allclose(load_model(copy).predict(x), y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"chunks": (2, 1)},
        {"chunks": (2, 4), "compression": "gzip"},
        {"chunks": (3, 5), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (1, 3), "fletcher32": True, "maxshape": (None, None)},
        {"chunks": (7, 9), "maxshape": (None, None), "shuffle": True},
    ],
)
def test_weights_may_be_packed_in_chunks(options, recorded, tmp_path):
    """Of three rows and six columns."""

    def pack(file):
        kernel = file[KERNEL][()]
        del file[KERNEL]
        file.create_dataset(KERNEL, data=kernel, **options)

    path, _, [x], y = recorded("gru.2.12.0.h5")
    packed = changed(path, tmp_path / "packed.h5", pack)
    np.testing.assert_allclose(load_model(packed).predict(x), y, rtol=1e-5, atol=1e-5)


def test_a_chunk_without_its_checksum_is_damaged(recorded, tmp_path):
    kernel = np.random.default_rng(9).normal(size=(3, 6)).astype("float32")

    def pack(file):
        del file[KERNEL]
        file.create_dataset(KERNEL, data=kernel, chunks=(3, 6), fletcher32=True)

    path = changed(recorded("gru.2.12.0.h5")[0], tmp_path / "packed.h5", pack)
    load_model(path)
    path.write_bytes(path.read_bytes().replace(kernel.tobytes(), bytes(72)))
    with pytest.raises(CannotRun, match="does not have its checksum"):
        load_model(path)


@pytest.mark.parametrize("ending", ["keras", "h5", "json"])
def test_an_ending_does_not_decide_what_a_file_is(recorded, ending, tmp_path):
    path, _, [x], y = recorded("gru.2.12.0.h5")
    copy = tmp_path / f"model.{ending}"
    copy.write_bytes(path.read_bytes())
    np.testing.assert_allclose(load_model(copy).predict(x), y, rtol=1e-5, atol=1e-5)


def test_names_of_layers_may_stand_in_pieces(recorded, tmp_path):
    path, _, [x], y = recorded("nested.2.12.0.h5")
    copy = tmp_path / "model.h5"
    copy.write_bytes(path.read_bytes())
    with h5py.File(copy, "r+") as file:
        for group in (file["model_weights"], file["model_weights/inner"]):
            key = "layer_names" if "layer_names" in group.attrs else "weight_names"
            names = group.attrs[key]
            del group.attrs[key]
            group.attrs[f"{key}0"], group.attrs[f"{key}1"] = names[:1], names[1:]
    np.testing.assert_allclose(load_model(copy).predict(x), y, rtol=1e-5, atol=1e-5)


def test_json_may_be_a_text_in_json(recorded, tmp_path):
    path, weights, [x], y = recorded("apart.2.12.0.json")
    copy = tmp_path / "model.json"
    copy.write_text(json.dumps(path.read_text()))
    model = load_model(copy, weights=weights)
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-5, atol=1e-5)


def test_weights_take_the_place_of_those_of_a_file(recorded, tmp_path):
    _, weights, [x], y = recorded("apart.2.12.0.json")
    model = load_model(recorded("nested.2.13.1.keras")[0], weights=weights)
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "name, said",
    [
        ("apart.2.12.0.json", "weights of more layers than it has: dense"),
        ("apart.2.15.0.json", "the weights are of layers inner, dense"),
    ],
)
def test_weights_of_another_model_are_refused(name, said, recorded):
    weights = recorded(name)[1]
    with pytest.raises(CannotRun, match=said):
        load_model(recorded("gru.2.12.0.h5")[0], weights=weights)


# -- What Keras 3 wrote


def functional(x):
    shared = layers.Dense(3, activation="hard_sigmoid", name="shared")
    inner = keras.Sequential(
        [keras.Input((3,)), layers.Dense(2, trainable=False), layers.Dense(3)],
        name="inner",
    )
    y = shared(inner(shared(x)))
    return keras.Model(x, y * 2.0 + y[:, :3])


def sequence(x):
    y = layers.Bidirectional(layers.GRU(2, return_sequences=True))(x)
    y = layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)])(y)
    return keras.Model(x, layers.BatchNormalization()(y))


def in_a_row(x):
    wrapped = layers.TimeDistributed(layers.Dense(2))
    return keras.Sequential([x, wrapped, layers.LayerNormalization()])


@pytest.mark.parametrize(
    "make, shape", [(functional, (3,)), (sequence, (4, 3)), (in_a_row, (4, 3))]
)
def test_h5_of_keras_3(make, shape, tmp_path):
    rng = np.random.default_rng(5)
    model = make(keras.Input(shape))
    draw_weights(model, rng)
    x = rng.normal(size=(2, *shape)).astype("float32")
    y = model.predict_on_batch(x)
    model.save(tmp_path / "model.h5")
    model.save_weights(tmp_path / "model.weights.h5")
    (tmp_path / "model.json").write_text(model.to_json())
    apart = load_model(tmp_path / "model.json", weights=tmp_path / "model.weights.h5")
    for loaded in (load_model(tmp_path / "model.h5"), apart):
        np.testing.assert_allclose(loaded.predict(x), y, rtol=1e-5, atol=1e-5)
        assert loaded.list_notes() == []


# -- What Keras 1 and 2.0 wrote, as their source code tells


CONV_OF_KERAS_1 = {
    "name": "conv",
    "batch_input_shape": [None, 2, 5, 5],
    "nb_filter": 3,
    "nb_row": 3,
    "nb_col": 2,
    "border_mode": "valid",
    "subsample": [1, 1],
    "dim_ordering": "th",
    "bias": True,
    "activation": "relu",
    "init": "glorot_uniform",
    "W_regularizer": None,
    "input_dtype": "float32",
    "trainable": True,
}


@pytest.mark.parametrize("ending, is_flipped", [("", True), (":0", False)])
def test_kernels_of_keras_1_and_theano(ending, is_flipped, tmp_path):
    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(3, 2, 3, 2)).astype("float32")  # filters first
    bias = rng.normal(size=3).astype("float32")
    arrays = {f"conv_W{ending}": kernel, f"conv_b{ending}": bias}
    pool = {"name": "p", "pool_size": [2, 2], "strides": [2, 2], "dim_ordering": "th"}
    of_pool = ("MaxPooling2D", {**pool, "border_mode": "valid"})
    of_drop = ("Dropout", {"name": "drop", "p": 0.5})
    path = write_old(
        tmp_path / "one.h5",
        [("Convolution2D", CONV_OF_KERAS_1), of_pool, of_drop],
        {"conv": arrays, "p": {}, "drop": {}},
    )
    x = rng.normal(size=(2, 2, 5, 5)).astype("float32")
    turned = kernel.transpose(2, 3, 1, 0)
    turned = turned[::-1, ::-1] if is_flipped else turned
    y = conv2d(x.transpose(0, 2, 3, 1), turned, bias, activation="relu")
    y = y[:, :2, :4].reshape(2, 1, 2, 2, 2, 3).max((2, 4)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(load_model(path).predict(x), y, rtol=1e-5, atol=1e-5)


def of_gates(rng, order):
    """Return kernels and biases as Keras 1 had them, three of each gate in an order; and
    as today's layer has them."""
    one = [
        [rng.normal(size=shape).astype("float32") for shape in ((3, 2), (2, 2), (2,))]
        for _ in order
    ]
    joined = [np.concatenate([gate[n] for gate in one], -1) for n in range(3)]
    arrays = [array for place in order for array in one[place]]
    return {f"r_{n}:0": array for n, array in enumerate(arrays)}, joined


@pytest.mark.parametrize("kind, order", [("LSTM", (0, 2, 1, 3)), ("GRU", (0, 1, 2))])
def test_gates_of_keras_1(kind, order, tmp_path):
    rng = np.random.default_rng(2)
    arrays, today = of_gates(rng, order)
    config = {
        "name": "r",
        "batch_input_shape": [None, 4, 3],
        "output_dim": 2,
        "input_dim": 3,
        "activation": "tanh",
        "inner_activation": "sigmoid",
        "consume_less": "cpu",
        "dropout_W": 0.0,
        "return_sequences": False,
        "stateful": False,
        "go_backwards": False,
        "unroll": False,
    }
    path = write_old(tmp_path / "one.h5", [(kind, config)], {"r": arrays})
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    options = {"reset_after": False} if kind == "GRU" else {}
    y = (gru if kind == "GRU" else lstm)(x, *today, **options)
    np.testing.assert_allclose(load_model(path).predict(x), y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_weights_of_cudnn(kind, tmp_path):
    """Its kernels are those of a layer of today transposed, gate by gate; its biases stand
    in a row, and are added."""
    rng = np.random.default_rng(3)
    gates = {"LSTM": 4, "GRU": 3}[kind]
    kernels = rng.normal(size=(gates, 2, 3)).astype("float32")  # (gate, units, inputs)
    recurrent = rng.normal(size=(gates, 2, 2)).astype("float32")
    bias = rng.normal(size=2 * gates * 2).astype("float32")
    arrays = {
        "r/kernel:0": np.concatenate([k.reshape(3, 2) for k in kernels], 1),
        "r/recurrent_kernel:0": np.concatenate(list(recurrent), 1),
        "r/bias:0": bias,
    }
    config = {"name": "r", "batch_input_shape": [None, 4, 3], "units": 2}
    path = write_old(
        tmp_path / "old.h5", [(f"CuDNN{kind}", config)], {"r": arrays}, "2.2.4"
    )
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    today = [
        np.concatenate([k.T for k in kernels], 1),
        np.concatenate([r.T for r in recurrent], 1),
        bias.reshape(2, -1) if kind == "GRU" else bias.reshape(2, -1).sum(0),
    ]
    y = (gru if kind == "GRU" else lstm)(x, *today)
    np.testing.assert_allclose(load_model(path).predict(x), y, rtol=1e-5, atol=1e-5)


def test_a_gru_without_reset_after_had_none(tmp_path):
    rng = np.random.default_rng(4)
    shapes = {"r/kernel:0": (3, 6), "r/recurrent_kernel:0": (2, 6), "r/bias:0": (6,)}
    arrays = {n: rng.normal(size=s).astype("float32") for n, s in shapes.items()}
    config = {"name": "r", "batch_input_shape": [None, 4, 3], "units": 2}
    config |= {"recurrent_activation": "sigmoid", "implementation": 1}
    path = write_old(tmp_path / "old.h5", [("GRU", config)], {"r": arrays}, "2.1.5")
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    y = gru(x, *arrays.values(), reset_after=False)
    model = load_model(path)
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-5, atol=1e-5)
    assert any("no reset_after" in said for said in model.list_notes())


def test_the_dtype_of_an_embedding_was_that_of_its_input(tmp_path):
    vectors = np.random.default_rng(5).normal(size=(6, 2)).astype("float32")
    config = {"name": "e", "batch_input_shape": [None, 3], "dtype": "int32"}
    config |= {"input_dim": 6, "output_dim": 2, "input_length": 3, "mask_zero": False}
    path = write_old(
        tmp_path / "old.h5", [("Embedding", config)], {"e": {"e/w:0": vectors}}, "2.0.2"
    )
    x = np.array([[0, 5, 2]])
    np.testing.assert_array_equal(load_model(path).predict(x), vectors[x])


# -- What cannot be read


@pytest.mark.parametrize(
    "config, said",
    [
        ({"time_major": True}, "time_major must be False"),
        ({"ragged": True}, "ragged must be False"),
        ({"wobble": 1}, "'wobble', which is not known here"),
    ],
)
def test_what_is_not_known_is_refused(config, said, tmp_path):
    rng = np.random.default_rng(4)
    shapes = {"r/kernel:0": (3, 8), "r/recurrent_kernel:0": (2, 8), "r/bias:0": (8,)}
    arrays = {n: rng.normal(size=s).astype("float32") for n, s in shapes.items()}
    held = {"name": "r", "batch_input_shape": [None, 4, 3], "units": 2, **config}
    path = write_old(tmp_path / "old.h5", [("LSTM", held)], {"r": arrays}, "2.1.5")
    with pytest.raises(CannotRun, match=said):
        load_model(path)


def test_what_keras_no_longer_has_is_refused(tmp_path):
    held = {"name": "local", "batch_input_shape": [None, 4, 3], "filters": 2}
    path = write_old(tmp_path / "old.h5", [("LocallyConnected1D", held)], {}, "2.1.5")
    with pytest.raises(CannotRun, match="local .*: Keras 3 has no such layer"):
        load_model(path)
    own = {"LocallyConnected1D": lambda x, *, filters: x[..., :filters] * 2}
    x = np.arange(24.0).reshape(2, 4, 3)
    y = load_model(path, layers=own).predict(x)
    np.testing.assert_array_equal(y, 2 * x[..., :2])


def test_what_resized_images_then_is_refused(tmp_path):
    held = {"name": "crop", "batch_input_shape": [None, 8, 8, 3], "height": 4}
    path = write_old(
        tmp_path / "old.h5", [("RandomCrop", held | {"width": 4})], {}, "2.15.0"
    )
    said = r"crop \(RandomCrop\): before Keras 3 it resized images in predict"
    with pytest.raises(CannotRun, match=said):
        load_model(path)


def test_the_vector_of_a_spectral_normalization_comes_last(tmp_path):
    rng = np.random.default_rng(11)
    shapes = {"s/kernel:0": (3, 2), "s/bias:0": (2,), "s/sn_u:0": (1, 2)}
    arrays = {n: rng.normal(size=s).astype("float32") for n, s in shapes.items()}
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 2}}
    held = {"name": "s", "batch_input_shape": [None, 3], "layer": dense}
    layer = ("SpectralNormalization", held | {"power_iterations": 1})
    path = write_old(tmp_path / "old.h5", [layer], {"s": arrays}, "2.15.0")
    x = rng.normal(size=(2, 3)).astype("float32")
    kernel, bias, _ = arrays.values()
    y = load_model(path).predict(x)
    np.testing.assert_allclose(y, x @ kernel + bias, rtol=1e-5, atol=1e-5)


def test_a_saved_model_and_a_checkpoint_tell_what_to_do(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    (tmp_path / "model.ckpt.index").touch()
    for path in (tmp_path, tmp_path / "model.ckpt.index"):
        with pytest.raises(CannotRun, match=r'then model.save\("model.h5"\)'):
            load_model(path)


# -- Commands


def test_show_tells_which_keras_wrote_a_file_and_what_differs(command, recorded):
    code, said, _ = command("show", recorded("seq2seq.2.15.0.h5")[0])
    lines = said.splitlines()
    assert code == 0 and "written by Keras 2.15.0 (tensorflow)" in lines
    assert any("mask beside initial states" in line for line in lines)
    code, said, _ = command("show", recorded("gru.tf_keras.keras")[0])
    assert code == 0 and "written by Keras 2.18.0" in said


def test_commands_take_weights_of_their_own(command, recorded, tmp_path):
    path, weights, [x], y = recorded("apart.2.15.0.json")
    np.save(tmp_path / "x.npy", x)
    given = [path, "--weights", weights]
    assert command("show", *given)[0] == 0
    given += ["--input", tmp_path / "x.npy"]
    code, *_ = command("run", *given, "--output", tmp_path / "y.npy")
    answer = np.load(tmp_path / "y.npy")
    np.testing.assert_allclose(answer, y, rtol=1e-5, atol=1e-5)
    golden = tmp_path / "golden.npz"
    assert (code, command("dump", *given, "--output", golden)[0]) == (0, 0)
    np.savez(tmp_path / "port.npz", dense=y)
    code, said, _ = command("compare", path, tmp_path / "port.npz", *given[1:])
    assert (code, said.splitlines()[-1]) == (0, "no layer differs")


def test_an_old_file_is_compared_with_a_newer_one(command, recorded, tmp_path):
    old, _, [x], _ = recorded("nested.2.12.0.h5")
    np.save(tmp_path / "x.npy", x)
    port = recorded("nested.2.13.1.keras")[0]
    code, said, _ = command("compare", old, port, "--input", tmp_path / "x.npy")
    assert (code, said.splitlines()[-1]) == (0, "no layer differs")


# -- Converted to Keras 3


@pytest.mark.drawn
@pytest.mark.parametrize("name", FILES)
def test_keras_3_loads_what_is_converted(name, recorded, tmp_path):
    path, weights, inputs, y = recorded(name)
    convert(path, tmp_path / "new.keras", weights)
    new = keras.models.load_model(tmp_path / "new.keras")
    given = inputs if len(inputs) > 1 else inputs[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as of a list where one input stands alone
        answer = np.array(new(given))
    np.testing.assert_allclose(answer, y, rtol=1e-5, atol=1e-5)
    old = load_model(path, weights=weights)
    of_layers = {layer.name: layer for layer in old.layers}
    for layer in new.layers:
        if layer.name in of_layers:
            is_trained = of_layers[layer.name].config.get("trainable", True)
            assert layer.trainable == is_trained
    found = {layer.name for layer in getattr(new, "operations", new.layers)}
    missing = of_layers.keys() - found  # of a Sequential, Keras hides the input
    assert {of_layers[name].kind for name in missing} <= {"InputLayer"}


OF_HARD_SIGMOID = {
    "dense": layers.Dense(3, activation="hard_sigmoid", use_bias=False),
    "separable": layers.SeparableConv1D(3, 2, activation="hard_sigmoid"),
    "gru": layers.GRU(3, recurrent_activation="hard_sigmoid"),
    "before": layers.GRU(3, recurrent_activation="hard_sigmoid", reset_after=False),
    "both ways": layers.Bidirectional(
        layers.LSTM(3, recurrent_activation="hard_sigmoid")
    ),
    "cells": layers.RNN(
        [layers.LSTMCell(2, recurrent_activation="hard_sigmoid"), layers.GRUCell(3)]
    ),
    "steps": layers.TimeDistributed(layers.Dense(2, activation="hard_sigmoid")),
    "nested": keras.Sequential(
        [keras.Input((4, 3)), layers.SimpleRNN(3, activation="hard_sigmoid")]
    ),
    "alone": layers.Activation("hard_sigmoid"),
}


def saved_by_keras_2(layer, path):
    """Write a file of one layer as Keras 2.15 did; return its old outputs of numbers."""
    rng = np.random.default_rng(6)
    model = keras.Sequential([keras.Input((4, 3)), layer])
    for variable in model.weights:  # all, as those that Keras draws differ each time
        variable.assign(rng.normal(0.2, 0.5, size=variable.shape))
    model.save(path)
    old = path.with_suffix(".old.keras")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(old, "w") as target:
        for name in source.namelist():
            told = json.dumps({"keras_version": "2.15.0"})
            data = told if name == "metadata.json" else source.read(name)
            target.writestr(name, data)
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    return old, x, load_model(old).predict(x), model.predict_on_batch(x)


@pytest.mark.drawn
@pytest.mark.parametrize("name", OF_HARD_SIGMOID)
def test_a_converted_hard_sigmoid_has_its_old_slope(name, tmp_path):
    path = tmp_path / "model.keras"
    old, x, expected, otherwise = saved_by_keras_2(OF_HARD_SIGMOID[name], path)
    assert np.abs(otherwise - expected).max() > 1e-3
    convert(old, tmp_path / "new.keras")
    new = keras.models.load_model(tmp_path / "new.keras")
    answer = new.predict_on_batch(x)
    np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)


def test_what_keras_3_cannot_say_is_refused(tmp_path):
    layer = layers.LSTM(3, activation="hard_sigmoid", name="outer")
    old, *_ = saved_by_keras_2(layer, tmp_path / "model.keras")
    with pytest.raises(CannotRun, match=r"outer \(LSTM\): Keras 3 has no hard_sigmoid"):
        convert(old, tmp_path / "new.keras")
    assert not (tmp_path / "new.keras").exists()


def test_what_predicts_otherwise_is_not_written(recorded, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_by_hand.models.legacy.hard_sigmoid.SLOPES", 1.1)
    with pytest.raises(CannotRun, match="what was written predicts otherwise"):
        convert(recorded("hard_sigmoid.2.15.0.h5")[0], tmp_path / "new.keras")
    assert not (tmp_path / "new.keras").exists()


def test_a_model_that_predicts_no_numbers_is_converted(tmp_path):
    config = {"name": "d", "units": 2, "batch_input_shape": [None, 3]}
    arrays = {"d/kernel:0": np.full((3, 2), np.nan), "d/bias:0": np.zeros(2)}
    path = write_old(tmp_path / "old.h5", [("Dense", config)], {"d": arrays}, "2.4.0")
    convert(path, tmp_path / "new.keras")
    assert np.all(np.isnan(load_model(tmp_path / "new.keras").predict(np.ones((1, 3)))))


SLOPE = {"class_name": "__numpy__", "config": {"value": 0.5, "dtype": "float32"}}
OF_ONE_LAYER = {  # with keys, or values, that Keras 3 refuses
    "ReLU": {"negative_slope": SLOPE, "threshold": 0.0, "max_value": None},
    "Discretization": {"bin_boundaries": [0.0, 1.0], "trainable": True},
    "SpatialDropout1D": {"rate": 0.5, "noise_shape": None, "trainable": True},
    "SeparableConv1D": {"filters": 2, "kernel_size": [2], "kernel_regularizer": None},
}


@pytest.mark.drawn
@pytest.mark.parametrize("kind", OF_ONE_LAYER)
def test_what_keras_3_refuses_is_left_out(kind, tmp_path):
    rng = np.random.default_rng(12)
    held = {"name": "a/b", "batch_input_shape": [None, 4, 3], **OF_ONE_LAYER[kind]}
    arrays = {}
    if kind == "SeparableConv1D":
        shapes = {"k:0": (2, 3, 1), "p:0": (1, 3, 2), "b:0": (2,)}
        arrays = {n: rng.normal(size=s).astype("float32") for n, s in shapes.items()}
    path = write_old(tmp_path / "old.h5", [(kind, held)], {"a/b": arrays}, "2.15.0")
    notes = convert(path, tmp_path / "new.keras")
    assert "layer a/b: Keras 3 allows no / in a name, so it is a_b" in notes
    new = keras.models.load_model(tmp_path / "new.keras")
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    y = load_model(path).predict(x)
    np.testing.assert_allclose(new(x), y, rtol=1e-5, atol=1e-5)
    assert [layer.name for layer in new.layers] == ["a_b"]


def test_names_with_a_slash_are_others_in_calls_too(tmp_path):
    x = keras.Input((3,), name="x")
    first = layers.Dense(3, name="one")
    y = layers.Dense(2, name="two")(first(first(x)))
    model = keras.Model(x, y)
    model.save(tmp_path / "plain.h5")
    with h5py.File(tmp_path / "plain.h5", "r+") as file:
        text = file.attrs["model_config"].replace('"one"', '"a/one"')
        file.attrs["model_config"] = text.replace('"two"', '"a/two"')
        group = file["model_weights"]
        group.attrs["layer_names"] = ["x", "a/one", "a/two"]
        for name in ("one", "two"):
            group.move(name, f"a/{name}")
    convert(tmp_path / "plain.h5", tmp_path / "new.keras")
    new = keras.models.load_model(tmp_path / "new.keras")
    assert [layer.name for layer in new.layers] == ["x", "a_one", "a_two"]
    z = np.float32([[1, 2, 3]])
    expected = model(z)
    np.testing.assert_allclose(new(z), expected, rtol=1e-5)


def test_the_command_converts(command, recorded, tmp_path):
    old, new = recorded("gru.2.12.0.h5")[0], tmp_path / "new.keras"
    code, said, _ = command("convert", old, new)
    assert code == 0 and said.splitlines()[-1].startswith(f"{new}: predicts the same")
    assert command("convert", old, new)[0] == 1  # it is there already
    np.save(tmp_path / "x.npy", recorded("gru.2.12.0.h5")[2][0])
    again = command("convert", old, new, "--force", "--input", tmp_path / "x.npy")
    assert again[0] == 0


# -- Untrusted


def mutant(data, rng):
    """Return bytes of a file of which some are others."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 2, 16])):
        place = rng.integers(len(data))
        if rng.random() < 0.5:
            data[place] ^= 1 << rng.integers(8)
        else:
            data[place : place + 8] = rng.choice([b"\xff" * 8, b"\0" * 8])
    return bytes(data)


@pytest.mark.whole
def test_mutants_of_an_old_file_give_a_result_or_one_line(
    recorded, tmp_path, monkeypatch
):
    monkeypatch.setattr("keras_by_hand.models.hdf5.PATIENCE_WITH_ATTRIBUTES", 3)
    path, _, [x], _ = recorded("gru.2.12.0.h5")
    data, rng, ends = path.read_bytes(), np.random.default_rng(8), {True: 0, False: 0}
    for _ in range(30):
        copy = tmp_path / "mutant.h5"
        copy.write_bytes(mutant(data, rng))
        try:
            load_model(copy).predict(x)
        except CannotRun as error:
            assert len(str(error).splitlines()) == 1
            ends[False] += 1
        else:
            ends[True] += 1
    assert min(ends.values()) > 1, ends


@pytest.mark.parametrize(
    "code, said",
    [
        ("import time; time.sleep(60)", "cannot be read in 1 seconds"),
        ("import os; os.kill(os.getpid(), 11)", "libhdf5 ended with -11"),
    ],
)
def test_neither_a_hang_nor_a_crash_reaches_the_user(code, said, recorded, monkeypatch):
    monkeypatch.setattr("keras_by_hand.models.hdf5.ATTRIBUTES", code)
    monkeypatch.setattr("keras_by_hand.models.hdf5.PATIENCE_WITH_ATTRIBUTES", 1)
    with pytest.raises(CannotRun, match=said):
        load_model(recorded("gru.2.12.0.h5")[0])


def changed(path, copy, change):
    """Write an old file again, with its open HDF5 file changed."""
    copy.write_bytes(path.read_bytes())
    with h5py.File(copy, "r+") as file:
        change(file)
    return copy


KERNEL = "model_weights/gru/gru/gru_cell/kernel:0"


def soft(file):
    del file[KERNEL]
    file[KERNEL] = h5py.SoftLink("/model_weights/gru/gru/gru_cell/bias:0")


def external(file):
    del file["model_weights"]
    file["model_weights"] = h5py.ExternalLink("/etc/hostname", "/")


def compressed(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (2000, 2000), "f4", compression="gzip")


def missing(file):
    del file[KERNEL]


def above(file):
    group = file["model_weights/gru"]
    group.attrs["weight_names"] = [b"../../model_weights/gru/gru/gru_cell/kernel:0"]


def deep(file):
    file.attrs["model_config"] = '{"class_name": "Sequential", "config": ' + "[" * 3000


def many_names(file):
    names = file["model_weights/gru"]
    del names.attrs["weight_names"]
    for number in range(40):
        names.attrs[f"weight_names{number}"] = [b"x" * 500] * 100


@pytest.mark.parametrize(
    "change, said",
    [
        (soft, "link to another place"),
        (external, "is damaged|link to another place"),
        (compressed, "their numbers are not in the file"),
        (missing, "are not in the file"),
        (above, "are not in the file"),
        (deep, "is damaged"),
        (many_names, "are not in the file"),
    ],
)
def test_hostile_h5_files_are_refused(change, said, recorded, tmp_path):
    path = changed(recorded("gru.2.12.0.h5")[0], tmp_path / "bad.h5", change)
    with pytest.raises(CannotRun, match=said) as refused:
        load_model(path)
    assert len(str(refused.value).splitlines()) == 1


def no_dtype(config):
    config["config"]["layers"][1]["config"]["dtype"] = 5


def three_sizes(config):
    config["config"]["layers"][1]["config"]["kernel_size"] = [3, 3, 3]


@pytest.mark.parametrize(
    "change, said",
    [
        (no_dtype, "config.json does not tell of a model: TypeError"),
        (three_sizes, "kernel_size is [3, 3, 3], but a weight has"),
    ],
)
@pytest.mark.parametrize("name", ["show", "run"])
def test_every_command_refuses_a_config_that_tells_of_no_model(
    name, change, said, command, recorded, tmp_path
):
    def write(file):
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)

    path = changed(recorded("depthwise.2.13.1.h5")[0], tmp_path / "bad.h5", write)
    code, shown, errors = command(name, path)
    assert code == 1 and said in shown + errors
    assert len(errors.splitlines()) <= 1 and "defect" not in errors
