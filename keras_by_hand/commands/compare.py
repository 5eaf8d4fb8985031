"""keras-by-hand compare: find the layers at which a port differs."""

import argparse
import json

from keras_by_hand.commands.models import add_model, read_layers
from keras_by_hand.comparing.comparison import compare
from keras_by_hand.comparing.port import TOLERANCE
from keras_by_hand.models.archives import load_json
from keras_by_hand.models.data import read_input
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.load import load_model

CODES = {"no layer differs": 0, "differs": 1, "cannot tell": 2}
HOW_TO_COMPARE = """\
examples:
  %(prog)s model.keras port.npz --input x.npy
      x.npy has the inputs of both, with their samples first; port.npz what the
      port made of them, as by np.savez("port.npz", conv=..., dense=...)
  %(prog)s model.keras port.txt --input x.npy
      what a program in C printed, a line "conv: 0.25, -1.5, ..." for each
      layer, or for each layer and sample; of int8 and the like, it is
      "conv scale=0.05 zero_point=-3: 12, 17, ..."
  %(prog)s model.keras port.json --input x.npy
      binary files that stand beside port.json, which lists them: {"conv":
      {"file": "conv.bin", "dtype": "int8", "scale": 0.05, "zero_point": -3}};
      without a dtype, a file has numbers of float32

the columns: arrived is how far an output of the port is from the model's, at
its worst place, as a part of the largest number; corr. their correlation; own
how far the layer is off if it is given what the port has for its inputs. A
layer with ! differs by itself: there the mistake is. "with dense" means that
the port has no tensor for a layer, which was computed together with dense.

the cause: each layer that differs is computed again with usual mistakes, such
as another epsilon, a transposed kernel or padding on the other side. The one
that makes the port's numbers stands behind "cause", with what to do. Where
several do, all are told; where none does, the mistake is another one.

the weights of a .tflite file are compared with the model's, too: rounded to
int8, what they make may hide that they are wrong. A layer whose own are not the
model's differs; "conv+norm" stands for a weight that both make.

names and shapes: an array is found by its values, under any name, in any usual
order of axes, and flat, as a program in C writes it. Where values cannot tell,
its name does if it is that of the layer, as the table has it; or --map does, a
file such as {"conv": "conv1/Relu", "dense": "fc"}.

what the input cannot show: "no layer differs" is said of this input. Where a
mistake would make no difference, as none of its numbers comes to a clamp or a
mask, or there is only one sample, a line above the answer says so.

packages: .keras, .h5, .npz, .txt and .json need NumPy and h5py alone; .tflite
needs ai-edge-litert or tensorflow, .onnx needs onnx and onnxruntime, the word
keras needs Keras.

exit codes: 0 where no layer differs, 1 where one does, 2 where that cannot be
told, as tensors are missing or have too few digits, or something went wrong,
which is one line on stderr.
"""


def add_compare(parser):
    """Add its arguments to its parser."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HOW_TO_COMPARE
    add_model(parser)
    parser.add_argument(
        "port",
        help="what is to do the same: a .keras, .h5, .tflite or .onnx file; a "
        ".npz, .txt or .json file with the output of each layer; or the word "
        "keras, for what Keras makes of the first file",
    )
    parser.add_argument(
        "--input",
        required=True,
        help="x: .npy, or .npz with an array for each input",
    )
    parser.add_argument(
        "--map",
        help='a .json file with the names that differ, {"layer": "tensor"}',
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        help="how far a layer may differ, as a part of the largest number of "
        f"its output ({TOLERANCE}, and more where the port stores rounded "
        "numbers, which the answer tells)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print what was found as JSON, for programs",
    )


def compare_models(given):
    """Print what compare() finds; return 1 where a layer differs, 0 where none
    does, 2 where that cannot be told."""
    names = read_names(given.map) if given.map else None
    model, layers = given.model, read_layers(given.layers)
    if given.weights:
        model = load_model(model, layers=layers, weights=given.weights)
    found = compare(
        model,
        given.port,
        read_input(given.input),
        names=names,
        tolerance=given.tolerance,
        layers=layers,
    )
    print(json.dumps(found.as_dict(), indent=2) if given.json else found)
    return CODES[found.verdict]


def read_names(path):
    """Return the names in a .json file, {layer: tensor}. Raises CannotRun where
    it holds anything else."""
    names = load_json(path)
    if not isinstance(names, dict) or not all(
        isinstance(name, str) for name in names.values()
    ):
        raise CannotRun(f'{path} must hold {{"layer": "tensor", ...}}')
    return names
