"""Models, faults that ports of them have, and exports: what tests of comparisons need."""

import contextlib
import logging
import math
import warnings
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

# -- Models


def image_model(build, size, seed, gain=1):
    """Return a model and two images."""
    model = build(keras.Input((size, size, 3), name="image"))
    rng = np.random.default_rng(seed)
    draw_weights(model, rng, gain)
    return model, rng.normal(size=(2, size, size, 3)).astype("float32")


def word_model(build, steps, seed):
    """Return a model and two sentences of words 1 to 19, of which one ends with zeros."""
    model = build(keras.Input((steps,), dtype="int32", name="words"))
    rng = np.random.default_rng(seed)
    draw_weights(model, rng)
    words = rng.integers(1, 20, size=(2, steps)).astype("int32")
    words[1, -3:] = 0
    return model, words


def draw_weights(model, rng, gain=1):
    """Draw weights that all matter, and under which numbers keep about their size."""
    for variable in model.weights:
        shape = variable.shape
        if "variance" in variable.name:
            values = rng.uniform(0.5, 2, shape)
        elif "gamma" in variable.name:
            values = rng.uniform(0.5, 1.5, shape)
        elif "kernel" in variable.name:
            # A depthwise kernel ends with (channels, 1): each channel is on its own.
            inputs = shape[:-2] if shape[-1] == 1 else shape[:-1]
            values = rng.normal(0, gain / math.sqrt(math.prod(inputs)), shape)
        elif "embeddings" in variable.name:
            values = rng.normal(0, 1, shape)
        else:
            values = rng.normal(0, 0.3, shape)
        variable.assign(values)


def cnn(image):
    y = layers.Conv2D(8, 3, strides=2, padding="same", name="conv_1")(image)
    y = layers.BatchNormalization(name="normalization")(y)
    y = layers.ReLU(name="relu")(y)
    y = layers.Conv2D(8, 3, padding="same", activation="relu", name="conv_2")(y)
    y = layers.MaxPooling2D(name="pooling")(y)
    y = layers.Flatten(name="flatten")(y)
    y = layers.Dense(16, activation="relu", name="dense_1")(y)
    return keras.Model(image, layers.Dense(4, name="dense_2")(y), name="cnn")


def resnet50(image):
    return keras.applications.ResNet50(weights=None, input_tensor=image, classes=5)


def mobilenet(image):
    body = keras.applications.MobileNetV2(
        weights=None, input_tensor=image, include_top=False
    )
    y = layers.GlobalAveragePooling2D(name="mean")(body.output)
    y = layers.Dense(5, activation="softmax", name="predictions")(y)
    return keras.Model(image, y, name="mobilenet")


def unet(image):
    def block(y, filters, name):
        y = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv_1")(y)
        y = layers.BatchNormalization(name=f"{name}_normalization")(y)
        y = layers.ReLU(name=f"{name}_relu")(y)
        last = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv_2")
        return last(y)

    def up(y, beside, filters, name):
        y = layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_transpose")(y)
        y = layers.Concatenate(name=f"{name}_concatenate")([y, beside])
        return block(y, filters, name)

    first = block(image, 6, "down_1")
    y = layers.MaxPooling2D(3, strides=2, padding="same", name="pooling_1")(first)
    second = block(y, 8, "down_2")
    y = layers.MaxPooling2D(name="pooling_2")(second)
    y = up(block(y, 12, "bottom"), second, 8, "up_2")
    y = up(y, first, 6, "up_1")
    y = layers.Conv2D(2, 1, activation="sigmoid", name="pixels")(y)
    return keras.Model(image, y, name="unet")


def tagger(words):
    y = layers.Embedding(20, 8, mask_zero=True, name="embedding")(words)
    lstm = layers.LSTM(6, return_sequences=True, name="lstm")
    y = layers.Bidirectional(lstm, name="bidirectional")(y)
    tag = layers.Dense(5, activation="softmax", name="tag")
    y = layers.TimeDistributed(tag, name="tags")(y)
    return keras.Model(words, y, name="tagger")


def gru(words):
    y = layers.Embedding(20, 8, mask_zero=True, name="embedding")(words)
    y = layers.GRU(6, return_sequences=True, name="gru_1")(y)
    y = layers.GRU(5, name="gru_2")(y)
    return keras.Model(words, layers.Dense(4, name="dense")(y), name="gru")


def transformer(words):
    positions = ops.cumsum(ops.ones_like(words), axis=1)
    positions = layers.Embedding(words.shape[1] + 1, 16, name="positions")(positions)
    y = layers.Embedding(20, 16, name="embedding")(words)
    y = layers.Add(name="sum")([y, positions])
    for i in (1, 2):
        attention = layers.MultiHeadAttention(4, 4, name=f"attention_{i}")
        y = layers.Add(name=f"sum_attention_{i}")([y, attention(y, y)])
        y = layers.LayerNormalization(name=f"normalization_attention_{i}")(y)
        z = layers.Dense(32, activation="relu", name=f"wide_{i}")(y)
        z = layers.Dense(16, name=f"narrow_{i}")(z)
        y = layers.Add(name=f"sum_dense_{i}")([y, z])
        y = layers.LayerNormalization(name=f"normalization_dense_{i}")(y)
    y = layers.GlobalAveragePooling1D(name="mean")(y)
    return keras.Model(words, layers.Dense(4, name="dense")(y), name="transformer")


MODELS = {
    "cnn": partial(image_model, cnn, 16, seed=1),
    "resnet50": partial(image_model, resnet50, 64, seed=2),
    "unet": partial(image_model, unet, 16, seed=3),
    "tagger": partial(word_model, tagger, 8, seed=4),
    "gru": partial(word_model, gru, 8, seed=5),
    "transformer": partial(word_model, transformer, 10, seed=6),
    "mobilenet": partial(image_model, mobilenet, 64, seed=7, gain=1.4),
}

# -- Faults


def find(layer, name):
    """Return which weights of a layer have a name: their numbers."""
    return [i for i, weight in enumerate(layer.weights) if weight.name == name]


def transposable(layer):
    """Return which axes of the layer's first kernel can be taken for each other."""
    for i in find(layer, "kernel")[:1]:
        *space, before, last = layer.weights[i].shape
        if before == last:
            return -2, -1
        # On one pixel, only the middle of a kernel counts.
        if space[1:] and space[0] == space[1] > 1 and max(layer.input.shape[1:3]) > 1:
            return 0, 1


def gates(layer):
    """Return the order in which a port takes the gates of a recurrent layer."""
    layer = getattr(layer, "forward_layer", layer)
    orders = {layers.LSTM: (0, 1, 3, 2), layers.GRU: (1, 0, 2)}
    return orders.get(type(layer))


def change(layer, numbers, by):
    weights = layer.get_weights()
    for i in numbers:
        weights[i] = by(weights[i])
    layer.set_weights(weights)


def transpose_kernel(layer):
    axes = transposable(layer)
    change(layer, find(layer, "kernel")[:1], lambda kernel: np.swapaxes(kernel, *axes))


def drop_bias(layer):
    change(layer, find(layer, "bias"), np.zeros_like)


def exchange_gates(layer):
    def exchange(weight):
        parts = np.split(weight, len(gates(layer)), axis=-1)
        return np.concatenate([parts[i] for i in gates(layer)], axis=-1)

    change(layer, range(len(layer.weights)), exchange)


def add_bias_twice(layer):
    def add_twice(bias):  # a GRU has a second one for its state: (2, 3 * units)
        return bias * (2 if bias.ndim == 1 else np.array([[1], [2]]))

    change(layer, find(layer, "bias"), add_twice)


def pads_unevenly(layer):
    """Whether a layer strides over its "same" input and pads it more at its end."""
    if not isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D, layers.MaxPool2D)):
        return False
    size = window(layer)[0]
    strided = layer.padding == "same" and layer.strides[0] == 2
    return strided and size % 2 and size > 1 and layer.input.shape[1] % 2 == 0


def window(layer):
    return getattr(layer, "kernel_size", None) or layer.pool_size


def pad_symmetrically(kind):
    """Return a class of the same name that pads both sides equally, as PyTorch does."""

    def call(self, x):
        height, width = ((size // 2, size // 2) for size in window(self))
        # To the largest of a window, copies of its own pixels make no difference.
        mode = "reflect" if issubclass(kind, layers.MaxPool2D) else "constant"
        x = ops.pad(x, [(0, 0), height, width, (0, 0)], mode)
        self.padding = "valid"
        y = kind.call(self, x)
        self.padding = "same"
        return y

    return type(kind.__name__, (kind,), {"call": call})


# Whether a layer can have a fault, and how its weights get it. What needs another config
# or class is made where the layer is cloned.
FAULTS = {
    "kernel transposed": (transposable, transpose_kernel),
    "bias dropped": (partial(find, name="bias"), drop_bias),
    "epsilon changed": (lambda layer: hasattr(layer, "epsilon"), None),
    "gates exchanged": (gates, exchange_gates),
    "symmetric padding": (pads_unevenly, None),
    "recurrent bias added twice": (gates, add_bias_twice),
}


def list_faults(model):
    """Return all (fault, name of a layer) that can be made in a model."""
    return [
        (fault, layer.name)
        for fault, (possible, _) in FAULTS.items()
        for layer in model.layers
        if possible(layer)
    ]


def one_of_each(faults):
    """Return a fault of each kind, one in the middle of the model."""
    kinds = {}
    for fault, layer in faults:
        kinds.setdefault(fault, []).append((fault, layer))
    return [found[len(found) // 2] for found in kinds.values()]


def two_at_a_time(faults):
    """Return pairs of faults, in layers that are far from each other."""
    half = len(faults) // 2
    pairs = zip(faults[:half], faults[half:])
    return [pair for pair in pairs if pair[0][1] != pair[1][1]]


def visible(faults, kind):
    """Return those that a kind of file can show. Hidden by rounded weights are a changed
    epsilon, and a query's kernel with its axes exchanged."""
    if kind in ("tflite", "onnx"):
        return faults
    return [
        (fault, layer)
        for fault, layer in faults
        if fault != "epsilon changed"
        and (fault, layer[:9]) != ("kernel transposed", "attention")
    ]


def are_named(layers, faulty):
    """Whether exactly these layers are told as faulty, alone or with those that the port
    has fused with them."""
    groups = [names.split("+") for names in faulty]
    return all(any(layer in names for names in groups) for layer in layers) and all(
        any(layer in names for layer in layers) for names in groups
    )


def break_port(model, faults):
    """Return a copy of a model with exactly these (fault, name of a layer). Not one with
    symmetric padding, but any other can be saved and loaded."""
    assert set(faults) <= set(list_faults(model))

    def clone(layer):
        kind, config = type(layer), layer.get_config()
        if ("epsilon changed", layer.name) in faults:
            config["epsilon"] = 1e-5 if layer.epsilon > 1e-4 else 1e-3
        if ("symmetric padding", layer.name) in faults:
            kind = pad_symmetrically(kind)
        return kind.from_config(config)

    broken = keras.models.clone_model(model, clone_function=clone)
    broken.set_weights(model.get_weights())
    for fault, name in faults:
        if make := FAULTS[fault][1]:
            make(broken.get_layer(name))
    return broken


# -- Recordings and exports


def record(model, x):
    """Return what each layer makes of x, by its name; of several outputs, the first."""
    outputs = {
        layer.name: keras.tree.flatten(layer.output)[0] for layer in model.layers
    }
    recorder = keras.Model(model.inputs[0], outputs)
    return {name: np.asarray(y) for name, y in recorder(x, training=False).items()}


@contextlib.contextmanager
def silence():
    """Let no converter warn or log."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(level)


def to_tflite(model, x, path, kind="tflite"):
    """Write a model in TFLite for any number of samples, or, with recurrent layers, for
    as many as x has: for any number, their loops need operators of TensorFlow.

    Of int8.tflite, all is of integers, words excepted, and x shows which numbers to
    expect. Recurrent layers do not have that: TensorFlow 2.21 crashes when it measures a
    loop. Others store weights alone in fewer bits, or have 16 of them beside.
    """
    recurrent = any(gates(layer) for layer in model.layers)
    samples, name = len(x) if recurrent else None, model.inputs[0].name
    signature = keras.InputSpec(x.dtype.name, (samples, *x.shape[1:]), name=name)
    sets, options, types = tf.lite.OpsSet, {}, {}
    operators = sets.TFLITE_BUILTINS
    if kind != "tflite":
        options["optimizations"] = [tf.lite.Optimize.DEFAULT]
    if kind == "float16.tflite":
        types = {"supported_types": [tf.float16]}
    if kind in ("int8.tflite", "16x8.tflite"):
        if recurrent:
            raise ValueError("recurrent layers cannot be quantized")
        options["representative_dataset"] = lambda: ([jitter(x, i)] for i in range(25))
        operators = (
            sets.TFLITE_BUILTINS_INT8
            if kind == "int8.tflite"
            else sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        )
    if kind == "int8.tflite":
        options["inference_output_type"] = tf.int8
        if x.dtype.kind == "f":
            options["inference_input_type"] = tf.int8
    options["target_spec"] = {"supported_ops": [operators], **types}
    with silence():
        model.export(
            path, "litert", verbose=False, input_signature=[signature], **options
        )


def jitter(x, seed):
    """Return two other images; words stay what they are."""
    if x.dtype.kind != "f":
        return x
    noise = np.random.default_rng(seed).normal(0, 0.1, x.shape)
    return x + noise.astype(x.dtype)


def to_onnx(model, x, path, samples=None):
    """Write a model in ONNX, for so many samples or any number."""
    shape, name = (samples, *x.shape[1:]), model.inputs[0].name
    signature = keras.InputSpec(x.dtype.name, shape, name=name)
    with silence():
        model(x[:1])  # one that was never called is refused
        model.export(path, "onnx", verbose=False, input_signature=[signature])


def export(model, x, folder, kind, samples=None):
    """Write a model as onnx, or as a kind of tflite, for any number of samples where that
    can be, or for so many in ONNX; return the path of the file."""
    path = folder / f"port.{kind}"
    if kind == "onnx":
        to_onnx(model, x, path, samples)
    else:
        to_tflite(model, x, path, kind)
    return path
