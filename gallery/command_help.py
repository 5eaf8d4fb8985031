"""What the command keras-by-hand says of itself, asked of the command."""

import contextlib
import functools
import io
import json
import os
import sys

from gallery.asking import ask
from gallery.signatures import WIDTH

COMMAND = "keras-by-hand"


def print_help():
    """Print what --help prints of the command, and of each of its commands, as JSON."""
    from keras_by_hand.__main__ import COMMANDS, parse  # here: it needs NumPy

    os.environ["COLUMNS"] = str(WIDTH)
    sys.argv = [COMMAND]
    found = {}
    for words in [[], *([name] for name in COMMANDS)]:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            parse([*words, "--help"])
        found[" ".join([COMMAND, *words])] = printed.getvalue().rstrip()
    print(json.dumps(found))


@functools.cache
def read_help():
    """Return {"keras-by-hand show": what its --help prints}, first of all of
    "keras-by-hand"."""
    return ask("-m", "gallery.command_help")


if __name__ == "__main__":
    print_help()
