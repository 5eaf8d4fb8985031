"""Faults of a Dense layer: what it computes, and how it takes its weights."""

from breaking import during, inputs, operation, outputs, tf32, weight
from fault import Fault
from keras import ops
from keras.layers import Dense

FAULTS = [
    Fault(
        "kernel: rounded to TF32",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", tf32),
    ),
    Fault(
        "inputs: rounded to TF32",
        "dense/plot_no_bias",
        "Dense.call",
        inputs(Dense, tf32),
    ),
    Fault(
        "sum: product rounded to TF32",
        "dense/plot_no_bias",
        "Dense.call",
        during(Dense, operation("matmul", lambda real, x, w: tf32(real(x, w)))),
    ),
    Fault(
        "output: in float64",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, lambda y: ops.cast(y, "float64")),
    ),
]
