"""What compare is given: what programs in C write, and inputs that cannot show all."""

import json
import re
import shutil
import subprocess

import keras
import numpy as np
import ports
import pytest
from keras import layers
from project import ROOT

from keras_by_hand import compare, load_model
from keras_by_hand.comparing.dumps import decimals_printed
from keras_by_hand.models.errors import CannotRun


@pytest.fixture
def dense(tmp_path):
    """A folder with a model of two layers and its input; and what the layers make."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, activation="relu", name="hidden"),
            layers.Dense(2, name="last"),
        ]
    )
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    return tmp_path, ports.record(model, x)


def compare_in(folder, port):
    return compare(folder / "model.keras", folder / port, np.load(folder / "x.npy"))


def write_text(folder, made, form):
    """Write arrays, a line for each, as a program in C prints them."""
    lines = [
        f"{name}: {' '.join(form % number for number in array.ravel())}\n"
        for name, array in made.items()
    ]
    (folder / "port.txt").write_text("".join(lines))


# -- What programs in C write


@pytest.mark.parametrize(
    "right, wrong, faulty",
    [
        ("", "", []),
        ("y[j] = bias[j];", "y[j] = 0;", ["hidden", "last"]),
        ("hidden[j] > 0 ? hidden[j] : 0", "hidden[j]", ["hidden"]),
        ("last_bias", "hidden_bias", ["last"]),
    ],
)
def test_the_program_of_the_page_is_compared(command, dense, right, wrong, faulty):
    assert shutil.which("cc"), "a C compiler is missing: apt-get install gcc"
    folder, _ = dense
    code, _, errors = command(
        *("dump", folder / "model.keras", "--input", folder / "x.npy"),
        *("--output", folder / "golden.npz", "--header", folder / "golden.h"),
    )
    assert (code, errors) == (0, "")
    source = (ROOT / "docs/compare_with_c.c").read_text()
    assert right in source
    (folder / "port.c").write_text(source.replace(right, wrong))
    strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Wno-unused-variable"]
    subprocess.run(["cc", *strict, "port.c", "-o", "port"], cwd=folder, check=True)
    said = subprocess.run([folder / "port"], capture_output=True, text=True, check=True)
    (folder / "port.txt").write_text(said.stdout)
    found = compare_in(folder, "port.txt")
    assert (found.faulty, found.unmatched) == (faulty, [])


FORMS = {"%f": 1, "%f ": 1e-3, "%.9g": 1, "%g": 1, "%.3f": 1, "%.2e": 1, "%e": 1e-4}


@pytest.mark.parametrize("form", FORMS)
def test_numbers_are_as_exact_as_they_were_printed(dense, form):
    folder, made = dense
    if FORMS[form] != 1:  # small numbers
        model = keras.saving.load_model(folder / "model.keras")
        for layer in model.layers:
            layer.set_weights([w * FORMS[form] for w in layer.get_weights()])
        model.save(folder / "model.keras")
        made = ports.record(model, np.load(folder / "x.npy"))
    write_text(folder, made, form)
    found = compare_in(folder, "port.txt")
    assert found.verdict == "no layer differs"
    is_said = any("decimals" in line for line in found.rounding())
    if form in ("%.9g", "%.3f", "%.2e", "%f "):  # those between are near the limit
        assert is_said == (form != "%.9g")
    write_text(folder, made | {"last": 1.1 * made["last"]}, form)
    assert compare_in(folder, "port.txt").faulty == ["last"]


@pytest.mark.parametrize(
    "words, count",
    [
        ("1.23e+00 -1.23e-05 0.00e+00", 2),
        ("0.5 0.25 3 1e-5", 2),
        ("nan 1.50 -inf", 2),
        ("1 2", None),
        ("nan", None),
    ],
)
def test_the_last_digit_that_counts(words, count):
    assert decimals_printed(words.split()) == count


def test_numbers_that_are_too_coarse_tell_nothing(command, dense):
    folder, made = dense
    write_text(folder, made, "%.1f")
    given = [folder / "model.keras", folder / "port.txt", "--input", folder / "x.npy"]
    code, said, errors = command("compare", *given)
    assert (code, errors) == (2, "")
    assert said.splitlines()[-1] == (
        "cannot tell, as the port's numbers are too coarse: hidden, last"
    )
    found = json.loads(command("compare", *given, "--json")[1])
    assert (found["verdict"], found["coarse"]) == ("cannot tell", ["hidden", "last"])
    write_text(folder, made, "%.2f")
    assert compare_in(folder, "port.txt").verdict == "no layer differs"


def quantize(array):
    """Return an array in int8, its scale and its zero point."""
    low, high = min(array.min(), 0), max(array.max(), 0)
    scale = float((high - low) / 255)
    zero = int(np.round(-128 - low / scale))
    whole = np.clip(np.round(array / scale) + zero, -128, 127)
    return whole.astype("int8"), scale, zero


@pytest.mark.parametrize("faulty", [[], ["hidden"], ["last"]])
@pytest.mark.parametrize("form", ["json", "txt"])
def test_whole_numbers_have_a_scale_and_a_zero_point(dense, faulty, form):
    folder, made = dense
    if "hidden" in faulty:
        made["hidden"] = made["hidden"] * np.float32(0.8)
        model = load_model(folder / "model.keras")
        made["last"] = model.by_name["last"].apply(made["hidden"])
    if "last" in faulty:
        made["last"] = made["last"] * 0.8
    listed, lines = {}, []
    for name, array in made.items():
        whole, scale, zero = quantize(array)
        whole.tofile(folder / f"{name}.bin")
        listed[name] = {"file": f"{name}.bin", "dtype": "int8", "scale": scale}
        listed[name]["zero_point"] = zero
        for sample in whole:  # a line for each
            numbers = ", ".join(map(str, sample))
            lines.append(f"{name} scale={scale:.9g} zero_point={zero}: {numbers}\n")
    (folder / "port.json").write_text(json.dumps(listed))
    (folder / "port.txt").write_text("".join(lines))
    found = compare_in(folder, f"port.{form}")
    assert found.faulty == faulty
    assert found.rounding() == ["quantized: 2 steps allowed, on the average"]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_binary_files_of_fractions(dense, dtype):
    folder, made = dense
    listed = {name: {"file": f"{name}.bin", "dtype": dtype} for name in made}
    for name, array in made.items():
        array.astype(dtype).tofile(folder / f"{name}.bin")
        if dtype == "float32":
            del listed[name]["dtype"]  # which is understood
    (folder / "port.json").write_text(json.dumps(listed))
    found = compare_in(folder, "port.json")
    assert (found.verdict, found.unused) == ("no layer differs", [])


BAD_ENTRIES = {
    "[]": 'must hold {"layer": {"file": ...}, ...}',
    "{}": 'must hold {"layer": {"file": ...}, ...}',
    "{": "is no .json file",
    '{"a": "a.bin"}': 'a: must be {"file": "conv.bin", ...}, not a.bin',
    '{"a": {"file": 3}}': 'a: must be {"file": "conv.bin", ...}',
    '{"a": {"file": "a.bin", "shape": 3}}': "a: shape is not known",
    '{"a": {"file": "a.bin", "dtype": "int4"}}': "a: dtype int4 is none of float16",
    '{"a": {"file": "a.bin", "dtype": []}}': "a: dtype [] is none of float16",
    '{"a": {"file": "a.bin", "zero_point": 3}}': "a: zero_point goes with scale",
    '{"a": {"file": "a.bin", "scale": 1}}': "a: scale goes with whole numbers, not",
    '{"a": {"file": "a.bin", "dtype": "int8", "scale": 0}}': "a: scale must be a number",
    '{"a": {"file": "a.bin", "dtype": "int8", "scale": NaN}}': "a: scale must be",
    '{"a": {"file": "a.bin", "dtype": "int8", "scale": 1, "zero_point": 0.5}}': (
        "a: zero_point must be a whole number, not 0.5"
    ),
    '{"a": {"file": "a.bin"}}': "a: a.bin has 5 bytes, which are no numbers of float32",
    '{"a": {"file": "none.bin"}}': "none.bin",
}
BAD_LINES = {
    "": "is empty",
    "a 1.0": 'line 1 is not "name: 1.5, 2.5, ..."',
    "a: 1.0\n: 1.0": 'line 2 is not "name',
    "a: 1.0\na:": 'line 2 is not "name',
    "a: 1.0\nready: ok": "line 2: could not convert string to float: 'ok'",
    "a scale=x zero_point=3: 1": "line 1: could not convert",
    "a scale=-1 zero_point=3: 1": "line 1: scale must be a number above 0, not -1.0",
    "a scale=1 zero_point=0.5: 1": "line 1: invalid literal",
    "a scale=1 zero_point=3: 1\na: 1": "line 2: a had another scale",
}


@pytest.mark.parametrize(
    "form, text, said",
    [
        *(("json", text, said) for text, said in BAD_ENTRIES.items()),
        *(("txt", text, said) for text, said in BAD_LINES.items()),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(command, dense, form, text, said):
    folder, _ = dense
    (folder / "a.bin").write_bytes(b"12345")
    path = folder / f"port.{form}"
    path.write_text(text)
    given = [folder / "model.keras", path, "--input", folder / "x.npy"]
    code, _, errors = command("compare", *given)
    assert code == 2 and said in errors and len(errors.splitlines()) == 1, errors
    assert "defect" not in errors


def test_no_text_is_refused(dense):
    folder, _ = dense
    (folder / "port.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(CannotRun, match="is no text in UTF-8"):
        compare_in(folder, "port.txt")


def test_flat_arrays_of_other_samples_are_said(dense):
    folder, made = dense
    write_text(folder, {name: array[:1] for name, array in made.items()}, "%f")
    with pytest.raises(CannotRun, match="arrays of 1 samples, and the inputs have 5"):
        compare_in(folder, "port.txt")


def test_several_outputs_of_other_names_are_paired(tmp_path):
    x = keras.Input((6,))
    y = layers.Dense(5, name="body")(x)
    ends = [layers.Dense(n, name=f"end_{n}_{i}")(y) for i, n in enumerate((3, 3, 2))]
    model = keras.Model(x, ends)
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(4, 6)).astype("float32")
    made = ports.record(model, x)
    names = {"body": "b", "end_3_0": "z", "end_3_1": "y", "end_2_2": "x"}
    port = {
        names[name]: array for name, array in reversed(made.items()) if name in names
    }
    found = compare(tmp_path / "model.keras", port, x)
    assert (found.faulty, found.unmatched, found.unused) == ([], [], [])
    assert {row.name: row.tensor for row in found.rows} == names


def test_names_that_contradict_the_numbers_are_told(tmp_path):
    model = keras.Sequential(
        [keras.Input((4,)), *(layers.Dense(4, name=name) for name in "abc")]
    )
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    made = ports.record(model, x)
    for names, count in (("abc", 0), ("bac", 2)):
        port = {f"m/{name}/Add": made[key] for name, key in zip(names, "abc")}
        found = compare(tmp_path / "model.keras", port, x)
        told = "a has the numbers of m/b/Add, which has the name of b"
        assert (found.faulty, len(found.other_names())) == ([], count)
        assert (told in str(found).splitlines()) == bool(count)


def test_what_only_moves_numbers_may_be_wrong_in_the_place_of_the_next(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((2, 3, 4)),
            layers.Conv2D(4, 1, name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(3, name="dense"),
        ]
    )
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(5, 2, 3, 4)).astype("float32")
    made = ports.record(model, x)
    flat = made["conv"].transpose(0, 3, 1, 2).reshape(5, -1)
    made["dense"] = load_model(tmp_path / "model.keras").by_name["dense"].apply(flat)
    del made["flatten"]
    found = compare(tmp_path / "model.keras", made, x)
    assert found.faulty == ["dense"] and found.rows[-1].movers == ("flatten",)
    assert found.table()[-1].endswith("or in flatten")


def test_one_input_may_have_any_name(command, dense):
    folder, made = dense
    np.savez(folder / "x.npz", foo=np.load(folder / "x.npy"))
    np.savez(folder / "port.npz", **made)
    given = [folder / "model.keras", folder / "port.npz", "--input", folder / "x.npz"]
    assert command("compare", *given)[0] == 0


# -- What an input cannot show


def unshown(path, x):
    return [(one.layer, one.text) for one in compare(path, path, x).unshown]


def of_layers(folder, kinds, x, dtype="float32"):
    """Return what x cannot show of layers in a row, {name: texts}."""
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=dtype), *kinds])
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(folder / "model.keras")
    found = {}
    for layer, text in unshown(folder / "model.keras", x):
        found.setdefault(layer, []).append(text.split(":")[0])
    return found


LOW, HIGH = np.float32([[-1, -2], [3, 2]]), np.float32([[1, 2], [3, 9]])
ABOVE, BELOW = "nothing above 6 arrived", "nothing below 0 arrived"
BENDS = [
    (lambda: layers.ReLU(6, name="a"), [ABOVE], [BELOW]),
    (lambda: layers.Activation("relu6", name="a"), [ABOVE], [BELOW]),
    (lambda: layers.Activation(layers.ReLU(6), name="a"), [ABOVE], [BELOW]),
    (lambda: layers.ReLU(name="a"), [], [BELOW]),
    (lambda: layers.ReLU(6, negative_slope=0.1, name="a"), [ABOVE], [BELOW]),
    (lambda: layers.ReLU(threshold=0.5, name="a"), [], []),
    (lambda: layers.LeakyReLU(name="a"), [], [BELOW]),
    (lambda: layers.PReLU(name="a"), [], [BELOW]),
    (lambda: layers.Activation("elu", name="a"), [], [BELOW]),
    (lambda: layers.Activation("tanh", name="a"), [], []),
]


@pytest.mark.parametrize("layer, low, high", BENDS)
def test_where_an_activation_bends(tmp_path, layer, low, high):
    assert of_layers(tmp_path, [layer()], LOW).get("a", []) == low
    assert of_layers(tmp_path, [layer()], HIGH).get("a", []) == high
    both = np.concatenate([LOW, HIGH])
    assert of_layers(tmp_path, [layer()], both) == {}


@pytest.mark.parametrize(
    "activation, texts",
    [
        ("relu", [BELOW]),
        ("relu6", [ABOVE, BELOW]),
        ("leaky_relu", [BELOW]),
        (layers.ReLU(6), [ABOVE, BELOW]),
        ("linear", []),
    ],
)
def test_it_may_be_that_of_a_layer_with_weights(tmp_path, activation, texts):
    x = keras.Input((2,))
    dense = layers.Dense(1, activation=activation, name="a")
    model = keras.Model(x, layers.TimeDistributed(dense)(x[:, None]))
    dense.set_weights([np.float32([[1], [1]]), np.float32([0.25])])
    model.save(tmp_path / "model.keras")
    small = np.abs(HIGH) / 10
    found = unshown(tmp_path / "model.keras", small)
    assert [text.split(":")[0] for _, text in found] == texts
    x = np.float32([[-9, -9], [9, 9], [3, 2]])
    assert unshown(tmp_path / "model.keras", x) == []


def test_zeros_show_no_weights(tmp_path):
    kinds = [layers.ReLU(name="relu"), layers.Dense(2, name="dense")]
    assert of_layers(tmp_path, kinds, -HIGH) == {
        "relu": ["nothing above 0 arrived"],
        "dense": ["all that arrived is 0"],
    }


@pytest.mark.parametrize("mask_zero", [False, True])
def test_tokens_at_the_ends_of_a_table(tmp_path, mask_zero):
    def found(x):
        kinds = [layers.Embedding(5, 2, mask_zero=mask_zero, name="a")]
        return of_layers(tmp_path, kinds, x, "int32").get("a", [])

    ends = ["no token was 4, the last", "no token was 0"]
    assert found(np.int32([[1, 2], [2, 3]])) == ends
    assert found(np.int32([[0, 2], [2, 3]])) == ends[:1]
    assert found(np.int32([[1, 2], [2, 4]])) == ends[1:]
    assert found(np.int32([[0, 2], [2, 4]])) == []


def test_a_mask_that_masks_nothing(tmp_path):
    x = np.random.default_rng(313).normal(size=(2, 3, 2)).astype("float32")
    kinds = [layers.Masking(name="mask"), layers.LSTM(2)]
    assert of_layers(tmp_path, kinds, x) == {"mask": ["no step was masked"]}
    x[1, 2] = 0
    assert of_layers(tmp_path, kinds, x) == {}


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.LSTM(2, name="a"),
        lambda: layers.Bidirectional(layers.GRU(2), name="a"),
    ],
)
def test_one_step_shows_no_recurrence(tmp_path, layer):
    x = np.random.default_rng(313).normal(size=(2, 2, 3)).astype("float32")
    assert of_layers(tmp_path, [layer()], x) == {}
    assert of_layers(tmp_path, [layer()], x[:, :1]) == {"a": ["one step arrived"]}


@pytest.mark.parametrize("steps, texts", [(1, ["one step arrived"]), (2, [])])
def test_one_step_shows_no_attention(tmp_path, steps, texts):
    x = keras.Input((steps, 4))
    y = layers.MultiHeadAttention(2, 2, name="a")(x, x)
    model = keras.Model(x, y)
    ports.draw_weights(model, np.random.default_rng(313))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(2, steps, 4)).astype("float32")
    found = unshown(tmp_path / "model.keras", x)
    assert [text.split(",")[0] for _, text in found] == texts


def test_samples_that_cannot_be_told_apart(dense):
    folder, _ = dense
    x = np.load(folder / "x.npy")
    model = folder / "model.keras"
    assert (
        None,
        "there is one sample: what mixes samples up does not show",
    ) in unshown(model, x[:1])
    assert (None, "all samples are equal: what mixes them up does not show") in unshown(
        model, np.repeat(x[:1], 3, axis=0)
    )
    said = "all numbers of an input are 0: whether they are in the right order does not"
    assert any(text.startswith(said) for _, text in unshown(model, 0 * x))
    assert unshown(model, x) == []


def test_biases_of_a_new_model_show_little(tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    [(layer, text)] = unshown(tmp_path / "model.keras", x)
    assert layer is None and text.startswith("all biases are 0, as before training")
    model.layers[0].bias.assign([0, 1, 0])
    model.save(tmp_path / "model.keras")
    assert unshown(tmp_path / "model.keras", x) == []


@pytest.mark.parametrize("x, is_told", [(LOW, False), (HIGH, False), (HIGH + 9, True)])
def test_one_call_of_a_layer_is_enough(tmp_path, x, is_told):
    relu, inputs = layers.ReLU(name="relu"), keras.Input((2,))
    y = relu(layers.Rescaling(1, offset=-9)(relu(inputs)))
    keras.Model(inputs, y).save(tmp_path / "model.keras")
    assert bool(unshown(tmp_path / "model.keras", x)) == is_told


def test_what_is_not_shown_stands_above_the_verdict(command, tmp_path):
    kinds = [layers.ReLU(6, name=f"relu_{n}") for n in range(5)]
    of_layers(tmp_path, kinds, LOW)
    np.save(tmp_path / "x.npy", LOW)
    model = tmp_path / "model.keras"
    given = [model, model, "--input", tmp_path / "x.npy"]
    code, said, _ = command("compare", *given)
    *_, heading, above, below, verdict = said.splitlines()
    assert (code, heading) == (0, "what this input cannot show:")
    assert re.fullmatch("- relu_0, relu_1, relu_2 and 2 more: nothing above 6.*", above)
    assert below.startswith("- relu_1, relu_2, relu_3 and 1 more: nothing below 0")
    assert verdict == "no layer differs"
    found = json.loads(command("compare", *given, "--json")[1])
    assert [one["layer"] for one in found["unshown"]][:3] == [
        "relu_0",
        "relu_1",
        "relu_1",
    ]
