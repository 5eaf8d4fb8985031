"""Layers models of TensorFlow.js, written here from what Keras 2 saved."""

import json

import h5py
import keras
import numpy as np
import pytest

from keras_by_hand import CannotRun, load_model
from keras_by_hand.models.converting import convert


def named_weights(path):
    """Return the weights of a file of Keras 2 as its converter names them."""
    found = {}
    with h5py.File(path) as file:
        group = file.get("model_weights", file)
        for layer in group.attrs["layer_names"]:
            for name in group[layer].attrs["weight_names"]:
                found[str(name).removesuffix(":0")] = group[layer][name][()]
    return found


def write_layers_model(folder, topology, weights, shards=2, **changes):
    """Write a model.json, and its weights in files beside it; return its path."""
    data, told = b"", []
    for name, array in weights.items():
        spec = {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
        told.append(spec | changes.get("spec", {}))
        data += array.tobytes()
    paths = [f"group1-shard{n + 1}of{shards}.bin" for n in range(shards)]
    size = len(data) // shards + 1
    for number, name in enumerate(paths):
        (folder / name).write_bytes(data[number * size : (number + 1) * size])
    held = {
        "format": "layers-model",
        "generatedBy": "keras v2.15.0",
        "convertedBy": "TensorFlow.js Converter v4.17.0",
        "modelTopology": topology,
        "weightsManifest": [{"paths": changes.get("paths", paths), "weights": told}],
    }
    path = folder / "model.json"
    path.write_text(json.dumps(held))
    return path


@pytest.fixture
def apart(recorded):
    """The config, weights, input and prediction of a nested model of Keras 2.15."""
    path, weights, [x], y = recorded("apart.2.15.0.json")
    config = json.loads(path.read_text())
    told = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": config}
    return told, named_weights(weights), x, y


@pytest.mark.parametrize("shards", [1, 3])
def test_a_layers_model_predicts_as_keras_did(shards, apart, tmp_path):
    topology, weights, x, y = apart
    path = write_layers_model(tmp_path, topology, weights, shards)
    np.testing.assert_allclose(load_model(path).predict(x), y, rtol=1e-5, atol=1e-5)
    convert(path, tmp_path / "new.keras")
    new = keras.models.load_model(tmp_path / "new.keras")
    np.testing.assert_allclose(new.predict(x, verbose=0), y, rtol=1e-5, atol=1e-5)


def test_weights_are_found_by_the_names_of_their_layers(apart, tmp_path):
    """TensorFlow.js itself writes those that are trained first, with the model's name."""
    topology, weights, x, y = apart
    turned = {f"inner/{name}": weights[name] for name in reversed(weights)}
    within = {}
    for name in turned:  # in a layer the order stays
        layer = name.rsplit("/", 1)[0]
        within |= {n: turned[n] for n in reversed(turned) if n.startswith(f"{layer}/")}
    assert [*within] != [f"inner/{name}" for name in weights]
    path = write_layers_model(tmp_path, topology, within)
    np.testing.assert_allclose(load_model(path).predict(x), y, rtol=1e-5, atol=1e-5)


def dense(units=2):
    """A topology as TensorFlow.js itself writes it."""
    config = {"name": "d", "units": units, "batch_input_shape": [None, 3]}
    config |= {"activation": "hard_sigmoid", "use_bias": False}
    return {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [{"class_name": "Dense", "config": config}]},
        "keras_version": "tfjs-layers 4.22.0",
        "backend": "tensor_flow.js",
    }


X = np.float32([[0.5, -1, 2]])
KERNEL = np.float32([[1, 2], [0, 3], [0.5, -1]])


def test_tensorflow_js_computes_as_keras_2_does(tmp_path):
    path = write_layers_model(tmp_path, dense(), {"d/kernel": KERNEL})
    expected = np.clip(0.2 * X @ KERNEL + 0.5, 0, 1)
    np.testing.assert_allclose(load_model(path).predict(X), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16"])
def test_quantized_weights_are_scaled(dtype, tmp_path):
    kind = {"dtype": dtype, "original_dtype": "float32"}
    if dtype == "float16":
        stored, kernel = KERNEL.astype(dtype), KERNEL
    else:
        stored = np.arange(6, dtype=dtype).reshape(3, 2) * 40
        kind |= {"scale": 0.01, "min": -1.5}
        kernel = stored * 0.01 - 1.5
    spec = {"dtype": "float32", "quantization": kind}
    path = write_layers_model(tmp_path, dense(), {"d/kernel": stored}, spec=spec)
    [layer] = load_model(path).layers[1:]
    np.testing.assert_allclose(layer.arrays["kernel"], kernel, rtol=1e-6)


def test_a_graph_model_says_what_to_do(tmp_path, command):
    for held in (
        {"format": "graph-model", "modelTopology": {}},
        {"modelTopology": {"node": [{"name": "x", "op": "Placeholder"}]}},
    ):
        (tmp_path / "model.json").write_text(json.dumps(held))
        code, _, errors = command("run", tmp_path / "model.json")
        assert code == 1 and "--output_format=tfjs_layers_model" in errors
        assert len(errors.splitlines()) == 1


OUTSIDE = ["../secret.bin"], ["/etc/hostname"], ["x/../../secret.bin"], ["link.bin"]


@pytest.mark.parametrize("paths", OUTSIDE)
def test_no_file_outside_the_folder_is_read(paths, tmp_path):
    (tmp_path / "secret.bin").write_bytes(KERNEL.tobytes())
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    path = write_layers_model(folder, dense(), {"d/kernel": KERNEL}, paths=paths)
    with pytest.raises(CannotRun, match="no file of its own beside it"):
        load_model(path)


STRING = {"dtype": "string"}
COMPLEX = {"dtype": "float32", "quantization": {"dtype": "complex64"}}


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"paths": ["none.bin"]}, "none.bin, which has its weights, is not there"),
        ({"paths": ["group1-shard1of2.bin"] * 2}, "no file of its own beside it"),
        ({"paths": ["group1-shard1of2.bin"]}, r"of shape \[3, 2\] are not in the file"),
        ({"spec": {"shape": [2, 2]}}, "they have 24 bytes, the weights 16"),
        ({"spec": {"shape": [-3, -2]}}, "are not in the file"),
        ({"spec": {"shape": [10**9, 10**9]}}, "are not in the file"),
        ({"spec": STRING}, "string is no dtype of weights"),
        ({"spec": COMPLEX}, "complex64 is no dtype of weights"),
        ({"spec": {"name": "e/kernel"}}, "weights e/kernel are of no layer"),
        ({"spec": {"name": "/" * 100_000}}, "are of no layer"),
        ({"spec": {"shape": "x"}}, "model.json is damaged"),
    ],
)
def test_weights_that_do_not_fit_are_refused(changes, said, tmp_path):
    path = write_layers_model(tmp_path, dense(), {"d/kernel": KERNEL}, **changes)
    with pytest.raises(CannotRun, match=said) as refused:
        load_model(path)
    assert len(str(refused.value).splitlines()) == 1


def test_two_layers_of_one_name_are_refused(tmp_path):
    topology = dense()
    topology["config"]["layers"] *= 2
    path = write_layers_model(tmp_path, topology, {"d/kernel": KERNEL})
    with pytest.raises(CannotRun, match="2 of its layers are named 'd'"):
        load_model(path)


def test_weights_may_be_in_another_file(apart, recorded, tmp_path):
    topology, _, x, y = apart
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"modelTopology": topology, "weightsManifest": []}))
    with pytest.raises(CannotRun, match="has no weights"):
        load_model(path)
    model = load_model(path, weights=recorded("apart.2.15.0.json")[1])
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-5, atol=1e-5)
