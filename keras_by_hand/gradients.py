"""Gradients: of layers and losses, written out."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import log_softmax, sigmoid, softmax
from keras_by_hand.layers.convolution import conv_transpose, transposed_size
from keras_by_hand.layers.recurrent import zero_state
from keras_by_hand.layers.windows import patches
from keras_by_hand.names import Activation, as_function
from keras_by_hand.shapes import (
    OneOrMore,
    Padding,
    as_array,
    as_arrays,
    as_option,
    check_fits,
    check_functions,
    check_images,
    check_numbers,
    check_positive,
    check_rank,
    check_shapes,
    check_sizes,
    check_tokens,
)


def softmax_derivative(x: ArrayLike) -> np.ndarray:
    """The Jacobian of softmax at x, (classes,): (probabilities, logits).

    Raises ValueError for another number of axes.

    >>> softmax_derivative([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    x = as_array(softmax_derivative, x=x)
    check_shapes(softmax_derivative, x=(x, ["classes"]))
    p = softmax(x)
    return np.diag(p) - np.outer(p, p)


def log_softmax_derivative(x: ArrayLike) -> np.ndarray:
    """The Jacobian of log_softmax at x, (classes,): (outputs, logits).

    Raises ValueError for another number of axes.

    >>> log_softmax_derivative([0.0, 0.0])
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    x = as_array(log_softmax_derivative, x=x)
    check_shapes(log_softmax_derivative, x=(x, ["classes"]))
    return np.eye(x.size, dtype=np.result_type(x, 0.0)) - softmax(x)


def conv2d_gradients(
    x: ArrayLike,
    size: Sequence[int],
    y_gradient: ArrayLike,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of the kernel and the bias of a Conv2D.

    x: (batch, height, width, channels), size: (rows, columns) of the kernel,
    y_gradient: of the loss at y (Goodfellow et al., Deep Learning, 2016, 9.5).

    Raises ValueError for other shapes and options.

    >>> x = np.arange(4).reshape(1, 2, 2, 1)
    >>> kernel_gradient, _ = conv2d_gradients(x, (1, 2), np.ones((1, 2, 1, 1)))
    >>> kernel_gradient[:, :, 0, 0]
    array([[2., 4.]])
    """
    x, y_gradient = as_arrays(conv2d_gradients, x=x, y_gradient=y_gradient)
    padding = as_option(conv2d_gradients, padding=padding)
    check_sizes(conv2d_gradients, 2, strides=strides)
    check_shapes(conv2d_gradients, size=(size, [2]))
    check_sizes(conv2d_gradients, 2, size=size)
    check_images(conv2d_gradients, 2, x, None)
    check_fits(conv2d_gradients, x, size, padding, None)
    axes = (0, 1, 2)  # batch, rows and columns of y, to sum over
    cut = patches(x, size, strides, padding)
    check_shapes(
        conv2d_gradients, y_gradient=(y_gradient, (*cut.shape[:3], "filters"))
    )
    kernel_gradient = np.tensordot(cut, y_gradient, (axes, axes))
    return kernel_gradient, np.sum(y_gradient, axes)


def conv2d_x_gradient(
    shape: Sequence[int],
    kernel: ArrayLike,
    y_gradient: ArrayLike,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
) -> np.ndarray:
    """The gradient of the input of a Conv2D.

    shape: of x, (batch, height, width, channels); kernel: (rows, columns,
    channels, filters); y_gradient: the gradient of the loss at y, of y's shape.
    (Dumoulin and Visin, A guide to convolution arithmetic, 2016, chapter 4.)

    Raises ValueError for other shapes and options.

    >>> kernel = [[[[2]], [[3]]]]  # (1, 2, 1, 1)
    >>> conv2d_x_gradient((1, 1, 3, 1), kernel, [[[[1], [10]]]])[0, 0, :, 0]
    array([ 2., 23., 30.])
    """
    kernel, y_gradient = as_arrays(
        conv2d_x_gradient, kernel=kernel, y_gradient=y_gradient
    )
    padding = as_option(conv2d_x_gradient, padding=padding)
    check_sizes(conv2d_x_gradient, 2, strides=strides)
    _check_shape_of_x(conv2d_x_gradient, shape, kernel, padding)
    batch, *space, channels = shape
    size = np.array(kernel.shape[:2])
    if padding == "same":
        length = -(-np.array(space) // strides)  # rounded up
    else:
        length = (space - size) // strides + 1
    check_shapes(
        conv2d_x_gradient,
        y_gradient=(y_gradient, (batch, *length.tolist(), kernel.shape[-1])),
    )
    least = transposed_size(length, size, strides, padding, output_padding=0)
    output_padding = np.array(space) - least
    return conv_transpose(
        y_gradient, kernel, None, strides, padding, output_padding
    )


def _check_shape_of_x(function, shape, kernel, padding):
    """The shape must be one of images that the kernel fits."""
    check_shapes(function, shape=(shape, [4]))
    check_sizes(function, 4, shape=shape)
    check_shapes(
        function, kernel=(kernel, ("rows", "columns", shape[-1], "filters"))
    )
    images = np.broadcast_to(0, shape)
    check_fits(function, images, kernel.shape[:2], padding, None)


def max_pooling_gradient(
    x: ArrayLike, y_gradient: ArrayLike, pool_size: int, strides: int
) -> np.ndarray:
    """The gradient of the input of max pooling without padding.

    x: (batch, *space, channels), y_gradient: (batch, *positions, channels), the
    gradient of y; pool_size, strides: numbers. Returns the shape of x.

    Raises ValueError for other shapes and numbers.

    >>> x = [[[1], [5], [2], [3]]]  # (batch, length, channels)
    >>> max_pooling_gradient(x, [[[10], [20]]], pool_size=2, strides=2)[0, :, 0]
    array([ 0., 10.,  0., 20.])
    """
    x, y_gradient = as_arrays(max_pooling_gradient, x=x, y_gradient=y_gradient)
    _check_pooled(max_pooling_gradient, x, y_gradient, pool_size, strides)
    x_gradient = np.zeros(x.shape, np.result_type(y_gradient, 0.0))
    for sample, *position, channel in np.ndindex(y_gradient.shape):
        space = [slice(p * strides, p * strides + pool_size) for p in position]
        window = (sample, *space, channel)
        first = np.unravel_index(np.argmax(x[window]), x[window].shape)
        x_gradient[window][first] += y_gradient[sample, *position, channel]
    return x_gradient


def _check_pooled(function, x, y_gradient, pool_size, strides):
    """The windows must fit x, and y_gradient must have an entry for each."""
    check_sizes(function, pool_size=pool_size, strides=strides)
    check_rank(function, 3, x=x)
    batch, *space, channels = x.shape
    check_fits(function, x, [pool_size] * len(space), "valid", None)
    positions = [(n - pool_size) // strides + 1 for n in space]
    shape = batch, *positions, channels
    check_shapes(function, y_gradient=(y_gradient, shape))


def batch_normalization_gradients(
    x: ArrayLike,
    gamma: ArrayLike,
    y_gradient: ArrayLike,
    *,
    epsilon: float = 0.001,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of x, gamma and beta in training (Ioffe and Szegedy, 2015).

    x and y_gradient, of the loss at y: (batch, ..., features), gamma:
    (features,).

    Raises ValueError for other shapes, and for an epsilon below 0.

    >>> x, y_gradient = [[1], [3]], [[4], [2]]
    >>> _, of_gamma, of_beta = batch_normalization_gradients(
    ...     x, [1], y_gradient, epsilon=0
    ... )
    >>> of_gamma, of_beta
    (array([-2.]), array([6.]))
    """
    x, gamma, y_gradient = as_arrays(
        batch_normalization_gradients, x=x, gamma=gamma, y_gradient=y_gradient
    )
    check_numbers(batch_normalization_gradients, 0, epsilon=epsilon)
    check_rank(batch_normalization_gradients, 2, x=x)
    check_shapes(
        batch_normalization_gradients,
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


def layer_normalization_gradients(
    x: ArrayLike,
    gamma: ArrayLike,
    y_gradient: ArrayLike,
    *,
    epsilon: float = 0.001,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of x, gamma and beta (Ba, Kiros and Hinton, 2016).

    x and y_gradient, of the loss at y: (batch, ..., features), gamma:
    (features,). Each row of features is normalized for itself.

    Raises ValueError for other shapes, and for an epsilon below 0.

    >>> x, y_gradient = [[1, 3], [5, 9]], [[4, 2], [1, 1]]
    >>> _, of_gamma, of_beta = layer_normalization_gradients(
    ...     x, [1, 1], y_gradient, epsilon=0
    ... )
    >>> of_gamma, of_beta
    (array([-5.,  3.]), array([5, 3]))
    """
    x, gamma, y_gradient = as_arrays(
        layer_normalization_gradients, x=x, gamma=gamma, y_gradient=y_gradient
    )
    check_numbers(layer_normalization_gradients, 0, epsilon=epsilon)
    check_rank(layer_normalization_gradients, 2, x=x)
    check_shapes(
        layer_normalization_gradients,
        gamma=(gamma, x.shape[-1:]),
        y_gradient=(y_gradient, x.shape),
    )
    deviation = np.sqrt(np.var(x, -1, keepdims=True) + epsilon)
    normalized = (x - np.mean(x, -1, keepdims=True)) / deviation
    gradient = gamma * y_gradient  # at the normalized rows
    along_mean = np.mean(gradient, -1, keepdims=True)
    along_normalized = np.mean(gradient * normalized, -1, keepdims=True)
    left = gradient - along_mean - normalized * along_normalized
    axes = tuple(range(x.ndim - 1))  # all but the features
    of_gamma = np.sum(y_gradient * normalized, axes)
    return left / deviation, of_gamma, np.sum(y_gradient, axes)


def _check_recurrent(function, gates, x, kernel, recurrent_kernel, bias):
    """Weights of a layer with so many gates must fit to x and together."""
    check_shapes(function, x=(x, ("batch", "steps", "features")))
    _check_recurrent_kernel(function, gates, recurrent_kernel)
    width = gates * len(recurrent_kernel)
    check_shapes(
        function,
        kernel=(kernel, (x.shape[-1], width)),
        bias=(bias, (width,)),
    )


def _check_recurrent_kernel(function, gates, recurrent_kernel):
    """It must have a row for each unit, and a column for each unit's gates."""
    columns = "units" if gates == 1 else f"{gates} * units"
    check_shapes(
        function, recurrent_kernel=(recurrent_kernel, ("units", columns))
    )
    units = len(recurrent_kernel)
    check_shapes(
        function, recurrent_kernel=(recurrent_kernel, (units, gates * units))
    )


def rnn_forward(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike,
    activation: Activation = np.tanh,
) -> list[np.ndarray]:
    """A list of the states of SimpleRNN, (batch, units), which begins with 0.

    x: (batch, steps, features); the weights as in Keras.

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> x = [[[1.0], [0.0], [2.0]]]  # one sample of three steps
    >>> states = rnn_forward(x, [[1]], [[10]], [0], activation=None)
    >>> np.ravel(states)
    array([  0.,   1.,  10., 102.])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        rnn_forward,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    activation = as_function(rnn_forward, activation=activation)
    _check_recurrent(rnn_forward, 1, x, kernel, recurrent_kernel, bias)
    states = [zero_state(x, recurrent_kernel)]
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + states[-1] @ recurrent_kernel + bias
        states.append(z if activation is None else activation(z))
    return states


def rnn_gradients(
    x: ArrayLike,
    states: ArrayLike,
    kernel: ArrayLike,
    delta: ArrayLike,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of x, kernel, recurrent_kernel and bias.

    x: (batch, steps, features), states: from rnn_forward, or h of lstm_forward;
    delta: the gradient at z, (batch, steps, units), or 4 * units.

    Raises ValueError for other shapes.

    >>> x, states, delta = [[[1], [2]]], [[[0]], [[5]], [[7]]], [[[10], [1]]]
    >>> of_x, *of_weights = rnn_gradients(x, states, kernel=[[3]], delta=delta)
    >>> of_weights  # of kernel, recurrent_kernel and bias
    [array([[12]]), array([[5]]), array([11])]
    """
    x, states, kernel, delta = as_arrays(
        rnn_gradients, x=x, states=states, kernel=kernel, delta=delta
    )
    _check_steps(rnn_gradients, x, states, kernel, delta)
    before = np.swapaxes(states[:-1], 0, 1)  # (batch, steps, units)
    kernel_gradient = np.einsum("ntf,ntu->fu", x, delta)
    recurrent_gradient = np.einsum("ntv,ntu->vu", before, delta)
    bias_gradient = np.sum(delta, axis=(0, 1))
    return delta @ kernel.T, kernel_gradient, recurrent_gradient, bias_gradient


def _check_steps(function, x, states, kernel, delta):
    """There must be a state before the first step, and after each."""
    check_shapes(function, x=(x, ("batch", "steps", "features")))
    batch, steps, features = x.shape
    check_shapes(
        function,
        states=(states, (steps + 1, batch, "units")),
        kernel=(kernel, (features, "units")),
    )
    check_shapes(function, delta=(delta, (batch, steps, kernel.shape[-1])))


def lstm_forward(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike,
) -> tuple[list[np.ndarray], list[np.ndarray], list[list[np.ndarray]]]:
    """Lists of h, c and [i, f, g, o], all (batch, units), one for each step.

    x: (batch, steps, features); the weights as in Keras. h and c have one more
    entry: the zeros they begin with.

    Raises ValueError for other shapes.

    >>> x = [[[1.0], [1.0]]]  # one sample of two steps
    >>> kernel, recurrent_kernel = [[99, 99, 99, 99]], [[0, 0, 0, 0]]
    >>> _, c, _ = lstm_forward(x, kernel, recurrent_kernel, [0, 0, 0, 0])
    >>> np.ravel(c)  # all gates are open
    array([0., 1., 2.])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        lstm_forward,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    _check_recurrent(lstm_forward, 4, x, kernel, recurrent_kernel, bias)
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


def lstm_backward(
    c: ArrayLike,
    gates: ArrayLike,
    recurrent_kernel: ArrayLike,
    y_gradient: ArrayLike,
) -> np.ndarray:
    """delta: the gradient at z, (batch, steps, 4 * units).

    c, gates: from lstm_forward, y_gradient: (batch, steps, units), of the loss
    at each output. (Graves and Schmidhuber, 2005.)

    Raises ValueError for other shapes.

    >>> c, gates = [[[0]], [[0]]], [[[[1]], [[1]], [[0]], [[0.5]]]]  # one step
    >>> lstm_backward(c, gates, np.zeros((1, 4)), [[[8]]])
    array([[[0., 0., 4., 0.]]])
    """
    c, gates, recurrent_kernel, y_gradient = as_arrays(
        lstm_backward,
        c=c,
        gates=gates,
        recurrent_kernel=recurrent_kernel,
        y_gradient=y_gradient,
    )
    _check_lstm(lstm_backward, c, gates, recurrent_kernel, y_gradient)
    shape = *y_gradient.shape[:2], 4 * len(recurrent_kernel)
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


def _check_lstm(function, c, gates, recurrent_kernel, y_gradient):
    """There must be four gates for each step, and a c before the first."""
    _check_recurrent_kernel(function, 4, recurrent_kernel)
    units = len(recurrent_kernel)
    check_shapes(function, y_gradient=(y_gradient, ("batch", "steps", units)))
    batch, steps, _ = y_gradient.shape
    check_shapes(
        function,
        c=(c, (steps + 1, batch, units)),
        gates=(gates, (steps, 4, batch, units)),
    )


def embedding_gradient(
    x: ArrayLike, y_gradient: ArrayLike, input_dim: int
) -> np.ndarray:
    """The gradient of the table of an Embedding layer.

    x: tokens, (batch, steps), y_gradient: (batch, steps, output_dim), the
    gradient of the loss at the output. Returns (input_dim, output_dim).

    Raises ValueError for other shapes, and for tokens of input_dim or more.

    >>> x, y_gradient = [[1, 0, 1]], [[[10], [20], [30]]]
    >>> embedding_gradient(x, y_gradient, input_dim=3)
    array([[20.],
           [40.],
           [ 0.]])
    """
    x, y_gradient = as_arrays(embedding_gradient, x=x, y_gradient=y_gradient)
    check_sizes(embedding_gradient, input_dim=input_dim)
    check_tokens(embedding_gradient, x, input_dim)
    check_shapes(
        embedding_gradient, y_gradient=(y_gradient, (*x.shape, "output_dim"))
    )
    shape = input_dim, y_gradient.shape[-1]
    gradient = np.zeros(shape, np.result_type(y_gradient, 0.0))
    np.add.at(gradient, np.asarray(x).astype("int32"), y_gradient)
    return gradient


def attention_gradients(
    query: ArrayLike,
    value: ArrayLike,
    key: ArrayLike,
    scale: float | np.ndarray,
    y_gradient: ArrayLike,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients at query, value, key and scale of scaled dot-product attention.

    query: (batch, queries, features), value: (batch, values, units), key:
    (batch, values, features), y_gradient: (batch, queries, units), the gradient
    of the loss at the output. (Vaswani et al., 2017; the chain rule.)

    Raises ValueError for other shapes.

    >>> query, value, key = [[[0]]], [[[3], [5]]], [[[1], [2]]]
    >>> _, of_value, _, _ = attention_gradients(query, value, key, 1.0, [[[8]]])
    >>> of_value[0, :, 0]  # both values count as much
    array([4., 4.])
    """
    query, value, key, y_gradient = as_arrays(
        attention_gradients,
        query=query,
        value=value,
        key=key,
        y_gradient=y_gradient,
    )
    _check_attention_gradients(
        attention_gradients, query, value, key, scale, y_gradient
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


def _check_attention_gradients(function, query, value, key, scale, y_gradient):
    """Arrays must share the samples, and key the features of query."""
    check_shapes(function, query=(query, ("batch", "queries", "features")))
    batch, queries, features = query.shape
    check_shapes(function, value=(value, (batch, "values", "units")))
    _, values, units = value.shape
    check_shapes(
        function,
        key=(key, (batch, values, features)),
        scale=(as_array(function, scale=scale), ()),
        y_gradient=(y_gradient, (batch, queries, units)),
    )


def dense_gradients(
    x: ArrayLike, kernel: ArrayLike, y_gradient: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of the input, kernel and bias of y = x @ kernel + bias.

    x: (batch, features), kernel: (features, units), y_gradient: (batch,
    units), the gradient of the loss at y. (Goodfellow, Bengio and Courville,
    Deep Learning, 2016, section 6.5.)

    Raises ValueError for other shapes.

    >>> x, kernel, y_gradient = [[1, 2]], [[3], [4]], [[10]]
    >>> of_x, of_kernel, of_bias = dense_gradients(x, kernel, y_gradient)
    >>> of_x.tolist(), of_kernel.tolist(), of_bias.tolist()
    ([[30, 40]], [[10], [20]], [10])
    """
    x, kernel, y_gradient = as_arrays(
        dense_gradients, x=x, kernel=kernel, y_gradient=y_gradient
    )
    check_shapes(dense_gradients, x=(x, ("batch", "features")))
    check_shapes(dense_gradients, kernel=(kernel, (x.shape[1], "units")))
    check_shapes(
        dense_gradients, y_gradient=(y_gradient, (len(x), kernel.shape[1]))
    )
    x_gradient = y_gradient @ kernel.T  # (batch, features)
    kernel_gradient = x.T @ y_gradient  # (features, units)
    bias_gradient = np.sum(y_gradient, axis=0)  # (units,)
    return x_gradient, kernel_gradient, bias_gradient


def numerical_gradient(
    loss: Callable[[np.ndarray], float], w: ArrayLike, step: float = 1e-5
) -> np.ndarray:
    """The gradient of loss(w) by central differences; w: any shape, float64.

    (Press et al., Numerical Recipes, 2007, section 5.7.)

    Raises ValueError for a step that is not above 0.

    >>> numerical_gradient(lambda w: np.sum(w**2), [3.0, -1.0]).round(6)
    array([ 6., -2.])
    """
    w = as_array(numerical_gradient, w=w)
    check_functions(numerical_gradient, loss=loss)
    check_positive(numerical_gradient, step=step)
    quotients = []
    for move in step * np.eye(w.size).reshape(-1, *w.shape):  # of one weight
        quotients.append((loss(w + move) - loss(w - move)) / (2 * step))
    return np.reshape(quotients, w.shape)


def gradient_error(a: ArrayLike, b: ArrayLike) -> np.floating:
    """|a - b| / (|a| + |b|) of whole arrays, as single entries may be 0.

    Raises ValueError for two shapes.

    >>> print(gradient_error([3.0, 0.0], [1.0, 0.0]))
    0.5
    """
    a, b = as_arrays(gradient_error, a=a, b=b)
    check_shapes(gradient_error, b=(b, a.shape))
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


def softmax_cross_entropy(
    logits: ArrayLike, target: ArrayLike
) -> tuple[float, np.ndarray]:
    """The mean loss, and its gradient at the logits.

    logits, target and the gradient: (batch, classes). (Bishop, Pattern
    Recognition and Machine Learning, 2006, section 4.3.4.)

    Raises ValueError for other shapes.

    >>> _, gradient = softmax_cross_entropy([[0.0, 0.0]], target=[[0, 1]])
    >>> gradient
    array([[ 0.5, -0.5]])
    """
    logits, target = as_arrays(
        softmax_cross_entropy, logits=logits, target=target
    )
    check_shapes(softmax_cross_entropy, logits=(logits, ("batch", "classes")))
    check_shapes(softmax_cross_entropy, target=(target, logits.shape))
    loss = -np.sum(target * log_softmax(logits)) / len(logits)
    gradient = (softmax(logits) - target) / len(logits)
    return loss, gradient


def tanh_slope(h: ArrayLike) -> np.ndarray:
    """The slope of tanh at z, given h = tanh(z); h: any shape.

    Raises TypeError for anything but numbers.

    >>> tanh_slope([0.0, 0.5])
    array([1.  , 0.75])
    """
    h = as_array(tanh_slope, h=h)
    return 1 - h**2


def rnn_backward(
    states: ArrayLike,
    recurrent_kernel: ArrayLike,
    y_gradient: ArrayLike,
    slope: Callable[[np.ndarray], np.ndarray] = tanh_slope,
) -> np.ndarray:
    """delta, the gradient at z, (batch, steps, units) (Werbos, 1990).

    states: from rnn_forward, y_gradient: (batch, steps, units), of the loss at
    each output; zeros but for the last step, if the layer returns only that.
    slope: that of the activation, given its output.

    Raises ValueError for other shapes.

    >>> states = [[[0.0]], [[0.0]], [[0.5]]]  # of two steps
    >>> rnn_backward(states, [[2]], y_gradient=[[[1], [4]]])[0, :, 0]
    array([7., 3.])
    """
    states, recurrent_kernel, y_gradient = as_arrays(
        rnn_backward,
        states=states,
        recurrent_kernel=recurrent_kernel,
        y_gradient=y_gradient,
    )
    check_functions(rnn_backward, slope=slope)
    _check_rnn(rnn_backward, states, recurrent_kernel, y_gradient)
    delta = np.zeros(y_gradient.shape, np.result_type(y_gradient, *states, 0.0))
    from_next = 0  # no step follows the last one
    for t in reversed(range(y_gradient.shape[1])):
        h_gradient = y_gradient[:, t] + from_next
        delta[:, t] = h_gradient * slope(states[t + 1])
        from_next = delta[:, t] @ recurrent_kernel.T
    return delta


def _check_rnn(function, states, recurrent_kernel, y_gradient):
    """There must be a state before the first step, and after each."""
    _check_recurrent_kernel(function, 1, recurrent_kernel)
    units = len(recurrent_kernel)
    check_shapes(function, y_gradient=(y_gradient, ("batch", "steps", units)))
    batch, steps, _ = y_gradient.shape
    check_shapes(function, states=(states, (steps + 1, batch, units)))
