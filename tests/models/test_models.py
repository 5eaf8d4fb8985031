"""Whole models of all kinds, run from their files in NumPy and by Keras in float64."""

import keras
import numpy as np
import pytest
from drawing import draw_weights, in_float64
from keras import layers, ops
from keras_facts import read_masks
from project import load_by_hand

by_hand = load_by_hand()
rng = np.random.default_rng(313)


def numbers(*shape):
    return rng.normal(size=shape).astype("float32")


def tokens(*shape):
    """Sentences of words 1 to 9 that end with two zeros."""
    drawn = rng.integers(1, 10, size=shape).astype("int32")
    drawn[:, -2:] = 0
    return drawn


def two_inputs_and_outputs():
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    shared, other = layers.Dense(5, activation="tanh"), layers.Dense(4)
    first, second = shared(a), shared(other(b))
    joined = layers.Concatenate()([first, other(b)])
    model = keras.Model([a, b], [layers.Dense(2)(joined), second * 3 - first])
    return model, [numbers(3, 4), numbers(3, 6)]


def models_in_a_model():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3)(x))
    encoder = keras.Model(image, layers.GlobalAveragePooling2D()(x))
    head = keras.Sequential(
        [
            layers.Dense(3, activation="silu"),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ]
    )
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3))
    outputs = {"p": head(encoder(left) - encoder(right)), "q": encoder(left)}
    return keras.Model([left, right], outputs), [numbers(2, 8, 8, 3)] * 2


def named_inputs():
    x = {name: keras.Input((3,), name=name) for name in ("left", "right")}
    y = layers.Dot(axes=1, normalize=True)([x["left"], layers.Dense(3)(x["right"])])
    return keras.Model(x, y), {"right": numbers(2, 3), "left": numbers(2, 3)}


def masks_through_recurrent_layers():
    x = keras.Input((7,), dtype="int32")
    y = layers.Embedding(10, 4, mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(y)
    y = layers.TimeDistributed(layers.Dense(4, activation="relu"))(y)
    y = layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), "sum")(y)
    return keras.Model(x, layers.Dense(2)(layers.GRU(5)(y))), tokens(3, 7)


def an_embedding_and_back():
    x = keras.Input((6,), dtype="int32")
    tied = layers.ReversibleEmbedding(10, 4, mask_zero=True)
    y = layers.LSTM(4, return_sequences=True)(tied(x))
    return keras.Model(x, tied(y, reverse=True)), tokens(3, 6)


def a_masking_layer():
    x = numbers(2, 5, 3)
    x[:, 3:] = 0
    model = [keras.Input((5, 3)), layers.Masking(), layers.GRU(4, go_backwards=True)]
    return keras.Sequential(model), x


def states_handed_over():
    x, start = keras.Input((5, 3)), keras.Input((4, 3))
    _, *states = layers.LSTM(4, return_state=True)(x)
    y = layers.LSTM(4, return_sequences=True)(start, initial_state=states)
    y = layers.Attention()([y, layers.Dense(4)(x)])
    return keras.Model([x, start], y), [numbers(2, 5, 3), numbers(2, 4, 3)]


def states_and_a_mask():
    x, start = keras.Input((6,), dtype="int32"), keras.Input((4,))
    y = layers.Embedding(10, 3, mask_zero=True)(x)
    y = layers.GRU(4, return_sequences=True)(y, initial_state=start)
    return keras.Model([x, start], layers.GRU(2)(y)), [tokens(3, 6), numbers(3, 4)]


def transposed_and_separable():
    return keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="elu"),
            layers.SeparableConv2D(4, 3),
            layers.MaxPooling2D(),
            layers.Conv2D(2, 1, use_bias=False),
        ]
    ), numbers(2, 4, 4, 2)


def conv_lstm():
    first = layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True)
    model = [keras.Input((3, 5, 5, 2)), first, layers.ConvLSTM2D(2, 2)]
    return keras.Sequential(model), numbers(2, 3, 5, 5, 2)


def decoder():
    x = keras.Input((6,), dtype="int32")
    y = layers.Embedding(12, 8)(x) + layers.Embedding(6, 8)(ops.arange(6))
    for _ in range(2):
        z = layers.LayerNormalization()(y)
        y = y + layers.MultiHeadAttention(2, 4)(z, z, use_causal_mask=True)
        z = layers.Dense(16, activation="silu")(layers.RMSNormalization()(y))
        y = y + layers.Dense(8)(z)
    return keras.Model(x, layers.Dense(12)(y)), tokens(2, 6)


def encoder_whose_masks_get_lost():
    x = keras.Input((6,), dtype="int32")
    y = layers.Embedding(10, 8, mask_zero=True)(x)
    for _ in range(2):
        y = layers.Add()([y, layers.MultiHeadAttention(2, 4)(y, y)])
        y = layers.LayerNormalization()(y)
    return keras.Model(x, layers.GlobalAveragePooling1D()(y)), tokens(3, 6)


def preprocessing_in_front():
    x = keras.Input((6, 5, 3), dtype="uint8")
    y = layers.Rescaling(1 / 128, offset=-1)(x)
    y = layers.Normalization(mean=[0.5, 0.25, 0], variance=[1, 4, 0.25])(y)
    y = layers.CenterCrop(4, 4)(layers.RandomFlip()(y))
    y = layers.ZeroPadding2D(((0, 1), (2, 0)))(y)
    y = layers.UpSampling2D(2)(layers.Cropping2D(1)(y))
    y = layers.PReLU(shared_axes=[1, 2])(layers.Permute((3, 1, 2))(y))
    return keras.Model(x, layers.Flatten()(y)), rng.integers(0, 256, (2, 6, 5, 3))


def learned_in_front():
    normalization, bins = layers.Normalization(), layers.Discretization(num_bins=4)
    normalization.adapt(numbers(50, 3))
    bins.adapt(numbers(50, 3))
    x = keras.Input((3,))
    categories = layers.CategoryEncoding(5, "count")(bins(x))
    y = layers.Concatenate()([normalization(x), categories])
    return keras.Model(x, layers.Dense(2)(y)), numbers(40, 3)  # more than a batch


def a_cell_in_a_layer():
    x = [keras.Input((5, 3)), layers.RNN(layers.LSTMCell(4), go_backwards=True)]
    return keras.Sequential(x), numbers(2, 5, 3)


def operators():
    x = keras.Input((4, 6))
    y = ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 24))
    y = ops.concatenate([y, ops.relu(y[:, ::2])], axis=1)
    z = ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))))
    z = ops.einsum("bij,bjk->bik", z, x) + ops.mean(x, axis=[1, 2], keepdims=True)
    z = ops.clip(z, -1, 1) / 2 - ops.sqrt(ops.abs(z)) ** 2
    stacked = ops.stack([z, ops.where(z > 0, z, 0.0)], axis=1)
    return keras.Model(x, [y, z, stacked, ops.split(z, 2, axis=1)[1]]), numbers(2, 4, 6)


MODELS = [
    two_inputs_and_outputs,
    models_in_a_model,
    named_inputs,
    masks_through_recurrent_layers,
    an_embedding_and_back,
    a_masking_layer,
    states_handed_over,
    states_and_a_mask,
    transposed_and_separable,
    conv_lstm,
    decoder,
    encoder_whose_masks_get_lost,
    preprocessing_in_front,
    learned_in_front,
    a_cell_in_a_layer,
    operators,
]


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_a_model_predicts_as_keras_does(make, tmp_path):
    keras.utils.set_random_seed(313)
    path, copy = tmp_path / "model.keras", tmp_path / "float64.keras"
    model, x = make()
    draw_weights(model, rng)
    model.save(path)
    in_float64(path, copy)
    expected = keras.models.load_model(copy).predict(x, verbose=0)
    y = by_hand.load_model(path).predict(x)
    keras.tree.assert_same_structure(y, expected)
    for array, of_keras in zip(keras.tree.flatten(y), keras.tree.flatten(expected)):
        largest = np.max(np.abs(of_keras))
        np.testing.assert_allclose(array, of_keras, rtol=1e-10, atol=1e-10 * largest)


def test_masks_go_on_where_they_do_in_keras():
    names = {
        name for name, does in read_masks().items() if does.endswith("passes it on")
    }
    others = by_hand.MERGING | by_hand.RECURRENT | by_hand.ATTENTION
    others |= {"Bidirectional", "Concatenate", "RNN"}  # which each say when
    alone = {"GroupNormalization", "Normalization", "Rescaling", "Softmax"}  # not asked
    known = by_hand.KEEP_MASK | by_hand.NOTHING_TO_DO | others
    assert names <= known
    assert by_hand.KEEP_MASK - names <= alone
    makes = {name for name, does in read_masks().items() if does.startswith("makes")}
    assert makes == by_hand.EMBEDDING | {"Masking"}


def test_a_text_is_read_by_what_its_layers_have_learned(tmp_path):
    texts = np.array([["the cat sat"], ["on the mat"], ["the dog"]])
    lookup = layers.TextVectorization(output_mode="tf_idf")
    lookup.adapt(texts)
    model = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
    model.save(tmp_path / "model.keras")
    y = by_hand.load_model(tmp_path / "model.keras").predict(texts)
    expected = keras.ops.convert_to_numpy(lookup(texts))
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)


def test_what_is_not_known_is_named(tmp_path):
    path = tmp_path / "model.keras"
    x = keras.Input((4,), dtype="int32")
    y = layers.Embedding(10, 3, mask_zero=True)(x)
    keras.Model(x, layers.Multiply(name="gate")([y, y])).save(path)
    message = r"layer gate \(Multiply\): it leaves out masked steps"
    with pytest.raises(by_hand.CannotRun, match=message):
        by_hand.load_model(path).predict(tokens(2, 4))
    keras.Sequential([x, layers.Hashing(3, name="hashed")]).save(path)
    with pytest.raises(by_hand.CannotRun, match="hashed .*: no function of this file"):
        by_hand.load_model(path)
