"""Models of tables, graphs and games, after the examples on keras.io."""

import numpy as np
from corpus.making import whole_model
from corpus.parts import encode, mlp
from keras import Input, Model, Sequential, layers, ops

rng = np.random.default_rng(5)
ROADS = (rng.random((6, 6)) > 0.6).astype("float32")
FROM, TO = np.array([0, 1, 1, 2, 4, 5, 3]), np.array([1, 0, 2, 3, 3, 5, 2])


def features():
    """Inputs of a table, and a vector of each."""
    age, hours = Input((1,), name="age"), Input((1,), name="hours")
    kind, code = (
        Input((1,), dtype="string", name="kind"),
        Input((1,), dtype="int32", name="code"),
    )
    words = layers.StringLookup(
        vocabulary=["the cat sat", "on the mat", "dog on mat sat"]
    )
    numbers = layers.IntegerLookup(vocabulary=[2, 3, 5, 7], num_oov_indices=1)
    encoded = [layers.Normalization(mean=0.5, variance=2.0)(age), hours]
    encoded += [layers.Flatten()(layers.Embedding(5, 3)(words(kind)))]
    encoded += [layers.Flatten()(layers.Embedding(6, 3)(numbers(code)))]
    return [age, hours, kind, code], layers.concatenate(encoded)


@whole_model({"deep": True}, {"deep": False})
def wide_and_deep(deep):
    inputs, x = features()
    wide, y = layers.BatchNormalization()(x), x
    for units in (6, 4):
        y = layers.BatchNormalization()(layers.Dense(units)(y))
        y = layers.Dropout(0.1)(layers.ReLU()(y))
    y = layers.concatenate([wide, y]) if deep else wide
    return Model(inputs, layers.Dense(2, activation="softmax")(y))


def gated(x, units):
    return layers.Dense(units)(x) * layers.Dense(units, activation="sigmoid")(x)


def gated_residual(x, units):
    y = layers.Dense(units)(layers.Dense(units, activation="elu")(x))
    x = x if x.shape[-1] == units else layers.Dense(units)(x)
    return layers.LayerNormalization()(x + gated(layers.Dropout(0.1)(y), units))


@whole_model({"units": 4}, {"units": 6})
def variable_selection(units):
    inputs, x = features()
    parts = ops.split(x, 4, axis=1)
    weights = layers.Dense(4, activation="softmax")(gated_residual(x, units))
    y = ops.stack([gated_residual(part, units) for part in parts], axis=1)
    y = ops.squeeze(ops.matmul(ops.transpose(weights[..., None], (0, 2, 1)), y), axis=1)
    return Model(inputs, layers.Dense(1, activation="sigmoid")(y))


@whole_model()
def tab_transformer():
    x, numbers = Input((4,), dtype="int32"), Input((3,))
    columns = [layers.Embedding(10, 8)(x[:, n]) for n in range(4)]
    y = encode(ops.stack(columns, axis=1) + layers.Embedding(4, 8)(ops.arange(4)))
    y = layers.concatenate([layers.Flatten()(y), layers.LayerNormalization()(numbers)])
    y = layers.Dense(6, activation="selu")(layers.BatchNormalization()(y))
    return Model(
        [x, numbers], layers.Dense(1, activation="sigmoid")(layers.AlphaDropout(0.2)(y))
    )


@whole_model()
def two_towers():
    user, movie = (
        Input((), dtype="int32", name="user"),
        Input((), dtype="int32", name="movie"),
    )
    a, b = (Sequential([layers.Embedding(10, 4), layers.Dense(4)]) for _ in range(2))
    x, y = layers.UnitNormalization()(a(user)), layers.UnitNormalization()(b(movie))
    outputs = {"score": ops.sum(x * y, axis=-1, keepdims=True), "user": x}
    return Model({"user": user, "movie": movie}, outputs)


@whole_model()
def next_item():
    x = Input((6,), dtype="int32")
    items = layers.Embedding(10, 8, mask_zero=True)
    y = items(x) * ops.sqrt(8.0) + layers.Embedding(6, 8)(ops.arange(6))
    kept = ops.cast(x != 0, "float32")[..., None]
    z = layers.LayerNormalization()(y * kept)
    y = z + layers.MultiHeadAttention(1, 8)(z, y, use_causal_mask=True)
    y = layers.Conv1D(8, 1, activation="relu")(layers.LayerNormalization()(y)) + y
    return Model(x, ops.einsum("btd,bnd->btn", y * kept, items(x[:, ::-1])))


@whole_model()
def hashed_crossing():
    a, b = Input((1,), dtype="string"), Input((1,), dtype="int32")
    y = layers.HashedCrossing(5, output_mode="one_hot")((a, b))
    return Model([a, b], layers.Dense(2)(y))


@whole_model()
def decision_forest():
    x = Input((5,))
    choices = layers.Dense(8, activation="sigmoid")(layers.BatchNormalization()(x))[
        ..., None
    ]
    choices = ops.concatenate([choices, 1 - choices], axis=2)
    paths, begin, end = ops.ones_like(x[:, :1, None]), 1, 2
    for _ in range(3):
        paths = ops.reshape(paths, (-1, end - begin, 1))
        paths = ops.tile(paths, (1, 1, 2)) * choices[:, begin:end, :]
        begin, end = end, end + 2 * (end - begin)
    leaves = layers.Dense(3, use_bias=False)(ops.reshape(paths, (-1, 8)))
    return Model(x, ops.softmax(leaves))


@whole_model({"duel": False}, {"duel": True})
def q_network(duel):
    x = Input((4, 20, 20))
    y = ops.transpose(x, (0, 2, 3, 1))
    for filters, size, strides in ((4, 8, 2), (4, 4, 2)):
        y = layers.Conv2D(filters, size, strides=strides, activation="relu")(y)
    y = layers.Flatten()(y)
    q = layers.Dense(3, activation="linear")(layers.Dense(8, activation="relu")(y))
    if duel:
        q = layers.Dense(1)(y) + q - ops.mean(q, axis=-1, keepdims=True)
    return Model(x, [q, ops.argmax(q, axis=-1), ops.max(q, axis=-1)])


@whole_model()
def graph_attention():
    x = Input((6, 3))
    states = layers.Dense(4, use_bias=False)(x)
    scores = layers.Dense(1)(states) + ops.swapaxes(layers.Dense(1)(states), 1, 2)
    scores = ops.exp(ops.clip(ops.leaky_relu(scores, 0.3), -2, 2)) * ROADS
    weights = scores / (ops.sum(scores, axis=-1, keepdims=True) + 1e-3)
    return Model(x, ops.elu(ops.matmul(weights, states)))


@whole_model({"by": "segment_sum"}, {"by": "one_hot"})
def messages(by):
    x = Input((6, 3))
    sent = ops.take(x, FROM, axis=1) - ops.take(x, TO, axis=1)
    sent = layers.Dense(4, activation="relu")(sent)
    if by == "one_hot":
        y = ops.einsum("bef,en->bnf", sent, ops.one_hot(TO, 6))
    else:
        y = ops.segment_sum(ops.transpose(sent, (1, 0, 2)), TO, num_segments=6)
        y = ops.transpose(y, (1, 0, 2))
    return Model(x, layers.Dense(2)(ops.concatenate([x, y], axis=-1)))


@whole_model()
def many_gates():
    x = Input((5,))
    experts = ops.stack([mlp(x, 4) for _ in range(3)], axis=1)
    gates = [layers.Dense(3, activation="softmax")(x) for _ in range(2)]
    tasks = [ops.sum(ops.expand_dims(gate, -1) * experts, axis=1) for gate in gates]
    return Model(
        x, {n: layers.Dense(1)(task) for n, task in zip(("buy", "click"), tasks)}
    )


@whole_model()
def survival():
    x = Input((5,))
    hazard = layers.Dense(6, activation="sigmoid", kernel_constraint="non_neg")(
        mlp(x, 6)
    )
    alive = ops.cumprod(1 - hazard, axis=1)
    before = ops.pad(alive[:, :-1], [[0, 0], [1, 0]], constant_values=1.0)
    return Model(x, [alive, hazard * before, -ops.log(alive[:, -1:] + 1e-7)])
