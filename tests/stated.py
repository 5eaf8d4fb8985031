"""The defaults that elsewhere.toml states, as in "Keras ``epsilon=0.001``"."""

import re

from gallery.elsewhere import read_elsewhere

DEFAULT = re.compile(r"(Keras|PyTorch|ONNX) ``(\w+)=([^`]+)``")


def stated_defaults(framework):
    """Return [(name of Keras, argument, value as a text)] of what is said of one."""
    return [
        (name, argument, value)
        for name, entry in read_elsewhere().items()
        for who, argument, value in DEFAULT.findall(entry["differs"])
        if who == framework
    ]
