"""Models of images, point clouds and videos, after the examples on keras.io."""

import keras
import numpy as np
from corpus.making import whole_model
from corpus.parts import classify, encode, mlp, normed, place
from keras import Input, Model, Sequential, layers, ops


def separable(x, filters, **options):
    x = layers.SeparableConv2D(filters, 3, padding="same", **options)(x)
    return layers.BatchNormalization()(layers.Activation("relu")(x))


@whole_model(
    {"units": 1, "activation": "sigmoid"}, {"units": 5, "activation": "softmax"}
)
def xception(units, activation):
    x = Input((20, 20, 3))
    y = previous = normed(layers.Rescaling(1 / 255)(x), 8, strides=2)
    for filters in (8, 12):
        y = separable(separable(y, filters), filters)
        y = layers.MaxPooling2D(3, strides=2, padding="same")(y)
        previous = layers.Conv2D(filters, 1, strides=2, padding="same")(previous)
        previous = y = layers.add([y, previous])
    return classify(x, y, units, activation)


@whole_model({"by": "conv"}, {"by": "reshape"}, {"by": "extract_patches"})
def vit(by):
    x = Input((12, 12, 3))
    if by == "conv":
        y = layers.Reshape((9, 8))(layers.Conv2D(8, 4, strides=4)(x))
    elif by == "reshape":
        y = ops.transpose(ops.reshape(x, (-1, 3, 4, 3, 4, 3)), (0, 1, 3, 2, 4, 5))
        y = layers.Dense(8)(ops.reshape(y, (-1, 9, 48)))
    else:
        y = layers.Dense(8)(layers.Reshape((9, 48))(ops.image.extract_patches(x, 4)))
    y = layers.LayerNormalization()(encode(encode(place(y))))
    return classify(x, mlp(layers.Flatten()(y), 12, 8))


@whole_model({"shift": 0}, {"shift": 1})
def swin(shift):
    x = Input((6, 6, 4))
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    y = ops.roll(y, shift=(-shift, -shift), axis=(1, 2)) if shift else y
    windows = ops.transpose(ops.reshape(y, (-1, 3, 2, 3, 2, 4)), (0, 1, 3, 2, 4, 5))
    windows = ops.reshape(windows, (-1, 4, 4))
    qkv = ops.reshape(layers.Dense(12)(windows), (-1, 4, 3, 2, 2))
    q, k, v = ops.unstack(ops.transpose(qkv, (2, 0, 3, 1, 4)))
    scores = ops.softmax(q * 2**-0.5 @ ops.transpose(k, (0, 1, 3, 2)), axis=-1)
    y = ops.reshape(ops.transpose(scores @ v, (0, 2, 1, 3)), (-1, 3, 3, 2, 2, 4))
    y = ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (-1, 6, 6, 4))
    y = ops.roll(y, shift=(shift, shift), axis=(1, 2)) if shift else y
    y = x + y
    merged = [y[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return classify(x, layers.Dense(8, use_bias=False)(ops.concatenate(merged, -1)))


@whole_model()
def mobile_vit():
    x = Input((8, 8, 4))
    y = layers.Conv2D(6, 1, activation="swish")(normed(x, 4, activation="swish"))
    patches = layers.Reshape((4, 16, 6))(y)
    z = layers.LayerNormalization()(patches)
    z = layers.Add()([layers.MultiHeadAttention(2, 3)(z, z), patches])
    z = layers.Add()([mlp(layers.LayerNormalization()(z), 8, 6), z])
    z = layers.Conv2D(4, 1, activation="swish")(layers.Reshape((8, 8, 6))(z))
    return classify(x, normed(layers.Concatenate()([x, z]), 6, activation="swish"))


def transform_points(x, size):
    y = layers.Conv1D(8, 1)(x)
    y = layers.GlobalMaxPooling1D()(layers.ReLU()(layers.BatchNormalization()(y)))
    bias = keras.initializers.Constant(np.eye(size).ravel())
    y = layers.Dense(size * size, kernel_initializer="zeros", bias_initializer=bias)(y)
    return layers.Dot(axes=(2, 1))([x, layers.Reshape((size, size))(y)])


@whole_model({"segment": False}, {"segment": True})
def pointnet(segment):
    x = Input((10, 3))
    y = layers.Conv1D(5, 1, activation="relu")(transform_points(x, 3))
    y = transform_points(y, 5)
    top = layers.GlobalMaxPooling1D()(y)
    if not segment:
        return classify(x, top)
    y = layers.Concatenate()([y, layers.RepeatVector(10)(top)])
    return Model(x, layers.Conv1D(4, 1, activation="softmax")(y))


@whole_model({"up": "transpose"}, {"up": "nearest"}, {"up": "bilinear"})
def unet(up):
    x = Input((12, 12, 3))
    y, skipped = x, []
    for filters in (4, 6):
        y = normed(y, filters)
        skipped.append(y)
        y = layers.MaxPooling2D()(y)
    y = normed(y, 8)
    for skip in reversed(skipped):
        if up == "transpose":
            y = layers.Conv2DTranspose(6, 3, strides=2, padding="same")(y)
        else:
            y = layers.UpSampling2D(2, interpolation=up)(y)
        y = normed(layers.concatenate([y, skip]), 6)
    return Model(x, layers.Conv2D(3, 1, activation="softmax")(y))


def depth_to_space(x, scale):
    _, height, width, channels = x.shape
    depth = channels // scale**2
    x = ops.reshape(x, (-1, height, width, scale, scale, depth))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height * scale, width * scale, depth))


@whole_model({"scale": 2}, {"scale": 3})
def super_resolution(scale):
    x = Input((6, 5, 1))
    y = layers.Conv2D(6, 5, padding="same", activation="tanh")(x)
    return Model(
        x, depth_to_space(layers.Conv2D(scale**2, 3, padding="same")(y), scale)
    )


@whole_model({"by": "distance"}, {"by": "cosine"})
def siamese(by):
    image = Input((10, 10, 1))
    y = layers.AveragePooling2D(2)(layers.Conv2D(3, 5, activation="tanh")(image))
    y = layers.BatchNormalization()(layers.Flatten()(layers.BatchNormalization()(y)))
    embed = Model(image, layers.Dense(5, activation="tanh")(y))
    left, right = Input((10, 10, 1)), Input((10, 10, 1))
    a, b = embed(left), embed(right)
    if by == "cosine":
        return Model([left, right], layers.Dot(1, normalize=True)([a, b]))
    squares = ops.sum(ops.square(a - b), axis=1, keepdims=True)
    y = layers.BatchNormalization()(ops.sqrt(ops.maximum(squares, 1e-7)))
    return Model([left, right], layers.Dense(1, activation="sigmoid")(y))


@whole_model()
def nerf():
    x = Input((12, 3))
    encoded = [x]
    for i in range(3):
        encoded += [ops.sin(2.0**i * x), ops.cos(2.0**i * x)]
    encoded = y = ops.concatenate(encoded, axis=-1)
    for i in range(4):
        y = layers.Dense(8, activation="relu")(y)
        y = layers.concatenate([y, encoded], axis=-1) if i == 1 else y
    y = layers.Dense(4)(y)
    color, sigma = ops.sigmoid(y[..., :-1]), ops.relu(y[..., -1])
    alpha = 1.0 - ops.exp(-sigma * 0.25)
    through = ops.cumprod(1.0 - alpha + 1e-10, axis=-1)
    weights = alpha * ops.roll(through, 1, axis=-1)
    return Model(x, [ops.sum(weights[..., None] * color, axis=-2), weights])


@whole_model({"kind": "GRU"}, {"kind": "LSTM"})
def video_cnn_rnn(kind):
    frames, mask = Input((5, 8, 8, 3)), Input((5,), dtype="bool")
    image = [Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu")]
    extract = Sequential([*image, layers.GlobalMaxPooling2D()])
    y = layers.TimeDistributed(extract)(frames)
    y = getattr(layers, kind)(6, return_sequences=True)(y, mask=mask)
    y = layers.Dropout(0.4)(layers.GRU(4)(y))
    return Model([frames, mask], layers.Dense(3, activation="softmax")(y))


@whole_model()
def next_frame():
    x = Input((None, 6, 6, 1))
    y = x
    for size in (3, 1):
        options = {"padding": "same", "return_sequences": True, "activation": "relu"}
        y = layers.BatchNormalization()(layers.ConvLSTM2D(3, size, **options)(y))
    return Model(x, layers.Conv3D(1, 3, activation="sigmoid", padding="same")(y))


@whole_model()
def captioning():
    image, words = Input((8, 8, 3)), Input((6,), dtype="int32")
    features = layers.Reshape((9, 4))(layers.Conv2D(4, 4, strides=2)(image))
    features = layers.Dense(8, activation="relu")(layers.LayerNormalization()(features))
    y = layers.Embedding(10, 8, mask_zero=True)(words) * 8**0.5
    y = y + layers.Embedding(6, 8)(ops.arange(0, 6, 1))
    mask = ops.not_equal(words, 0)
    one = layers.MultiHeadAttention(2, 8)(y, y, attention_mask=mask[:, None, :])
    y = layers.LayerNormalization()(y + one)
    y = layers.LayerNormalization()(y + layers.MultiHeadAttention(2, 8)(y, features))
    return Model([image, words], layers.Dense(10, activation="softmax")(y))


@whole_model()
def retina():
    x = Input((16, 16, 3))
    c3 = normed(x, 4, strides=2)
    c4 = normed(c3, 6, strides=2)
    p4 = layers.Conv2D(4, 1)(c4)
    p3 = layers.Conv2D(4, 1)(c3) + layers.UpSampling2D(2)(p4)
    p5 = layers.Conv2D(4, 3, 2, "same")(ops.relu(p4))
    head = [layers.Conv2D(4, 3, padding="same", activation="relu") for _ in range(2)]
    head = Sequential([Input((None, None, 4)), *head, layers.Conv2D(8, 3, 1, "same")])
    boxes = [
        ops.reshape(head(p), (-1, p.shape[1] * p.shape[2] * 2, 4)) for p in (p3, p4, p5)
    ]
    return Model(x, layers.Concatenate(axis=1)(boxes))


@whole_model({"version": 2}, {"version": 3})
def mobilenet(version):
    activation = layers.ReLU(6.0) if version == 2 else "hard_swish"
    x = Input((12, 12, 3))
    y = normed(x, 4, activation=activation, strides=2)
    z = normed(y, 8, 1, activation)
    z = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(z)
    z = layers.BatchNormalization(epsilon=1e-3, momentum=0.999)(z)
    if version == 3:
        gate = layers.Conv2D(8, 1)(layers.GlobalAveragePooling2D(keepdims=True)(z))
        z = layers.Multiply()([z, layers.Activation("hard_sigmoid")(gate)])
    return classify(x, layers.Add()([y, normed(z, 4, 1, "linear")]))


@whole_model({"groups": 1}, {"groups": 4})
def resnet(groups):
    x = Input((12, 12, 3))
    y = layers.ZeroPadding2D(((3, 3), (3, 3)))(x)
    y = layers.Conv2D(8, 7, strides=2)(y)
    z = normed(y, 8, groups=groups)
    z = layers.BatchNormalization()(
        layers.Conv2D(8, 3, padding="same", groups=groups)(z)
    )
    return classify(x, layers.Activation("relu")(layers.Add()([y, z])))


@whole_model()
def near_duplicates():
    x = Input((8, 8, 3))
    y = layers.Flatten()(layers.Conv2D(2, 3)(x))
    bits = (
        ops.matmul(y, np.random.default_rng(3).normal(size=(72, 6)).astype("float32"))
        > 0
    )
    powers = 2 ** ops.arange(6)
    return Model(x, [bits, ops.sum(ops.cast(bits, "int32") * powers, axis=-1)])


@whole_model()
def vae():
    x, noise = Input((8, 8, 1)), Input((2,))
    y = layers.Conv2D(4, 3, activation="relu", strides=2, padding="same")(x)
    y = layers.Dense(6, activation="relu")(layers.Flatten()(y))
    mean, log_variance = layers.Dense(2)(y), layers.Dense(2)(y)
    z = mean + ops.exp(0.5 * log_variance) * noise
    y = layers.Reshape((4, 4, 3))(layers.Dense(48, activation="relu")(z))
    y = layers.Conv2DTranspose(1, 3, activation="sigmoid", strides=2, padding="same")(y)
    divergence = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
    return Model(
        [x, noise], [y, z, ops.mean(ops.sum(divergence, axis=1), keepdims=True) + z]
    )


@whole_model()
def vector_quantized():
    x = Input((4, 4, 3))
    codes = np.random.default_rng(1).normal(size=(3, 7)).astype("float32")
    flat = ops.reshape(x, (-1, 3))
    far = ops.sum(flat**2, axis=1, keepdims=True) + ops.sum(ops.square(codes), axis=0)
    nearest = ops.argmin(far - 2 * ops.matmul(flat, codes), axis=1)
    picked = ops.matmul(ops.one_hot(nearest, 7), ops.transpose(codes))
    picked = x + ops.stop_gradient(ops.reshape(picked, (-1, 4, 4, 3)) - x)
    return Model(x, [picked, ops.reshape(nearest, (-1, 4, 4))])


def reflect(x, n=1):
    return ops.pad(x, [[0, 0], [n, n], [n, n], [0, 0]], mode="reflect")


@whole_model({"groups": -1}, {"groups": 2})
def cyclegan(groups):
    x = Input((8, 8, 3))
    y = layers.Conv2D(4, 7, use_bias=False)(reflect(x, 3))
    y = ops.relu(layers.GroupNormalization(groups=groups)(y))
    y = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(y)
    z = layers.Conv2D(6, 3, padding="valid", use_bias=False)(reflect(y))
    y = layers.add([y, layers.GroupNormalization(groups=groups, epsilon=1e-5)(z)])
    y = layers.Conv2DTranspose(4, 3, strides=2, padding="same", use_bias=False)(y)
    return Model(x, layers.Activation("tanh")(layers.Conv2D(3, 7)(reflect(y, 3))))


def sinusoids(x):
    frequencies = np.exp(np.linspace(0, np.log(100), 3)).astype("float32")
    angles = 2.0 * x * (np.pi * frequencies)
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=3)


@whole_model()
def ddim():
    image, noise = Input((8, 8, 3)), Input((1, 1, 1))
    e = layers.UpSampling2D(size=8, interpolation="nearest")(sinusoids(noise * 0.1))
    y = layers.Concatenate()([layers.Conv2D(4, kernel_size=1)(image), e])
    skips = []
    for width in (4, 6):
        short = layers.Conv2D(width, 1)(y)
        z = layers.BatchNormalization(center=False, scale=False)(y)
        z = layers.Conv2D(width, 3, padding="same", activation="swish")(z)
        y = layers.Add()([layers.Conv2D(width, 3, padding="same")(z), short])
        skips.append(y)
        y = layers.AveragePooling2D(pool_size=2)(y)
    for skip in reversed(skips):
        y = layers.UpSampling2D(size=2, interpolation="bilinear")(y)
        y = layers.Concatenate()([y, skip])
    return Model([image, noise], layers.Conv2D(3, 1, kernel_initializer="zeros")(y))


@whole_model()
def real_nvp():
    x = Input((2,))
    y, logs = x, 0
    for kept in (np.float32([0, 1]), np.float32([1, 0])):
        fixed = y * kept
        s, t = layers.Dense(2, "tanh")(mlp(fixed, 4)), layers.Dense(2)(mlp(fixed, 4))
        y = (y * ops.exp(-s) - t * ops.exp(-s)) * (1 - kept) + fixed
        logs = logs + ops.sum(-s * (1 - kept), [1])
    return Model(x, [y, logs])


@whole_model()
def diffusion_transformer():
    x, condition = Input((6, 8)), Input((4,))
    six = layers.Dense(48)(ops.silu(layers.Dense(4)(condition)))
    shift, scale, gate, shift2, scale2, gate2 = ops.split(six[:, None], 6, axis=-1)
    norm = layers.LayerNormalization(center=False, scale=False, epsilon=1e-6)
    y = norm(x) * (1 + scale) + shift
    y = x + gate * layers.MultiHeadAttention(2, 4)(y, y)
    z = layers.Dense(16, activation="gelu")(norm(y) * (1 + scale2) + shift2)
    return Model([x, condition], y + gate2 * layers.Dense(8)(z))
