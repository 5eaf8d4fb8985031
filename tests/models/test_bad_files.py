"""Files that no model can be run from: each ends in one line, and runs nothing of what it
holds."""

import io
import json
import os
import pickle
import struct
import zipfile

import h5py
import numpy as np
import pytest
from refusals import is_refused

from keras_by_hand import load_model
from keras_by_hand.models.errors import CannotRun


def rewritten(good, path, change=None, weights=None, leave=(), compress=False):
    """Write the good file again: its config, a dict, changed in place, its weights, an
    open HDF5 file, too, without the members named."""
    kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w", kind) as new:
        for name in set(old.namelist()) - set(leave):
            data = old.read(name)
            if name == "config.json" and change:
                config = json.loads(data)
                data = change(config)
                data = json.dumps(config) if data is None else data
            if name == "model.weights.h5" and weights:
                held = io.BytesIO(data)
                with h5py.File(held, "r+") as file:
                    weights(file)
                data = held.getvalue()
            new.writestr(name, data)


def layer(config, name):
    return next(saved for saved in config["config"]["layers"] if saved["name"] == name)


def of_own_class(config):
    layer(config, "first").update(
        module="evil", class_name="Evil", registered_name="e>E"
    )


def lambda_layer(config):
    layer(config, "first").update(class_name="Lambda")


def unknown_class(config):
    layer(config, "first").update(class_name="Hologram")


def unknown_activation(config):
    layer(config, "first")["config"]["activation"] = "os.system"


def own_activation(config):
    saved = {"module": "builtins", "class_name": "function", "config": "relu"}
    layer(config, "first")["config"]["activation"] = saved


def reading_operator(config):
    layers = config["config"]["layers"]
    multiply = next(step for step in layers if step["class_name"] == "Multiply")
    multiply.update(class_name="Fromfile", name="reading")
    multiply["config"]["name"] = "reading"
    multiply["inbound_nodes"][0]["args"][1] = "/etc/hostname"


def subclassed(config):
    config.update(class_name="MyModel", module="evil")


def cycle(config):
    node = layer(config, "first")["inbound_nodes"][0]
    node["args"][0]["config"]["keras_history"] = ["last", 0, 0]


def missing_layer(config):
    node = layer(config, "last")["inbound_nodes"][0]
    node["args"][0]["config"]["keras_history"] = ["nobody", 0, 0]


def without_layers(config):
    del config["config"]["layers"]


def without_any_layer(config):
    config.update(class_name="Sequential", config={"name": "empty", "layers": []})


def without_name(config):
    saved = layer(config, "last")
    saved["name"] = saved["config"]["name"] = None


def place_out_of_range(config):
    node = layer(config, "last")["inbound_nodes"][0]
    node["args"][0]["config"]["keras_history"][2] = 7


def output_out_of_range(config):
    config["config"]["output_layers"] = [["last", 0, 7]]


def number_for_an_input(config):
    node = layer(config, "last")["inbound_nodes"][0]
    node["args"][0] = 3


def nothing_for_an_input(config):
    layer(config, "last")["inbound_nodes"][0]["args"] = [None]


def without_arguments(config):
    del layer(config, "last")["inbound_nodes"][0]["args"]


def text_for_keywords(config):
    layer(config, "last")["inbound_nodes"][0]["kwargs"] = "mask"


def text_for_a_mask(config):
    layer(config, "last")["inbound_nodes"][0]["kwargs"] = {"mask": "mask"}


def unknown_inputs(config):
    config["config"]["input_layers"] = [["nobody", 0, 0]]


def number_for_inputs(config):
    config["config"]["input_layers"] = 3


def number_for_a_shape(config):
    layer(config, "x")["config"]["batch_shape"] = 4


def text_for_a_length(config):
    layer(config, "x")["config"]["batch_shape"] = [None, "4"]


def constant_without_value(config):
    saved = {"class_name": "__numpy__", "config": {"dtype": "float32"}}
    layer(config, "last")["inbound_nodes"][0]["args"] = [saved]


def number_for_a_flag(config):
    x, first, step, last = config["config"]["layers"]
    of_heads = {"name": "last", "num_heads": 1, "key_dim": 2, "use_gate": 10**9}
    last.update(class_name="MultiHeadAttention", config=of_heads)


def unknown_dtype(config):
    layer(config, "x")["config"]["dtype"] = "int99"


def several_unknown(config):
    for name in ("first", "last"):
        layer(config, name)["class_name"] = "Hologram"


def escapes(config):
    saved = layer(config, "first")
    saved["name"] = saved["config"]["name"] = "a\x1b[2J\nb\u202e"
    saved["class_name"] = "Hologram"


def without_output(config):
    config["config"]["output_layers"] = [["nobody", 0, 0]]


def quantized(config):
    policy = layer(config, "first")["config"]["dtype"]
    policy["class_name"] = "QuantizedDTypePolicy"


def a_list(config):
    return "[1, 2, 3]"


def no_json(config):
    return "{"


def deep(config):
    return "[" * 200_000 + "]" * 200_000


def many_zeros(config):
    return "0" * 200_000_000


CONFIGS = {
    of_own_class: "layer first (Evil): a class of your own",
    lambda_layer: "layer first (Lambda): it holds code, which is never run",
    unknown_class: "layer first (Hologram): no function of this file computes it",
    unknown_activation: "layer first (Dense): no function of this file computes the act",
    own_activation: "layer first (Dense): its activation is a function of your own",
    reading_operator: "layer reading (Fromfile): no function of this file computes",
    subclassed: "the model is a MyModel",
    cycle: "nothing computes what it takes",
    missing_layer: "nothing computes what it takes",
    without_layers: "the file does not tell which layers it has",
    without_output: "config.json does not tell of a model: KeyError 'nobody'",
    without_any_layer: "it has no layers",
    without_name: "config.json does not tell of a model: KeyError 'last'",
    place_out_of_range: "call 0 has no output 7",
    output_out_of_range: "layer last: call 0 has no output 7",
    number_for_an_input: "layer last (Dense): its input or mask is no tensor",
    nothing_for_an_input: "layer last (Dense): its call has no input",
    without_arguments: "layer last (Dense): config.json does not tell of its call",
    text_for_keywords: "layer last (Dense): config.json does not tell of its call",
    text_for_a_mask: "layer last (Dense): its input or mask is no tensor",
    unknown_inputs: "config.json does not tell of a model: KeyError 'nobody'",
    number_for_inputs: "config.json does not tell of a model: TypeError",
    number_for_a_shape: "layer x (InputLayer): batch_shape: 4 is no shape",
    text_for_a_length: "layer x (InputLayer): batch_shape: [None, '4'] is no shape",
    constant_without_value: "config.json does not tell of its call: KeyError 'value'",
    number_for_a_flag: "use_gate=1000000000 is neither true nor false",
    unknown_dtype: "its dtype int99 is not known here",
    several_unknown: "layer last (Hologram): no function of this file computes it (2 of 4",
    escapes: r"layer a\x1b[2J\nb\u202e (Hologram)",
    quantized: "layer first (Dense): quantized to QuantizedDTypePolicy: not known here",
    a_list: "its config does not tell of a model",
    no_json: "is damaged",
    deep: "is damaged",
    many_zeros: "too large for a file of this size",
}

KERNEL = "layers/dense/vars/0"


def external_link(file):
    del file[KERNEL]
    file[KERNEL] = h5py.ExternalLink("other.h5", "/x")


def soft_link(file):
    del file[KERNEL]
    file[KERNEL] = h5py.SoftLink("/layers/dense_1/vars/0")


def external_storage(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (4, 3), "f4", external=[("/etc/hostname", 0, 48)])


def virtual(file):
    del file[KERNEL]
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (4, 3))
    file.create_virtual_dataset(KERNEL, layout)


def huge(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (10**9, 10**6), "f4", chunks=(1, 1))


def without_kernel(file):
    del file["layers/dense/vars"]


def wrong_shape(file):
    del file[KERNEL]
    file[KERNEL] = np.zeros((5, 3), "float32")


def one_too_many(file):
    file["layers/dense/vars/2"] = np.zeros(3, "float32")


def of_text(file):
    del file[KERNEL]
    file[KERNEL] = "text"


def of_text_that_claims_numbers(file):
    of_text(file)
    file[KERNEL].attrs["dtype"] = "bfloat16"


def of_records(file):
    del file[KERNEL]
    file[KERNEL] = np.zeros((4, 3), [("a", "f4")])


def of_long_numbers(file):
    del file[KERNEL]
    file[KERNEL] = np.zeros((4, 3), "longdouble")


def without_numbers(file):
    del file[KERNEL]
    file[KERNEL] = h5py.Empty("f4")


def a_type(file):
    del file[KERNEL]
    file[KERNEL] = np.dtype("f4")


def with_a_gap(file):
    file["layers/dense/vars/7"] = file["layers/dense/vars/1"][()]
    del file["layers/dense/vars/1"]


WEIGHTS = {
    external_link: "link to another place",
    soft_link: "link to another place",
    external_storage: "their numbers are not in the file",
    virtual: "their numbers are not in the file",
    huge: "it is too large for a file of this size",
    without_kernel: "layer first (Dense): the file has 0 weights, not 2",
    wrong_shape: "layer first (Dense): its input, weights or config do not fit",
    one_too_many: "layer first (Dense): the file has 3 weights, not 2",
    of_text: "weights /layers/dense/vars/0: object is no dtype of weights",
    of_text_that_claims_numbers: "object is no dtype of weights",
    of_records: "is no dtype of weights",
    of_long_numbers: "is no dtype of weights",
    without_numbers: "their numbers are not in the file",
    a_type: "weights /layers/dense/vars/0 are no array",
    with_a_gap: "weights /layers/dense/vars are numbered 0, 7",
}


def claim_more(data):
    """Claim that the last member is longer than the file."""
    entry = data.rindex(b"PK\x01\x02")
    claimed = struct.pack("<II", 10**6, 10**6)
    return data[: entry + 20] + claimed + data[entry + 28 :]


def encrypt(data):
    entry = data.rindex(b"PK\x01\x02")
    return data[: entry + 8] + b"\x01" + data[entry + 9 :]


def pack_otherwise(data):
    entry = data.rindex(b"PK\x01\x02")
    return data[: entry + 10] + b"\x0e" + data[entry + 11 :]


BYTES = {
    lambda data: b"": "is no .keras file",
    lambda data: b"text": "is no .keras file",
    lambda data: data[: len(data) // 2]: "is no .keras file",
    lambda data: data.replace(b"HDF", b"XXX"): "or damaged",
    lambda data: pickle.dumps(exit): "is no .keras file",
    lambda data: b"\x89HDF" + data: "it is damaged: its attributes",
    claim_more: "is damaged: ",
    encrypt: "is encrypted",
    pack_otherwise: "is packed in a way",
}


@pytest.fixture
def x(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((1, 4), "float32"))
    return path


def name_of(given):
    return getattr(given, "__name__", "")


@pytest.mark.parametrize("change, said", CONFIGS.items(), ids=name_of)
def test_a_config_that_cannot_be_run(command, good, tmp_path, x, change, said):
    path, y = tmp_path / "bad.keras", tmp_path / "y.npy"
    rewritten(good, path, change, compress=change is many_zeros)
    assert is_refused(command(path, "--input", x, "--output", y), said)
    assert not y.exists()


@pytest.mark.parametrize("change, said", WEIGHTS.items(), ids=name_of)
def test_weights_that_cannot_be_read(command, good, tmp_path, x, change, said):
    path, y = tmp_path / "bad.keras", tmp_path / "y.npy"
    rewritten(good, path, weights=change)
    assert is_refused(command(path, "--input", x, "--output", y), said)
    assert not y.exists()


@pytest.mark.parametrize("change, said", BYTES.items(), ids=name_of)
def test_files_that_are_no_models(command, good, tmp_path, change, said):
    path = tmp_path / "bad.keras"
    path.write_bytes(change(good.read_bytes()))
    assert is_refused(command(path), said)


@pytest.mark.parametrize("missing", ["config.json", "model.weights.h5"])
def test_members_that_are_missing(command, good, tmp_path, missing):
    path = tmp_path / "bad.keras"
    rewritten(good, path, leave=[missing])
    assert is_refused(command(path), missing)


def test_paths_that_are_no_files(command, tmp_path):
    assert is_refused(command(tmp_path / "none.keras"), "No such file")
    assert is_refused(command(tmp_path), "is a folder")
    os.mkfifo(tmp_path / "pipe.keras")
    assert is_refused(command(tmp_path / "pipe.keras"), "is a device or a pipe")


def test_a_vocabulary_below_an_array_is_refused(command, good, tmp_path):
    path = tmp_path / "bad.keras"

    def add_array(file):
        file["layers/array"] = np.zeros(3)

    rewritten(good, path, weights=add_array)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/layers/array/vocabulary.txt", "a")
    assert is_refused(command(path), "no place in the file")


def test_all_that_is_unknown_is_named_at_once(good, tmp_path):
    path = tmp_path / "bad.keras"

    def add_many(config):
        _, *steps = config["config"]["layers"]
        more = [{**layer(config, "first"), "name": f"more{n}"} for n in range(12)]
        config["config"]["layers"] = [
            {**step, "class_name": "Hologram"} for step in steps + more
        ]

    rewritten(good, path, add_many)
    with pytest.raises(CannotRun) as refused:
        load_model(path)
    said = str(refused.value)
    assert said.count("Hologram") == 10
    assert said.endswith("and 5 more (0 of 15 layers can be run)")


def test_the_state_of_an_optimizer_is_not_read(good, tmp_path):
    path = tmp_path / "trained.keras"

    def add_state(file):
        file["optimizer/vars/0"] = "text"

    rewritten(good, path, weights=add_state)
    assert "optimizer" not in load_model(path).weights


@pytest.mark.parametrize("path", [5, True, None, b"model.keras", io.BytesIO()])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(TypeError, match="^load_model: path must be a path, not "):
        load_model(path)


@pytest.mark.parametrize("layers", [[], "typo", 3, {"Shift": 3}, {3: len}])
def test_layers_that_are_no_functions_by_name_are_refused(layers):
    with pytest.raises(TypeError, match="^load_model: layers must be {name of a class"):
        load_model("model.keras", layers=layers)


def test_other_dtypes_are_refused():
    with pytest.raises(ValueError, match="^load_model: dtype must be 'float32', 'flo"):
        load_model("model.keras", dtype="float16")
