"""What the libraries of this process make of the machine: written to libraries.json.

tests/slow/processors.py runs it beside the pages, forked from the same process as they are.
"""

import json
import os
import re
import tempfile
from pathlib import Path

import keras
import numpy as np
import psutil
import threadpoolctl

os.environ["ONEDNN_VERBOSE"] = "1"  # it tells what it finds, and what it computes
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64)])
with tempfile.TemporaryFile("w+") as output:
    os.dup2(output.fileno(), 1)
    model.predict(np.ones((64, 64)), verbose=0)
    output.seek(0)
    said = output.read()
loaded = threadpoolctl.threadpool_info()
blas = [library for library in loaded if "numpy.libs" in library["filepath"]] or [{}]
facts = {
    "oneDNN": "".join(re.findall("cpu,isa:(.*)", said)).strip(),
    "oneDNN runs layers": ",exec,cpu,inner_product," in said,
    "OpenBLAS": blas[0].get("architecture"),
    "OpenBLAS' threads": blas[0].get("num_threads", 1),
    "NumPy": " ".join(np.show_config("dicts")["SIMD Extensions"].get("found", [])),
    "threads": psutil.Process().num_threads(),  # with those of TensorFlow
}
Path("libraries.json").write_text(json.dumps(facts))
