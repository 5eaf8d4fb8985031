"""The page "My old model does not load": Keras raises each message that stands there, for a
file that is made here, and what the page says to do leads to a prediction."""

import json
import re
import shutil
import textwrap
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from old_keras import listed, write_old
from project import ROOT

from keras_by_hand import load_model
from keras_by_hand.models.converting import convert
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.model import Model
from keras_by_hand.models.trials import trial_inputs

TEXT = (ROOT / "docs/my_old_model_does_not_load.rst").read_text()
BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n\n((?:\1   .*\n|\n)+)", re.MULTILINE)
TITLE = re.compile(r"^(.+)\n\^+\n", re.MULTILINE)
INTRODUCTION, *PARTS = TITLE.split(TEXT)
SECTIONS = dict(zip(PARTS[::2], PARTS[1::2]))


def blocks(text, language):
    """Return what stands in the blocks of a language."""
    return [
        textwrap.dedent(b) for _, kind, b in BLOCK.findall(text) if kind == language
    ]


def says(block, message):
    """Whether the lines of a block are in a message, the first at its start; ... stands for
    whatever is left out."""
    lines = [
        re.escape(line).replace(r"\.\.\.", ".*") for line in block.split("\n") if line
    ]
    return re.match(".*".join(lines), message, re.DOTALL)


# -- Old files


def weights_of(layer, **shapes):
    """Return weights of a layer as an .h5 file has them."""
    rng = np.random.default_rng(47)
    return {
        layer: {
            f"{layer}/{name}:0": rng.uniform(0.5, 0.9, shape).astype("float32")
            for name, shape in shapes.items()
        }
    }


def h5(*layers_of_file, weights, version="2.4.0", **more):
    """Write old.h5, of a Sequential model."""
    config = {"name": "sequential", "layers": listed(layers_of_file)}
    return write_old("old.h5", config, weights, version, **more)


def of_input(*shape):
    return "InputLayer", {"batch_input_shape": [None, *shape], "name": "x"}


DENSE = "Dense", {"name": "dense", "units": 2}
OF_DENSE = weights_of("dense", kernel=(3, 2), bias=(2,))
KERNEL, BIAS = OF_DENSE["dense"].values()
OF_LSTM = {"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (8,)}


def dense(**more):
    return h5(of_input(3), DENSE, weights=OF_DENSE, **more)


def compiled(loss="mean_squared_error", **optimizer):
    held = {"class_name": "Adam", "config": optimizer}
    told = {
        "loss": loss,
        "metrics": None,
        "loss_weights": None,
        "optimizer_config": held,
    }
    return dense(training=told)


def lstm(**more):
    config = {"name": "lstm", "units": 2, **more}
    return h5(of_input(4, 3), ("LSTM", config), weights=weights_of("lstm", **OF_LSTM))


def depthwise():
    config = {
        "name": "depthwise",
        "kernel_size": [3, 3],
        "groups": 1,
        "use_bias": False,
    }
    weights = weights_of("depthwise", depthwise_kernel=(3, 3, 2, 1))
    return h5(of_input(4, 4, 2), ("DepthwiseConv2D", config), weights=weights)


def functional(inputs, layer, calls, weights):
    """Write old.h5, of a functional model of one layer."""
    held = [
        {
            "class_name": kind,
            "config": config,
            "name": config["name"],
            "inbound_nodes": [],
        }
        for kind, config in [*inputs, layer]
    ]
    held[-1]["inbound_nodes"] = [calls]
    config = {
        "name": "model",
        "layers": held,
        "input_layers": [[config["name"], 0, 0] for _, config in inputs],
        "output_layers": [[layer[1]["name"], 0, 0]],
    }
    return write_old("old.h5", config, weights, "2.4.0", kind="Functional")


def attention():
    of_shape = {f"{name}_shape": [None, 4, 3] for name in ("query", "key", "value")}
    config = {"name": "attention", "num_heads": 2, "key_dim": 2, "use_bias": False}
    shapes = {name: (3, 2, 2) for name in ("query", "key", "value")} | {
        "out": (2, 2, 3)
    }
    return functional(
        [of_input(4, 3)],
        ("MultiHeadAttention", {**config, **of_shape}),
        [["x", 0, 0, {"value": ["x", 0, 0]}]],
        weights_of("attention", **shapes),
    )


def decoder():
    states = [
        ("InputLayer", {"batch_input_shape": [None, 2], "name": name}) for name in "hc"
    ]
    return functional(
        [of_input(4, 3), *states],
        ("LSTM", {"name": "decoder", "units": 2}),
        [[name, 0, 0, {}] for name in "xhc"],
        weights_of("decoder", **OF_LSTM),
    )


def with_config(layer, **more):
    """Write old.keras of a layer, with more in its config, as Keras 2.15 did."""
    keras.Sequential([keras.Input((3,)), layer]).save("new.keras")
    with zipfile.ZipFile("new.keras") as new, zipfile.ZipFile("old.keras", "w") as old:
        config = json.loads(new.read("config.json"))
        config["config"]["layers"][1]["config"] |= more
        old.writestr("config.json", json.dumps(config))
        old.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        old.writestr("model.weights.h5", new.read("model.weights.h5"))
    Path("new.keras").unlink()
    return "old.keras"


def in_both_directions():
    inner = {"class_name": "LSTM", "config": {"name": "lstm", "units": 2}}
    weights = {
        name: array
        for way in ("forward", "backward")
        for name, array in weights_of(f"{way}_lstm", **OF_LSTM)[f"{way}_lstm"].items()
    }
    config = {"name": "both", "layer": inner, "merge_mode": "concat"}
    return h5(of_input(4, 3), ("Bidirectional", config), weights={"both": weights})


def cudnn():
    weights = weights_of("lstm", **{**OF_LSTM, "bias": (16,)})
    layer = "CuDNNLSTM", {"name": "lstm", "units": 2}
    return h5(of_input(4, 3), layer, weights=weights, version="2.2.4")


def own():
    return h5(of_input(3), DENSE, ("Shift", {"name": "shift"}), weights=OF_DENSE)


def with_lambda(function):
    config = {"name": "double", "function": function, "function_type": "lambda"}
    config |= {"module": "__main__", "output_shape": None, "output_shape_type": "raw"}
    config |= {"output_shape_module": None, "arguments": {}}
    return h5(of_input(3), DENSE, ("Lambda", config), weights=OF_DENSE)


def first_has_the_shape(kind, shape, weights, **config):
    held = {"name": kind.lower(), "batch_input_shape": [None, *shape], **config}
    return h5(
        (kind, held), weights=weights_of(kind.lower(), **weights), version="2.3.1"
    )


def of_keras_1():
    held = {"name": "dense", "batch_input_shape": [None, 3], "output_dim": 2}
    held |= {"activation": "linear", "bias": True, "input_dim": 3}
    return h5(("Dense", held), weights=OF_DENSE, version=None)


def gru():
    shapes = {"kernel": (3, 6), "recurrent_kernel": (2, 6), "bias": (6,)}
    held = {"name": "gru", "units": 2, "recurrent_activation": "sigmoid"}
    weights = weights_of("gru", **shapes)
    return h5(of_input(4, 3), ("GRU", held), weights=weights, version="2.1.5")


def weights_alone(name="weights.h5"):
    """Write what save_weights of Keras 2 did."""
    with h5py.File(dense()) as file, h5py.File(name, "w") as alone:
        file.copy("model_weights/dense", alone)
        alone.attrs["layer_names"] = ["dense"]
        alone.attrs["keras_version"] = "2.4.0"
    return name


def of_units(*units):
    """Return a model of Dense layers."""
    named = [layers.Dense(n, name="dense" if len(units) == 1 else None) for n in units]
    return keras.Sequential([keras.Input((3,)), *named])


def renamed(name):
    shutil.move(dense(), name)
    return name


def saved_model():
    Path("saved").mkdir()
    Path("saved/saved_model.pb").touch()
    return "saved"


CODE = ["4wEAAAA=", None, None]  # of a lambda; nobody gets as far as to read it
FILES = {  # what makes the file, or a recorded one, for each title
    "Unrecognized keyword arguments: time_major": [lambda: lstm(time_major=False)],
    "Unrecognized keyword arguments: groups (Teachable Machine)": [depthwise],
    "Unrecognized keyword arguments: query_shape": [attention],
    "Unrecognized keyword arguments: batch_input_shape": [
        lambda: with_config(layers.Dense(2), batch_input_shape=[None, 3])
    ],
    "int() argument must be ..., not 'list'": [
        lambda: with_config(layers.BatchNormalization(), axis=[1])
    ],
    "'str' object has no attribute 'quantization_mode'": [
        lambda: h5(
            of_input(3), ("Dense", {**DENSE[1], "dtype": MIXED}), weights=OF_DENSE
        )
    ],
    "Parent module keras.src.engine.functional": ["shared.2.15.0.keras"],
    "Could not locate class 'Functional'": [
        "apart.2.15.0.json",
        "depthwise.tf_keras.keras",
    ],
    "Could not locate class 'LSTM'": [in_both_directions],
    "Unknown layer: 'TFOpLambda'": ["axes.2.12.0.h5"],
    "Unknown layer: 'CuDNNLSTM'": [cudnn],
    "Unknown layer: 'Shift'": [own],
    "Lambda: Requested the deserialization of a Python lambda": [
        lambda: with_lambda(CODE),
        lambda: with_lambda({"class_name": "__tuple__", "items": CODE}),
    ],
    "Invalid Functional model configuration": ["nested.2.12.0.h5"],
    "Layer expects 1 input(s), but it received 3 input tensors": [decoder],
    "pop expected at most 1 argument, got 2": [
        lambda: write_old("old.h5", [of_input(3), DENSE], OF_DENSE, "2.1.5")
    ],
    "expected ndim=3, found ndim=4": [
        lambda: first_has_the_shape("LSTM", (4, 3), OF_LSTM, units=2),
        lambda: first_has_the_shape(
            "Conv2D",
            (4, 4, 1),
            {"kernel": (2, 2, 1, 2), "bias": (2,)},
            filters=2,
            kernel_size=[2, 2],
        ),
    ],
    "missing 1 required positional argument: 'units'": [of_keras_1],
    "Shape mismatch in layer (GRU)": [gru],
    "No model config found in the file": [weights_alone],
    "Layer 'dense' expected 2 variables, but received 0": [
        lambda: weights_alone("old.weights.h5")
    ],
    "Layer count mismatch": [weights_alone],
    "Argument(s) not recognized: {'lr': 0.001}": [lambda: compiled(lr=0.001)],
    "Could not deserialize 'keras.metrics.mse'": [lambda: compiled("mse")],
    "string indices must be integers, not 'str'": [lambda: compiled("my_loss")],
    "File format not supported": [saved_model],
    "File not found: filepath=old.keras": [lambda: renamed("old.keras")],
}
FORMULAS = {  # behind a Dense layer, as the page has them
    "Unknown layer: 'Shift'": lambda x: x + 1,
    "Lambda: Requested the deserialization of a Python lambda": lambda x: 2 * x,
}
MIXED = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
LOADS_WEIGHTS = {  # of a model with these units
    "Layer 'dense' expected 2 variables, but received 0": (2,),
    "Layer count mismatch": (4, 2),
}


def load_in_keras(path, title):
    """Load a file as users do who get the message."""
    if title in LOADS_WEIGHTS:
        return of_units(*LOADS_WEIGHTS[title]).load_weights(path)
    if path.endswith(".json"):
        return keras.models.model_from_json(Path(path).read_text())
    return keras.models.load_model(path)


def make(maker, recorded):
    """Make an old file here; return its name, and that of its weights."""
    if callable(maker):
        return str(maker()), None
    path, weights, *_ = recorded(maker)
    copy = f"old{path.suffix}"
    shutil.copy(path, copy)
    return copy, weights


def test_each_section_has_its_files():
    assert SECTIONS.keys() == FILES.keys()
    assert len(FILES) > 20


def test_five_minutes_lead_to_a_prediction(command, recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, weights, *_ = recorded("apart.2.15.0.json")
    shutil.copy(path, "model.json")
    shutil.copy(weights, "weights.h5")
    model = load_model(lstm(time_major=False))
    x = np.random.default_rng(1).normal(size=(2, 4, 3)).astype("float32")
    np.save("x.npy", x)
    lines = [
        line for block in blocks(INTRODUCTION, "bash") for line in block.splitlines()
    ]
    calls = [line for line in lines if line.startswith("python keras_by_hand.py")]
    assert len(calls) == 4
    for line in calls:
        Path("new.keras").unlink(missing_ok=True)
        assert command(*line.split()[2:])[0] == 0
    y = np.load("y.npy")
    np.testing.assert_allclose(y, model.predict(x), rtol=1e-5, atol=1e-5)
    [code] = blocks(INTRODUCTION, "python")
    held = {"keras": keras}
    exec(code, held)
    check(held["model"], x, y)


@pytest.mark.drawn
@pytest.mark.filterwarnings("ignore")  # of Keras, about old arguments
@pytest.mark.parametrize("title", FILES)
def test_keras_says_so_and_what_the_page_says_helps(
    title, recorded, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    told = blocks(SECTIONS[title], "none")
    seen = set()
    for maker in FILES[title]:
        path, weights = make(maker, recorded)
        with pytest.raises(Exception) as raised:
            load_in_keras(path, title)
        message = f"{raised.type.__name__}: {raised.value}"
        [block] = [block for block in told if says(block, message)] or [message]
        seen.add(block)
        x = np.ones((1, 3), "float32")
        expect = x, x @ KERNEL + BIAS  # of Dense
        if refused := blocks(SECTIONS[title], "text"):
            with pytest.raises(CannotRun, match=re.escape(refused[0].strip())):
                convert(path, "new.keras", weights)
        elif title not in LOADS_WEIGHTS:
            convert(path, "new.keras", weights)
            expect = predictions("new.keras")  # convert has compared them
            check(keras.models.load_model("new.keras"), *expect)
            Path("new.keras").unlink()
        for code in blocks(SECTIONS[title], "python"):
            held = {"keras": keras, "model": of_units(2)}
            exec(code, held)
            if refused:
                expect = x, FORMULAS[title](x @ KERNEL + BIAS)
            if "model" in code:
                check(held["model"], *expect)
    assert seen == {*told}


def predictions(path):
    """Return inputs for the model of a file, and what it predicts of them."""
    model = load_model(path)
    drawn = trial_inputs(model, 2, 4, np.random.default_rng(1))
    x = [*drawn.values()] if len(drawn) > 1 else drawn.popitem()[1]
    return x, model.predict(x)


def check(model, x, expected):
    y = model.predict(x) if isinstance(model, Model) else np.array(model(x))
    tolerance = 1e-2 if y.dtype == "float16" else 1e-5
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)
