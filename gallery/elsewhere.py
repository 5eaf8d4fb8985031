"""What PyTorch, ONNX and TFLite call what Keras has, and what carries its weights there."""

import functools
import tomllib

from gallery.paths import DOCS

FILE = DOCS / "reference" / "elsewhere.toml"
FAMILIES = (
    "Layers",
    "Activations",
    "Losses",
    "Metrics",
    "Optimizers",
    "Schedules",
    "Initializers",
)
FRAMEWORKS = {"pytorch": "PyTorch", "onnx": "ONNX", "tflite": "TFLite"}
NOTHING = {"pytorch": [], "onnx": [], "tflite": [], "differs": "", "carried_by": []}


@functools.cache
def read_elsewhere():
    """Return {name of Keras: {"pytorch": [names], "onnx": [names], "tflite": [names],
    "differs": text, "carried_by": [functions of keras_by_hand.porting]}}."""
    entries = tomllib.loads(FILE.read_text())

    def complete(entry):
        like = complete(entries[entry["as"]]) if "as" in entry else NOTHING
        return {**like, **{key: entry[key] for key in entry if key != "as"}}

    return {name: complete(entry) for name, entry in entries.items()}


def elsewhere_of(name):
    """Return the entry of a name of Keras, as name_alone returns it; None where it has
    none."""
    return read_elsewhere().get(name)


def names_there(entries):
    """Return {framework: all names that entries have there}, where there are any."""
    found = {
        title: [*dict.fromkeys(name for entry in entries for name in entry[key])]
        for key, title in FRAMEWORKS.items()
    }
    return {title: names for title, names in found.items() if names}
