"""Files of some kilobytes that ask for hours or gigabytes: each ends in one line, within 2
seconds and 300 MB, the start of Python included."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hostile_files import DAMAGED, GREEDY, call, functional, input_layer, saved, write

from gallery.paths import ROOT
from keras_by_hand import load_model

SECONDS, MEGABYTES = 2, 300  # of the processor, so that a busy machine passes
# A process of its own measures the command: what comes from one that has loaded Keras
# counts its memory, too.
MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=60)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = used.ru_utime + used.ru_stime
unit = 2**20 if sys.platform == "darwin" else 2**10
print(json.dumps([done.returncode, done.stderr, seconds, used.ru_maxrss / unit]))
"""
FILES = {
    **DAMAGED,
    **{name: (write, "it would make") for name, write in GREEDY.items()},
}


@pytest.mark.drawn
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_ends_in_one_line_soon(tmp_path, name):
    write, said = FILES[name]
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(x, np.ones((1, 4), "float32"))
    write(tmp_path)
    command = [sys.executable, "-m", "keras_by_hand", tmp_path / "model.keras"]
    measured = subprocess.run(
        [sys.executable, "-I", "-c", MEASURE, *command, "--input", x, "--output", y],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    code, errors, seconds, megabytes = json.loads(measured.stdout)
    assert (code, len(errors.splitlines())) == (1, 1), errors
    assert said in errors
    assert seconds < SECONDS and megabytes < MEGABYTES, (seconds, megabytes)
    assert not y.exists()


def test_calls_in_reverse_order_take_linear_time(tmp_path):
    steps = [input_layer(4)]
    for number in range(5000):
        step = saved("Identity", f"step{number}")
        steps.append(call(step, [steps[-1]["name"], 0, 0]))
    backwards = [steps[0], *steps[:0:-1]]
    write(tmp_path, functional(backwards, "step4999"))
    x = np.ones((1, 4))
    np.testing.assert_array_equal(load_model(tmp_path / "model.keras").predict(x), x)
