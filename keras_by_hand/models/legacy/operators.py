"""Operations of TensorFlow between layers of Keras 2, as operators of today."""

from typing import NamedTuple

from keras_by_hand.models.errors import CannotRun


class OfTensorFlow(NamedTuple):
    """The operator of today for a function of TensorFlow: where it is, its
    class, the names of tensors behind the first, and names that its options
    have today."""

    module: str
    kind: str
    tensors: tuple = ()
    options: dict = {}


REDUCED = {"axis": "axis", "keepdims": "keepdims"}
OF_TWO = (
    "add subtract multiply divide truediv pow maximum minimum equal not_equal "
    "greater greater_equal less less_equal"
)
CLASSES_OF_TWO = {"truediv": "TrueDivide", "pow": "Power"}
OF_ONE = "abs exp log negative sin cos sqrt square tanh"
CLASSES_OF_ONE = {"abs": "Absolute"}
OF_NN = "elu relu relu6 selu sigmoid silu softplus softsign"


def in_capitals(name):
    return name.title().replace("_", "")


FUNCTIONS = {
    **{
        f"math.{name}": OfTensorFlow(
            "numpy", CLASSES_OF_TWO.get(name, in_capitals(name)), ("y",)
        )
        for name in OF_TWO.split()
    },
    **{
        f"math.{name}": OfTensorFlow(
            "numpy", CLASSES_OF_ONE.get(name, in_capitals(name))
        )
        for name in OF_ONE.split()
    },
    **{
        f"nn.{name}": OfTensorFlow("nn", in_capitals(name))
        for name in OF_NN.split()
    },
    **{
        f"math.reduce_{name}": OfTensorFlow("numpy", kind, (), REDUCED)
        for name, kind in (
            ("max", "Max"),
            ("mean", "Mean"),
            ("min", "Min"),
            ("prod", "Prod"),
            ("sum", "Sum"),
        )
    },
    "__operators__.add": OfTensorFlow("numpy", "Add", ("y",)),
    "__operators__.getitem": OfTensorFlow("numpy", "GetItem", ("slice_spec",)),
    "cast": OfTensorFlow("core", "Cast", (), {"dtype": "dtype"}),
    "clip_by_value": OfTensorFlow(
        "numpy",
        "Clip",
        (),
        {"clip_value_min": "x_min", "clip_value_max": "x_max"},
    ),
    "concat": OfTensorFlow("numpy", "Concatenate", (), {"axis": "axis"}),
    "expand_dims": OfTensorFlow("numpy", "ExpandDims", (), {"axis": "axis"}),
    "linalg.matmul": OfTensorFlow("numpy", "Matmul", ("b",)),
    "math.sigmoid": OfTensorFlow("nn", "Sigmoid"),
    "nn.softmax": OfTensorFlow("nn", "Softmax", (), {"axis": "axis"}),
    "reshape": OfTensorFlow("numpy", "Reshape", (), {"shape": "newshape"}),
    "squeeze": OfTensorFlow("numpy", "Squeeze", (), {"axis": "axis"}),
    "stack": OfTensorFlow("numpy", "Stack", (), {"axis": "axis"}),
    "tanh": OfTensorFlow("numpy", "Tanh"),
    "transpose": OfTensorFlow("numpy", "Transpose", (), {"perm": "axes"}),
}
OPERATIONS = "TFOpLambda", "SlicingOpLambda"


def operator_of_today(layer):
    """Make a layer that is a function of TensorFlow an operator of today; its
    calls have the form of today already. Raises CannotRun for a function that
    has none."""
    function = str(layer["config"].get("function"))
    found = FUNCTIONS.get(function.removeprefix("compat.v1."))
    if found is None:
        raise CannotRun(
            f"layer {layer['name']} ({layer['class_name']}): the function "
            f"tf.{function} is not known here; make it a layer"
        )
    config = {"name": layer["name"]}
    for node in layer["inbound_nodes"]:
        given = node["kwargs"]
        later = [given.pop(name) for name in found.tensors if name in given]
        node["args"] += [as_key(item) for item in later]
        node["kwargs"] = {}
        for key, value in given.items():
            if key in found.options:
                config[found.options[key]] = value
            elif key != "name" and value not in (None, False):
                raise CannotRun(
                    f"layer {layer['name']}: {key}={value!r} of tf.{function} "
                    "is not known here"
                )
    layer |= {
        "module": f"keras.src.ops.{found.module}",
        "class_name": found.kind,
        "registered_name": found.kind,
        "config": config,
    }


def as_key(item):
    """Return an argument; slices in a key have a class today."""
    if isinstance(item, list):
        return [as_key(inner) for inner in item]
    if isinstance(item, dict) and item.keys() == {"start", "stop", "step"}:
        return {"class_name": "__slice__", "config": item}
    if isinstance(item, dict) and item.get("class_name") == "__ellipsis__":
        return {**item, "config": {}}
    return item
