"""Run a .onnx file by ONNX Runtime, and keep all of its tensors."""

import numpy as np

from keras_by_hand.comparing.feeding import run_with
from keras_by_hand.comparing.port import Port
from keras_by_hand.models.errors import CannotRun, first_line


def run_onnx(path, x):
    """Return the Port of a .onnx file. Runs no code of the file.

    x: see run_with. Raises CannotRun where it does not fit, or the file cannot
    be run.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise CannotRun(
            f"{path}: {error.name} is missing: pip install onnx onnxruntime"
        ) from None

    try:
        model = onnx.load(path)
        outputs = [output.name for output in model.graph.output]
        for node in model.graph.node:
            for name in node.output:
                if name and name not in outputs:
                    model.graph.output.append(onnx.ValueInfoProto(name=name))
        options = onnxruntime.SessionOptions()
        none = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = none  # which would fuse tensors
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, ["CPUExecutionProvider"]
        )
    except OSError:
        raise
    except Exception as error:  # of as many kinds as there are faults
        raise CannotRun(f"{path}: {first_line(error)}") from None
    kinds = {given.name: given.type for given in session.get_inputs()}
    inputs = {
        given.name: [n if isinstance(n, int) else None for n in given.shape]
        for given in session.get_inputs()
    }
    names = [output.name for output in session.get_outputs()]

    def run(arrays):
        given = {n: a.astype(DTYPES[kinds[n]]) for n, a in arrays.items()}
        try:
            return dict(zip(names, session.run(names, given)))
        except Exception as error:  # of as many kinds as there are faults
            raise CannotRun(f"{path}: {first_line(error)}") from None

    if unknown := set(kinds.values()) - DTYPES.keys():
        raise CannotRun(f"{path} takes {', '.join(unknown)}: not known here")
    made = run_with(run, path, inputs, x)
    order = [name for node in model.graph.node for name in node.output]
    arrays = {n: made[n] for n in order if is_array(made.get(n))}
    return Port(arrays, outputs)


def is_array(thing):
    """Whether it is an array of numbers: ONNX has sequences, too."""
    return isinstance(thing, np.ndarray) and thing.dtype.kind in "biuf"


DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}
