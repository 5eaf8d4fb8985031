"""Cases of gradients, against those of TensorFlow through Keras' own layers."""

import by_hand
import keras
import numpy as np
import tensorflow as tf
from library.engine.cases import Case
from library.engine.subjects import function


def gradients_at(function, arrays, y_gradient):
    """The gradients at arrays of a loss that has this gradient at function(*arrays)."""
    tensors = list(map(tf.convert_to_tensor, arrays))
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        y = function(*tensors)
    return tape.gradient(y, tensors, output_gradients=tf.convert_to_tensor(y_gradient))


def gradients_of_layer(layer, x, weights, y_gradient):
    """The gradients at the input, and at the weights, of a layer in training."""
    layer.build(x.shape)
    layer.set_weights(weights)
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    watched = [x, *[weight.value for weight in layer.trainable_weights]]
    return tape.gradient(y, watched, output_gradients=tf.convert_to_tensor(y_gradient))


# -- Activations and losses


def jacobian(activation):
    def jacobian_at(x):
        x = tf.convert_to_tensor(x)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = activation(x[tf.newaxis])[0]
        return tape.jacobian(y, x, experimental_use_pfor=False)

    return jacobian_at


@function(jacobian(keras.activations.softmax), by_hand.softmax_derivative)
def softmax_derivative(draw):
    return Case({}, (draw.normal(draw.int(2, 5)),))


@function(jacobian(keras.activations.log_softmax), by_hand.log_softmax_derivative)
def log_softmax_derivative(draw):
    return Case({}, (draw.normal(draw.int(2, 5)),))


def cross_entropy_of_keras(logits, target):
    logits = tf.convert_to_tensor(logits)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, dtype="float64")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        y = loss(target, logits)
    return y, tape.gradient(y, logits)


@function(cross_entropy_of_keras, by_hand.softmax_cross_entropy)
def softmax_cross_entropy(draw):
    target = draw.positive(3, 4)
    target /= target.sum(axis=1, keepdims=True)
    return Case({}, (draw.normal(3, 4), target))


# -- Layers without steps


def dense_of_keras(x, kernel, y_gradient):
    layer = keras.layers.Dense(kernel.shape[1], dtype="float64")
    weights = [kernel, np.zeros(kernel.shape[1])]
    return gradients_of_layer(layer, x, weights, y_gradient)


@function(dense_of_keras, by_hand.dense_gradients)
def dense_gradients(draw):
    return Case({}, (draw.normal(2, 4), draw.normal(4, 3), draw.normal(2, 3)))


def conv2d_of_keras(x, kernel, y_gradient, **options):
    filters = kernel.shape[-1]
    layer = keras.layers.Conv2D(filters, kernel.shape[:2], dtype="float64", **options)
    weights = [kernel, np.zeros(filters)]
    return gradients_of_layer(layer, x, weights, y_gradient)


def conv2d_of_x(x, size, y_gradient, strides=1, padding="valid"):
    kernel = np.zeros((*size, x.shape[-1], y_gradient.shape[-1]))
    options = {"strides": strides, "padding": padding}
    return conv2d_of_keras(x, kernel, y_gradient, **options)[1:]


def draw_conv2d(draw):
    """x, a kernel, the gradient at the output, and options."""
    options = draw.some(strides=[2, 3], padding=["same"])
    x, kernel = draw.normal(2, 7, 8, 4), draw.normal(*draw.lengths(2, 1, 4), 4, 3)
    shape = by_hand.conv2d(x, kernel, **options).shape
    return x, kernel, draw.normal(*shape), options


@function(conv2d_of_x, by_hand.conv2d_gradients)
def conv2d_gradients(draw):
    x, kernel, y_gradient, options = draw_conv2d(draw)
    return Case({"size": kernel.shape[:2], "y_gradient": y_gradient, **options}, (x,))


def conv2d_of_shape(shape, kernel, y_gradient, strides=1, padding="valid"):
    options = {"strides": strides, "padding": padding}
    return conv2d_of_keras(np.zeros(shape), kernel, y_gradient, **options)[0]


@function(conv2d_of_shape, by_hand.conv2d_x_gradient)
def conv2d_x_gradient(draw):
    x, kernel, y_gradient, options = draw_conv2d(draw)
    config = {"kernel": kernel, "y_gradient": y_gradient, **options}
    return Case({"shape": x.shape, **config}, ())


def max_pooling_of_keras(x, y_gradient, pool_size, strides):
    layer = keras.layers.MaxPooling2D(pool_size, strides, dtype="float64")
    return gradients_of_layer(layer, x, [], y_gradient)[0]


@function(max_pooling_of_keras, by_hand.max_pooling_gradient)
def max_pooling_gradient(draw):
    config = {"pool_size": draw.one_of(2, 3), "strides": draw.one_of(1, 2, 3)}
    x = draw.distinct(2, 7, 8, 3)
    y_gradient = draw.normal(*by_hand.max_pooling2d(x, **config).shape)
    return Case(config, (x, y_gradient))


def batch_normalization_of_keras(x, gamma, y_gradient, epsilon=0.001):
    layer = keras.layers.BatchNormalization(epsilon=epsilon, dtype="float64")
    others = [np.zeros_like(gamma), np.zeros_like(gamma), np.ones_like(gamma)]
    return gradients_of_layer(layer, x, [gamma, *others], y_gradient)


@function(batch_normalization_of_keras, by_hand.batch_normalization_gradients)
def batch_normalization_gradients(draw):
    shape = draw.one_of((4, 3), (2, 5, 3))
    inputs = draw.normal(*shape), draw.normal(3), draw.normal(*shape)
    return Case(draw.some(epsilon=[0.25, 2.0]), inputs)


def layer_normalization_of_keras(x, gamma, y_gradient, epsilon=0.001):
    layer = keras.layers.LayerNormalization(epsilon=epsilon, dtype="float64")
    weights = [gamma, np.zeros_like(gamma)]
    return gradients_of_layer(layer, x, weights, y_gradient)


@function(layer_normalization_of_keras, by_hand.layer_normalization_gradients)
def layer_normalization_gradients(draw):
    shape = draw.one_of((4, 3), (2, 5, 3))
    inputs = draw.normal(*shape), draw.normal(3), draw.normal(*shape)
    return Case(draw.some(epsilon=[0.25, 2.0]), inputs)


def embedding_of_keras(x, y_gradient, input_dim):
    layer = keras.layers.Embedding(input_dim, y_gradient.shape[-1], dtype="float64")
    layer.build(x.shape)
    with tf.GradientTape() as tape:
        y = layer(x)
    table = layer.embeddings.value
    gradient = tape.gradient(y, table, output_gradients=y_gradient)
    return tf.convert_to_tensor(gradient)


@function(embedding_of_keras, by_hand.embedding_gradient)
def embedding_gradient(draw):
    inputs = draw.tokens(5, 2, 6) + draw.one_of(0, 0.75), draw.normal(2, 6, 3)
    return Case({"input_dim": draw.one_of(5, 7)}, inputs)


def attention_of_keras(query, value, key, scale, y_gradient):
    layer = keras.layers.Attention(use_scale=True, dtype="float64")
    layer.build([query.shape, value.shape, key.shape])
    layer.set_weights([scale])
    inputs = list(map(tf.convert_to_tensor, (query, value, key)))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = layer(inputs)
    return tape.gradient(y, [*inputs, layer.scale.value], output_gradients=y_gradient)


@function(attention_of_keras, by_hand.attention_gradients)
def attention_gradients(draw):
    query, value, key = draw.normal(2, 5, 4), draw.normal(2, 6, 3), draw.normal(2, 6, 4)
    scale = np.array(draw.one_of(0.5, 2.0))
    return Case({}, (query, value, key, scale, draw.normal(2, 5, 3)))


# -- Layers of steps


def draw_steps(draw, gates):
    """x, the weights of a recurrent layer, and the gradient at each output."""
    features, units = 4, 2
    weights = [(features, gates * units), (units, gates * units), (gates * units,)]
    shapes = [(5, 3, features), *weights, (5, 3, units)]
    return tuple(draw.normal(*shape) for shape in shapes)


def steps_of_keras(layer, activation="tanh"):
    def gradients(x, kernel, recurrent_kernel, bias, y_gradient, **options):
        told = layer(
            len(recurrent_kernel), return_sequences=True, dtype="float64", **options
        )
        weights = [kernel, recurrent_kernel, bias]
        return gradients_of_layer(told, x, weights, y_gradient)

    return gradients


def rnn_by_hand(x, kernel, recurrent_kernel, bias, y_gradient, **options):
    """With relu, the slope of which is another one."""
    functions = {}
    if options:
        options = {"activation": by_hand.relu}
        functions = {"slope": lambda h: (h > 0) * 1.0}
    weights = kernel, recurrent_kernel, bias
    states = by_hand.rnn_forward(x, *weights, **options)
    delta = by_hand.rnn_backward(states, recurrent_kernel, y_gradient, **functions)
    return by_hand.rnn_gradients(x, states, kernel, delta)


@function(steps_of_keras(keras.layers.SimpleRNN), rnn_by_hand, name="rnn_gradients")
def rnn_gradients(draw):
    return Case(draw.some(activation=["relu"]), draw_steps(draw, gates=1))


def lstm_by_hand(x, kernel, recurrent_kernel, bias, y_gradient):
    h, c, gates = by_hand.lstm_forward(x, kernel, recurrent_kernel, bias)
    delta = by_hand.lstm_backward(c, gates, recurrent_kernel, y_gradient)
    return by_hand.rnn_gradients(x, h, kernel, delta)


@function(steps_of_keras(keras.layers.LSTM), lstm_by_hand, name="lstm_gradients")
def lstm_gradients(draw):
    return Case({}, draw_steps(draw, gates=4))


# -- Slopes


def cubic(w):
    return float(np.sum(np.linspace(1, 2, w.size).reshape(w.shape) * w**3))


def gradient_of_cubic(w, step=1e-5):
    """Central differences of a cubic have the error step**2."""
    weights = np.linspace(1, 2, w.size).reshape(w.shape)
    return weights * (3 * w**2 + step**2)


def numerical_gradient(w, **options):
    return by_hand.numerical_gradient(cubic, w, **options)


@function(gradient_of_cubic, numerical_gradient, tolerance=1e-9)
def slopes(draw):
    return Case(draw.some(step=[0.125, 0.25]), (draw.normal(3, 4),))


def part_of_the_sides(a, b):
    """How long the third side of a triangle is, as a part of the other two."""
    return np.sqrt(np.sum((a - b) ** 2)) / (
        np.sqrt(np.sum(a**2)) + np.sqrt(np.sum(b**2))
    )


@function(part_of_the_sides, by_hand.gradient_error)
def gradient_error(draw):
    return Case({}, (draw.normal(3, 4), draw.normal(3, 4)))
