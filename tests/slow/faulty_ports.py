"""Find where ports of all kinds go wrong: all faults, one and two at a time."""

import numpy as np
import ports
import pytest

from keras_by_hand import compare

pytestmark = pytest.mark.filterwarnings(  # of TensorFlow's interpreter of .tflite
    "ignore:.*(tf.lite.Interpreter is deprecated|preserve_all_tensors)",
    "ignore:In the future `np.object`",  # of Keras, when it writes .onnx
)
EXPORTS = "tflite", "int8.tflite", "onnx"
LARGE = "resnet50", "mobilenet"
MOST = 12  # exports of one model: each takes seconds


@pytest.mark.parametrize("kind", ["npz", *EXPORTS])
@pytest.mark.parametrize("name", ports.MODELS)
def test_faulty_layers(name, kind, tmp_path):
    if kind == "int8.tflite" and name in ("tagger", "gru"):
        pytest.skip("TensorFlow cannot quantize their loops: tests/ports.py")
    model, x = ports.MODELS[name]()
    path = tmp_path / "model.keras"
    model.save(path)
    faults = ports.visible(ports.list_faults(model), kind)
    cases = [[], *([fault] for fault in faults), *ports.two_at_a_time(faults)]
    if kind != "npz":
        rng = np.random.default_rng(0)
        most = 4 if name in LARGE else MOST
        few = rng.permutation(len(cases) - 1)[:most] + 1
        cases = [cases[index] for index in (0, *few)]
    exact = 0
    for case in cases:
        broken = ports.break_port(model, case)
        if kind == "npz":
            port = ports.record(broken, x)
        else:
            port = ports.export(broken, x, tmp_path, kind)
        found = compare(path, port, x)
        layers = sorted({layer for _, layer in case})
        assert ports.are_named(layers, found.faulty), (case, found.faulty)
        assert not found.unmatched, case
        exact += sorted(found.faulty) == layers
    matched = sum(row.tensor is not None for row in found.rows)
    print(
        f"{name}, {kind}: {len(cases)} ports, in {exact} each faulty layer by itself, in "
        f"the others with what it is fused with; {matched} of {len(found.rows)} layers "
        "have a tensor"
    )
    assert kind != "npz" or exact == len(cases)
