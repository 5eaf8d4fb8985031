"""Small models of many kinds, what each learns from, and how: what fit is told."""

import keras
import numpy as np
from keras import layers, ops

SAMPLES, BATCH = 10, 4  # three batches an epoch, of which the last has two
RNG = np.random.default_rng(313)


def numbers(*shape):
    return RNG.normal(size=(SAMPLES, *shape)).astype(keras.config.floatx())


def tokens(most, *shape):
    """Sentences of words from 1 on, some of which end in zeros."""
    drawn = RNG.integers(1, most, size=(SAMPLES, *shape))
    drawn[::2, -2:] = 0
    return drawn


def labels(classes, *shape):
    return RNG.integers(classes, size=(SAMPLES, *shape))


def one_hot(classes):
    return np.eye(classes)[labels(classes)].astype(keras.config.floatx())


CLASSES = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
NUMBERS = {"loss": "mean_squared_error", "metrics": ["mae"]}


def set_floats(floatx):
    """Let Keras compute in it, whatever it was first used in: that stays its policy."""
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)


def mlp():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(6, activation="relu"),
            layers.Dropout(0.3, seed=3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    return model, numbers(5), labels(3), CLASSES


def cnn():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.SpatialDropout2D(0.3, seed=1),
            layers.Conv2D(2, 2, activation="elu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    compiled = {"loss": "binary_crossentropy", "metrics": ["accuracy", "AUC"]}
    return model, numbers(6, 6, 2), labels(2, 1), compiled


def lstm_with_a_mask():
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.LSTM(3, return_sequences=True, recurrent_dropout=0.2, seed=4),
            layers.LSTM(3),
            layers.Dense(1),
        ]
    )
    return model, tokens(9, 5), numbers(1), NUMBERS


def gru_with_a_mask():
    x = numbers(5, 3)
    x[1::3, 3:] = 0
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.Masking(),
            layers.GRU(
                4, return_sequences=True, dropout=0.3, recurrent_dropout=0.2, seed=8
            ),
            layers.GRU(3, reset_after=False, go_backwards=True),
            layers.Dense(2),
        ]
    )
    return model, x, numbers(2), NUMBERS


def tagger():
    inner = layers.LSTM(3, return_sequences=True)
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(8, 4, mask_zero=True),
            layers.Bidirectional(inner),
            layers.Bidirectional(
                layers.GRU(2, return_sequences=True, dropout=0.2, seed=6), "sum"
            ),
            layers.TimeDistributed(layers.Dense(3, activation="softmax")),
        ]
    )
    return model, tokens(8, 5), labels(3, 5), CLASSES


def conv_lstm():
    model = keras.Sequential(
        [
            keras.Input((3, 4, 4, 1)),
            layers.ConvLSTM2D(2, 2, padding="same", return_sequences=True),
            layers.BatchNormalization(),
            layers.ConvLSTM2D(1, 3, dropout=0.3, seed=6),
            layers.GlobalAveragePooling2D(),
        ]
    )
    return model, numbers(3, 4, 4, 1), numbers(1), NUMBERS


def transformer():
    """Without biases: the gradient of that of the keys is 0, but for rounding. The root of
    4 is exact: Keras rounds it to float32."""
    words = keras.Input((5,), dtype="int32")
    x = layers.Embedding(8, 4)(words)
    x = x + layers.Embedding(5, 4)(ops.arange(5))
    attend = layers.MultiHeadAttention(2, 4, dropout=0.2, seed=4, use_bias=False)
    x = layers.LayerNormalization()(x + attend(x, x, use_causal_mask=True))
    h = layers.Dense(6, activation="gelu")(x)
    x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(4)(h)]))
    model = keras.Model(words, layers.Dense(8)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return model, tokens(8, 5), tokens(8, 5), {"loss": loss, "metrics": ["accuracy"]}


def attentions():
    words, x = keras.Input((4,), dtype="int32"), keras.Input((3, 4))
    value = layers.Embedding(7, 4, mask_zero=True)(words)
    query = layers.Dense(4, activation="tanh")(x)
    a = layers.Attention(use_scale=True, dropout=0.2, seed=1)([query, value])
    b = layers.AdditiveAttention()([query, value])
    c = layers.GroupQueryAttention(4, 4, 2, seed=9, dropout=0.1, use_bias=False)(
        query, value
    )
    y = layers.GlobalAveragePooling1D()(layers.Concatenate()([a, b, c]))
    model = keras.Model([words, x], layers.Dense(2)(y))
    return model, [tokens(7, 4), numbers(3, 4)], numbers(2), NUMBERS


def autoencoder():
    x = numbers(4, 4, 2)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            layers.Conv2D(3, 3, strides=2, padding="same", activation="silu"),
            layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation="selu"),
            layers.AveragePooling2D(2),
            layers.UpSampling2D(interpolation="nearest"),
            layers.Conv2D(2, 1),
        ]
    )
    return model, x, x, {"loss": "huber", "metrics": ["mse"]}


def two_inputs_and_outputs():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    x = layers.Concatenate()(
        [layers.Dense(3, activation="tanh")(a), layers.Dense(3)(b)]
    )
    first = layers.Dense(2, name="first", activity_regularizer="l1")(x)
    second = layers.Dense(3, activation="softmax", name="second")(x)
    compiled = {
        "loss": ["mse", "categorical_crossentropy"],
        "loss_weights": [0.5, 2.0],
        "metrics": [["mae"], ["accuracy"]],
        "weighted_metrics": [["mse"], ["accuracy"]],
    }
    model = keras.Model([a, b], [first, second])
    return model, [numbers(4), numbers(3)], [numbers(2), one_hot(3)], compiled


def outputs_by_name():
    x = keras.Input((4,), name="x")
    h = layers.Dense(5, activation="softplus")(x)
    y = {"p": layers.Dense(1, name="p")(h), "q": layers.Dense(2, name="q")(h)}
    compiled = {
        "loss": {"p": "mae", "q": "log_cosh"},
        "loss_weights": {"p": 2.0, "q": 0.3},
        "metrics": {"q": ["mse"]},
    }
    return (
        keras.Model({"x": x}, y),
        {"x": numbers(4)},
        {"p": numbers(1), "q": numbers(2)},
        (compiled),
    )


def siamese():
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = layers.Dense(3, activation="tanh", kernel_regularizer="l2")
    y = layers.Dot(axes=1, normalize=True)([shared(left), shared(right)])
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(y))
    loss = keras.losses.BinaryCrossentropy(label_smoothing=0.1)
    return model, [numbers(4), numbers(4)], labels(2, 1), {"loss": loss}


def u_net():
    x = keras.Input((4, 4, 1))
    down = layers.Conv2D(2, 3, padding="same", activation="relu")(x)
    middle = layers.Conv2D(3, 3, padding="same")(layers.MaxPooling2D()(down))
    middle = layers.LeakyReLU(0.25)(middle)
    up = layers.Conv2DTranspose(2, 2, strides=2)(middle)
    joined = layers.Concatenate()([up, down])
    y = layers.Conv2D(3, 1, activation="softmax")(joined)
    return keras.Model(x, y), numbers(4, 4, 1), labels(3, 4, 4), CLASSES


def mobile_net():
    """Blocks of MobileNetV2."""

    def block(x, filters, strides):
        h = layers.Conv2D(6, 1, use_bias=False)(x)
        h = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(h))
        h = layers.ZeroPadding2D(1)(h)
        h = layers.DepthwiseConv2D(3, strides=strides, use_bias=False)(h)
        h = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(h))
        h = layers.Conv2D(filters, 1, use_bias=False)(h)
        return layers.BatchNormalization(momentum=0.9)(h)

    image = keras.Input((8, 8, 2))
    x = layers.SeparableConv2D(3, 3, strides=2, padding="same")(image)
    x = layers.Activation("tanh")(layers.Add()([x, block(x, 3, 1)]))
    x = layers.GlobalAveragePooling2D()(block(x, 4, 2))
    model = keras.Model(image, layers.Dense(3)(layers.Dropout(0.2, seed=1)(x)))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    return model, numbers(8, 8, 2), one_hot(3), {"loss": loss, "metrics": ["accuracy"]}


def in_one_dimension():
    model = keras.Sequential(
        [
            keras.Input((8, 3)),
            layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="tanh"),
            layers.SeparableConv1D(3, 2, depth_multiplier=2),
            layers.MaxPooling1D(2),
            layers.DepthwiseConv1D(2),
            layers.SpatialDropout1D(0.4, seed=3),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2),
        ]
    )
    return model, numbers(8, 3), numbers(2), NUMBERS


def a_model_in_a_model():
    inner = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2, seed=3),
        ]
    )
    a = keras.Input((4,))
    h = keras.Model(a, [inner(a), layers.Dense(3)(a)], name="pair")
    x = keras.Input((4,))
    y = layers.Multiply()(h(x))
    return (
        keras.Model(x, layers.Dense(1)(y + x[:, :3])),
        numbers(4),
        numbers(1),
        NUMBERS,
    )


def a_frozen_model_in_a_model():
    inner = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5, seed=3),
        ]
    )
    inner.trainable = False
    x = keras.Input((4,))
    h = inner(layers.Dense(4)(x), training=False)
    frozen = layers.BatchNormalization(trainable=False)
    y = layers.Dense(1)(layers.Dropout(0.2, seed=5)(frozen(h)))
    return keras.Model(x, y), numbers(4), numbers(1), NUMBERS


def penalties_and_constraints():
    orthogonal = keras.regularizers.OrthogonalRegularizer(0.1)
    if keras.config.floatx() == "float64":  # by which it fails in Keras
        orthogonal = "l2"
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(
                5,
                activation="sigmoid",
                kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02),
                bias_regularizer="l1",
                activity_regularizer=keras.regularizers.L2(0.1),
                kernel_constraint=keras.constraints.MaxNorm(0.8),
            ),
            layers.ActivityRegularization(l1=0.05, l2=0.02),
            layers.Dense(3, kernel_constraint="non_neg", bias_constraint="unit_norm"),
            layers.Dense(
                2,
                kernel_constraint=keras.constraints.MinMaxNorm(0.5, 0.7, 0.6),
                kernel_regularizer=orthogonal,
            ),
        ]
    )
    return model, numbers(4), numbers(2), NUMBERS


def steps_in_layers():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu")])
    model = keras.Sequential(
        [
            keras.Input((3, 4)),
            layers.TimeDistributed(inner),
            layers.TimeDistributed(layers.Dropout(0.3, seed=2)),
            layers.TimeDistributed(layers.BatchNormalization()),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    return model, numbers(3, 4), numbers(2), NUMBERS


def states_that_are_kept():
    x = keras.Input(batch_shape=(5, 4, 3))
    h = layers.LSTM(3, stateful=True, return_sequences=True)(x)
    y = layers.Dense(1)(layers.GRU(3, stateful=True)(h))
    return keras.Model(x, y), numbers(4, 3), numbers(1), NUMBERS


def normalizations():
    x = keras.Input((4, 4))
    spectral = layers.SpectralNormalization(layers.Dense(4), power_iterations=2)
    y = layers.GroupNormalization(2)(spectral(x))
    y = layers.RMSNormalization()(layers.LayerNormalization(axis=[1, 2])(y))
    y = layers.UnitNormalization()(layers.Dense(4)(y))
    y = layers.BatchNormalization(axis=1, momentum=0.8)(y)
    y = layers.Dense(1)(layers.Flatten()(y))
    return keras.Model(x, y), numbers(4, 4), numbers(1), NUMBERS


def activations_with_weights():
    x = keras.Input((3, 4))
    y = layers.PReLU(shared_axes=[1], alpha_initializer="ones")(layers.Dense(4)(x))
    y = layers.EinsumDense("btf,fgh->btgh", (None, 2, 3), bias_axes="h")(y)
    y = layers.Permute((3, 1, 2))(layers.Reshape((3, 2, 3))(y))
    y = layers.ELU(0.5)(layers.Reshape((3, 6))(y))
    y = layers.Softmax(axis=1)(layers.EinsumDense("abc,cd->abd", (3, 2))(y))
    y = layers.Average()([y, layers.Activation("mish")(y)])
    return (
        keras.Model(x, layers.Dense(2)(layers.Flatten()(y))),
        numbers(3, 4),
        (numbers(2)),
        NUMBERS,
    )


def dropouts():
    x = keras.Input((4, 3))
    y = layers.Dense(3, activation="selu")(x)
    y = layers.AlphaDropout(0.2, noise_shape=(None, 1, 3), seed=1)(y)
    y = layers.Dropout(0.3, noise_shape=(None, 4, 1), seed=2)(y)
    y = layers.SpatialDropout1D(0.2, seed=3)(y)
    y = layers.Reshape((2, 2, 1, 3))(y)
    y = layers.SpatialDropout3D(0.2, seed=5)(y)
    return (
        keras.Model(x, layers.Dense(1)(layers.Flatten()(y))),
        numbers(4, 3),
        (numbers(1)),
        NUMBERS,
    )


def noises():
    x = keras.Input((4, 3))
    y = layers.GaussianNoise(0.2, seed=1)(layers.Dense(3, activation="tanh")(x))
    y = layers.GaussianDropout(0.3, seed=2)(layers.Dense(2)(y))
    return (
        keras.Model(x, layers.Dense(1)(layers.Flatten()(y))),
        numbers(4, 3),
        (numbers(1)),
        NUMBERS,
    )


def loops_around_cells():
    x = keras.Input((4, 3))
    cells = [layers.GRUCell(3), layers.LSTMCell(2)]
    y = layers.RNN(cells, return_sequences=True)(x)
    y = layers.Bidirectional(layers.RNN(layers.SimpleRNNCell(2)))(y)
    return keras.Model(x, layers.Dense(1)(y)), numbers(4, 3), numbers(1), NUMBERS


def operators():
    x = keras.Input((4, 3))
    h = layers.Dense(3, name="first")(x)
    y = ops.concatenate([ops.tanh(h) * 2, ops.softmax(h[:, ::-1])], axis=-1)
    y = ops.where(h > 0.1, y[..., :3], ops.exp(-ops.square(y[..., 3:])))
    y = y / (ops.norm(y, axis=-1, keepdims=True) + 0.5)
    y = ops.einsum("btf,bsf->bts", y, ops.logsumexp(h, axis=1, keepdims=True) + h)
    y = layers.Dense(2)(ops.reshape(ops.transpose(y, (0, 2, 1)), (-1, 16)))
    return (
        keras.Model(x, ops.squeeze(ops.max(y, axis=1, keepdims=True) + 1, 1)),
        (numbers(4, 3)),
        numbers(),
        {"loss": "mean_absolute_error", "metrics": ["mse"]},
    )


def tied_embeddings():
    words = keras.Input((6,), dtype="int32")
    tied = layers.ReversibleEmbedding(5, 3)
    y = layers.Dense(3, activation="tanh")(tied(words))
    return (
        keras.Model(words, layers.Softmax()(tied(y, reverse=True))),
        (tokens(5, 6)),
        labels(5, 6),
        CLASSES,
    )


def repeated_tokens():
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(4, 3, embeddings_constraint="max_norm"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    return model, tokens(4, 6), numbers(2), NUMBERS


def preprocessed():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Rescaling(1 / 4, offset=-0.5),
            layers.CenterCrop(4, 4),
            layers.Normalization(mean=0.1, variance=2.0),
            layers.Conv2D(2, 3, groups=1, activation="hard_silu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    return model, numbers(6, 6, 1), labels(3), CLASSES


MODELS = [
    mlp,
    cnn,
    lstm_with_a_mask,
    gru_with_a_mask,
    tagger,
    conv_lstm,
    transformer,
    attentions,
    autoencoder,
    two_inputs_and_outputs,
    outputs_by_name,
    siamese,
    u_net,
    mobile_net,
    in_one_dimension,
    a_model_in_a_model,
    a_frozen_model_in_a_model,
    penalties_and_constraints,
    steps_in_layers,
    states_that_are_kept,
    normalizations,
    activations_with_weights,
    dropouts,
    noises,
    loops_around_cells,
    operators,
    tied_embeddings,
    repeated_tokens,
    preprocessed,
]

# -- What they are trained with, in turn

RATES = {
    "ExponentialDecay": {
        "initial_learning_rate": 0.05,
        "decay_steps": 4,
        "decay_rate": 0.7,
        "staircase": True,
    },
    "CosineDecay": {
        "initial_learning_rate": 0.01,
        "decay_steps": 8,
        "warmup_target": 0.05,
        "warmup_steps": 3,
    },
    "PiecewiseConstantDecay": {"boundaries": [2, 5], "values": [0.05, 0.02, 0.01]},
    "PolynomialDecay": {
        "initial_learning_rate": 0.05,
        "decay_steps": 6,
        "power": 2.0,
        "cycle": True,
    },
}
OPTIMIZERS = [  # a class of Keras, and its config
    ("Adam", {}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("AdamW", {"weight_decay": 0.05, "clipnorm": 0.5}),
    ("Nadam", {"learning_rate": "PiecewiseConstantDecay"}),
    ("Adagrad", {"learning_rate": 0.1, "clipvalue": 0.1}),
    ("Adam", {"amsgrad": True, "gradient_accumulation_steps": 2}),
    ("Adamax", {"global_clipnorm": 0.3}),
    ("Lion", {"learning_rate": 0.01, "weight_decay": 0.01}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Ftrl", {"learning_rate": 0.1, "l1_regularization_strength": 0.01}),
    ("Adam", {"learning_rate": "ExponentialDecay", "use_ema": True}),
    ("Lamb", {"learning_rate": "CosineDecay"}),
    ("RMSprop", {"learning_rate": "PolynomialDecay"}),
    ("Adafactor", {"learning_rate": 0.05}),
    ("SGD", {"gradient_accumulation_steps": 3, "weight_decay": 0.01}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.02, "warmup_steps": 2}),
    ("Muon", {"learning_rate": 0.02}),
]
CALLBACKS = [  # a class of Keras, and its arguments
    None,
    ("EarlyStopping", {"patience": 0, "restore_best_weights": True}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 0, "min_delta": 1.0}),
    ("LearningRateScheduler", {"schedule": lambda epoch, rate: rate * 0.9**epoch}),
    ("EarlyStopping", {"monitor": "loss", "mode": "max", "restore_best_weights": True}),
]


def made_optimizer(number):
    kind, config = OPTIMIZERS[number % len(OPTIMIZERS)]
    rate = config.get("learning_rate", 0.02)
    if isinstance(rate, str):
        schedule = getattr(keras.optimizers.schedules, rate)
        rate = schedule(**RATES[rate])
    return getattr(keras.optimizers, kind)(**{**config, "learning_rate": rate})


def drawn_options(number, x, y):
    """What fit is told beside samples and callbacks, and the callback."""
    rng = np.random.default_rng(number)
    floatx = keras.config.floatx()
    outputs = keras.tree.flatten(y)
    is_stateful = MODELS[number % len(MODELS)] is states_that_are_kept
    options = {"epochs": 3, "batch_size": 5 if is_stateful else BATCH}
    options["shuffle"] = number % 3 > 0
    weight = rng.uniform(0.2, 2, size=SAMPLES).astype(floatx)
    if number % 4 == 1:
        options["sample_weight"] = keras.tree.map_structure(
            lambda a: weight if a.ndim < 3 and a.shape[-1] < 4 else rng.random(a.shape),
            y,
        )
    of_classes = not np.any(outputs[0] % 1) and outputs[0][0].size < 4
    if number % 4 == 2 and len(outputs) == 1 and of_classes:
        options["class_weight"] = {0: 0.5, 1: 2.0}
    kind = CALLBACKS[number % len(CALLBACKS)]
    has_schedule = isinstance(
        OPTIMIZERS[number % len(OPTIMIZERS)][1].get("learning_rate"), str
    )
    if kind and kind[0] != "EarlyStopping" and has_schedule:
        kind = None  # which has no rate to set
    needs_validation = kind and kind[1].get("monitor") != "loss"
    if number % 6 == 5 and not is_stateful:
        options["validation_split"] = 0.2
    elif number % 6 == 3 or needs_validation:
        part = 5 if is_stateful else 6
        first = keras.tree.map_structure(lambda a: a[:part], (x, y))
        options["validation_data"] = first
        if number % 2 and number % 4 == 1:
            weights = keras.tree.map_structure(
                lambda a: a[:part] * 2, options["sample_weight"]
            )
            options["validation_data"] = (*first, weights)
        if not needs_validation:
            options["validation_freq"] = 2
    if number % 7 == 6:
        options["initial_epoch"] = 1
    return options, kind
