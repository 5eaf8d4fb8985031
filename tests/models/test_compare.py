"""Find where a port goes wrong: exactly the layers that do, in ports of all kinds."""

import functools
import json
import subprocess
import sys

import keras
import numpy as np
import ports
import pytest
from keras import layers
from project import join_by_hand

from keras_by_hand import compare, conv2d, load_model, softmax
from keras_by_hand.comparing import comparison
from keras_by_hand.comparing.comparison import make_rows
from keras_by_hand.comparing.feeding import feed
from keras_by_hand.comparing.matching import Matching
from keras_by_hand.comparing.port import Port
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.registry import LAYERS

SMALL = ("cnn", "unet", "tagger", "gru", "transformer")
pytestmark = pytest.mark.filterwarnings(  # of TensorFlow's interpreter of .tflite
    "ignore:.*(tf.lite.Interpreter is deprecated|preserve_all_tensors)",
    "ignore:In the future `np.object`",  # of Keras, when it writes .onnx
)


@functools.cache
def make(name):
    """Return a model, its input, and the faults that it can have."""
    model, x = ports.MODELS[name]()
    return model, x, ports.list_faults(model)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A function that saves a model once; it returns what make does, and the path."""
    folder = tmp_path_factory.mktemp("saved")

    def save(name):
        model, x, faults = make(name)
        path = folder / f"{name}.keras"
        if not path.exists():
            model.save(path)
        return model, x, faults, path

    return save


def layers_of(faults):
    return sorted({layer for _, layer in faults})


# -- What each layer makes


@pytest.mark.drawn
@pytest.mark.parametrize("name", [*SMALL, "mobilenet"])
def test_in_the_model_itself_no_layer_differs(saved, name):
    model, x, _, path = saved(name)
    for port in (path, model, ports.record(model, x)):
        found = compare(path, port, x)
        assert (found.faulty, found.unmatched) == ([], [])
        assert max(row.own for row in found.rows if row.tensor) < 2e-6
        assert str(found).splitlines()[-1] == "no layer differs"


@pytest.mark.drawn
@pytest.mark.parametrize("name", [*SMALL, "mobilenet"])
def test_each_faulty_layer_is_named_and_no_other(saved, name):
    """All faults, also in other models: make test-models."""
    model, x, faults, path = saved(name)
    for few in [*zip(ports.one_of_each(faults)), ports.two_at_a_time(faults)[-1]]:
        broken = ports.break_port(model, few)
        found = compare(path, ports.record(broken, x), x)
        assert sorted(found.faulty) == layers_of(few), few


def test_two_files_of_keras_and_keras_itself(saved, tmp_path):
    model, x, _, path = saved("unet")
    few = [("kernel transposed", "down_2_conv_2"), ("bias dropped", "up_1_conv_1")]
    broken = ports.break_port(model, few)
    broken.save(tmp_path / "broken.keras")
    for port in (tmp_path / "broken.keras", broken):
        assert sorted(compare(path, port, x).faulty) == layers_of(few)
    assert compare(tmp_path / "broken.keras", "keras", x).faulty == []


def test_a_quantized_model_of_keras_is_compared_and_left_as_it_was(tmp_path):
    model = keras.Sequential([keras.Input((5,)), layers.Dense(4), layers.Dense(3)])
    for layer in model.layers:
        layer.quantize("int8")
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(2, 5)).astype("float32")
    found = compare(tmp_path / "model.keras", model, x)
    assert found.faulty == [] and all(row.tensor for row in found.rows)
    assert not {"call", "quantized_call"} & {*vars(model.layers[0])}
    bias = model.layers[
        1
    ].bias  # its weights are whole in both: no allowance for rounding
    bias.assign(bias + 0.01 * np.max(np.abs(model.predict(x, verbose=0))))
    assert compare(tmp_path / "model.keras", model, x).faulty == [model.layers[1].name]


def test_what_is_quantized_in_the_port_alone_may_be_off_by_that(tmp_path):
    model = keras.Sequential([keras.Input((50,)), layers.Dense(40), layers.Dense(30)])
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    model.layers[1].quantize("int8")
    x = np.random.default_rng(313).normal(size=(8, 50)).astype("float32")
    found = compare(tmp_path / "model.keras", model, x)
    assert found.faulty == [] and "weights in int8: 3e-02 allowed" in str(found)
    assert found.rows[0].own < 1e-5 < found.rows[1].own


def test_axes_of_equal_length_are_not_swapped_to_agree(tmp_path, monkeypatch):
    model = keras.Sequential([keras.Input((4, 4)), layers.Permute((2, 1), name="turn")])
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(5, 4, 4)).astype("float32")
    assert compare(tmp_path / "model.keras", model, x).faulty == []
    function, kind = LAYERS["Permute"]

    @functools.wraps(function)
    def wrong(x, **options):
        return x

    monkeypatch.setitem(LAYERS, "Permute", (wrong, kind))
    assert compare(tmp_path / "model.keras", model, x).faulty == ["turn"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_what_16_bits_hold_agrees(tmp_path, dtype):
    keras.utils.set_random_seed(313)
    lstm = layers.LSTM(16, dtype=f"mixed_{dtype}")
    dense = layers.Dense(3, dtype=f"mixed_{dtype}", name="dense")
    model = keras.Sequential([keras.Input((100, 4)), lstm, dense])
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(5, 100, 4)).astype("float32")
    found = compare(tmp_path / "model.keras", model, x, dtype="float64")
    assert found.faulty == []
    assert max(row.own for row in found.rows) > 1e-4  # as it is not float32
    kernel, bias = dense.get_weights()
    dense.set_weights([1.2 * kernel, bias])
    assert compare(tmp_path / "model.keras", model, x).faulty == ["dense"]


def test_whole_numbers_are_equal_or_differ(tmp_path):
    vocabulary = list(range(0, 200_000, 2))
    words = keras.Input((3,), dtype="int64")
    lookup = layers.IntegerLookup(vocabulary=vocabulary, name="lookup")
    keras.Model(words, lookup(words)).save(tmp_path / "model.keras")
    x = np.array([[0, 1, 199_998]])
    expected = compare(tmp_path / "model.keras", "keras", x).port.arrays["lookup"]
    for port, faulty in ((expected, []), (expected + [[0, 0, 1]], ["lookup"])):
        found = compare(tmp_path / "model.keras", {"lookup": port}, x, tolerance=1e-4)
        assert found.faulty == faulty


def test_two_files_are_both_computed_in_the_dtype(saved):
    _, x, _, path = saved("gru")
    found = compare(path, path, x, dtype="float64")
    assert found.port.arrays["dense"].dtype == "float64"
    assert max(row.arrived for row in found.rows if row.tensor) == 0


def test_a_model_that_is_loaded_is_compared_as_its_file_is(saved):
    model, x, faults, path = saved("gru")
    broken = ports.break_port(model, few := ports.two_at_a_time(faults)[-1])
    loaded = load_model(path)
    for port in (ports.record(broken, x), broken):
        found = compare(loaded, port, x)
        assert sorted(found.faulty) == layers_of(few)
        assert found.rows == compare(model=path, port=port, inputs=x).rows
    assert compare(path, loaded, x).faulty == []
    with pytest.raises(CannotRun, match='"keras" goes with the path of a model'):
        compare(loaded, "keras", x)
    with pytest.raises(ValueError, match="^compare: dtype must be None for a model"):
        compare(loaded, path, x, dtype="float64")


NUMBER = "tolerance must be a finite number of at least 0"
ODD = [
    ({"model": None}, "compare: model must be the path of a .keras file, or what"),
    ({"model": make}, "compare: model must be the path of a .keras file, or what"),
    ({"port": None}, "compare: port must be the path of a file, a model"),
    ({"port": {3: np.ones(2)}}, "compare: port must have arrays without masks"),
    ({"port": {"d": np.ma.ones(2)}}, "compare: port must have arrays without masks"),
    ({"names": ["dense"]}, r"compare: names must be \{layer of the model: name"),
    ({"names": "dense"}, r"compare: names must be \{layer of the model: name"),
    ({"names": {"dense": 3}}, r"compare: names must be \{layer of the model: name"),
    ({"dtype": "float16"}, "compare: dtype must be 'float32', 'float64' or None"),
    *[
        ({"tolerance": value}, f"compare: {NUMBER}, not {value!r}")
        for value in ("1e-5", True, -1, np.inf, np.nan)
    ],
]


@pytest.mark.parametrize("given, message", ODD)
def test_odd_arguments_are_refused_by_name(saved, given, message):
    _, x, _, path = saved("gru")
    with pytest.raises(ValueError, match=f"^{message}"):
        compare(**{"model": path, "port": path, "inputs": x} | given)


@pytest.mark.parametrize("masked", [False, True])
def test_inputs_of_no_samples_and_with_masks_are_refused(saved, masked):
    _, x, _, path = saved("gru")
    x, said = (np.ma.array(x), "has a mask") if masked else (x[:0], "no samples")
    with pytest.raises(CannotRun, match=said):
        compare(path, path, x)
    with pytest.raises(CannotRun, match=said):
        load_model(path).predict(x)


def test_states_are_as_they_were_after_a_comparison(tmp_path):
    inputs = keras.Input(batch_shape=(5, 4, 3))
    model = keras.Model(inputs, layers.LSTM(2, stateful=True)(inputs))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(5, 4, 3)).astype("float32")
    one, other = (load_model(tmp_path / "model.keras") for _ in range(2))
    first, second, third = (one.predict(x) for _ in range(3))
    for y in (first, second):
        np.testing.assert_array_equal(other.predict(x), y)
    assert compare(other, {"lstm": first}, x).faulty == []
    np.testing.assert_array_equal(other.predict(x), third)


def test_states_do_not_go_on_from_one_run_to_the_next(tmp_path):
    inputs = keras.Input(batch_shape=(5, 4, 3))
    model = keras.Model(inputs, layers.LSTM(2, stateful=True)(inputs))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(5, 4, 3)).astype("float32")
    (row,) = compare(tmp_path / "model.keras", "keras", x).rows
    assert row.arrived < 1e-6 and row.own < 1e-6


def test_inputs_by_names_or_as_nested_as_the_models(tmp_path):
    inputs = {
        name: keras.Input((size,), name=name) for name, size in (("b", 2), ("a", 3))
    }
    first = keras.Input((1,), name="first")
    y = layers.Concatenate(name="all")([*inputs.values(), first])
    model = keras.Model([first, inputs], y)
    model.save(tmp_path / "model.keras")
    rng = np.random.default_rng(313)
    x = {name: rng.normal(size=(5, size)) for name, size in (("b", 2), ("a", 3))}
    x = {name: array.astype("float32") for name, array in x.items()}
    begin = np.ones((5, 1), "float32")
    for given in ([begin, x], {"first": begin, **x}):
        (row,) = compare(tmp_path / "model.keras", "keras", given).rows
        assert row.arrived == row.own == 0


# -- Exports


ALWAYS = ("cnn", "tflite"), ("cnn", "onnx")  # what most ports are
EXPORTS = {  # and how many layers they have no tensor for, as these were fused
    ("cnn", "tflite"): 2,
    ("cnn", "int8.tflite"): 2,
    ("cnn", "float16.tflite"): 2,
    ("cnn", "weights8.tflite"): 2,
    ("cnn", "16x8.tflite"): 2,
    ("cnn", "onnx"): 0,
    ("tagger", "tflite"): 0,
    ("transformer", "onnx"): 0,
}


@pytest.mark.parametrize(
    "name, kind",
    [
        pytest.param(*export, marks=[] if export in ALWAYS else pytest.mark.drawn)
        for export in EXPORTS
    ],
)
def test_exports(saved, tmp_path, name, kind):
    """Others, and all faults: make test-models."""
    model, x, faults, path = saved(name)
    found = compare(path, ports.export(model, x, tmp_path, kind), x)
    assert (found.faulty, found.unmatched) == ([], [])
    assert sum(len(row.together) for row in found.rows) == EXPORTS[name, kind]

    few = ports.two_at_a_time(ports.visible(faults, kind))[-1]
    broken = ports.break_port(model, few)
    found = compare(path, ports.export(broken, x, tmp_path, kind), x)
    assert ports.are_named(layers_of(few), found.faulty), (few, found.faulty)


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_a_port_of_so_many_samples_at_a_time(saved, tmp_path, kind):
    model, x, _, path = saved("tagger" if kind == "tflite" else "cnn")
    samples = len(x) if kind == "tflite" else 1
    port = ports.export(model, x, tmp_path, kind, samples=samples)
    found = compare(path, port, np.concatenate([x, x + 1]))
    assert (found.faulty, found.unmatched) == ([], [])
    if kind == "tflite":
        with pytest.raises(CannotRun, match="takes 2 samples at a time, and 3"):
            compare(path, port, np.concatenate([x, x[:1]]))


def test_inputs_are_laid_out_and_named_as_a_port_has_them():
    image, words = np.ones((2, 6, 5, 3)), np.zeros((2, 7))
    nchw = {"a": [None, 3, 6, 5]}
    assert feed("port", nchw, image)["a"].shape == (2, 3, 6, 5)
    shapes = {"w": [None, 7], "i": [1, 6, None, 3]}
    for x in ({"i": image, "w": words}, [words, image], {"x": words, "y": image}):
        arrays = feed("port", shapes, x)
        assert list(arrays) == ["w", "i"] and arrays["i"].shape == image.shape
    with pytest.raises(CannotRun, match="port has 2 inputs, w, i; given are 1"):
        feed("port", shapes, image)
    with pytest.raises(CannotRun, match=r"input w takes shape \(any, 7\), not"):
        feed("port", shapes, [image, words])


# -- Other layouts and names


def small_model():
    keras.utils.set_random_seed(1)
    image = keras.Input((6, 5, 3))
    y = layers.Conv2D(5, 3, name="conv", bias_initializer="normal")(image)
    y = layers.Flatten(name="flat")(y)
    y = layers.Dense(4, activation="relu", name="hidden")(y)
    y = layers.Dense(3, name="last")(y)
    x = np.random.default_rng(1).normal(size=(2, 6, 5, 3)).astype("float32")
    return keras.Model(image, y), x


@pytest.fixture
def small(tmp_path):
    """A small model's path, its input, and what its layers make, with other names and in
    NCHW, as PyTorch's do."""
    model, x = small_model()
    model.save(tmp_path / "small.keras")
    made = ports.record(model, x)
    nchw = made["conv"].transpose(0, 3, 1, 2)
    tensors = {
        "features.0": nchw,
        "flatten": nchw.reshape(2, -1),
        "classifier.0": made["hidden"],
        "classifier.1": made["last"],
    }
    return tmp_path / "small.keras", x, tensors


def test_names_and_layouts_of_others_are_matched_by_value(small):
    path, x, tensors = small
    found = compare(path, tensors, x)
    assert found.faulty == found.unused == []
    assert [row.tensor for row in found.rows] == list(tensors)


@pytest.mark.parametrize("is_channels_first", [False, True])
def test_flat_arrays_are_those_of_a_program_in_c(small, is_channels_first):
    path, x, _ = small
    made = ports.record(small_model()[0], x)
    if is_channels_first:
        made["conv"] = made["conv"].transpose(0, 3, 1, 2)
    arrays = {name: array.ravel() for name, array in made.items()}
    assert compare(path, arrays, x).faulty == []
    arrays["last"] = arrays["last"] + np.float32(0.1)
    assert compare(path, arrays, x).faulty == ["last"]


def test_numbers_that_were_printed_may_be_off_by_their_last_digits(small):
    path, x, _ = small
    made = ports.record(small_model()[0], x)
    arrays = {name: np.round(array, 4) for name, array in made.items()}
    found = compare(path, arrays, x)
    assert found.faulty == []
    assert "numbers with 4 decimals: 2 of the last allowed, on the average" in str(
        found
    )
    assert compare(path, arrays, x, tolerance=1e-6).faulty
    arrays["last"] = np.round(made["last"] * 1.01, 4)
    assert compare(path, arrays, x).faulty == ["last"]


def test_another_number_of_samples_is_said(small):
    path, x, tensors = small
    one = {name: array[:1] for name, array in tensors.items()}
    with pytest.raises(CannotRun, match="arrays of 1 samples, and the inputs have 2"):
        compare(path, one, x)


def test_a_tensor_that_contradicts_itself_stands_for_no_layer(tmp_path):
    """It has the name of the layer, whose output was fused with the next one."""
    inputs = keras.Input((6, 4))
    y = layers.LayerNormalization(name="norm")(inputs)
    y = layers.ReLU(name="relu")(y)
    model = keras.Model(inputs, layers.Dense(3, name="dense")(y))
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(5, 6, 4)).astype("float32")
    made = ports.record(model, x)
    squares = np.square(x - x.mean(axis=-1, keepdims=True))
    port = {"norm_1/moments/Squares": squares, "r": made["relu"], "d": made["dense"]}
    found = compare(tmp_path / "model.keras", port, x)
    assert (found.faulty, found.unmatched) == ([], [])
    assert found.unused == ["norm_1/moments/Squares"]


def test_what_a_later_layer_would_hide_is_not_called_right(tmp_path):
    inputs = keras.Input((4,))
    y = layers.Dense(8, name="hidden")(inputs)
    model = keras.Model(inputs, layers.Dense(3, "softmax", name="last")(y))
    ports.draw_weights(model, np.random.default_rng(313))
    model.layers[-1].kernel.assign(1e-3 * model.layers[-1].kernel)
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(5, 4)).astype("float32")
    y = ports.record(model, x)["last"]
    for step, unmatched in [(0, []), (1 / 256, ["hidden"])]:
        port = Port({"y": y}, steps={"y": step})
        loaded = load_model(tmp_path / "model.keras")
        matching = Matching(loaded, x, port, {}, None)
        rows, unseen, _ = make_rows(matching, matching.find())
        assert unseen == unmatched
        assert rows[-1].together == tuple({"hidden"} - set(unmatched))


@pytest.mark.parametrize("factor, faulty", [(3, ["first"]), (1, ["second"])])
def test_what_is_cut_off_is_excused_behind_a_difference_alone(tmp_path, factor, faulty):
    path, x, _ = hidden(
        tmp_path, layers.Dense(5, name="first"), layers.Dense(4, name="second")
    )
    model = load_model(path)
    first = factor * model.by_name["first"].apply(x)
    second = model.by_name["second"].apply(first)
    end = np.quantile(abs(second), 0.5)
    made = {"first": first, "second": np.clip(second, -end, end)}
    port = Port(made, steps=dict.fromkeys(made, end / 127))
    port.ends = {"second": (-end, end)}
    calls = Matching(model, x, port, {}, None).find()
    assert [call.layer.name for call in calls if not call.agrees] == faulty


@pytest.mark.parametrize(
    "tensor, layer", [("features.0", "conv"), ("classifier.0", "hidden")]
)
def test_a_faulty_layer_is_found_where_no_name_tells(small, tensor, layer):
    path, x, tensors = small
    before, model = tensors[tensor], load_model(path)
    tensors[tensor] = before * 1.01 + 0.02
    y = tensors["features.0"].transpose(0, 2, 3, 1).reshape(2, -1)
    tensors["flatten"] = tensors["features.0"].reshape(2, -1)
    for name, place in (("hidden", "classifier.0"), ("last", "classifier.1")):
        y = tensors[place] = (
            tensors[tensor]
            if place == tensor
            else model.by_name[name].apply(np.float32(y))
        )
    assert compare(path, tensors, x).faulty == [layer]


# -- Ports that apply activations by functions, and record what comes before them


@pytest.fixture(scope="module")
def square(tmp_path_factory):
    """The path of a model of square images, its weights by names, and an input."""
    rng = np.random.default_rng(313)
    same = {"padding": "same", "activation": "relu"}
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, **same, name="conv_1"),
            layers.Conv2D(4, 3, **same, name="conv_2"),
            layers.Conv2D(4, 3, **same, name="conv_3"),
            layers.Flatten(name="flatten"),
            layers.Dense(8, activation="relu", name="hidden"),
            layers.Dense(5, activation="softmax", name="answer"),
        ]
    )
    ports.draw_weights(model, rng)
    path = tmp_path_factory.mktemp("square") / "model.keras"
    model.save(path)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    return path, weights, rng.normal(size=(2, 6, 6, 3)).astype("float32")


NAMES = {
    "as in Keras": lambda name: name,
    "others": lambda name: name.translate(str.maketrans("aeiou", "uoiea")) + ".0",
}


def run_port(weights, x, faults, rename):
    """Return what modules of PyTorch would record: images in NCHW, and nothing of
    activations, which are functions, but for the output."""
    made, y = {}, x
    for name, (kernel, bias) in ((name, w) for name, w in weights.items() if w):
        fault = faults.get(name)
        if fault == "transposed":
            kernel = np.swapaxes(kernel, 0, 1)
        if fault == "bias dropped":
            bias = 0 * bias
        if kernel.ndim == 4:
            y = conv2d(y, kernel, bias, padding="same")
            made[rename(name)] = y.transpose(0, 3, 1, 2)
        else:
            y = made[rename(name)] = y.reshape(len(y), -1) @ kernel + bias
        if fault != "forgotten":
            y = softmax(y) if name == "answer" else np.maximum(y, 0)
    return {**made, "output": y}


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"conv_2": "bias dropped"},
        {"hidden": "forgotten"},
        {"hidden": "bias dropped"},
        {"answer": "bias dropped"},
        {"answer": "forgotten"},
        {"conv_1": "bias dropped", "hidden": "bias dropped"},
    ],
)
def test_a_tensor_may_come_before_the_activation(square, faults, names):
    path, weights, x = square
    found = compare(path, run_port(weights, x, faults, NAMES[names]), x)
    assert (found.faulty, found.unmatched) == (list(faults), [])
    is_before = "equal before its activation" in str(found)
    assert is_before == ("forgotten" in faults.values())


@pytest.mark.parametrize("faulty", [[], ["first"], ["second"]])
def test_so_may_each_where_all_have_the_names_of_layers(tmp_path, faulty):
    rng = np.random.default_rng(313)
    dense = [
        layers.Dense(n, activation="relu", name=name)
        for n, name in ((8, "first"), (8, "second"), (8, "third"), (3, "fourth"))
    ]
    model = keras.Sequential([keras.Input((5,)), *dense, layers.Dense(2, name="last")])
    ports.draw_weights(model, rng)
    model.save(tmp_path / "model.keras")
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = rng.normal(size=(4, 5)).astype("float32")
    faults = dict.fromkeys(faulty, "bias dropped")
    port = run_port(weights, x, faults, NAMES["as in Keras"])
    assert compare(tmp_path / "model.keras", port, x).faulty == faulty


@pytest.mark.parametrize("names", NAMES)
def test_a_transposed_image_does_not_pass_for_a_right_one(square, names):
    path, weights, x = square
    faults = {"conv_1": "transposed", "conv_3": "transposed"}
    port = run_port(weights, x, faults, NAMES[names])
    assert compare(path, port, x).faulty == list(faults)


@pytest.mark.parametrize(
    "fault", [("bias dropped", "conv_1"), ("epsilon changed", "normalization")]
)
def test_a_tensor_of_two_layers_may_have_the_name_of_the_first(saved, fault):
    model, x, _, path = saved("cnn")
    made = ports.record(ports.break_port(model, [fault]), x)
    del made["conv_1"]
    names = {"normalization": "/conv_1/Conv"}
    tensors = {names.get(name, name): array for name, array in made.items()}
    assert compare(path, tensors, x).faulty == ["conv_1+normalization"]


def test_the_name_of_another_layer_does_not_matter_where_values_tell(small):
    path, x, tensors = small
    tensors = {"last": tensors["classifier.0"][:, :3], **tensors}
    assert compare(path, tensors, x).faulty == []


def test_names_can_be_given(small):
    path, x, tensors = small
    tensors = {name: np.zeros_like(array) for name, array in tensors.items()}
    names = {"conv": "features.0", "hidden": "classifier.0", "last": "classifier.1"}
    found = compare(path, tensors, x, names=names)
    tensors = {row.name: row.tensor for row in found.rows}
    assert {name: tensors[name] for name in names} == names
    assert found.faulty == ["conv"]  # of zeros, the others make zeros


def hidden(folder, *stack, shape=(6, 8)):
    """The path of a model of layers, three inputs, and what the layers make, "t0" and so
    on, and that of the last layer by its name."""
    model = keras.Sequential([keras.Input(shape), *stack])
    rng = np.random.default_rng(313)
    ports.draw_weights(model, rng)
    x = rng.normal(size=(3, *shape)).astype("float32")
    model.save(folder / "model.keras")
    *before, last = ports.record(model, x).items()
    port = {f"t{n}": y for n, (_, y) in enumerate(before)}
    return folder / "model.keras", x, port | dict([last])


def test_a_tensor_that_is_equal_at_most_places_stands_for_its_layer(tmp_path):
    path, x, port = hidden(
        tmp_path,
        layers.Dense(5, activation="relu", name="first"),
        layers.Conv1D(4, 2, padding="causal", name="second"),
        layers.Cropping1D((5, 0), name="end"),
        layers.Flatten(name="flat"),
        layers.Dense(2, name="dense"),
    )
    assert compare(path, port, x).faulty == []
    port["t0"] = port["t0"].copy()
    port["t0"][:, :2] *= 2  # which no tensor behind shows: these steps are cropped
    del port["t1"]
    found = compare(path, port, x)
    assert found.faulty == ["first"] and found.unmatched == []


def test_other_numbers_in_the_place_of_a_hidden_layer_are_told(tmp_path):
    """What was recorded may not be what the port went on with; what it made on its way
    to a layer that is seen by itself is not accused."""
    path, x, port = hidden(
        tmp_path,
        layers.Conv1D(5, 3, padding="same", activation="relu", name="first"),
        layers.Conv1D(4, 3, padding="same", name="second"),
        layers.Dense(2, name="third"),
    )
    rolled = {**port, "t0": np.roll(port["t0"], 1, -1)}
    found = compare(path, rolled, x)
    assert (found.verdict, found.unmatched) == ("cannot tell", ["first"])
    assert found.rows[0].instead == "t0" and found.rows[1].together == ()
    said = (
        "cannot tell, as the port has other numbers in the place of what later ones show "
        "to be right: first (t0)"
    )
    assert str(found).splitlines()[-1] == said
    behind = {name: rolled[name] for name in ("t1", "t0", "third")}
    copied = {"x": x, "t1": port["t1"], "third": port["third"]}
    for others in (port | {"t": rolled["t0"]}, behind, copied):
        assert compare(path, others, x).verdict == "no layer differs"


def test_nan_is_told_where_it_arises_and_not_where_it_goes(tmp_path):
    path, x, port = hidden(
        tmp_path,
        layers.Conv1D(5, 3, padding="same", name="first"),
        layers.ReLU(name="relu"),
        layers.Conv1D(4, 3, padding="same", name="second"),
        layers.Dense(2, name="dense"),
    )
    nan = port["t1"].copy()
    nan[0, 3, 1] = np.nan
    assert compare(path, {**port, "t1": nan}, x).faulty == ["relu"]
    second = port["t2"].copy()
    second[0, 2:5] = np.nan
    behind = {**port, "t1": nan, "t2": second}
    behind["dense"] = np.where(np.isnan(second[..., :2]), np.nan, port["dense"])
    assert compare(path, behind, x).faulty == ["relu"]
    # A layer may have made numbers of it, as a maximum of NaN and 0 is 0 in C.
    assert compare(path, {**port, "t1": nan}, x).faulty == ["relu"]


def test_numbers_in_another_order_are_those_of_what_hands_them_on(tmp_path):
    path, x, port = hidden(
        tmp_path,
        layers.Conv2D(3, 2, name="conv"),
        layers.Flatten(name="flat"),
        layers.Dense(2, name="dense"),
        shape=(4, 5, 2),
    )
    assert compare(path, port, x).faulty == []
    port["t1"] = port["t0"].transpose(0, 2, 1, 3).reshape(3, -1)
    kernel, bias = load_model(path).by_name["dense"].arrays.values()
    port["dense"] = port["t1"] @ kernel + bias
    assert compare(path, port, x).faulty == ["flat"]


def test_a_flat_array_that_fits_first_channels_may_have_them_last(tmp_path):
    path, x, port = hidden(
        tmp_path,
        layers.Conv2D(3, 2, name="conv"),
        layers.Reshape((12, 3), name="rows"),
        layers.Dense(4, name="dense"),
        layers.Dense(2, name="last"),
        shape=(4, 5, 2),
    )
    image = np.moveaxis(port["t0"], -1, 1)  # channels first, and reshaped like this
    kernel, bias = load_model(path).by_name["dense"].arrays.values()
    dense = image.reshape(3, 12, 3) @ kernel + bias
    kernel, bias = load_model(path).by_name["last"].arrays.values()
    named = {
        "conv": image,
        "rows": image,
        "dense": dense,
        "last": dense @ kernel + bias,
    }
    flat = {name: y.ravel() for name, y in named.items()}
    assert compare(path, flat, x).faulty == ["rows"]


def test_the_relu_of_a_group_is_named_with_it(tmp_path):
    path, x, port = hidden(
        tmp_path,
        layers.Dense(5, name="dense"),
        layers.ReLU(name="relu"),
        layers.Dense(4, name="second"),
        layers.Dense(2, name="last"),
    )
    del port["t0"]
    port["t1"] = port["t1"][::-1].copy()  # so that few numbers are where they were
    kernel, bias = load_model(path).by_name["second"].arrays.values()
    port["t2"] = port["t1"] @ kernel + bias
    kernel, bias = load_model(path).by_name["last"].arrays.values()
    port["last"] = port["t2"] @ kernel + bias
    assert compare(path, port, x).faulty == ["dense+relu"]


def test_each_of_several_outputs_is_found_by_its_size(tmp_path):
    x = keras.Input((4,))
    y = layers.Dense(5, activation="relu", name="first")(x)
    ends = [layers.Dense(2, name="two")(y), layers.Dense(3, name="three")(y)]
    model = keras.Model(x, ends)
    rng = np.random.default_rng(313)
    ports.draw_weights(model, rng)
    model.save(tmp_path / "model.keras")
    values = rng.normal(size=(6, 4)).astype("float32")
    _, *made = ports.record(model, values).values()
    port = {f"t{n}": y for n, y in enumerate(made)}
    assert compare(tmp_path / "model.keras", port, values).faulty == []
    (theirs,) = (name for name, y in port.items() if y.shape == (6, 3))
    port[theirs] = rng.normal(size=(6, 3)).astype("float32")
    found = compare(tmp_path / "model.keras", port, values)
    assert found.faulty == ["three"] and found.unmatched == []


def test_rounded_kernels_excuse_only_what_has_a_kernel(tmp_path, monkeypatch):
    x = keras.Input((6,))
    y = layers.Dense(5, name="dense")(x)
    norm = layers.LayerNormalization(name="norm")
    model = keras.Model(x, norm(y))
    rng = np.random.default_rng(313)
    ports.draw_weights(model, rng)
    model.save(tmp_path / "model.keras")
    values = rng.normal(size=(3, 6)).astype("float32")
    _, dense, right = ports.record(model, values).values()
    off = np.float32(1.01)
    for made, faulty in (
        ({"dense": off * dense, "norm": np.asarray(norm(off * dense))}, []),
        ({"dense": dense, "norm": off * right}, ["norm"]),
        ({"norm": off * right}, []),  # which has the dense layer in it
    ):
        port = Port(made, stored=dict.fromkeys(made, "weights in int8"))
        monkeypatch.setattr(comparison, "run_port", lambda *_, port=port: port)
        assert compare(tmp_path / "model.keras", "it", values).faulty == faulty


def test_decimals_are_counted_by_the_digits_of_a_dtype():
    numbers = np.random.default_rng(313).normal(0, 100, 50)
    printed = np.round(numbers, 4)
    assert Port({"y": printed}).decimals == {"y": 4}
    # float32 does not hold four decimals of these; others tell.
    few = np.round(numbers[:9] / 100, 4).astype("float32")
    both = {"y": printed.astype("float32"), "z": few}
    assert Port(both).decimals == {"y": 4, "z": 4}
    assert Port({"y": numbers.astype("float32"), "z": few}).decimals == {}
    assert Port({"y": numbers}).decimals == {}


def test_a_tensor_with_nan_differs(small):
    path, x, tensors = small
    tensors["classifier.0"] = tensors["classifier.0"].copy()
    tensors["classifier.0"][1, 2] = np.nan
    found = compare(path, tensors, x)
    assert "hidden" in found.faulty
    assert found.rows[2].tensor == "classifier.0" and found.rows[2].place == (1, 2)


def test_each_layer_is_counted_once(tmp_path):
    """One that has no tensor, and that two others take; one that hands on; one that is
    not compared."""
    x = keras.Input((4,))
    y = layers.Dense(3, name="shared")(x)
    ends = [layers.Dense(2, name=name)(y) for name in ("a", "b")]
    z = layers.Dropout(0.5, name="drop")(layers.Dense(2, name="last")(ends[0]))
    model = keras.Model(x, [*ends, z])
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(5, 4)).astype("float32")
    made = ports.record(model, x)
    port = {f"of {name}": made[name] for name in ("a", "b")}
    said = str(compare(tmp_path / "model.keras", port, x))
    assert (
        "compared 2 of 5 layers by themselves, 1 with a later one, 1 hand on their input, "
        "1 not at all\n"
        "cannot tell, as the port has no tensor: last"
    ) in said


def test_what_has_no_tensor_is_told(small):
    path, x, tensors = small
    del tensors["classifier.1"]
    found = compare(path, tensors, x)
    assert found.unmatched == ["last"] and found.faulty == []
    said = "cannot tell, as the port has no tensor: last"
    assert str(found).splitlines()[-1] == said


def test_a_layer_of_another_shape_differs(small):
    path, x, tensors = small
    found = compare(path, {"conv": np.zeros((2, 4, 3, 6)), **tensors}, x)
    assert found.faulty == ["conv"]
    assert found.rows[0].own == np.inf


def test_the_place_of_the_largest_difference(small):
    path, x, tensors = small
    tensors["features.0"] = tensors["features.0"].copy()
    tensors["features.0"][1, 2, 3, 0] += 9  # in NCHW
    row = compare(path, tensors, x, names={"conv": "features.0"}).rows[0]
    assert row.place == (1, 3, 0, 2) and row.is_first and not row.agrees
    assert row.correlation < 0.999


def test_the_figure_shows_both_differences(small):
    path, x, tensors = small
    tensors["classifier.1"] = tensors["classifier.1"] + 1
    axis = compare(path, tensors, x).plot()
    assert [text.get_text() for text in axis.texts] == ["last"]
    arrived, own = (line.get_ydata() for line in axis.lines)
    assert len(arrived) == len(own) == 4 and own[-1] > 0.01 > own[0]


def test_the_figure_shows_what_is_smaller_in_float64(small):
    path, x, _ = small
    tensors = dict(compare(path, path, x, dtype="float64").port.arrays)
    tensors["last"] = tensors["last"] * (1 + 1e-13)
    axis = compare(path, tensors, x, dtype="float64").plot()
    _, own = (line.get_ydata() for line in axis.lines)
    assert 1e-14 < own[-1] < 1e-12 and own[0] <= own[-1]


def test_it_is_told_in_a_line_which_layers_differ(small):
    path, x, tensors = small
    assert repr(compare(path, tensors, x)) == "<Comparison: 4 of 4 layers agree>"
    tensors["features.0"] = tensors["features.0"] + 1
    del tensors["classifier.1"]
    found = compare(path, tensors, x, names={"conv": "features.0"})
    assert repr(found) == (
        "<Comparison: 1 of 4 layers agree; differ: conv; not compared: hidden, last>"
    )


# -- The command


@pytest.fixture
def written(small, tmp_path):
    """The paths of the small model, its input, and its tensors."""
    path, x, tensors = small
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "port.npz", **tensors)
    return path, tmp_path / "x.npy", tmp_path / "port.npz"


def test_exit_codes(command, written, small):
    model, x, port = written
    code, said, errors = command("compare", model, port, "--input", x)
    assert (code, errors) == (0, "") and said.endswith("\nno layer differs\n")
    assert (
        said.splitlines()[0].split() == "layer class shape arrived at corr. own".split()
    )
    tensors = {**small[2], "classifier.1": small[2]["classifier.1"] + 1}
    np.savez(port, **tensors)
    code, said, _ = command("compare", model, port, "--input", x)
    assert code == 1 and said.endswith("\nfaulty layers: last\n")
    np.savez(port, **{"features.0": tensors["features.0"]})
    code, said, _ = command("compare", model, port, "--input", x)
    assert code == 2 and said.endswith("no tensor: hidden, last\n")
    assert command("compare", model, "keras", "--input", x)[0] == 0
    assert command("compare", model, port)[0] == 2


def test_what_was_found_is_printed_for_programs(command, written, small):
    model, x, port = written
    np.savez(port, **small[2] | {"classifier.1": small[2]["classifier.1"] * np.inf})
    code, said, _ = command("compare", model, port, "--input", x, "--json")
    found = json.loads(said)
    assert (code, found["verdict"], found["faulty"]) == (1, "differs", ["last"])
    assert found["rows"][-1]["own"] == "inf"
    assert [row["name"] for row in found["rows"]] == ["conv", "flat", "hidden", "last"]


@pytest.mark.parametrize(
    "other", ["port.npz", pytest.param("keras", marks=pytest.mark.drawn)]
)
def test_the_library_in_one_file_compares(written, other):
    model, x, port = written
    command = [sys.executable, "-I", join_by_hand(), "compare", model, other]
    done = subprocess.run(
        [*command, "--input", x],
        capture_output=True,
        cwd=port.parent,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and done.stdout.endswith("\nno layer differs\n")


def refuses(answer, said):
    code, _, errors = answer
    return code == 2 and said in errors and len(errors.splitlines()) == 1


def test_bad_maps(command, written, tmp_path):
    model, x, port = written

    def with_map(text):
        (tmp_path / "map.json").write_text(text)
        return command(
            "compare", model, port, "--input", x, "--map", tmp_path / "map.json"
        )

    assert with_map('{"conv": "features.0"}')[0] == 0
    assert refuses(
        with_map('{"conv": "features.9"}'), "does not have; it has features.0"
    )
    assert refuses(with_map('{"cone": "features.0"}'), "no layer 'cone'; it has conv")
    assert refuses(with_map("{"), "is no .json file")
    assert refuses(with_map('["conv"]'), 'must hold {"layer": "tensor", ...}')
    assert refuses(with_map('{"conv": 1}'), 'must hold {"layer": "tensor", ...}')


def test_bad_ports_and_inputs(command, written, tmp_path):
    model, x, port = written
    np.save(tmp_path / "other.npy", np.zeros((2, 4, 5, 3), "float32"))
    other = command("compare", model, port, "--input", tmp_path / "other.npy")
    assert refuses(other, "has shape (2, 4, 5, 3), not (any, 6, 5, 3)")
    np.savez(tmp_path / "two.npz", a=np.zeros(2), b=np.zeros(2))
    np.save(tmp_path / "one.npy", np.float32(1))
    one = command("compare", model, port, "--input", tmp_path / "one.npy")
    assert refuses(one, "has shape ()")
    two = command("compare", model, port, "--input", tmp_path / "two.npz")
    assert refuses(two, "no input input_layer")
    assert refuses(
        command("compare", model, x, "--input", x), "is no .keras, .h5, .npz"
    )
    none = command("compare", model, tmp_path / "none.npz", "--input", x)
    assert refuses(none, "none.npz")
    for name in ("bad.onnx", "bad.tflite", "bad.npz", "bad.keras"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        bad = command("compare", model, tmp_path / name, "--input", x)
        assert refuses(bad, name), bad


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_inputs_that_an_export_does_not_take(saved, tmp_path, kind):
    model, x, _, _ = saved("cnn")
    path = ports.export(model, x, tmp_path, kind)
    small_path = tmp_path / "small.keras"
    small_model()[0].save(small_path)
    with pytest.raises(CannotRun, match=r"image takes shape \(any, 16, 16, 3\), not"):
        compare(small_path, path, small_model()[1])


@pytest.mark.parametrize(
    "port, missing",
    [("port.onnx", "onnx"), ("port.tflite", "ai-edge"), ("keras", "keras tensorflow")],
)
def test_what_must_be_installed_is_said(small, monkeypatch, port, missing):
    for name in ("onnx", "ai_edge_litert", "tensorflow.lite.python", "keras"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CannotRun, match=f"pip install {missing}"):
        compare(small[0], port, small[1])


def test_a_file_that_keras_cannot_load_is_told(command, written, monkeypatch):
    def fails(path):
        raise TypeError("Could not locate class 'Shift'.\nMake sure")

    monkeypatch.setattr(keras.models, "load_model", fails)
    model, x, _ = written
    answer = command("compare", model, "keras", "--input", x)
    assert refuses(answer, "Keras cannot load it: Could not locate class 'Shift'.")
