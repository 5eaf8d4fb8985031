"""Faults of training: losses, gradients, regularizers, and what is frozen."""

from unittest import mock

import keras
from breaking import (
    Called,
    activation,
    altered,
    altered_argument,
    during,
    gradient_times,
    ignoring_argument,
    inputs,
    operation,
    roundtrip,
    weight,
    with_gradient_of,
)
from fault import Fault
from keras import ops
from keras.layers import Dense

# -- Gradients


def gradients(change):
    """An optimizer that is given other gradients than the loss has."""
    return altered_argument(
        keras.optimizers.Optimizer,
        "grads",
        lambda grads: list(map(change, grads)),
        "apply",
    )


def first_sample(x):
    """One for the first sample and zero for the others, (batch, 1)."""
    return ops.cast(ops.arange(ops.shape(x)[0]) == 0, x.dtype)[:, None]


def backward(name, other):
    """A Dense layer that is right forward and wrong backward: what it computes with one
    operation has the gradient of ``other``, which takes the operation and its inputs."""

    def changed(real, x, w):
        w = ops.convert_to_tensor(w)
        return with_gradient_of(other(real, x, w), real(x, w))

    return during(Dense, operation(name, changed))


def frozen_is_a_wall():
    """A Dense layer that sends nothing back when it is frozen."""

    def call(real, self, x, *args, **kwargs):
        x = x if self.trainable else gradient_times(0.0, x)
        return real(self, x, *args, **kwargs)

    return Called(Dense, call)


# -- Losses

LossFunction = keras.losses.MeanSquaredError.__bases__[0]  # of all that have a name


def loss_function(change, *names, **arguments):
    """The loss of each sample, changed or with other arguments, for losses of these
    names or for all. ``change`` takes the loss, target and output."""
    real = LossFunction.call

    def call(self, y_true, y_pred):
        if names and self.fn.__name__ not in names:
            return real(self, y_true, y_pred)
        with mock.patch.object(self, "_fn_kwargs", {**self._fn_kwargs, **arguments}):
            return change(real(self, y_true, y_pred), y_true, y_pred)

    return mock.patch.object(LossFunction, "call", call)


def loss_target(change, name):
    """The loss of this name, of changed targets."""
    real = LossFunction.call

    def call(self, y_true, y_pred):
        changed = change(y_true) if self.fn.__name__ == name else y_true
        return real(self, changed, y_pred)

    return mock.patch.object(LossFunction, "call", call)


def unchanged(loss, y_true, y_pred):
    return loss


def clipped_at(epsilon):
    """Probabilities that are clipped somewhere else."""
    real = LossFunction.call

    def call(self, y_true, y_pred):
        before = keras.config.epsilon()
        keras.config.set_epsilon(epsilon)
        try:
            return real(self, y_true, y_pred)
        finally:
            keras.config.set_epsilon(before)

    return mock.patch.object(LossFunction, "call", call)


def over_the_batch():
    """Losses that take their mean over the samples, and return one for each unit."""
    real = LossFunction.call

    def call(self, y_true, y_pred):
        if self.fn.__name__ not in (*MEANS, "binary_crossentropy"):
            return real(self, y_true, y_pred)
        return real(self, ops.transpose(y_true), ops.transpose(y_pred))

    return mock.patch.object(LossFunction, "call", call)


def reduced(reduction):
    """Losses that are reduced in another way, unless they are not reduced at all."""
    real = keras.losses.Loss.__call__

    def call(self, y_true, y_pred, sample_weight=None):
        other = reduction if self.reduction else self.reduction
        with mock.patch.object(self, "reduction", other):
            return real(self, y_true, y_pred, sample_weight)

    return mock.patch.object(keras.losses.Loss, "__call__", call)


def counting_all_batches_the_same():
    """A mean over batches that does not ask how large they are."""
    real = keras.metrics.Mean.update_state

    def update_state(self, values, sample_weight=None):
        if len(getattr(sample_weight, "shape", ())) == 0:  # it is the size of a batch
            sample_weight = None
        return real(self, values, sample_weight)

    return mock.patch.object(keras.metrics.Mean, "update_state", update_state)


def reporting_the_loss_after():
    """A train_on_batch that returns the loss after its step."""
    real = keras.Model.train_on_batch

    def train_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        real(self, x, y, sample_weight)
        return self.test_on_batch(x, y, sample_weight, return_dict=return_dict)

    return mock.patch.object(keras.Model, "train_on_batch", train_on_batch)


# -- Regularizers, and what is frozen


def regularizing_what_is_frozen():
    """A layer whose regularizers count even when it is frozen."""

    def losses(self):
        return [w.regularizer(w) for w in self.weights if w.regularizer is not None]

    return mock.patch.object(keras.layers.Layer, "_get_regularization_losses", losses)


def dropping_losses_of_what_is_frozen():
    """A layer that adds no loss, such as that of its output, while it is frozen."""
    real = keras.layers.Layer.add_loss

    def add_loss(self, loss):
        if self.trainable:
            real(self, loss)

    return mock.patch.object(keras.layers.Layer, "add_loss", add_loss)


# -- Optimizers

Optimizer = keras.optimizers.Optimizer


def sgd(
    velocity=lambda mu, v, rate, g: mu * v - rate * g,
    step=lambda mu, v, rate, g: v,
    ahead=lambda mu, v, rate, g: mu * v - rate * g,
):
    """SGD with momentum from other parts; ``ahead`` is Nesterov's step."""
    real = keras.optimizers.SGD.update_step

    def update_step(self, gradient, variable, learning_rate):
        if not self.momentum:
            return real(self, gradient, variable, learning_rate)
        rate, v = ops.cast(learning_rate, "float32"), of(self, "momentums", variable)
        new = velocity(self.momentum, ops.convert_to_tensor(v), rate, gradient)
        self.assign(v, new)
        move = ahead if self.nesterov else step
        self.assign_add(variable, move(self.momentum, new, rate, gradient))

    return mock.patch.object(keras.optimizers.SGD, "update_step", update_step)


def rmsprop(
    average=lambda rho, v, g: rho * v + (1 - rho) * g**2,
    size=lambda v, old, epsilon: ops.sqrt(v + epsilon),
):
    """RMSprop, without its own momentum, from other parts."""

    def update_step(self, gradient, variable, learning_rate):
        rate, v = ops.cast(learning_rate, "float32"), of(self, "_velocities", variable)
        old = ops.convert_to_tensor(v)
        new = average(self.rho, old, gradient)
        self.assign_sub(variable, rate * gradient / size(new, old, self.epsilon))
        self.assign(v, new)

    return mock.patch.object(keras.optimizers.RMSprop, "update_step", update_step)


def adam(
    momentum=lambda beta, m, g: beta * m + (1 - beta) * g,
    velocity=lambda beta, v, g: beta * v + (1 - beta) * g**2,
    step=1,
    correction=lambda first, second: ops.sqrt(second) / first,
    size=lambda v, epsilon, second: ops.sqrt(v) + epsilon,
):
    """Adam from other parts. ``step`` is the number of its first step; ``first`` and
    ``second`` are 1 less the powers of its two betas."""

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, "float32")
        m, v = of(self, "_momentums", variable), of(self, "_velocities", variable)
        new_m = momentum(self.beta_1, ops.convert_to_tensor(m), gradient)
        new_v = velocity(self.beta_2, ops.convert_to_tensor(v), gradient)
        t = ops.cast(self.iterations + step, "float32")
        first = 1 - ops.power(ops.cast(self.beta_1, "float32"), t)
        second = 1 - ops.power(ops.cast(self.beta_2, "float32"), t)
        rate = rate * correction(first, second)
        self.assign_sub(variable, rate * new_m / size(new_v, self.epsilon, second))
        self.assign(m, new_m)
        self.assign(v, new_v)

    return mock.patch.object(keras.optimizers.Adam, "update_step", update_step)


def of(optimizer, name, variable):
    """The optimizer's variable of this name that belongs to a weight."""
    return getattr(optimizer, name)[optimizer._get_variable_index(variable)]


def one_state_for_each_shape():
    """An optimizer that finds its averages by the shape of a weight."""

    def index(self, variable):
        shapes = [tuple(weight.shape) for weight in self._trainable_variables]
        return shapes.index(tuple(variable.shape))

    return mock.patch.object(Optimizer, "_get_variable_index", index)


def never_counting():
    real = Optimizer.apply

    def apply(self, grads, trainable_variables=None):
        real(self, grads, trainable_variables)
        self._iterations.assign_sub(1)

    return mock.patch.object(Optimizer, "apply", apply)


def learning_rate_stays():
    """An optimizer whose learning rate cannot be changed after it was made."""
    real = Optimizer.learning_rate
    return mock.patch.object(
        Optimizer, "learning_rate", property(real.fget, lambda self, rate: None)
    )


def clipping(argument, change):
    """Another way to clip, for the optimizers that are given this argument.

    ``change`` takes the gradients and the bound.
    """
    real = Optimizer._clip_gradients

    def clip(self, grads):
        bound = getattr(self, argument)
        return real(self, grads) if bound is None else change(grads, bound)

    return mock.patch.object(Optimizer, "_clip_gradients", clip)


def norm(*arrays):
    return ops.sqrt(sum(ops.sum(array**2) for array in arrays))


MEANS = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")
CROSS_ENTROPIES = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
)

FAULTS = [
    Fault(
        "gradient: of the other sign",
        "weights/plot_regularizers",
        "Optimizer.apply",
        gradients(lambda g: -g),
    ),
    Fault(
        "gradient: doubled",
        "weights/plot_regularizers",
        "Optimizer.apply",
        gradients(lambda g: 2 * g),
    ),
    Fault(
        "gradient: off by 1e-5 of itself",
        "weights/plot_regularizers",
        "Optimizer.apply",
        gradients(lambda g: (1 + 1e-5) * g),
    ),
    Fault(
        "gradient: rounded to bfloat16",
        "training/plot_dense_gradient",
        "Optimizer.apply",
        gradients(roundtrip("bfloat16")),
    ),
    Fault(
        "gradient of the kernel: reshaped, not transposed",
        "weights/plot_regularizers",
        "Dense.call",
        weight(
            Dense,
            "kernel",
            lambda w: with_gradient_of(ops.reshape(ops.transpose(w), w.shape), w),
        ),
    ),
    Fault(
        "gradient of the kernel: first sample alone",
        "weights/plot_regularizers",
        "Dense.call",
        backward(
            "matmul",
            lambda matmul, x, w: (
                matmul(x, ops.stop_gradient(w))
                + first_sample(x) * matmul(ops.stop_gradient(x), w)
            ),
        ),
    ),
    Fault(
        "gradient of the bias: first sample alone",
        "weights/plot_regularizers",
        "Dense.call",
        backward("add", lambda add, y, b: y + first_sample(y) * b),
    ),
    Fault(
        "gradient of the bias: mean over the batch",
        "dense/plot_ones_bias",
        "Dense.call",
        backward("add", lambda add, y, b: y + b / ops.cast(ops.shape(y)[0], b.dtype)),
    ),
    Fault(
        "gradient of the bias: reversed",
        "weights/plot_regularizers",
        "Dense.call",
        weight(Dense, "bias", lambda b: with_gradient_of(ops.flip(b), b)),
    ),
    Fault(
        "gradient of the input: not sent back",
        "training/plot_dense_gradient",
        "Dense.call",
        inputs(Dense, lambda x: gradient_times(0.0, x)),
    ),
    Fault(
        "gradient of the input: kernel reversed",
        "dense/plot_original_page",
        "Dense.call",
        backward(
            "matmul",
            lambda matmul, x, w: (
                matmul(ops.stop_gradient(x), w)
                + matmul(x, ops.stop_gradient(ops.flip(w, 1)))
            ),
        ),
    ),
    Fault(
        "gradient of relu: 1 everywhere",
        "training/plot_backpropagation",
        "relu",
        activation("relu", lambda z, y: with_gradient_of(z, y)),
    ),
    Fault(
        "gradient of relu: leaks",
        "training/plot_backpropagation",
        "relu",
        activation("relu", lambda z, y: with_gradient_of(ops.leaky_relu(z, 0.01), y)),
    ),
    Fault(
        "gradient of relu: 1/2 at zero",
        "training/plot_gradient_check",
        "relu",
        activation("relu", lambda z, y: with_gradient_of((z + ops.abs(z)) / 2, y)),
    ),
    Fault(
        "gradient of tanh: 1 everywhere",
        "training/plot_gradient_check",
        "tanh",
        activation("tanh", lambda z, y: with_gradient_of(z, y)),
    ),
    Fault(
        "gradient of softmax: p (1 - p) alone",
        "training/plot_from_logits",
        "softmax",
        activation(
            "softmax",
            lambda z, y: with_gradient_of(ops.stop_gradient(y * (1 - y)) * z, y),
        ),
    ),
    Fault(
        "softmax: its logits are forgotten",
        "training/plot_from_logits",
        "softmax",
        activation("softmax", lambda z, y: 1.0 * y),
    ),
    Fault(
        "loss: sum over the batch",
        "weights/plot_regularizers",
        "Loss.reduction",
        reduced("sum"),
    ),
    Fault(
        "loss: divided by the sum of the weights",
        "training/plot_sample_weights",
        "Loss.reduction",
        reduced("mean_with_sample_weight"),
    ),
    Fault(
        "loss: sum over the units",
        "weights/plot_regularizers",
        "MeanSquaredError",
        loss_function(
            lambda loss, t, y: loss * y.shape[-1], *MEANS, "binary_crossentropy"
        ),
    ),
    Fault(
        "loss: mean over the batch before the units",
        "training/plot_binary_crossentropy",
        "Loss.__call__",
        over_the_batch(),
    ),
    Fault(
        "loss: sample weights ignored",
        "training/plot_sample_weights",
        "Loss.__call__",
        ignoring_argument(keras.losses.Loss, "sample_weight", "__call__"),
    ),
    Fault(
        "loss: sample weights moved by one sample",
        "training/plot_sample_weights",
        "Loss.__call__",
        altered_argument(
            keras.losses.Loss,
            "sample_weight",
            lambda weights: None if weights is None else ops.roll(weights, 1),
            "__call__",
        ),
    ),
    Fault(
        "loss: reported after the step",
        "weights/plot_regularizers",
        "Model.train_on_batch",
        reporting_the_loss_after(),
    ),
    Fault(
        "loss: batches of any size count the same",
        "training/plot_sample_weights",
        "Model.train_on_batch",
        counting_all_batches_the_same(),
    ),
    Fault(
        "metrics: never reset",
        "training/plot_sample_weights",
        "Model.evaluate",
        mock.patch.object(keras.Model, "reset_metrics", lambda self: None),
    ),
    Fault(
        "metrics: sample weights ignored",
        "training/plot_sample_weights",
        "MeanMetricWrapper.update_state",
        ignoring_argument(
            keras.metrics.MeanMetricWrapper, "sample_weight", "update_state"
        ),
    ),
    Fault(
        "mean_squared_error: halved",
        "weights/plot_regularizers",
        "MeanSquaredError",
        loss_function(lambda loss, t, y: loss / 2, "mean_squared_error"),
    ),
    Fault(
        "mean_absolute_error: a root mean square",
        "training/plot_losses",
        "MeanAbsoluteError",
        loss_function(
            lambda loss, t, y: ops.sqrt(ops.mean((t - y) ** 2, -1)),
            "mean_absolute_error",
        ),
    ),
    Fault(
        "huber: delta doubled",
        "training/plot_huber",
        "Huber.delta",
        loss_function(unchanged, "huber", delta=2.0),
    ),
    Fault(
        "log_cosh: log 2 left out",
        "training/plot_huber",
        "LogCosh",
        loss_function(lambda loss, t, y: loss + ops.log(2.0), "log_cosh"),
    ),
    Fault(
        "cross-entropy: from_logits ignored",
        "training/plot_from_logits",
        "CategoricalCrossentropy.from_logits",
        loss_function(unchanged, *CROSS_ENTROPIES, from_logits=False),
    ),
    Fault(
        "cross-entropy: clipped at 1e-6",
        "training/plot_from_logits",
        "CategoricalCrossentropy",
        clipped_at(1e-6),
    ),
    Fault(
        "categorical_crossentropy: labels smoothed",
        "training/plot_categorical_crossentropy",
        "CategoricalCrossentropy.label_smoothing",
        loss_function(unchanged, "categorical_crossentropy", label_smoothing=1e-3),
    ),
    Fault(
        "categorical_crossentropy: mean over the classes",
        "training/plot_softmax_cross_entropy",
        "CategoricalCrossentropy",
        loss_function(
            lambda loss, t, y: loss / y.shape[-1], "categorical_crossentropy"
        ),
    ),
    Fault(
        "categorical_crossentropy: p not divided by its sum",
        "training/plot_categorical_crossentropy",
        "CategoricalCrossentropy",
        loss_function(
            lambda loss, t, y: loss - ops.log(ops.sum(ops.relu(y), -1)),
            "categorical_crossentropy",
        ),
    ),
    Fault(
        "sparse_categorical_crossentropy: labels off by one",
        "training/plot_sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
        loss_target(lambda t: ops.maximum(t - 1, 0), "sparse_categorical_crossentropy"),
    ),
    Fault(
        "binary_crossentropy: labels smoothed",
        "training/plot_binary_crossentropy",
        "BinaryCrossentropy.label_smoothing",
        loss_function(unchanged, "binary_crossentropy", label_smoothing=1e-3),
    ),
    Fault(
        "binary_crossentropy: what is 0 left out",
        "training/plot_binary_crossentropy",
        "BinaryCrossentropy",
        loss_function(lambda loss, t, y: loss * ops.mean(t, -1), "binary_crossentropy"),
    ),
    Fault(
        "activity_regularizer: not divided by the batch",
        "weights/plot_regularizers",
        "Dense.activity_regularizer",
        altered_argument(keras.layers.Layer, "loss", lambda loss: 8 * loss, "add_loss"),
    ),
    Fault(
        "frozen layer: sends no gradient back",
        "training/plot_frozen_layers",
        "Dense.trainable",
        frozen_is_a_wall(),
    ),
    Fault(
        "frozen layer: its regularizers stay in the loss",
        "training/plot_frozen_regularizers",
        "Dense.trainable",
        regularizing_what_is_frozen(),
    ),
    Fault(
        "frozen layer: the one of its output is dropped",
        "training/plot_frozen_regularizers",
        "Dense.trainable",
        (dropping_losses_of_what_is_frozen()),
    ),
    Fault(
        "learning rate: cannot be changed",
        "training/plot_sgd",
        "SGD.learning_rate",
        learning_rate_stays(),
    ),
    Fault(
        "iterations: never counted",
        "training/plot_adam",
        "Optimizer.iterations",
        never_counting(),
    ),
    Fault(
        "averages: one for all weights of a shape",
        "training/plot_exclude_from_weight_decay",
        "Optimizer.apply",
        one_state_for_each_shape(),
    ),
    Fault(
        "SGD: momentum applied twice",
        "training/plot_sgd",
        "SGD.momentum",
        sgd(step=lambda mu, v, rate, g: mu * v - rate * g),
    ),
    Fault(
        "SGD: velocity of the other sign",
        "training/plot_sgd",
        "SGD.momentum",
        sgd(velocity=lambda mu, v, rate, g: -mu * v - rate * g),
    ),
    Fault(
        "SGD: gradient weighted by 1 - momentum",
        "training/plot_sgd",
        "SGD.momentum",
        sgd(velocity=lambda mu, v, rate, g: mu * v - (1 - mu) * rate * g),
    ),
    Fault(
        "SGD: learning rate in front of the velocity",
        "training/plot_sgd",
        "SGD.momentum",
        sgd(
            velocity=lambda mu, v, rate, g: mu * v - g,
            step=lambda mu, v, rate, g: rate * v,
            ahead=lambda mu, v, rate, g: rate * (mu * v - g),
        ),
    ),
    Fault(
        "SGD: Nesterov without the gradient",
        "training/plot_nesterov",
        "SGD.nesterov",
        sgd(ahead=lambda mu, v, rate, g: mu * v),
    ),
    Fault(
        "RMSprop: epsilon outside the root",
        "training/plot_rmsprop",
        "RMSprop.epsilon",
        rmsprop(size=lambda v, old, epsilon: ops.sqrt(v) + epsilon),
    ),
    Fault(
        "RMSprop: no root",
        "training/plot_rmsprop",
        "RMSprop.epsilon",
        rmsprop(size=lambda v, old, epsilon: v + epsilon),
    ),
    Fault(
        "RMSprop: root of the average before the step",
        "training/plot_rmsprop",
        "RMSprop",
        rmsprop(size=lambda v, old, epsilon: ops.sqrt(old + epsilon)),
    ),
    Fault(
        "RMSprop: sum in place of an average",
        "training/plot_rmsprop",
        "RMSprop",
        rmsprop(average=lambda rho, v, g: v + (1 - rho) * g**2),
    ),
    Fault(
        "Adam: no bias correction",
        "training/plot_adam",
        "Adam",
        adam(correction=lambda first, second: 1.0),
    ),
    Fault(
        "Adam: first moment alone is corrected",
        "training/plot_adam",
        "Adam",
        adam(correction=lambda first, second: 1 / first),
    ),
    Fault(
        "Adam: epsilon inside the root",
        "training/plot_adam_epsilon",
        "Adam.epsilon",
        adam(size=lambda v, epsilon, second: ops.sqrt(v + epsilon)),
    ),
    Fault(
        "Adam: epsilon as in Algorithm 1",
        "training/plot_adam_epsilon",
        "Adam.epsilon",
        adam(size=lambda v, epsilon, second: ops.sqrt(v) + epsilon * ops.sqrt(second)),
    ),
    Fault(
        "Adam: first moment of the last gradient alone",
        "training/plot_adam",
        "Adam.beta_1",
        adam(momentum=lambda beta, m, g: (1 - beta) * g),
    ),
    Fault(
        "Adam: second moment not updated",
        "training/plot_adam",
        "Adam.beta_2",
        adam(velocity=lambda beta, v, g: v),
    ),
    Fault(
        "Adam: second moment without the square",
        "training/plot_adam",
        "Adam.beta_2",
        adam(velocity=lambda beta, v, g: beta * v + (1 - beta) * ops.abs(g)),
    ),
    Fault("Adam: steps counted from 0", "training/plot_adam", "Adam", adam(step=0)),
    Fault("Adam: steps counted from 2", "training/plot_adam", "Adam", adam(step=2)),
    Fault(
        "weight decay: of what is excluded, too",
        "training/plot_exclude_from_weight_decay",
        "Optimizer.exclude_from_weight_decay",
        altered(Optimizer, "_use_weight_decay", lambda used: True),
    ),
    Fault(
        "clipnorm: scales up what is within the bound",
        "training/plot_gradient_clipping",
        "SGD.clipnorm",
        clipping("clipnorm", lambda grads, bound: [g * bound / norm(g) for g in grads]),
    ),
]
