"""Parts that several models share."""

from keras import Input, Model, layers, ops


def words(length=6):
    return Input((length,), dtype="int32")


def embed(x, units=8, mask_zero=True):
    return layers.Embedding(10, units, mask_zero=mask_zero)(x)


def place(x):
    """Add an embedding of each step's place."""
    return x + layers.Embedding(x.shape[1], x.shape[-1])(ops.arange(x.shape[1]))


def mlp(x, *units):
    for n in units:
        x = layers.Dropout(0.1)(layers.Dense(n, activation="gelu")(x))
    return x


def encode(x, heads=2):
    """The block of a transformer."""
    y = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Add()([layers.MultiHeadAttention(heads, 4, dropout=0.1)(y, y), x])
    y = mlp(layers.LayerNormalization(epsilon=1e-6)(x), 16, x.shape[-1])
    return layers.Add()([y, x])


def normed(x, filters, size=3, activation="relu", **options):
    x = layers.Conv2D(filters, size, padding="same", use_bias=False, **options)(x)
    return layers.Activation(activation)(layers.BatchNormalization()(x))


def classify(x, y, units=4, activation="softmax"):
    if len(y.shape) == 4:
        y = layers.GlobalAveragePooling2D()(y)
    y = layers.Dense(units, activation=activation)(layers.Dropout(0.3)(y))
    return Model(x, y)
