"""Write the files in this folder, which older Keras reads, and what it predicts.

    python make.py  # with TensorFlow 2.12, 2.13, 2.14, 2.15, or tf_keras beside 2.18

Each writes VERSION.zip, with its files, NAME.VERSION.h5 or .keras, and their inputs and
predictions in answers.npz. Their names begin with what they are about.
"""

import pathlib
import sys
import tempfile
import zipfile

import numpy as np

try:
    import tf_keras as keras

    VERSION = "tf_keras"
except ImportError:
    from tensorflow import __version__ as VERSION
    from tensorflow import keras

layers = keras.layers
FOLDER = pathlib.Path(__file__).parent
ANSWERS = {}


def weights_of(model, rng):
    """Give a model weights that all differ, none of them small."""
    arrays = []
    for array in model.get_weights():
        low = 0.5 if array.ndim == 1 else -0.8  # such as a variance
        arrays.append(rng.uniform(low, 0.9, array.shape).astype(array.dtype))
    model.set_weights(arrays)
    return model


def gru():
    """Without reset_after, which later became the default."""
    layer = layers.GRU(2, reset_after=False, recurrent_activation="sigmoid")
    return keras.Sequential([keras.Input((4, 3)), layer])


def hard_sigmoid():
    """In an LSTM, and alone."""
    rows = layers.LSTM(2, recurrent_activation="hard_sigmoid", return_sequences=True)
    return keras.Sequential(
        [keras.Input((4, 3)), rows, layers.Activation("hard_sigmoid")]
    )


def seq2seq():
    """Masks beside initial states."""
    source, target = keras.Input((4,)), keras.Input((3,))
    _, h, c = layers.LSTM(2, return_state=True)(
        layers.Embedding(6, 3, mask_zero=True)(source)
    )
    decoder = layers.LSTM(2, return_sequences=True)
    y = decoder(layers.Embedding(6, 3, mask_zero=True)(target), initial_state=[h, c])
    return keras.Model([source, target], layers.Dense(2)(y))


def nested():
    """A model in a model, of which a part is frozen: its weights stand last."""
    inner = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3, name="frozen"),
            layers.BatchNormalization(),
            layers.Conv2D(2, 3, activation="relu"),
        ],
        name="inner",
    )
    inner.get_layer("frozen").trainable = False
    x = keras.Input((6, 6, 2))
    y = layers.Flatten()(inner(x))
    return keras.Model(x, layers.Dense(2)(y))


def shared():
    """A layer, and a model, that are called twice."""
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    layer = layers.Dense(3, activation="tanh")
    inner_x = keras.Input((3,))
    inner = keras.Model(inner_x, layers.Dense(2)(inner_x))
    y = layers.Subtract()([inner(layer(a)), inner(layer(b))])
    return keras.Model([a, b], y)


def depthwise():
    """DepthwiseConv2D with groups=1, an axis in a list, and alpha."""
    x = keras.Input((4, 4, 2))
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    y = layers.LeakyReLU(alpha=0.2)(layers.BatchNormalization()(y))
    return keras.Model(x, layers.ThresholdedReLU(0.3)(y))


def time_major():
    """Two directions, of cells, and a layer at each step."""
    x = keras.Input((4, 3))
    y = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(x)
    y = layers.RNN([layers.GRUCell(2), layers.LSTMCell(3)], return_sequences=True)(y)
    return keras.Model(x, layers.TimeDistributed(layers.Dense(2))(y))


def axes():
    """A Softmax over two axes, attention, and operators."""
    x = keras.Input((3, 4))
    y = layers.Softmax(axis=[1, 2])(x)
    y = layers.MultiHeadAttention(2, 2)(y, x)
    return keras.Model(x, layers.LayerNormalization()(x * 2.0 + y))


def masked():
    """A Masking before layers that stop at padding."""
    x = keras.Input((4, 2))
    y = layers.Masking(-1.0)(x)
    return keras.Model(x, layers.Bidirectional(layers.SimpleRNN(2))(y))


FORMS = {  # what each version writes
    "2.12.0": {"h5": [gru, nested, axes]},
    "2.13.1": {"keras": [nested, hard_sigmoid], "h5": [depthwise, masked]},
    "2.14.0": {"keras": [time_major], "h5": [shared]},
    "2.15.0": {"keras": [seq2seq, shared], "h5": [hard_sigmoid, seq2seq, time_major]},
    "tf_keras": {"h5": [gru], "keras": [gru, depthwise]},
}

# Weights alone, beside a .json file: the first ending has groups as .keras files do.
APART = {"2.12.0": ".weights.h5", "2.15.0": "_weights.h5"}


def draw(model, rng):
    """Return inputs: whole numbers for embeddings, some of them padding."""
    inputs = []
    for tensor in model.inputs:
        shape = (2, *tensor.shape[1:])
        x = rng.normal(size=shape)
        if len(shape) == 2 and shape[1] > 3 or model.name == "seq2seq":
            x = rng.integers(0, 3, shape)
        inputs.append(x.astype("float32"))
    if any(isinstance(layer, layers.Masking) for layer in model.layers):
        inputs[0][:, 2:] = -1
    return inputs


def keep_answers(name, model, rng):
    inputs = draw(model, rng)
    for number, x in enumerate(inputs):
        ANSWERS[f"{name}/{number}"] = x
    ANSWERS[f"{name}/y"] = model.predict(inputs, verbose=0)


def write_files(folder):
    """Write a file for each model, and its answers."""
    for ending, makers in FORMS[VERSION].items():
        for make in makers:
            keras.backend.clear_session()
            rng = np.random.default_rng(47)
            model = weights_of(make(), rng)
            model._name = make.__name__
            path = folder / f"{make.__name__}.{VERSION}.{ending}"
            model.save(path, save_format="keras" if ending == "keras" else "h5")
            keep_answers(path.name, model, rng)
    if VERSION in APART:
        model = weights_of(nested(), np.random.default_rng(5))
        name = f"apart.{VERSION}.json"
        (folder / name).write_text(model.to_json())
        model.save_weights(folder / f"apart.{VERSION}{APART[VERSION]}")
        keep_answers(name, model, np.random.default_rng(6))
    np.savez_compressed(folder / "answers.npz", **ANSWERS)


def main():
    keras.utils.set_random_seed(1)
    path = FOLDER / f"{VERSION}.zip"
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        folder = pathlib.Path(folder)
        write_files(folder)
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)


if __name__ == "__main__":
    sys.exit(main())
