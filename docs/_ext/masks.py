"""What each layer of Keras does with a mask: found by running it, and told as a table."""

import inspect

from includes import table, write

SIZES = {  # of the arguments that a layer needs
    "units": 2,
    "filters": 2,
    "kernel_size": 2,
    "pool_size": 2,
    "output_size": 2,
    "input_dim": 9,
    "output_dim": 2,
    "head_dim": 2,
    "num_query_heads": 2,
    "num_key_value_heads": 1,
    "num_heads": 2,
    "key_dim": 2,
    "rate": 0.5,
    "stddev": 0.5,
    "axes": 2,
    "dims": (2, 1),
    "scale": 2,
    "activation": "relu",
}
USED = {True: "uses it", False: "does not use it"}
PASSED = {True: "and passes it on", False: "and drops it"}
MAKES = "makes a mask of its own"


def make(layer_class):
    """Return a layer with sizes for what it needs, and with all outputs of a sequence.

    Raises KeyError where it needs something else.
    """
    from keras import layers

    inner = {"layer": layers.LSTM(2, return_sequences=True), "cell": layers.LSTMCell(2)}
    if layer_class is layers.TimeDistributed:
        inner["layer"] = layers.Dense(2)
    needed, known = {}, {**SIZES, **inner}
    for name, parameter in inspect.signature(layer_class).parameters.items():
        required = parameter.default is parameter.empty
        if required and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            needed[name] = known[name]
        if name in ("return_sequences", "mask_zero"):
            needed[name] = True
    return layer_class(**needed)


def behaviour(layer, inputs, mask):
    """Return in words what a layer does with the mask of its inputs, a list of one or two
    arrays (batch, steps, ...)."""
    import numpy as np
    from keras import ops

    def run(masked):
        tensors = [ops.convert_to_tensor(array) for array in inputs]
        for tensor in tensors:
            if masked:
                tensor._keras_mask = ops.convert_to_tensor(mask)
        y = layer(tensors if len(tensors) > 1 else tensors[0])
        y = y[0] if isinstance(y, list | tuple) else y
        return ops.convert_to_numpy(y), getattr(y, "_keras_mask", None)

    (plain, made), (with_mask, passed) = run(False), run(True)
    if made is not None:
        return MAKES
    used = plain.shape != with_mask.shape or not np.allclose(plain, with_mask)
    return f"{USED[used]} {PASSED[passed is not None]}"


def mask_facts(layers):
    """Return {name: what it does with a mask} for layers, {name: class}, that take
    sequences, of numbers or of images; without those of preprocessing."""
    import numpy as np

    rng = np.random.default_rng(0)
    mask = np.array([[True, True, True, False], [True, False, True, False]])
    words = rng.integers(1, 9, size=(2, 4))
    found = {}
    for name, layer_class in layers.items():
        if ".preprocessing" in layer_class.__module__:
            continue
        shapes = [(2, 4, *[5] * axes, 4) for axes in range(4)]
        inputs = [rng.normal(size=shape).astype("float32") for shape in shapes]
        trials = [[array] for array in inputs] + [[array, array] for array in inputs]
        if "Embedding" in name:
            trials = [[words]]
        for arrays in trials:
            try:
                found[name] = behaviour(make(layer_class), arrays, mask)
            except Exception:  # of as many kinds as there are layers
                continue
            break
    return found


def write_masks(app):
    from keras_facts import read_masks

    rows = {}
    for name, text in read_masks().items():
        rows.setdefault(text, []).append(name)
    text = table(
        ("What it does with a mask", "Layers"),
        [(text, ", ".join(rows[text])) for text in sorted(rows, reverse=True)],
    )
    write("masks.inc", text)


def setup(app):
    app.connect("builder-inited", write_masks, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
