"""Faults in Keras, put in on purpose: do the pages notice?

``make faults`` runs every page under every fault of its family, prints a table and
writes docs/_build/faults.json, from which the site draws it. A cell is

- *caught*: a check of the page failed;
- *no effect*: the page passed, and no prediction on it was moved beyond the rounding
  limit, nor changed its shape or dtype, as measured;
- *missed*: the page passed although a prediction was: this fails the run.
"""

import contextlib
import functools
import hashlib
import json
import sys
import time
from unittest import mock

import keras
import numpy as np
import pages
from keras import ops

RECORD = pages.ROOT / "docs" / "_build" / "faults.json"

# -- The catalogue: what is wrong, and how to put it in and take it out


def same(value):
    return value


def dense(
    inputs=same, kernel=same, product=same, bias=same, activation=None, output=same
):
    """A Dense layer whose parts pass through the functions given on their way.

    ``activation`` takes the layer's own, the sum, and the bias.
    """

    def call(self, x, training=None):
        y = product(ops.matmul(inputs(x), kernel(self.kernel)))
        b = None if self.bias is None else bias(self.bias)
        if activation is not None:
            y = activation(self.activation, y, 0 if b is None else b)
        else:
            y = self.activation(y if b is None else ops.add(y, b))
        return output(y)

    return mock.patch.object(keras.layers.Dense, "call", call)


def roundtrip(dtype):
    """Round to another dtype and back."""
    return lambda x: ops.cast(ops.cast(x, dtype), "float32")


def tf32(x):
    """Round to the 10 bits of fraction that TF32 keeps, by adding and subtracting."""
    shifted = x * (2.0**13 + 1)
    return shifted - (shifted - x)


def only_in_sequences(change):
    """Apply a change to inputs of more than two axes, (batch, ..., features)."""
    return lambda x: change(x) if len(x.shape) > 2 else x


def scaled(column, factor):
    """Multiply one unit's output by a factor."""

    def output(y):
        units = y.shape[-1]
        factors = np.ones(units, "float32")
        factors[column % units] = factor
        return y * factors

    return output


def accumulating(dtype):
    """A Dense layer that multiplies and sums in another dtype."""

    def call(self, x, training=None):
        y = ops.matmul(ops.cast(x, dtype), ops.cast(self.kernel, dtype))
        y = ops.cast(y, "float32")
        return self.activation(y if self.bias is None else y + self.bias)

    return mock.patch.object(keras.layers.Dense, "call", call)


def ignoring(which):
    """A set_weights that keeps the old kernel ("kernel"), bias or both."""

    def set_weights(self, weights):
        for variable, value in zip(self.weights, weights, strict=True):
            if value.shape != variable.shape:
                raise ValueError("shape")  # as the real one does
            if variable.name not in which:
                variable.assign(value)

    return mock.patch.object(keras.layers.Layer, "set_weights", set_weights)


def last_sample_repeated(y):
    return ops.concatenate([y[:-1], y[-2:-1]], axis=0)


def relu_becomes(function):
    """Replace relu, and leave other activations alone."""

    def activation(own, y, b):
        name = getattr(own, "__name__", "")
        return function(y + b) if name == "relu" else own(y + b)

    return activation


FAULTS = {
    "dense": {
        "kernel: rows reversed": dense(kernel=lambda w: ops.flip(w, 0)),
        "kernel: columns reversed": dense(kernel=lambda w: ops.flip(w, 1)),
        "kernel: columns moved by one": dense(kernel=lambda w: ops.roll(w, 1, 1)),
        "kernel: reshaped, not transposed": dense(
            kernel=lambda w: ops.reshape(ops.transpose(w), w.shape)
        ),
        "kernel: negated": dense(kernel=ops.negative),
        "kernel: absolute values": dense(kernel=ops.abs),
        "kernel: first row left out": dense(
            kernel=lambda w: w * (np.arange(w.shape[0]) > 0)[:, None]
        ),
        "kernel: rounded to bfloat16": dense(kernel=roundtrip("bfloat16")),
        "kernel: rounded to float16": dense(kernel=roundtrip("float16")),
        "kernel: rounded to TF32": dense(kernel=tf32),
        "bias: dropped": dense(bias=lambda b: 0 * b),
        "bias: negated": dense(bias=ops.negative),
        "bias: doubled": dense(bias=lambda b: 2 * b),
        "bias: moved by one unit": dense(bias=lambda b: ops.roll(b, 1)),
        "bias: reversed": dense(bias=ops.flip),
        "bias: averaged": dense(bias=lambda b: ops.ones_like(b) * ops.mean(b)),
        "bias: first entry for all": dense(bias=lambda b: ops.ones_like(b) * b[0]),
        "bias: absolute values": dense(bias=ops.abs),
        "bias: rounded to bfloat16": dense(bias=roundtrip("bfloat16")),
        "bias: added after the activation": dense(
            activation=lambda own, y, b: own(y) + b
        ),
        "activation: dropped": dense(activation=lambda own, y, b: y + b),
        "activation: applied to the product alone": dense(
            activation=lambda own, y, b: own(own(y) + b)
        ),
        "activation: relu becomes abs": dense(activation=relu_becomes(ops.abs)),
        "activation: relu leaks": dense(
            activation=relu_becomes(lambda z: ops.leaky_relu(z, 0.01))
        ),
        "activation: relu leaks 1e-6": dense(
            activation=relu_becomes(lambda z: ops.maximum(z, 1e-6 * z))
        ),
        "activation: relu is softened": dense(activation=relu_becomes(ops.gelu)),
        "activation: relu stops at 6": dense(activation=relu_becomes(ops.relu6)),
        "activation: relu applied to all": dense(
            activation=lambda own, y, b: ops.relu(y + b)
        ),
        "inputs: rounded to bfloat16": dense(inputs=roundtrip("bfloat16")),
        "inputs: rounded to float16": dense(inputs=roundtrip("float16")),
        "inputs: rounded to TF32": dense(inputs=tf32),
        "inputs: features reversed": dense(inputs=lambda x: ops.flip(x, -1)),
        "inputs: last axis reversed beyond 2-D": dense(
            inputs=only_in_sequences(lambda x: ops.flip(x, -1))
        ),
        "inputs: steps reversed": dense(
            inputs=only_in_sequences(lambda x: ops.flip(x, 1))
        ),
        "inputs: first step used for all": dense(
            inputs=only_in_sequences(lambda x: ops.ones_like(x) * x[:, :1])
        ),
        "inputs: steps averaged": dense(
            inputs=only_in_sequences(
                lambda x: ops.ones_like(x) * ops.mean(x, 1, keepdims=True)
            )
        ),
        "sum: in float16": accumulating("float16"),
        "sum: in bfloat16": accumulating("bfloat16"),
        "sum: product rounded to TF32": dense(product=tf32),
        "output: rounded to bfloat16": dense(output=roundtrip("bfloat16")),
        "output: samples reversed": dense(output=lambda y: ops.flip(y, 0)),
        "output: last sample repeated": dense(output=last_sample_repeated),
        "output: in float64": dense(output=lambda y: ops.cast(y, "float64")),
        "output: in float16": dense(output=lambda y: ops.cast(y, "float16")),
        "output: an axis too many": dense(output=lambda y: y[..., None]),
        "output: first unit off by 1e-5 of itself": dense(output=scaled(0, 1 + 1e-5)),
        "output: last unit off by 1e-5 of itself": dense(output=scaled(-1, 1 + 1e-5)),
        "output: last unit off by 1e-6 of itself": dense(output=scaled(-1, 1 + 1e-6)),
        "output: moved by 1e-5": dense(output=lambda y: y + 1e-5),
        "output: a sample off by one": dense(
            output=lambda y: ops.concatenate([y[:-1], y[-1:] + 1], axis=0)
        ),
        "set_weights: ignored": ignoring(("kernel", "bias")),
        "set_weights: ignores the kernel": ignoring(("kernel",)),
        "set_weights: ignores the bias": ignoring(("bias",)),
    }
}
FAULTS["equality"] = FAULTS["dense"]


def reordered(self, x, training=None):
    """The same computation in another order: the features from last to first."""
    y = ops.matmul(ops.flip(x, -1), ops.flip(self.kernel, 0))
    return self.activation(y if self.bias is None else y + self.bias)


# -- The measurement


def rounding_limit(model, x):
    """How far rounding can move each entry of a prediction, (batch, ..., units).

    Known for a model of one Dense layer that is linear or has relu, the only ones on
    the pages so far. Source: the page "What equal means". Raises ValueError for others.
    """
    _, layer = model.layers
    if layer.activation.__name__ not in ("linear", "relu"):
        raise ValueError(f"no limit known for {layer.activation.__name__}")
    kernel, *bias = (np.abs(value).astype("float64") for value in layer.get_weights())
    magnitude = np.abs(x) @ kernel + sum(bias)
    roundings = kernel.shape[0] + len(bias)
    return roundings / 2 * np.finfo("float32").eps * magnitude


@contextlib.contextmanager
def recorded_predictions(measure_limit=False):
    """Collect what ``predict`` returns, each with its rounding limit if wanted."""
    predict, recorded = keras.Model.predict, []

    @functools.wraps(predict)
    def recording(self, x, **arguments):
        y = predict(self, x, **arguments)
        limit = rounding_limit(self, x) if measure_limit else None
        recorded.append((np.array(y), limit))
        return y

    with mock.patch.object(keras.Model, "predict", recording):
        yield recorded


def has_effect(clean, faulty):
    """Whether a fault changed a prediction beyond its limit, or its shape or dtype."""
    for (before, limit), (after, _) in zip(clean, faulty, strict=True):
        if (before.shape, before.dtype) != (after.shape, after.dtype):
            return True
        if not np.all(np.abs(after.astype("float64") - before) <= limit):
            return True
    return False


def cell(page, fault, clean):
    """Run one page under one fault; return its state and the check that failed."""
    with recorded_predictions() as faulty, fault:
        try:
            pages.run(page.read_text(), page.name)
        except AssertionError as error:
            return "caught", str(error).strip().splitlines()[0]
    return ("missed" if has_effect(clean, faulty) else "no effect"), None


def measure(chosen=pages.PAGES):
    """Run the pages under the faults; return the record, as it is written."""
    states, seconds = {}, []
    for page in chosen:
        with recorded_predictions(measure_limit=True) as clean:
            pages.run(page.read_text(), page.name)
        with mock.patch.object(keras.layers.Dense, "call", reordered):
            pages.run(page.read_text(), page.name)  # raises if rounding alone fails it
        found = states[f"{page.parent.name}/{page.stem}"] = {}
        for name, fault in FAULTS[page.parent.name].items():
            start = time.perf_counter()
            found[name], _ = cell(page, fault, clean)
            seconds.append(time.perf_counter() - start)
    others = ("requirements.txt", "tests/faults.py", "tests/pages.py")
    sources = [*chosen, *(pages.ROOT / name for name in others)]
    return {
        "pages": states,
        "seconds_a_cell": round(float(np.mean(seconds)), 3),
        "sources": {
            file.relative_to(pages.ROOT).as_posix(): hashlib.sha256(
                file.read_bytes()
            ).hexdigest()
            for file in sources
        },
    }


def problems(states):
    """What must not be: a fault that is missed, or one that has no effect anywhere."""
    found = [
        f"{page} misses: {name}"
        for page, faults in states.items()
        for name, state in faults.items()
        if state == "missed"
    ]
    for name in {name for faults in states.values() for name in faults}:
        if not any(faults.get(name) == "caught" for faults in states.values()):
            found.append(f"has no effect on any page: {name}")
    return found


def main():
    record = measure()
    states = record["pages"]
    signs = {"caught": "x", "no effect": ".", "missed": "M"}
    for number, page in enumerate(states, 1):
        print(f"{number} {page}")
    for name in dict.fromkeys(name for faults in states.values() for name in faults):
        row = (signs.get(faults.get(name), " ") for faults in states.values())
        print(f"{name:45} {' '.join(row)}")
    print("x caught, . no effect (measured), M missed")
    print(
        f"{record['seconds_a_cell']} seconds a cell; the control left every page green"
    )
    found = problems(states)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1))
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main()
