"""Models with arguments, masks, wirings and dtypes that few models have."""

import warnings

import keras
import numpy as np
from corpus.making import each, whole_model
from corpus.parts import embed, encode, place, words
from keras import Input, Model, Sequential, layers, ops


def numbers(*shape):
    return np.random.normal(size=shape).astype("float32")  # make() sets the seed


# -- Arguments of layers


@whole_model(
    {"strides": 2, "padding": "same"},
    {"strides": (2, 1), "activation": "leaky_relu"},
    {"dilation_rate": (1, 2), "padding": "SAME"},
    {"groups": 2, "use_bias": False},
    {"data_format": "channels_first"},
)
def convolutions(**options):
    x = Input((9, 8, 8))
    y = layers.Conv2D(6, (3, 2), **options)(x)
    options = {n: v for n, v in options.items() if n not in ("groups", "strides")}
    return Model(x, [y, layers.DepthwiseConv2D(2, depth_multiplier=2, **options)(y)])


@whole_model(
    {"strides": 2, "padding": "same"},
    {"strides": 3, "padding": "same", "output_padding": 1},
    {"strides": 2, "output_padding": 1},
    {"dilation_rate": 2, "padding": "same"},
)
def transposed(**options):
    x, line, cube = Input((5, 4, 3)), Input((6, 3)), Input((3, 4, 3, 2))
    y = [layers.Conv2DTranspose(4, 3, **options)(x)]
    y += [layers.Conv1DTranspose(4, 4, **options)(line)]
    return Model([x, line, cube], [*y, layers.Conv3DTranspose(3, 2, **options)(cube)])


@whole_model(*each("data_format", "channels_first channels_last"))
def layouts(data_format):
    x, line, form = Input((7, 6, 5)), Input((6, 4)), {"data_format": data_format}
    mask = Input((4 if data_format == "channels_first" else 6,), dtype="bool")
    y = [layers.MaxPooling2D(3, 2, "same", **form)(x), layers.Flatten(**form)(x)]
    y += [layers.AveragePooling2D(3, 2, "same", **form)(x)]
    y += [layers.UpSampling2D((2, 3), **form)(x), layers.Cropping2D((1, 2), **form)(x)]
    y += [layers.ZeroPadding2D((1, 2), **form)(x)]
    y += [layers.GlobalMaxPooling2D(keepdims=True, **form)(x)]
    y += [layers.AdaptiveAveragePooling2D((2, 3), **form)(x)]
    y += [layers.GlobalAveragePooling1D(**form)(line, mask)]
    y += [layers.MaxPooling1D(2, 1, "same", **form)(line)]
    return Model([x, line, mask], y)


@whole_model({"axis": 1}, {"axis": -2, "scale": False}, {"axis": -1, "center": False})
def normalizations(axis, **options):
    x = Input((5, 4, 6))
    y = [layers.BatchNormalization(axis, trainable=False, **options)(x)]
    y += [layers.LayerNormalization(axis, **options)(x)]
    y += [layers.GroupNormalization(2, axis=-1, **options)(x)]
    y += [layers.LayerNormalization([1, axis] if axis < 0 else [1, 2])(x)]
    y += [layers.UnitNormalization(axis)(x), layers.RMSNormalization(epsilon=0.1)(x)]
    return Model(x, y)


@whole_model(
    {"axis": None}, {"axis": 1}, {"axis": (1, 2)}, {"axis": -1, "invert": True}
)
def learned_statistics(**options):
    normalization = layers.Normalization(**options)
    normalization.adapt(numbers(20, 4, 3) * 3 + 1)
    return Sequential([Input((4, 3)), normalization])


@whole_model()
def activations():
    names = (
        "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh mish "
        "leaky_relu log_sigmoid log_softmax relu relu6 selu sigmoid silu soft_shrink "
        "softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus tanh "
        "tanh_shrink"
    )
    x = Input((6,))
    return Model(x, {name: layers.Dense(4, name)(x) for name in names.split()})


@whole_model()
def activation_layers():
    x = Input((5, 4))
    y = [layers.ReLU(max_value=0.9, negative_slope=0.1, threshold=0.1)(x)]
    y += [layers.LeakyReLU(0.1)(x), layers.ELU(0.3)(x), layers.PReLU()(x)]
    y += [layers.Softmax(axis=[1, 2])(x), layers.Softmax(axis=1)(x)]
    return Model(x, [*y, layers.Dense(3, activation=layers.LeakyReLU(0.4))(x)])


@whole_model(
    *(
        {"kind": kind, **options}
        for kind in ("LSTM", "GRU", "SimpleRNN")
        for options in (
            {"go_backwards": True, "return_sequences": True},
            {"use_bias": False, "return_state": True, "activation": "relu"},
            {"dropout": 0.2, "recurrent_dropout": 0.3, "unroll": True},
            {"stateful": True, "return_sequences": True},
            {"zero_output_for_mask": True, "return_sequences": True},
        )
    )
)
def recurrent(kind, **options):
    x = Input((6,), dtype="int32", batch_size=3)
    return Model(x, getattr(layers, kind)(4, **options)(embed(x)))


@whole_model({"recurrent_activation": "hard_sigmoid"}, {"use_bias": False})
def gated_units_of_old(**options):
    x, start = Input((5, 3)), Input((4,))
    gru = layers.GRU(4, reset_after=False, go_backwards=True, **options)
    return Model([x, start], gru(x, initial_state=start))


@whole_model(*each("merge_mode", "sum mul ave concat"), {"merge_mode": None})
def both_directions(merge_mode):
    x, h, c = words(), Input((4,)), Input((4,))
    lstm = layers.LSTM(4, return_sequences=True, return_state=True)
    y = layers.Bidirectional(lstm, merge_mode)(embed(x), initial_state=[h, c, c, h])
    return Model([x, h, c], y)


@whole_model()
def wrapped_twice():
    x = Input((4, 6, 3))
    lstm = layers.LSTM(2, return_sequences=True)
    y = layers.TimeDistributed(layers.Bidirectional(lstm))(x)
    y = layers.TimeDistributed(layers.TimeDistributed(layers.Dense(3, "tanh")))(y)
    return Model(x, layers.TimeDistributed(layers.BatchNormalization())(y))


@whole_model({"n": 1}, {"n": 2}, {"n": 3})
def convolutional_lstm(n):
    x, kind = Input((4, *(6, 5, 4)[:n], 2)), getattr(layers, f"ConvLSTM{n}D")
    y = kind(3, 2, padding="same", return_sequences=True, dilation_rate=2)(x)
    y = layers.Bidirectional(kind(2, 2, return_sequences=True, use_bias=False))(y)
    return Model(
        x, [y, *kind(2, 2, strides=2, go_backwards=True, return_state=True)(y)]
    )


@whole_model()
def cells():
    x, start = Input((5, 3)), Input((4,))
    stack = [layers.LSTMCell(3), layers.GRUCell(4), layers.SimpleRNNCell(2)]
    y, *states = layers.RNN(stack, return_sequences=True, return_state=True)(x)
    inner = layers.RNN(layers.StackedRNNCells([layers.GRUCell(3, use_bias=False)]))
    lstm = layers.RNN(layers.LSTMCell(4), unroll=True, go_backwards=True)
    lstm = lstm(x, initial_state=[start, start])
    return Model([x, start], [y, *states, layers.Bidirectional(inner)(y), lstm])


@whole_model(
    {"equation": "abc,cd->adb", "output_shape": (5, 6), "bias_axes": "bd"},
    {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"},
    {"equation": "abc,bcde->aed", "output_shape": (2, 3), "activation": "relu"},
)
def einsum_dense(**options):
    return Sequential([Input((6, 4)), layers.EinsumDense(**options)])


@whole_model({"axes": (2, 2)}, {"axes": -1, "normalize": True}, {"axes": (1, 1)})
def dots(**options):
    a, b = Input((4, 5)), Input((4, 5))
    return Model([a, b], layers.Dot(**options)([a, b]))


@whole_model(*each("interpolation", "bilinear nearest bicubic lanczos3"))
def resized(interpolation):
    x, options = Input((7, 5, 3)), {"interpolation": interpolation}
    y = [layers.Resizing(4, 8, **options)(x), layers.CenterCrop(9, 4)(x)]
    y += [layers.Resizing(4, 8, crop_to_aspect_ratio=True, **options)(x)]
    y += [layers.Resizing(4, 8, pad_to_aspect_ratio=True, **options)(x)]
    return Model(x, [*y, layers.UpSampling2D(2, **options)(x)])


@whole_model()
def bytes_of_images():
    x = Input((6, 6, 3), dtype="uint8")
    y = [layers.Rescaling(1 / 255, 0.1)(x), layers.Resizing(4, 9)(x)]
    y += [layers.UpSampling2D(2, interpolation="bilinear")(x), x + x, x / 7]
    y += [layers.Normalization(mean=[100, 9, 3], variance=[9, 4, 1])(x), ops.mean(x, 1)]
    return Model(x, [*y, layers.CenterCrop(4, 3)(x), ops.sum(x, axis=(1, 2))])


@whole_model(*each("mode", "int one_hot multi_hot count"))
def lookups(mode):
    x, n = Input((3,), dtype="string"), Input((3,), dtype="int64")
    vocabulary = ["on the mat", "the cat sat", "dog on mat sat"]
    options = {"num_oov_indices": 3, "mask_token": 8} if mode == "int" else {}
    y = [layers.IntegerLookup(vocabulary=[5, 3, 4], output_mode=mode, **options)(n)]
    y += [layers.StringLookup(vocabulary=vocabulary, output_mode=mode)(x)]
    edges = [-1.0, 2.0, 5.0]
    y += [layers.Discretization(edges, output_mode=mode)(ops.cast(n, "float32"))]
    return Model([x, n], y)


@whole_model()
def words_and_back():
    x, n = words(), Input((3,), dtype="int64")
    found = layers.StringLookup(vocabulary=list("abcdefghi"), invert=True)(x)
    weights = [0.1 * n for n in range(9)]
    tf_idf = {"output_mode": "tf_idf", "idf_weights": weights}
    y = layers.IntegerLookup(vocabulary=list(range(1, 10)), **tf_idf)(n)
    return Model([x, n], [layers.StringLookup(vocabulary=list("iaebd"))(found), y])


@whole_model(
    *each("output_mode", "int multi_hot count tf_idf"),
    {"output_mode": "multi_hot", "ngrams": (1, 3), "pad_to_max_tokens": True},
    {"output_sequence_length": 3, "split": "character"},
    *each("standardize", "lower strip_punctuation"),
    {"standardize": None, "split": None},
)
def texts(**options):
    lookup = layers.TextVectorization(max_tokens=12, **options)
    lookup.adapt(
        np.array(["the cat sat on the mat", "A Dog, a cat!", "ünïcode Ärger", "a cat"])
    )
    x = np.array(
        [["the CAT sat, on"], ["Ärger ünïcode a a"], [" dog\tthe\nzz "], ["a cat"]]
    )
    return Sequential([Input((1,), dtype="string"), lookup]), x


@whole_model()
def categories():
    x, one, weights = words(), Input((1,), dtype="int32"), Input((6,))
    y = [layers.CategoryEncoding(10, "multi_hot")(x)]
    y += [layers.CategoryEncoding(10, "one_hot")(one)]
    y += [layers.CategoryEncoding(10, "count")(x, count_weights=weights)]
    return Model([x, one, weights], y)


@whole_model(*each("name", "RandomCrop Solarization AutoContrast RandomGrayscale"))
def random_images(name):
    options = {"RandomCrop": [5, 4], "Solarization": [0.5]}.get(name, [])
    return Sequential([Input((8, 8, 3)), getattr(layers, name)(*options)])


# -- Attention


@whole_model(
    {"use_bias": False, "value_dim": 3, "output_shape": 5},
    {"attention_axes": (1,), "dropout": 0.3},
    {"use_gate": True},
)
def heads(**options):
    x, y = words(), Input((5, 8))
    attend = layers.MultiHeadAttention(2, 4, **options)
    z = [attend(embed(x), y), attend(y, embed(x), use_causal_mask=True)]
    mask = ops.convert_to_tensor(np.tril(np.ones((5, 5), "int32")))
    return Model([x, y], [*z, attend(y, y, y * 2, attention_mask=mask)])


@whole_model({"use_bias": False}, {"dropout": 0.1})
def grouped_heads(**options):
    x, y = words(), Input((5, 8))
    attend = layers.GroupQueryAttention(3, 4, 2, **options)
    return Model([x, y], [attend(embed(x), y), attend(y, y, use_causal_mask=True)])


@whole_model({"score_mode": "concat", "use_scale": True}, {"use_scale": True})
def attentions(**options):
    x, asked = words(), words(4)
    a, b = embed(asked), embed(x)
    y = layers.Attention(**options)([a, b, b * 2], return_attention_scores=True)
    y += (layers.AdditiveAttention()([b, b], use_causal_mask=True),)
    return Model([x, asked], [*y, layers.AdditiveAttention(use_scale=False)([a, b])])


# -- Masks


@whole_model(
    *each(
        "layer", "Activation BatchNormalization Bidirectional Conv1D Cropping1D Dense"
    ),
    *each(
        "layer", "Dropout EinsumDense GroupNormalization Identity LayerNormalization"
    ),
    *each("layer", "Permute PReLU Rescaling Reshape RMSNormalization SpatialDropout1D"),
    *each("layer", "TimeDistributed UnitNormalization"),
)
def mask_through(layer):
    arguments = {
        "Activation": ["tanh"],
        "Conv1D": [8, 1],
        "Cropping1D": [0],
        "Dense": [8],
    }
    arguments |= {"Dropout": [0.1], "EinsumDense": ["btc,cd->btd", (None, 8)]}
    arguments |= {"GroupNormalization": [2], "Permute": [(1, 2)], "Rescaling": [0.5]}
    arguments |= {"Reshape": [(6, 8)], "SpatialDropout1D": [0.1]}
    arguments |= {"Bidirectional": [layers.GRU(4, return_sequences=True)]}
    arguments |= {"TimeDistributed": [layers.Dense(8)]}
    x = words()
    y = getattr(layers, layer)(*arguments.get(layer, []))(embed(x))
    pooled = layers.GlobalAveragePooling1D()(y)
    return Model(x, [pooled, layers.GRU(3)(y), layers.Attention()([y, y])])


@whole_model(*each("by", "Add Concatenate Average Multiply Subtract Maximum Dot +"))
def masks_merged(by):
    a, b = words(), words()
    x, y = embed(a), embed(b[:, ::-1])
    options = {"axes": 2} if by == "Dot" else {}
    z = x + y if by == "+" else getattr(layers, by)(**options)([x, y])
    return Model([a, b], [layers.LSTM(3)(z), layers.GlobalAveragePooling1D()(z)])


@whole_model({"axis": 1}, {"axis": 2})
def mask_beside_none(axis):
    a, plain = words(), Input((6, 8))
    y = layers.Concatenate(axis)([embed(a), plain])
    return Model([a, plain], layers.GlobalAveragePooling1D()(y))


@whole_model()
def mask_computed():
    x, lengths = Input((6, 3)), Input((1,), dtype="int32")
    mask = lengths > ops.arange(6)
    back = layers.LSTM(3, return_sequences=True, go_backwards=True)
    both = layers.Bidirectional(
        layers.GRU(3, return_sequences=True), backward_layer=back
    )
    y = both(x, mask=mask)
    z = layers.TimeDistributed(layers.Dense(3))(y, mask=mask)
    return Model([x, lengths], [y, layers.GRU(2, go_backwards=True)(z, mask=mask)])


@whole_model({"mask_value": 0.0}, {"mask_value": 0.1})
def masking(mask_value):
    x = Input((6, 3))
    steps = ops.cast(ops.abs(x[..., :1]) > 0.5, "float32")
    y = layers.Masking(mask_value)(x * steps + mask_value * (1 - steps))
    z = layers.LSTM(3, return_sequences=True)(y)
    return Model(x, [z, layers.GRU(2)(layers.Dense(3)(y))])


@whole_model()
def mask_into_models():
    x, mask, inside = words(), Input((6,), dtype="bool"), Input((6, 8))
    gru = layers.GRU(4, return_sequences=True)(layers.Dropout(0.1)(inside))
    block, row = Model(inside, gru), Sequential([layers.Dense(8), layers.LSTM(3)])
    y = block(embed(x))
    outputs = [
        row(embed(x)),
        layers.GlobalAveragePooling1D()(y),
        row(layers.Dense(8)(y)),
    ]
    return Model([x, mask], [*outputs, block(embed(x), mask=mask)])


@whole_model()
def mask_of_sentences():
    x = Input((4, 3), dtype="int32")
    y = [layers.LSTM(3), layers.GlobalAveragePooling1D()]
    return Model(x, [layers.TimeDistributed(layer)(embed(x)) for layer in y])


# -- Wirings


@whole_model()
def three_deep():
    x, y, z = Input((4,)), Input((4,)), Input((4,))
    one = Model(x, layers.Dense(4, "tanh")(x))
    two = Sequential([Input((4,)), one, layers.Dense(4)])
    three = Model(y, [two(y) + y, layers.BatchNormalization()(two(y))])
    a, b = three(z)
    return Model(z, {"sum": a + b, "again": three(a)[1]})


@whole_model()
def shared_by_two_models():
    x, y, z = Input((4,)), Input((4,)), Input((4,))
    one = Model(x, layers.Dense(4, "tanh")(x))
    two, three = Sequential([Input((4,)), one]), Model(y, one(y) * 2)
    return Model(z, two(z) + three(z))


@whole_model()
def dicts():
    x = {name: Input((3,), name=name) for name in ("b", "a", "c")}
    inner = {"y": x["a"] - x["b"], "x": [x["c"] * 2, {"k": layers.Dense(2)(x["a"])}]}
    outer = {"one": Input((3,), name="one"), "two": Input((3,), name="other")}
    y = {"a": outer["one"], "b": outer["two"], "c": outer["one"] + 1}
    y = Model(x, inner)(y)
    return Model(outer, {"z": y["x"][1]["k"], "a": (y["y"], y["x"][0])})


@whole_model()
def layers_called_again():
    x, y = Input((5, 4)), Input((5, 4))
    gru, norm = layers.GRU(4, return_sequences=True), layers.LayerNormalization()
    a, b = norm(gru(x)), norm(gru(y))
    return Model([y, x], [gru(a - b), x, layers.Add()([x, x]), gru(norm(gru(b))), y, x])


@whole_model()
def rows_without_inputs():
    block = Sequential([layers.Dense(4), Sequential([layers.Dense(3, "relu")])])
    x, kernel = Input((5, 4)), numbers(3, 4)
    return Model(x, block(block(x) @ kernel))


@whole_model()
def a_row_built_by_its_data():
    model = Sequential(
        [layers.Conv1D(4, 3), layers.BatchNormalization(), layers.LSTM(3)]
    )
    x = numbers(3, 8, 2)
    model(x)
    return model, x


@whole_model()
def in_training():
    x = Input((6, 4))
    y = [layers.BatchNormalization()(x, training=True)]
    y += [
        layers.Dropout(0.4)(x, training=True),
        layers.LSTM(3, dropout=0.5)(x, training=True),
    ]
    return Model(x, y)


@whole_model()
def open_sizes():
    x = Input((None, None, 3))
    y = layers.UpSampling2D(2)(layers.Conv2D(4, 3, strides=2, padding="same")(x))
    return Model(x, layers.Conv2D(2, 1)(y[:, :-1, 1:]))


@whole_model()
def more_than_a_batch():
    x = Input((4,))
    y = layers.Dense(3)(x)
    return Model(x, [y - ops.mean(y, axis=0, keepdims=True), ops.max(y, 1)]), numbers(
        70, 4
    )


@whole_model(*each("dtype", "float64 int64 bool uint8 float16"))
def given_as(dtype):
    x = Input((6,))
    y = [layers.Dense(3)(x), x * 2, ops.sum(x, axis=-1), layers.Embedding(20, 3)(x)]
    return Model(x, y), (numbers(3, 6) * 5).clip(0).astype(dtype)


@whole_model({"shape": (3,)}, {"shape": (3, 1, 1)})
def another_rank(shape):
    return Sequential([Input((1,)), layers.Dense(2)]), numbers(*shape)


@whole_model()
def spectral():
    dense = layers.SpectralNormalization(layers.Dense(3), power_iterations=2)
    conv = layers.SpectralNormalization(layers.Conv2D(4, 3))
    return Sequential([Input((6, 6, 3)), conv, dense])


@keras.saving.register_keras_serializable("corpus")
class Scaled(layers.Layer):
    def call(self, x):
        return x * 2


@keras.saving.register_keras_serializable("corpus")
class Trained(Model):
    """A functional model with a training step of its own."""


@whole_model(*each("kind", "layer subclass lambda"))
def own_code(kind):
    x = Input((4,))
    if kind == "subclass":
        return Trained(x, layers.Dense(2)(x))
    return Model(
        x, (Scaled() if kind == "layer" else layers.Lambda(lambda x: x + 1))(x)
    )


# -- Operators


@whole_model()
def slices():
    x, image = Input((7, 6)), Input((4, 5, 3))
    y = [x[:, 1:-1], x[:, ::3], x[..., -1], x[:, -2], x[:, None], x[:, ::-1, 2:4]]
    y += [image[..., ::-1], image[:, 1, :, :2], image[:, ..., None]]
    return Model([x, image], [*y, image[:, :, 1:][:, :, ::2]])


@whole_model()
def constants_on_the_left():
    x = Input((4,))
    y = [2 - x, 1 / (x + 9), 2**x, 3 * x, 5 // (ops.abs(x) + 1), 7 % (ops.abs(x) + 1)]
    y += [-x, abs(x), x**2, x // 2, x % 3, x > 0.1, 0.1 >= x, ops.subtract(1.0, x)]
    y += [x * np.array([1.5, 2, 0.1, 3]), x + np.float32(0.1), x / np.array(3)]
    return Model(x, [*y, layers.Multiply()([x, ops.convert_to_tensor(numbers(1, 4))])])


@whole_model()
def whole_numbers():
    x = Input((6,), dtype="int32")
    y = [x + 1, x * x, x // 3, x % 4, x / 3, -x, x**2, x > 3, ops.sum(x, 1), x + 0.5]
    y += [ops.mean(x, 1), ops.max(x, 1), ops.cumsum(x, 1), ops.sqrt(x), ops.exp(x)]
    y += [ops.bitwise_xor(x, x // 2), ops.argsort(x), ops.sign(x - 4), ops.equal(x, 2)]
    return Model(x, y)


@whole_model()
def truths():
    x, y = Input((6,)), Input((6,), dtype="bool")
    z = [ops.logical_and(x > 0, y), y | (x < 0), ~y, y ^ (x > 1), ops.where(y, x, -x)]
    z += [ops.any(y, -1), ops.sum(y, -1), ops.count_nonzero(y, axis=-1)]
    return Model([x, y], [*z, ops.isclose(x, x + 1e-9), x * ops.cast(y, "float32")])


@whole_model()
def reductions():
    x = Input((4, 5))
    names = "sum mean max min var std prod any all logsumexp argmax argmin norm"
    y = [getattr(ops, name)(x, axis=-1, keepdims=True) for name in names.split()]
    y += [ops.median(x, 1), ops.quantile(x, 0.3, axis=1), ops.average(x, axis=2)]
    y += [x - ops.mean(x), x * (ops.mean(x) * 2), *ops.top_k(x, 2)]
    return Model(x, y)


@whole_model()
def called_by_keyword():
    x, y = Input((4, 3)), Input((4, 3))
    z = [ops.where(condition=ops.greater(x1=x, x2=y), x1=x, x2=y)]
    z += [
        ops.matmul(x1=x, x2=ops.transpose(y, axes=(0, 2, 1))),
        ops.power(x1=2.0, x2=y),
    ]
    z += [ops.clip(x, x_min=-0.3, x_max=0.4), ops.concatenate(xs=[x, y], axis=-1)]
    z += [ops.stack(x=[x, y], axis=1), ops.reshape(x, newshape=(-1, 12))]
    z += [*ops.split(x, indices_or_sections=[1, 3], axis=1), ops.moveaxis(x, 1, -1)]
    z += [ops.pad(x, pad_width=((0, 0), (1, 0), (0, 2)), mode="symmetric")]
    return Model([x, y], z)


@whole_model()
def products():
    x, y, square = Input((4, 5)), Input((5, 3)), Input((3, 3))
    z = [x @ y, ops.einsum("bij,bjk->bki", x, y), ops.tensordot(x, numbers(5, 2), 1)]
    z += [ops.trace(square, axis1=1, axis2=2), ops.inv(square + 3 * ops.eye(3))]
    z += [ops.det(square), ops.tril(square, -1), ops.cross(square, square[:, ::-1])]
    return Model([x, y, square], [*z, ops.einsum("bii->bi", square)])


@whole_model(
    *each("name", "rgb_to_grayscale crop_images slice searchsorted"),
    *each("name", "dot_product_attention layer_normalization rms_normalization"),
)
def operators_of_the_rest(name):
    x = Input((6, 8, 3))
    call = {
        "rgb_to_grayscale": lambda: ops.image.rgb_to_grayscale(x),
        "crop_images": lambda: ops.image.crop_images(x, 1, 1, 1, 2),
        "slice": lambda: ops.slice(x, [0, 1, 0, 0], [3, 2, 8, 3]),
        "searchsorted": lambda: ops.searchsorted(ops.arange(5.0), x[0, 0, 0]),
        "dot_product_attention": lambda: ops.dot_product_attention(x, x, x),
        "layer_normalization": lambda: ops.layer_normalization(x),
        "rms_normalization": lambda: ops.rms_normalization(x),
    }[name]
    return Model(x, call())


# -- Dtypes


@whole_model(*each("dtype", "float16 bfloat16 mixed_float16 mixed_bfloat16 float64"))
def dtypes(dtype):
    keras.config.set_dtype_policy(dtype)
    try:
        x = words()
        y = layers.Conv1D(8, 3)(encode(place(embed(x, mask_zero=False))))
        y = layers.BatchNormalization()(y)
        y = layers.LSTM(4, recurrent_initializer="glorot_uniform")(y)  # has 16 bits
        return Model(x, layers.Dense(3, dtype="float32")(y))
    finally:
        keras.config.set_dtype_policy("float32")


@whole_model()
def dtypes_of_layers():
    x = Input((6,))
    y = layers.Dense(4, dtype="float16")(x)
    y = layers.Dense(4, dtype=keras.DTypePolicy("mixed_bfloat16"))(y)
    z = layers.Dense(3, dtype="float64")(y)
    return Model(
        x, [z, ops.cast(y, "float32"), layers.Activation("relu", dtype="float32")(y)]
    )


@whole_model(
    {"kind": "Dense"}, {"kind": "EinsumDense"}, {"kind": "Embedding"}, {"mode": "int4"}
)
def quantized(kind="Dense", mode="int8"):
    x = words() if kind == "Embedding" else Input((6, 16))
    arguments = {
        "Dense": [4],
        "EinsumDense": ["btc,cd->btd", (None, 4)],
        "Embedding": [10, 4],
    }
    model = Model(x, getattr(layers, kind)(*arguments[kind])(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the input, which is not quantized
        model.quantize(mode)
    return model


@whole_model(*each("kind", "Dense EinsumDense Embedding Conv2D"))
def low_rank(kind):
    x = {"Embedding": words(), "Conv2D": Input((6, 6, 3))}.get(kind, Input((6, 3)))
    arguments = {"EinsumDense": ["btc,cd->btd", (None, 4)], "Embedding": [10, 4]}
    layer = getattr(layers, kind)(
        *arguments.get(kind, [4, 3][: 1 + (kind == "Conv2D")])
    )
    model = Model(x, layer(x))
    layer.enable_lora(2)
    return model


@whole_model()
def trained():
    row = [layers.Dense(3, kernel_regularizer="l2", bias_constraint="unit_norm")]
    model = Sequential(
        [Input((4,)), *row, layers.BatchNormalization(), layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=["mae"])
    x = numbers(16, 4)
    model.fit(x, x[:, :1] ** 2, epochs=2, verbose=0)
    return model, x
