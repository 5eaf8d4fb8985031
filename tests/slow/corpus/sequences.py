"""Models of text, sound and time series, after the examples on keras.io."""

import numpy as np
from corpus.making import whole_model
from corpus.parts import embed, mlp, place, words
from keras import Input, Model, Sequential, layers, ops


@whole_model()
def text_fnet():
    x = words()
    y = place(embed(x, mask_zero=False))
    y = normalized(y, ops.fft2((y, ops.zeros_like(y)))[0])
    return Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(y)))


@whole_model()
def switch_transformer():
    x = words()
    y = place(embed(x, mask_zero=False))
    gates = ops.softmax(layers.Dense(3)(y), axis=-1)
    gate, chosen = ops.top_k(gates, k=1)
    experts = ops.stack([mlp(y, 6, 8) for _ in range(3)], axis=-2)
    picked = ops.einsum("bte,bted->btd", ops.one_hot(chosen[..., 0], 3), experts)
    y = normalized(y, picked * gate)
    return Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(y)))


@whole_model({"kind": "LSTM"}, {"kind": "GRU"}, {"kind": "SimpleRNN"})
def translation(kind):
    source, target = Input((None, 6)), Input((None, 5))
    layer = getattr(layers, kind)
    _, *states = layer(4, return_state=True)(source)
    decode = layer(4, return_sequences=True, return_state=True)
    y, *_ = decode(target, initial_state=states)
    return Model([source, target], layers.Dense(5, activation="softmax")(y))


@whole_model({"kind": "Attention"}, {"kind": "AdditiveAttention"})
def translation_with_attention(kind):
    source, target = words(7), words(5)
    encoded = layers.GRU(4, return_sequences=True)(embed(source, 6, mask_zero=True))
    y = embed(target, 6, mask_zero=True)
    y = layers.GRU(4, return_sequences=True)(y, initial_state=encoded[:, -1])
    context = getattr(layers, kind)()([y, encoded])
    y = layers.Dense(6, activation="tanh")(layers.concatenate([y, context]))
    return Model([source, target], layers.Dense(10)(y))


def normalized(*terms):
    return layers.LayerNormalization(epsilon=1e-6)(layers.Add()(terms))


@whole_model({"mask_zero": False}, {"mask_zero": True})
def translation_by_transformer(mask_zero):
    source, target = words(7), words(5)
    x = place(embed(source, mask_zero=mask_zero))
    x = normalized(x, layers.MultiHeadAttention(2, 8)(query=x, value=x, key=x))
    memory = normalized(x, mlp(x, 8))
    y = place(embed(target, mask_zero=mask_zero))
    one = layers.MultiHeadAttention(2, 8)(query=y, value=y, key=y, use_causal_mask=True)
    y = normalized(y, one)
    y = normalized(
        y, layers.MultiHeadAttention(2, 8)(query=y, value=memory, key=memory)
    )
    return Model([source, target], layers.Dense(10, activation="softmax")(mlp(y, 8)))


@whole_model()
def question_answering():
    ids, types, kept = words(), words(), words()
    y = embed(ids) + embed(types)
    mask = ops.expand_dims(ops.cast(kept, "bool"), 1)
    y = normalized(y, layers.MultiHeadAttention(2, 4)(y, y, attention_mask=mask))
    start, end = (layers.Dense(1, name=n, use_bias=False)(y) for n in ("start", "end"))
    outputs = [layers.Softmax()(layers.Flatten()(logit)) for logit in (start, end)]
    return Model([ids, types, kept], outputs)


@whole_model()
def document_of_sentences():
    sentence, document = words(), Input((4, 6), dtype="int32")
    y = layers.Bidirectional(layers.GRU(3, return_sequences=True))(
        embed(sentence, 8, False)
    )
    weights = layers.Softmax(axis=1)(layers.Dense(1)(layers.Dense(4, "tanh")(y)))
    encoder = Model(sentence, layers.Flatten()(layers.Dot(axes=1)([weights, y])))
    y = layers.TimeDistributed(encoder)(document)
    y = layers.Bidirectional(layers.GRU(3))(y)
    return Model(document, layers.Dense(2, activation="softmax")(y))


@whole_model()
def memory_network():
    story, question = words(8), words(4)
    m = layers.Dropout(0.3)(layers.Embedding(10, 6)(story))
    c = layers.Embedding(10, 4)(story)
    u = layers.Embedding(10, 6)(question)
    match = layers.Activation("softmax")(layers.Dot(axes=(2, 2))([m, u]))
    response = layers.Permute((2, 1))(layers.Add()([match, c]))
    y = layers.LSTM(5)(
        layers.Concatenate()([response, layers.Embedding(10, 8)(question)])
    )
    return Model([story, question], layers.Activation("softmax")(layers.Dense(6)(y)))


def rotate(x):
    """Rotary embedding of (batch, 6, heads, 4)."""
    angles = np.arange(6)[:, None] / 100 ** (np.arange(2) / 2)
    angles = ops.convert_to_tensor(
        np.concatenate([angles, angles], -1)[:, None], "float32"
    )
    a, b = ops.split(x, 2, axis=-1)
    return x * ops.cos(angles) + ops.concatenate([-b, a], axis=-1) * ops.sin(angles)


@whole_model()
def llama():
    x = words()
    y = embed(x)
    z = layers.RMSNormalization()(y)
    q, k, v = (layers.EinsumDense("btd,dhe->bthe", (None, h, 4))(z) for h in (4, 2, 2))
    q, k = rotate(q), ops.repeat(rotate(k), 2, axis=2)
    scores = ops.einsum("bqhd,bkhd->bhqk", q, k) * 0.5
    mask = ops.expand_dims(ops.arange(6), 1) >= ops.arange(6)
    scores = ops.softmax(ops.where(mask, scores, ops.full_like(scores, -1e9)))
    z = ops.einsum("bhqk,bkhd->bqhd", scores, ops.repeat(v, 2, axis=2))
    y = y + layers.EinsumDense("bqhd,hde->bqe", (None, 8))(z)
    z = layers.RMSNormalization()(y)
    y = y + layers.Dense(8)(layers.Dense(12, "silu")(z) * layers.Dense(12)(z))
    return Model(x, layers.Dense(10, use_bias=False)(layers.RMSNormalization()(y)))


@whole_model()
def language_model_loss():
    x = words()
    logits = layers.Dense(10)(layers.LSTM(5, return_sequences=True)(embed(x)))
    logs = ops.log_softmax(logits[:, :-1])
    picked = ops.take_along_axis(logs, x[:, 1:, None], axis=-1)
    kept = ops.cast(x[:, 1:] != 0, "float32")
    loss = -ops.sum(picked[..., 0] * kept, axis=-1) / ops.sum(kept, axis=-1)
    return Model(x, {"loss": loss, "perplexity": ops.exp(loss)})


def softmax_of(x, name):
    return ops.softmax(layers.Dense(3, name=name)(x))


@whole_model()
def intents_and_slots():
    x = words()
    y, forward, backward = layers.Bidirectional(
        layers.GRU(4, return_sequences=True, return_state=True)
    )(embed(x, mask_zero=True))
    intent = softmax_of(layers.concatenate([forward, backward]), "intent")
    return Model(x, {"slots": softmax_of(y, "slots"), "intent": intent})


@whole_model({"gated": True}, {"gated": False})
def wavenet(gated):
    x = Input((16, 1))
    y, skips = layers.Conv1D(4, 2, padding="causal")(x), []
    for rate in (1, 2, 4):
        z = layers.Conv1D(4, 2, padding="causal", dilation_rate=rate)(y)
        if gated:
            gate = layers.Conv1D(4, 2, padding="causal", dilation_rate=rate)(y)
            z = ops.tanh(z) * ops.sigmoid(gate)
        z = layers.Conv1D(4, 1)(z)
        skips.append(z)
        y = layers.Add()([y, z])
    y = ops.relu(layers.Add()(skips))
    return Model(x, layers.Conv1D(5, 1, activation="softmax")(y))


@whole_model({"combine": "add"}, {"combine": "concat"})
def traffic(combine):
    x = Input((6, 5, 2))  # steps, roads, measures
    edges = (np.random.default_rng(2).random((5, 5)) > 0.5).astype("float32")
    near = ops.einsum("ij,btjf->btif", edges / (1 + edges.sum(1, keepdims=True)), x)
    own, near = (
        layers.Dense(4, use_bias=False)(x),
        layers.Dense(4, use_bias=False)(near),
    )
    y = own + near if combine == "add" else ops.concatenate([own, near], axis=-1)
    y = ops.reshape(ops.transpose(ops.relu(y), (0, 2, 1, 3)), (-1, 6, y.shape[-1]))
    y = layers.Dense(3)(layers.LSTM(4)(y))
    return Model(x, ops.transpose(ops.reshape(y, (-1, 5, 3)), (0, 2, 1)))


@whole_model()
def anomalies():
    same = {"padding": "same", "strides": 2}
    return Sequential(
        [
            Input((16, 1)),
            layers.Conv1D(6, 7, activation="relu", **same),
            layers.Dropout(0.2),
            layers.Conv1D(4, 7, activation="relu", **same),
            layers.Conv1DTranspose(4, 7, activation="relu", **same),
            layers.Dropout(0.2),
            layers.Conv1DTranspose(6, 7, activation="relu", **same),
            layers.Conv1DTranspose(1, 7, padding="same"),
        ]
    )


@whole_model({"kind": "MelSpectrogram"}, {"kind": "STFTSpectrogram"})
def spectrograms(kind):
    x = Input((128,) if kind == "MelSpectrogram" else (128, 1))
    if kind == "MelSpectrogram":
        y = layers.MelSpectrogram(fft_length=32, sequence_stride=16, num_mel_bins=8)(x)
    else:
        y = layers.STFTSpectrogram(frame_length=32, frame_step=16, fft_length=32)(x)
    return Model(x, layers.Flatten()(y))


@whole_model({"stateful": True}, {"stateful": False})
def cosine_with_states(stateful):
    x = Input((5, 1), batch_size=3)
    y = layers.LSTM(4, return_sequences=True, stateful=stateful)(x)
    return Model(x, layers.Dense(1)(layers.LSTM(3, stateful=stateful)(y)))


@whole_model()
def events_with_gaps():
    x, gaps, seen = Input((8, 3)), Input((8, 3)), Input((8, 3), dtype="bool")
    decay = ops.exp(-ops.relu(layers.Dense(3)(gaps)))
    filled = ops.where(seen, x, decay * ops.mean(x, axis=1, keepdims=True))
    kept = ops.any(seen, axis=-1)
    y = layers.GRU(4)(
        ops.concatenate([filled, ops.cast(seen, "float32")], -1), mask=kept
    )
    return Model([x, gaps, seen], layers.Dense(2)(y))
