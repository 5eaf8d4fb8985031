"""Whole models of all kinds, run from their files in NumPy and by Keras in float64."""

import functools
import re

import keras
import numpy as np
import pytest
from drawing import draw_weights, in_float64
from keras import layers, ops
from project import load_by_hand

import keras_by_hand as by_hand
from gallery.keras_facts import read_masks
from keras_by_hand.models.config import revive
from keras_by_hand.models.layers.attention import Attention, Heads
from keras_by_hand.models.layers.embedding import Embedding, Masking
from keras_by_hand.models.layers.layer import DoesNothing, KeepsMask
from keras_by_hand.models.layers.merging import Concatenate, Merging
from keras_by_hand.models.layers.normalization import SpectralNormalization
from keras_by_hand.models.layers.recurrent import Recurrent
from keras_by_hand.models.registry import LAYERS as KNOWN
from keras_by_hand.models.tensors import Tensor

one_file = load_by_hand()
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


def masked_merges():
    a, b = keras.Input((6,), dtype="int32"), keras.Input((6,), dtype="int32")
    first, second = (layers.Embedding(10, 3, mask_zero=True)(x) for x in (a, b))
    plain, outputs = layers.GlobalAveragePooling1D()(second), []
    for kind in (layers.Multiply, layers.Maximum, layers.Minimum):
        for inputs in ([first, second], [plain, first], [first, second, plain]):
            y = kind()(inputs)
            outputs += [y, layers.GlobalAveragePooling1D()(y)]
    more_masked = tokens(3, 6)
    more_masked[:, 0] = 0
    return keras.Model([a, b], outputs), [tokens(3, 6), more_masked]


def constants_in_merges():
    """Constants of one sample, such as positions, which are the same for all."""
    x = keras.Input((4, 3))
    steps, features = map(ops.convert_to_tensor, [numbers(1, 4, 3), numbers(1, 3)])
    kinds = layers.Add, layers.Average, layers.Multiply, layers.Subtract
    outputs = [kind()([x, other]) for kind in kinds for other in (steps, features)]
    return keras.Model(x, outputs), numbers(5, 4, 3)


def stacked_cells():
    x, start = keras.Input((6,), dtype="int32"), keras.Input((4, 3))
    y = layers.Embedding(10, 3, mask_zero=True)(x)
    cells = [layers.LSTMCell(4), layers.GRUCell(2, activation="relu")]
    whole = layers.RNN(cells, return_sequences=True, go_backwards=True)(y)
    cells = [layers.GRUCell(4, reset_after=False), layers.LSTMCell(2, use_bias=False)]
    last, *states = layers.RNN(cells, return_state=True)(y)
    cells = [layers.GRUCell(4), layers.LSTMCell(2)]
    after = layers.RNN(cells)(start, initial_state=states)
    cells = [layers.SimpleRNNCell(2), layers.SimpleRNNCell(3)]
    both = layers.Bidirectional(layers.RNN(cells))(y)
    outputs = [whole, layers.Attention()([whole, whole]), last, after, both]
    return keras.Model([x, start], outputs), [tokens(3, 6), numbers(3, 4, 3)]


def directions_that_differ():
    x = keras.Input((5, 3))
    back = layers.GRU(4, go_backwards=True, activation="relu", use_bias=False)
    y = layers.Bidirectional(layers.LSTM(3), backward_layer=back)(x)
    return keras.Model(x, y), numbers(2, 5, 3)


def sentences_of_a_text():
    words, sequence = keras.Input((5, 3)), layers.GRU(2, return_sequences=True)
    reader = keras.Model(words, layers.GRU(2)(sequence(words)))
    x = keras.Input((3, 5), dtype="int32")
    y = layers.Embedding(10, 3, mask_zero=True)(x)
    each = [layers.Bidirectional(layers.LSTM(2)), reader]
    outputs = [layers.TimeDistributed(layer)(y) for layer in each]
    return keras.Model(x, outputs), tokens(6, 5).reshape(2, 3, 5)


def block_in_a_model():
    x = keras.Input((6, 4))
    y = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    block = keras.Model(x, y)
    alone = keras.Model(x, layers.MultiHeadAttention(2, 4)(x, x))
    words = keras.Input((6,), dtype="int32")
    x = layers.Embedding(10, 4, mask_zero=True)(words)
    y = block(block(x))
    outputs = [layers.GRU(2)(layers.Multiply()([x, y])), layers.GRU(2)(alone(x)), y]
    return keras.Model(words, outputs), tokens(3, 6)


def attention_with_dropout():
    x = keras.Input((6,), dtype="int32")
    y = layers.Embedding(10, 4, mask_zero=True)(x)
    y = layers.Add()([y, layers.MultiHeadAttention(2, 4, dropout=0.5)(y, y)])
    ignored = {"query_mask": x > 3, "training": False}
    z = layers.MultiHeadAttention(2, 4, use_gate=True)(y, y, **ignored)
    counts = ops.maximum(x[:, None] - 3, 0)  # what is not 0 may be attended to
    one = layers.MultiHeadAttention(2, 4, dropout=0.5)
    w = one(y, z, attention_mask=counts, return_attention_scores=True)
    return keras.Model(x, [y, z, *w]), tokens(3, 6)


def grouped_queries():
    x = keras.Input((6,), dtype="int32")
    y = layers.Embedding(10, 4, mask_zero=True)(x)
    z = layers.GroupQueryAttention(4, 4, 2, use_gate=True)(y, y)
    keeps = layers.GroupQueryAttention(2, 4, 1, dropout=0.5)(y, y, use_causal_mask=True)
    outputs = [z, keeps, layers.GRU(2)(layers.Add()([y, z]))]
    return keras.Model(x, outputs), tokens(3, 6)


def attention_along_an_axis():
    x, other = keras.Input((3, 4, 2, 5)), keras.Input((2, 4, 2, 5))
    one = layers.MultiHeadAttention(2, 4, attention_axes=1, output_shape=(3, 2))
    y = one(x, other, return_attention_scores=True)
    both = layers.MultiHeadAttention(2, 4)
    z = both(x, other, return_attention_scores=True)
    alone = layers.MultiHeadAttention(2, 4, attention_axes=(2, 3), dropout=0.5)(x, x)
    inputs = [numbers(2, 3, 4, 2, 5), numbers(2, 2, 4, 2, 5)]
    return keras.Model([x, other], [*y, *z, alone]), inputs


def dicts_in_another_order():
    x = {"z": keras.Input((3,), name="z"), "a": keras.Input((3,), name="a")}
    inner = keras.Model(x, {"sum": x["z"] + x["a"], "less": x["z"] - 2 * x["a"]})
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    y = inner({"z": left, "a": right})
    outputs = {"y": [y["sum"], {"b": y["less"]}], "x": left * 1}
    given = {"first": numbers(2, 3), "others": [numbers(2, 3)]}
    return keras.Model({"first": left, "others": [right]}, outputs), given


def one_output_in_a_list():
    x = keras.Input((3,), batch_size=5)
    inner = keras.Model([x], [layers.Dense(2)(x)])
    return keras.Model([x], [inner([x])]), numbers(4, 3, 1)


def activations_that_are_layers():
    x = keras.Input((6, 2))
    y = layers.Conv1D(3, 2, activation=layers.LeakyReLU(negative_slope=0.25))(x)
    y = layers.LSTM(3, activation=layers.ReLU(max_value=1))(y)
    return keras.Model(x, layers.Activation(layers.ELU(alpha=0.5))(y)), numbers(3, 6, 2)


def called_by_keyword():
    x = keras.Input((6, 3))
    pipeline = layers.Pipeline([layers.Dense(4), layers.ReLU(), layers.Dense(2)])
    y = layers.SpectralNormalization(layers.Dense(3))(layers.Masking()(x))
    y = layers.Concatenate()(inputs=[layers.GRU(2)(sequences=y), layers.Flatten()(x)])
    return keras.Model(x, [y, pipeline(x)]), numbers(3, 6, 3) * (numbers(3, 6, 1) > 0)


def masks_by_place():
    x, mask = keras.Input((6, 4)), keras.Input((6,), dtype="bool")
    start, scores = keras.Input((2,)), keras.Input((6,))
    y = [layers.LSTM(2)(x, None, mask), layers.SimpleRNN(2)(x, start, mask)]
    y += [layers.Bidirectional(layers.GRU(2))(x, None, mask)]
    y += [layers.RNN(layers.GRUCell(2))(x, [start], mask)]
    y += [layers.GRU(3)(mask=mask, sequences=x)]
    y += [layers.GlobalAveragePooling1D()(x, mask), layers.Softmax()(scores, mask)]
    y += [layers.Attention()([x, x], [mask, mask])]
    y += [layers.MultiHeadAttention(2, 4)(value=x, query=x, value_mask=mask)]
    y += [layers.GroupQueryAttention(4, 2, 1)(x, x, x, key_mask=mask)]
    images = layers.Reshape((6, 2, 2))(x)
    y += [layers.ConvLSTM1D(2, 1)(images, None, mask)]
    kept = np.arange(6) < np.array([[3], [6]])
    given = [numbers(2, 6, 4), kept, numbers(2, 2), numbers(2, 6)]
    return keras.Model([x, mask, start, scores], y), given


def masks_of_heads():
    words, x = keras.Input((6,), dtype="int32"), keras.Input((6, 4))
    of_pairs = keras.Input((6, 6), dtype="bool")
    of_heads = keras.Input((2, 6, 6), dtype="bool")
    y = layers.Embedding(10, 4, mask_zero=True)(words)
    outputs = [layers.MultiHeadAttention(2, 4)(x, x, attention_mask=of_heads)]
    for inputs in ([x, x], [y, x], [x, y]):
        attend = layers.MultiHeadAttention(2, 4)
        outputs.append(attend(*inputs, attention_mask=of_pairs))
    given = [tokens(3, 6), numbers(3, 6, 4)]
    given += [numbers(3, 6, 6) > 0, numbers(3, 2, 6, 6) > 0]
    return keras.Model([words, x, of_pairs, of_heads], outputs), given


def more_operators():
    x, image = keras.Input((4, 6)), keras.Input((6, 6, 2))
    y = [x[..., ::-2], ops.tile(x[..., None], (1, 1, 1, 2)), *ops.unstack(x, axis=1)]
    y += [ops.norm(x, axis=-1, keepdims=True), ops.normalize(x, axis=1, order=1)]
    y += [
        ops.one_hot(ops.argmax(x, axis=-1), 5),
        ops.multi_hot(ops.cast(x, "int32"), 2),
    ]
    y += [x * (ops.mean(x) * 2)]
    y += [ops.logsumexp(x, axis=(1, 2)), *ops.moments(x, axes=[1]), *ops.top_k(x, 2)]
    y += [ops.rsqrt(ops.erf(x) + 2), ops.cumprod(ops.convert_to_tensor(x), axis=1)]
    y += [ops.conv(image, numbers(3, 3, 2, 4)), ops.max_pool(image, 2)]
    y += [ops.image.resize(image, (4, 4), interpolation="nearest")]
    return keras.Model([x, image], y), [numbers(2, 4, 6), numbers(2, 6, 6, 2)]


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
    masked_merges,
    constants_in_merges,
    stacked_cells,
    directions_that_differ,
    sentences_of_a_text,
    block_in_a_model,
    attention_with_dropout,
    grouped_queries,
    attention_along_an_axis,
    dicts_in_another_order,
    one_output_in_a_list,
    activations_that_are_layers,
    called_by_keyword,
    masks_by_place,
    masks_of_heads,
    more_operators,
]


def layers_of(model):
    """Yield the layers of a model, and of the models in it."""
    for layer in model.layers:
        yield from layers_of(layer) if hasattr(layer, "layers") else [layer]


def note_widened(layer, widened):
    """Add the name of a layer to a list when its function makes float64 of float32."""
    compute = layer.function

    @functools.wraps(compute)  # a Bidirectional reads the names of its arguments
    def watched(*args, **keywords):
        y = compute(*args, **keywords)
        given = keras.tree.flatten((args, keywords))
        kinds = {np.asarray(a).dtype.name for a in given if isinstance(a, np.ndarray)}
        if kinds <= {"float32", "bool"}:
            made = {getattr(a, "dtype", None) for a in keras.tree.flatten(y)}
            if np.dtype("float64") in made:
                widened.append(layer.name)
        return y

    layer.function = watched


@pytest.mark.drawn
@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_a_model_predicts_as_keras_does(make, tmp_path):
    keras.utils.set_random_seed(313)
    path, copy = tmp_path / "model.keras", tmp_path / "float64.keras"
    model, x = make()
    draw_weights(model, rng)
    model.save(path)
    in_float64(path, copy)
    expected = keras.models.load_model(copy).predict(x, verbose=0)
    y = by_hand.load_model(path, dtype="float64").predict(x)
    keras.tree.assert_same_structure(y, expected)
    np.testing.assert_equal(one_file.load_model(path, dtype="float64").predict(x), y)
    for array, of_keras in zip(keras.tree.flatten(y), keras.tree.flatten(expected)):
        largest = np.max(np.abs(of_keras))
        np.testing.assert_allclose(array, of_keras, rtol=1e-10, atol=1e-10 * largest)

    # The same in the dtype of its layers, of which none widens float32.
    read, widened = by_hand.load_model(path), []
    for layer in layers_of(read):
        note_widened(layer, widened)
    y = keras.tree.flatten(read.predict(x))
    for array, of_keras in zip(y, keras.tree.flatten(expected)):
        assert array.dtype.name == of_keras.dtype.name.replace("float64", "float32")
        largest = np.max(np.abs(of_keras))
        np.testing.assert_allclose(array, of_keras, rtol=1e-4, atol=1e-4 * largest)
    assert not widened


def numbers_that_decide():
    """A model in which numbers are compared that float32 cannot hold: 0.1 and 0.3."""
    x = keras.Input((4, 2))
    y = [layers.GRU(2)(layers.Masking(mask_value=0.1)(x))]
    y += [layers.ReLU(threshold=0.1)(x)]
    y += [ops.equal(x, 0.1), x > 0.3, x <= 0.1, ops.not_equal(0.3, x)]
    y += [ops.threshold(x, 0.1, 5), ops.hard_shrink(x, 0.3), ops.where(x >= 0.3, x, 9)]
    y += [ops.isclose(x, 0.1, rtol=0, atol=0), ops.floor_divide(x, 0.1)]
    y += [layers.Discretization(bin_boundaries=[0.1, 0.3])(x), ops.clip(x, 0.1, 0.3)]
    return keras.Model(x, y)


def test_numbers_are_compared_in_the_dtype_of_the_layer(tmp_path):
    model = numbers_that_decide()
    model.save(tmp_path / "model.keras")
    x = np.array([0.1, 0.1, 0.3, 0.2, 0.1, 0.3, 0.3, 0.1], "float32").reshape(1, 4, 2)
    expected = model.predict(x, verbose=0)
    for y, of_keras in zip(
        by_hand.load_model(tmp_path / "model.keras").predict(x), expected
    ):
        assert y.dtype == of_keras.dtype
        np.testing.assert_allclose(y, of_keras, rtol=1e-5)


def test_a_constant_of_16_bits_is_read_without_keras():
    # Keras makes NumPy know bfloat16, which alone it doesn't.
    saved = {"class_name": "__numpy__", "config": {"value": [0.1], "dtype": "bfloat16"}}
    assert revive(saved, {}).dtype == "float32"


def test_it_tells_which_layers_an_input_feeds(tmp_path):
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="inside")])
    x, other = keras.Input((3,), name="x"), keras.Input((2,), name="other")
    y = layers.Add(name="sum")([inner(x[:, ::-1]), other])
    graph = keras.Model([x, other], [y, layers.Dense(1, name="beside")(x)])
    outer = [keras.Input((3,), name="row"), keras.Input((2,), name="second")]
    keras.Model(outer, graph(outer)).save(tmp_path / "model.keras")
    model = by_hand.load_model(tmp_path / "model.keras")
    fed = {layer.name for layer in model.layers_after("row")}
    assert fed == {"inside", "beside"}
    assert [layer.name for layer in model.layers_after("second")] == ["sum"]


def of_kind(*kinds):
    """Names of the layers that are called as these are."""
    return {name for name, (_, kind) in KNOWN.items() if issubclass(kind, kinds)}


def test_masks_go_on_where_they_do_in_keras():
    does = {name: found["predicting"] for name, found in read_masks().items()}
    names = {name for name in does if does[name].endswith("passes it on")}
    say_when = Merging, Concatenate, Recurrent, Attention, Heads, SpectralNormalization
    assert names <= of_kind(KeepsMask, DoesNothing, *say_when)
    assert of_kind(KeepsMask) <= names
    makes = {name for name in does if does[name].startswith("makes")}
    assert makes == of_kind(Embedding, Masking)


def test_a_text_is_read_by_what_its_layers_have_learned(tmp_path):
    texts = np.array([["the cat sat"], ["on the mat"], ["the dog"]])
    lookup = layers.TextVectorization(output_mode="tf_idf")
    lookup.adapt(texts)
    model = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
    model.save(tmp_path / "model.keras")
    y = by_hand.load_model(tmp_path / "model.keras").predict(texts)
    expected = keras.ops.convert_to_numpy(lookup(texts))
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)


ODD_WORDS = {  # what a file has for a vocabulary is read as lines, of all kinds
    "a line separator in a word": ["a\u2028b", "c", "c"],
    "a form feed in a word": ["a\x0cb", "c", "c"],
    "a next line alone": ["\x85", "c", "c"],
    "a carriage return in a word": ["a\rb", "c", "c"],
    "an empty word at the end": ["", "c", "c"],
    "an empty word between others": ["", "", "c", "c", "c", "d"],
}


@pytest.mark.parametrize("words", ODD_WORDS.values(), ids=ODD_WORDS)
def test_a_vocabulary_is_read_as_by_keras(words, tmp_path):
    lookup = layers.StringLookup()
    lookup.adapt(np.array(words))
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((1,), dtype="string"), lookup]).save(path)
    texts = np.array([*words, "a", "b", ""])[:, np.newaxis]
    of_keras = keras.models.load_model(path)
    expected = keras.ops.convert_to_numpy(of_keras(keras.ops.convert_to_tensor(texts)))
    np.testing.assert_array_equal(by_hand.load_model(path).predict(texts), expected)


@pytest.mark.parametrize(
    "lookup", [layers.StringLookup, layers.IntegerLookup, layers.TextVectorization]
)
def test_a_lookup_without_a_vocabulary_is_refused(lookup, tmp_path):
    dtype = "int64" if lookup is layers.IntegerLookup else "string"
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((1,), dtype=dtype), lookup()]).save(path)
    with pytest.raises(by_hand.CannotRun, match="it has no vocabulary; call adapt"):
        by_hand.load_model(path)


def test_a_vocabulary_with_a_token_twice_is_refused(tmp_path):
    lookup = layers.StringLookup()
    lookup.adapt(np.array(["a\rb", "a", "c"]))
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((1,), dtype="string"), lookup]).save(path)
    with pytest.raises(by_hand.CannotRun, match="a token twice"):
        by_hand.load_model(path)


def stateful_layers():
    x = keras.Input(batch_shape=(2, 5, 3))
    y = layers.LSTM(4, stateful=True, return_sequences=True)(x)
    cells = [layers.GRUCell(3), layers.LSTMCell(2)]
    z = layers.RNN(cells, stateful=True, return_state=True)(y)
    back = layers.Bidirectional(layers.SimpleRNN(2, stateful=True))(y)
    one = layers.GRU(3, stateful=True)
    inner = keras.Model(x, [*z, back, one(x), one(x[:, ::-1])])
    images = layers.Reshape((5, 3, 1))(x)
    maps = layers.ConvLSTM1D(2, 2, stateful=True)(images)
    return keras.Model(x, [*inner(x), maps])


def test_stateful_layers_go_on_where_they_ended(tmp_path):
    model, x = stateful_layers(), numbers(6, 5, 3)
    draw_weights(model, rng)
    model.save(tmp_path / "model.keras")
    read = by_hand.load_model(tmp_path / "model.keras")
    before = None
    for _ in range(2):
        outputs = read.predict(x)
        expected = model.predict(x, verbose=0, batch_size=2)
        for y, of_keras in zip(outputs, expected, strict=True):
            np.testing.assert_allclose(y, of_keras, rtol=1e-4, atol=1e-5)
        assert before is None or not np.allclose(before, outputs[0])
        before = outputs[0]


def two_ways_of_hashing():
    lookup = layers.StringLookup(vocabulary=["a"], num_oov_indices=2, name="words")
    x = keras.Input((1,), dtype="string")
    return keras.Model(x, lookup(x)), np.array([["a"], ["b"]])


def states_that_are_kept():
    x = keras.Input(batch_shape=(2, 5, 3), name="x")
    return keras.Model(x, layers.GRU(2, stateful=True)(x)), numbers(3, 5, 3)


def states_in_each_step():
    x = keras.Input(batch_shape=(2, 4, 5, 3))
    both = layers.Bidirectional(layers.GRU(2, stateful=True))
    return keras.Model(x, layers.TimeDistributed(both, name="each")(x)), numbers(
        2, 4, 5, 3
    )


def text_for_numbers():
    return keras.Sequential([keras.Input((1,), name="x")]), np.array([["a"], ["b"]])


def unequal_inputs():
    a, b = keras.Input((3,)), keras.Input((3,))
    return keras.Model([a, b], a + b), [numbers(2, 3), numbers(1, 3)]


def masks_of_heads_and_words():
    x, allowed = keras.Input((6,), dtype="int32"), keras.Input((2, 6, 6), dtype="bool")
    y = layers.Embedding(10, 4, mask_zero=True)(x)
    y = layers.MultiHeadAttention(2, 4, name="heads")(y, y, attention_mask=allowed)
    return keras.Model([x, allowed], y), [tokens(2, 6), numbers(2, 2, 6, 6) > 0]


NOT_KNOWN = {
    masks_of_heads_and_words: r"layer heads \(.*: an attention_mask with an axis for",
    two_ways_of_hashing: r"layer words \(StringLookup\): .* num_oov_indices must be 0 or 1",
    states_that_are_kept: r"input x has 3 samples, not a multiple of 2",
    states_in_each_step: r"layer each \(.*: a layer in it that keeps states",
    text_for_numbers: "input x is not of numbers",
    unequal_inputs: r"the inputs have \[2, 1\] samples",
}


@pytest.mark.parametrize("make", NOT_KNOWN, ids=lambda make: make.__name__)
def test_what_is_not_known_is_named(make, tmp_path):
    model, x = make()
    model.save(tmp_path / "model.keras")
    with pytest.raises(by_hand.CannotRun, match=NOT_KNOWN[make]):
        by_hand.load_model(tmp_path / "model.keras").predict(x)


@pytest.mark.parametrize(
    "error, told",
    [
        (
            ValueError("shapes differ"),
            r"layer d \(Dense\): .* do not fit: shapes differ",
        ),
        (AttributeError("a defect"), "^a defect$"),
    ],
    ids=["refused", "a defect of ours"],
)
def test_a_defect_of_ours_is_not_told_as_the_users(error, told, tmp_path, monkeypatch):
    def dense(x, kernel, bias=None):
        raise error

    monkeypatch.setitem(KNOWN, "Dense", (dense, KNOWN["Dense"][1]))
    keras.Sequential([keras.Input((2,)), layers.Dense(1, name="d")]).save(
        tmp_path / "model.keras"
    )
    model = by_hand.load_model(tmp_path / "model.keras")
    kind = AttributeError if isinstance(error, AttributeError) else by_hand.CannotRun
    with pytest.raises(kind, match=told):
        model.predict(numbers(1, 2))


def test_an_argument_by_place_is_never_dropped(tmp_path):
    keras.Sequential([keras.Input((2,)), layers.Dense(1, name="d")]).save(
        tmp_path / "model.keras"
    )
    layer = by_hand.load_model(tmp_path / "model.keras").layers[1]
    with pytest.raises(by_hand.CannotRun, match="4 arguments by place"):
        layer.call([Tensor(numbers(1, 2)), None, None, None], {})


@keras.saving.register_keras_serializable()
class RandomShift(layers.Layer):
    def call(self, x):
        return x + 1


LAYERS = {
    "hashed .*: no function of this file": layers.Hashing(3, name="hashed"),
    "shift .*: a class of your own": RandomShift(name="shift"),
    "resize .* interpolation must be .*, not 'area'": layers.Resizing(
        2, 2, interpolation="area", name="resize"
    ),
}


@pytest.mark.parametrize("message, layer", LAYERS.items(), ids=LAYERS)
def test_a_layer_that_is_not_known_is_named(message, layer, tmp_path):
    keras.Sequential([keras.Input((4, 4, 1)), layer]).save(tmp_path / "model.keras")
    with pytest.raises(by_hand.CannotRun, match=message):
        by_hand.load_model(tmp_path / "model.keras")


def test_logits_of_whole_numbers_are_floats(tmp_path):
    x = keras.Input((2, 3), dtype="int32")
    layer = layers.ReversibleEmbedding(7, 3)
    model = keras.Model(x, layer(x, reverse=True))
    model.save(tmp_path / "model.keras")
    numbers = np.arange(12, dtype="int32").reshape(2, 2, 3)
    expected = model.predict(numbers, verbose=0)
    y = by_hand.load_model(tmp_path / "model.keras").predict(numbers)
    assert y.dtype == expected.dtype == "float32"
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)


def test_whole_numbers_that_keras_rounds_to_are_refused(tmp_path):
    x = keras.Input((4, 5), dtype="int32")
    layer = layers.SpectralNormalization(layers.Dense(3))
    keras.Model(x, layer(x)).save(tmp_path / "model.keras")
    model = by_hand.load_model(tmp_path / "model.keras")
    with pytest.raises(by_hand.CannotRun, match="whole numbers are not known here"):
        model.predict(np.ones((2, 4, 5), "int32"))


def test_larger_images_of_float64_are_told(tmp_path):
    x = keras.Input((4, 5, 3), dtype="float64")
    keras.Model(x, layers.CenterCrop(8, 5, dtype="float64")(x)).save(
        tmp_path / "model.keras"
    )
    model = by_hand.load_model(tmp_path / "model.keras")
    assert model.list_notes() == []
    model.predict(np.ones((2, 4, 5, 3)))
    (note,) = model.list_notes()
    assert "float32" in note


@pytest.mark.parametrize("output_mode", ["multi_hot", "one_hot", "count"])
def test_the_whole_part_of_a_number_is_its_category(output_mode, tmp_path):
    encoding = layers.CategoryEncoding(num_tokens=4, output_mode=output_mode)
    model = keras.Sequential([keras.Input((3,)), encoding])
    model.save(tmp_path / "model.keras")
    x = np.float32([[3.9, 1.2, 0.5], [-0.5, 2, 3.2]])
    y = by_hand.load_model(tmp_path / "model.keras").predict(x)
    np.testing.assert_array_equal(y, model.predict_on_batch(x), strict=True)


def test_attention_of_16_bits_to_nothing_is_a_mean(tmp_path):
    x = keras.Input((4,), dtype="int32")
    y = layers.Embedding(10, 3, mask_zero=True, dtype="float16")(x)
    kinds = layers.Attention(dtype="float16"), layers.AdditiveAttention(dtype="float16")
    heads = layers.MultiHeadAttention(2, 4, dtype="float16")
    model = keras.Model(x, [*[kind([y, y]) for kind in kinds], heads(y, y)])
    model.save(tmp_path / "model.keras")
    words = np.int32([[3, 1, 4, 0], [0, 0, 0, 0]])
    outputs = by_hand.load_model(tmp_path / "model.keras").predict(words)
    for by_function, of_keras in zip(outputs, model.predict_on_batch(words)):
        np.testing.assert_allclose(by_function, of_keras, rtol=0.01, atol=0.001)


def test_a_model_is_told_in_a_line(tmp_path):
    x, z = keras.Input((4, 3), name="x"), keras.Input((None,), name="z")
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="inner")
    y = layers.Bidirectional(layers.LSTM(2), name="both")(x)
    model = keras.Model([x, z], [inner(layers.Dense(3)(y)), z + 1], name="whole")
    model.save(tmp_path / "model.keras")
    told = repr(by_hand.load_model(tmp_path / "model.keras"))
    assert re.sub(r"(add)_?\d*", r"\1", told) == (
        f"<Functional whole: 6 layers, {model.count_params()} parameters, "
        "x (any, 4, 3), z (any, any) -> inner (Sequential), add (Add)>"
    )
    inner.save(tmp_path / "inner.keras")
    told = repr(by_hand.load_model(tmp_path / "inner.keras"))
    assert told.startswith("<Sequential inner: 2 layers, 8 parameters, input_layer")
