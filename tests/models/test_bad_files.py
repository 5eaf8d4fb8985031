"""Files and inputs that no model can be run from: each ends in one line, and runs nothing
of what it holds."""

import io
import json
import pickle
import subprocess
import sys
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from project import join_by_hand


def save(path):
    """Save a small model of a Sequential, an operator and a Dense layer."""
    x = keras.Input((4,), name="x")
    y = layers.Dense(3, name="first", activation="relu")(x) * 2
    keras.Model(x, layers.Dense(2, name="last")(y)).save(path)


def run(path, *more):
    """Run keras_by_hand.py on a model; return the exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-I", join_by_hand(), path, *more],
        capture_output=True,
        text=True,
        cwd=path.parent,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "good.keras"
    save(path)
    return path


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
    return next(told for told in config["config"]["layers"] if told["name"] == name)


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
    told = {"module": "builtins", "class_name": "function", "config": "relu"}
    layer(config, "first")["config"]["activation"] = told


def reading_operator(config):
    told = config["config"]["layers"]
    multiply = next(step for step in told if step["class_name"] == "Multiply")
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
    without_layers: "config.json does not tell of a model: KeyError 'layers'",
    without_output: "config.json does not tell of a model: KeyError 'nobody'",
    quantized: "layer first (Dense): it is quantized",
    a_list: "config.json does not tell of a model",
    no_json: "is damaged",
    deep: "is damaged",
    many_zeros: "config.json claims",
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


WEIGHTS = {
    external_link: "link to another place",
    soft_link: "link to another place",
    external_storage: "their numbers are not in the file",
    virtual: "their numbers are not in the file",
    huge: "their numbers are not in the file",
    without_kernel: "layer first (Dense): the file has 0 weights, not 2",
    wrong_shape: "layer first (Dense): its input or weights do not fit",
    one_too_many: "layer first (Dense): the file has 3 weights, not 2",
    of_text: "layer first (Dense): the file has 1 weights, not 2",
}


def name_of(given):
    return getattr(given, "__name__", "")


def refused(code, out, err, said):
    """Whether a run ended with one line that says so."""
    return code == 1 and said in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("change, said", CONFIGS.items(), ids=name_of)
def test_a_config_that_cannot_be_run(good, tmp_path, change, said):
    path = tmp_path / "bad.keras"
    rewritten(good, path, change, compress=change is many_zeros)
    assert refused(*run(path), said)


@pytest.mark.parametrize("change, said", WEIGHTS.items(), ids=name_of)
def test_weights_that_cannot_be_read(good, tmp_path, change, said):
    path, x = tmp_path / "bad.keras", tmp_path / "x.npy"
    rewritten(good, path, weights=change)
    np.save(x, np.ones((1, 4), "float32"))
    assert refused(*run(path, "--input", x, "--output", tmp_path / "y.npy"), said)
    assert not (tmp_path / "y.npy").exists()


def test_files_that_are_no_models(good, tmp_path):
    path, whole = tmp_path / "bad.keras", good.read_bytes()
    for data, said in {
        b"": "is no .keras file",
        b"text": "is no .keras file",
        whole[: len(whole) // 2]: "is no .keras file",
        whole.replace(b"HDF", b"XXX"): "or damaged",
        pickle.dumps(exit): "is no .keras file",
    }.items():
        path.write_bytes(data)
        assert refused(*run(path), said)
    for missing in ("config.json", "model.weights.h5"):
        rewritten(good, path, leave=[missing])
        assert refused(*run(path), missing)
    assert refused(*run(tmp_path / "none.keras"), "No such file")
    assert refused(*run(tmp_path), "Is a directory")


def test_inputs_that_do_not_fit(good, tmp_path):
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"

    def refuses(said):
        assert refused(*run(good, "--input", x, "--output", y), said)
        assert not y.exists()

    np.save(x, np.ones((1, 5)))
    refuses("input x has shape (1, 5), not (any, 4)")
    np.save(x, np.array([{}]), allow_pickle=True)
    refuses("is no .npy or .npz file")
    x.write_text("1 2 3")
    refuses("is no .npy or .npz file")
    with x.open("wb") as file:
        np.savez(file, z=np.ones((1, 4)))
    refuses("no input x: the model has x")


def test_what_is_there_is_not_overwritten(good, tmp_path):
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(x, np.ones((1, 4)))
    y.write_text("kept")
    assert refused(*run(good, "--input", x, "--output", y), "File exists")
    assert y.read_text() == "kept"


def test_several_outputs_are_written_by_their_names(tmp_path):
    x, y, path = tmp_path / "x.npz", tmp_path / "y.npz", tmp_path / "several.keras"
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    keras.Model([a, b], {"u": [a * 2, b], "v": a + 1}).save(path)
    np.savez(x, a=np.ones((1, 2)), b=np.zeros((1, 3)))
    assert run(path, "--input", x, "--output", y)[0] == 0
    expected = {"u_0": [[2, 2]], "u_1": [[0, 0, 0]], "v": [[2, 2]]}
    np.testing.assert_equal(dict(np.load(y)), expected)


def test_the_good_file_runs(good, tmp_path):
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(x, np.float32(np.arange(8).reshape(2, 4)))
    code, said, _ = run(good, "--input", x, "--output", y)
    assert code == 0
    assert "first" in said and "Dense" in said
    expected = keras.models.load_model(good).predict(np.load(x), verbose=0)
    np.testing.assert_allclose(np.load(y), expected, rtol=1e-5, atol=1e-5)
