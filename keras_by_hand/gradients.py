"""Gradients: of layers and losses, written out."""

import numpy as np

from keras_by_hand.activations import log_softmax, sigmoid, softmax
from keras_by_hand.layers.convolution import conv_transpose, transposed_size
from keras_by_hand.layers.recurrent import zero_state
from keras_by_hand.layers.windows import patches
from keras_by_hand.shapes import check_shapes


def softmax_derivative(x):
    """The Jacobian of softmax at x, (classes,): (probabilities, logits)."""
    p = softmax(x)
    return np.diag(p) - np.outer(p, p)


def log_softmax_derivative(x):
    """The Jacobian of log_softmax at x, (classes,): (outputs, logits)."""
    return np.eye(x.size, dtype=np.result_type(x, 0.0)) - softmax(x)


def conv2d_gradients(x, size, y_gradient, strides=1, padding="valid"):
    """Gradients of the kernel and the bias of a Conv2D.

    x: (batch, height, width, channels), size: (rows, columns) of the kernel,
    y_gradient: of the loss at y (Goodfellow et al., Deep Learning, 2016, 9.5).
    """
    axes = (0, 1, 2)  # batch, rows and columns of y, to sum over
    cut = patches(x, size, strides, padding)
    shape = *cut.shape[:3], None
    check_shapes("conv2d_gradients", y_gradient=(y_gradient, shape))
    kernel_gradient = np.tensordot(cut, y_gradient, (axes, axes))
    return kernel_gradient, np.sum(y_gradient, axes)


def conv2d_x_gradient(shape, kernel, y_gradient, strides=1, padding="valid"):
    """The gradient of the input of a Conv2D.

    shape: of x, (batch, height, width, channels); kernel: (rows, columns,
    channels, filters); y_gradient: the gradient of the loss at y, of y's shape.
    (Dumoulin and Visin, A guide to convolution arithmetic, 2016, chapter 4.)
    """
    batch, *space, channels = shape
    check_shapes("conv2d_x_gradient", kernel=(kernel, [None] * 4))
    size = np.array(kernel.shape[:2])
    if padding == "same":
        length = -(-np.array(space) // strides)  # rounded up
    else:
        length = (space - size) // strides + 1
    check_shapes(
        "conv2d_x_gradient",
        y_gradient=(y_gradient, (batch, *length.tolist(), None)),
        kernel=(kernel, (None, None, channels, np.shape(y_gradient)[-1])),
    )
    least = transposed_size(length, size, strides, padding, output_padding=0)
    options = {"strides": strides, "padding": padding}
    options["output_padding"] = np.array(space) - least
    return conv_transpose(y_gradient, kernel, **options)


def max_pooling_gradient(x, y_gradient, pool_size, strides):
    """The gradient of the input of max pooling without padding.

    x: (batch, *space, channels), y_gradient: (batch, *positions, channels), the
    gradient of y; pool_size, strides: numbers. Returns the shape of x.
    """
    positions = [(n - pool_size) // strides + 1 for n in x.shape[1:-1]]
    shape = len(x), *positions, x.shape[-1]
    check_shapes("max_pooling_gradient", y_gradient=(y_gradient, shape))
    x_gradient = np.zeros(x.shape, np.result_type(y_gradient, 0.0))
    for sample, *position, channel in np.ndindex(y_gradient.shape):
        space = [slice(p * strides, p * strides + pool_size) for p in position]
        window = (sample, *space, channel)
        first = np.unravel_index(np.argmax(x[window]), x[window].shape)
        x_gradient[window][first] += y_gradient[sample, *position, channel]
    return x_gradient


def batch_normalization_gradients(x, gamma, y_gradient, *, epsilon=0.001):
    """Gradients of x, gamma and beta in training (Ioffe and Szegedy, 2015).

    x and y_gradient, of the loss at y: (batch, ..., features), gamma:
    (features,).
    """
    check_shapes(
        "batch_normalization_gradients",
        gamma=(gamma, x.shape[-1:]),
        y_gradient=(y_gradient, x.shape),
    )
    axes = tuple(range(x.ndim - 1))  # all but the features
    deviation = np.sqrt(np.var(x, axes) + epsilon)
    normalized = (x - np.mean(x, axes)) / deviation
    along_mean = np.mean(y_gradient, axes)
    along_normalized = np.mean(y_gradient * normalized, axes)
    left = y_gradient - along_mean - normalized * along_normalized
    n = x.size / len(gamma)
    return gamma / deviation * left, n * along_normalized, n * along_mean


def _check_recurrent(function, gates, x, kernel, recurrent_kernel, bias):
    """Weights of a layer with so many gates must fit to x and together."""
    units = len(recurrent_kernel)
    check_shapes(
        function,
        recurrent_kernel=(recurrent_kernel, (units, gates * units)),
        kernel=(kernel, (x.shape[-1], gates * units)),
        bias=(bias, (gates * units,)),
    )


def rnn_forward(x, kernel, recurrent_kernel, bias, activation=np.tanh):
    """A list of the states of SimpleRNN, (batch, units), which begins with 0.

    x: (batch, steps, features); the weights as in Keras.
    """
    _check_recurrent("rnn_forward", 1, x, kernel, recurrent_kernel, bias)
    states = [zero_state(x, recurrent_kernel)]
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + states[-1] @ recurrent_kernel + bias
        states.append(activation(z))
    return states


def rnn_gradients(x, states, kernel, delta):
    """Gradients of x, kernel, recurrent_kernel and bias.

    x: (batch, steps, features), states: from rnn_forward, or h of lstm_forward;
    delta: the gradient at z, (batch, steps, units), or 4 * units.
    """
    check_shapes(
        "rnn_gradients",
        delta=(delta, (*x.shape[:2], None)),
        kernel=(kernel, (x.shape[-1], np.shape(delta)[-1])),
    )
    before = np.stack(states[:-1], axis=1)  # (batch, steps, units)
    kernel_gradient = np.einsum("ntf,ntu->fu", x, delta)
    recurrent_gradient = np.einsum("ntv,ntu->vu", before, delta)
    bias_gradient = np.sum(delta, axis=(0, 1))
    return delta @ kernel.T, kernel_gradient, recurrent_gradient, bias_gradient


def lstm_forward(x, kernel, recurrent_kernel, bias):
    """Lists of h, c and [i, f, g, o], all (batch, units), one for each step.

    x: (batch, steps, features); the weights as in Keras. h and c have one more
    entry: the zeros they begin with.
    """
    _check_recurrent("lstm_forward", 4, x, kernel, recurrent_kernel, bias)
    h = [zero_state(x, recurrent_kernel)]
    c, gates = [h[0]], []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h[-1] @ recurrent_kernel + bias
        i, f, g, o = np.split(z, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
        gates.append([i, f, g, o])
    return h, c, gates


def lstm_backward(c, gates, recurrent_kernel, y_gradient):
    """delta: the gradient at z, (batch, steps, 4 * units).

    c, gates: from lstm_forward, y_gradient: (batch, steps, units), of the loss
    at each output. (Graves and Schmidhuber, 2005.)
    """
    units = len(recurrent_kernel)
    check_shapes(
        "lstm_backward",
        recurrent_kernel=(recurrent_kernel, (units, 4 * units)),
        y_gradient=(y_gradient, (len(c[0]), len(gates), units)),
    )
    shape = *y_gradient.shape[:2], 4 * units
    delta = np.zeros(shape, np.result_type(y_gradient, *gates[0], 0.0))
    h_from_next = c_from_next = 0  # no step follows the last one
    for t in reversed(range(len(gates))):
        i, f, g, o = gates[t]
        tanh_c = np.tanh(c[t + 1])
        h_gradient = y_gradient[:, t] + h_from_next
        c_gradient = c_from_next + h_gradient * o * (1 - tanh_c**2)
        i_gradient = c_gradient * g * i * (1 - i)
        f_gradient = c_gradient * c[t] * f * (1 - f)
        g_gradient = c_gradient * i * (1 - g**2)
        o_gradient = h_gradient * tanh_c * o * (1 - o)
        parts = [i_gradient, f_gradient, g_gradient, o_gradient]
        delta[:, t] = np.concatenate(parts, axis=-1)
        h_from_next = delta[:, t] @ recurrent_kernel.T
        c_from_next = c_gradient * f
    return delta


def embedding_gradient(x, y_gradient, input_dim):
    """The gradient of the table of an Embedding layer.

    x: tokens, (batch, steps), y_gradient: (batch, steps, output_dim), the
    gradient of the loss at the output. Returns (input_dim, output_dim).
    """
    shape = *np.shape(x), None
    check_shapes("embedding_gradient", y_gradient=(y_gradient, shape))
    shape = input_dim, y_gradient.shape[-1]
    gradient = np.zeros(shape, np.result_type(y_gradient, 0.0))
    np.add.at(gradient, x, y_gradient)
    return gradient


def attention_gradients(query, value, key, scale, y_gradient):
    """Gradients at query, value, key and scale of scaled dot-product attention.

    query: (batch, queries, features), value: (batch, values, units), key:
    (batch, values, features), y_gradient: (batch, queries, units), the gradient
    of the loss at the output. (Vaswani et al., 2017; the chain rule.)
    """
    batch, queries, features = query.shape
    check_shapes(
        "attention_gradients",
        value=(value, (batch, None, None)),
        key=(key, (*np.shape(value)[:2], features)),
        scale=(scale, ()),
        y_gradient=(y_gradient, (batch, queries, np.shape(value)[-1])),
    )
    products = query @ key.swapaxes(1, 2)  # (batch, queries, values)
    weights = softmax(scale * products)
    value_gradient = weights.swapaxes(1, 2) @ y_gradient
    weights_gradient = y_gradient @ value.swapaxes(1, 2)
    mean = np.sum(weights * weights_gradient, axis=-1, keepdims=True)
    scores_gradient = weights * (weights_gradient - mean)
    query_gradient = scale * scores_gradient @ key
    key_gradient = scale * scores_gradient.swapaxes(1, 2) @ query
    scale_gradient = np.sum(scores_gradient * products)
    return query_gradient, value_gradient, key_gradient, scale_gradient


def dense_gradients(x, kernel, y_gradient):
    """Gradients of the input, kernel and bias of y = x @ kernel + bias.

    x: (batch, features), kernel: (features, units), y_gradient: (batch,
    units), the gradient of the loss at y. (Goodfellow, Bengio and Courville,
    Deep Learning, 2016, section 6.5.)
    """
    check_shapes(
        "dense_gradients",
        kernel=(kernel, (x.shape[-1], None)),
        y_gradient=(y_gradient, (len(x), np.shape(kernel)[-1])),
    )
    x_gradient = y_gradient @ kernel.T  # (batch, features)
    kernel_gradient = x.T @ y_gradient  # (features, units)
    bias_gradient = np.sum(y_gradient, axis=0)  # (units,)
    return x_gradient, kernel_gradient, bias_gradient


def numerical_gradient(loss, w, step=1e-5):
    """The gradient of loss(w) by central differences; w: any shape, float64.

    (Press et al., Numerical Recipes, 2007, section 5.7.)
    """
    quotients = []
    for move in step * np.eye(w.size).reshape(-1, *w.shape):  # of one weight
        quotients.append((loss(w + move) - loss(w - move)) / (2 * step))
    return np.reshape(quotients, w.shape)


def gradient_error(a, b):
    """|a - b| / (|a| + |b|) of whole arrays, as single entries may be 0."""
    check_shapes("gradient_error", b=(b, np.shape(a)))
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


def softmax_cross_entropy(logits, target):
    """The mean loss, and its gradient at the logits.

    logits, target and the gradient: (batch, classes). (Bishop, Pattern
    Recognition and Machine Learning, 2006, section 4.3.4.)
    """
    check_shapes("softmax_cross_entropy", target=(target, np.shape(logits)))
    loss = -np.sum(target * log_softmax(logits)) / len(logits)
    gradient = (softmax(logits) - target) / len(logits)
    return loss, gradient


def tanh_slope(h):
    """The slope of tanh at z, given h = tanh(z); h: any shape."""
    return 1 - h**2


def rnn_backward(states, recurrent_kernel, y_gradient, slope=tanh_slope):
    """delta, the gradient at z, (batch, steps, units) (Werbos, 1990).

    states: from rnn_forward, y_gradient: (batch, steps, units), of the loss at
    each output; zeros but for the last step, if the layer returns only that.
    """
    units = y_gradient.shape[-1]
    check_shapes(
        "rnn_backward",
        y_gradient=(y_gradient, (None, len(states) - 1, units)),
        recurrent_kernel=(recurrent_kernel, (units, units)),
    )
    delta = np.zeros(y_gradient.shape, np.result_type(y_gradient, *states, 0.0))
    from_next = 0  # no step follows the last one
    for t in reversed(range(y_gradient.shape[1])):
        h_gradient = y_gradient[:, t] + from_next
        delta[:, t] = h_gradient * slope(states[t + 1])
        from_next = delta[:, t] @ recurrent_kernel.T
    return delta
