"""Faults of training: losses, gradients, regularizers, and what is frozen."""

from unittest import mock

import keras
from breaking import (
    activation_becomes,
    altered,
    altered_argument,
    dense,
    gradient_times,
    ignoring_argument,
    roundtrip,
)
from keras import ops

# -- Gradients


def gradients(change):
    """An optimizer that is given other gradients than the loss has."""
    return altered_argument(
        keras.optimizers.Optimizer,
        "grads",
        lambda grads: list(map(change, grads)),
        "apply",
    )


def as_seen_by_training(change):
    """The same value, whose gradient is that of something else."""
    return lambda value: ops.stop_gradient(value) + without_value(change(value))


def without_value(value):
    """Zero, with the gradient of a value."""
    return value - ops.stop_gradient(value)


def first_sample(x):
    """One for the first sample and zero for the others, (batch, 1)."""
    return ops.cast(ops.arange(ops.shape(x)[0]) == 0, x.dtype)[:, None]


def backward(product=None, bias=None):
    """A Dense layer that is right forward and wrong backward.

    ``product`` and ``bias`` take the input and the weight, and return something of the
    product's or the bias' shape, whose gradient they have.
    """

    def call(self, x, training=None):
        y = ops.matmul(x, self.kernel)
        if product is not None:
            y = ops.stop_gradient(y) + without_value(product(x, self.kernel))
        if self.bias is not None:
            b = self.bias if bias is None else bias(x, self.bias)
            y = ops.add(y, ops.stop_gradient(self.bias) + without_value(b))
        return self.activation(y)

    return mock.patch.object(keras.layers.Dense, "call", call)


def frozen_is_a_wall():
    """A Dense layer that sends nothing back when it is frozen."""

    def call(self, x, training=None):
        x = x if self.trainable else gradient_times(0.0, x)
        y = ops.matmul(x, self.kernel)
        return self.activation(y if self.bias is None else ops.add(y, self.bias))

    return mock.patch.object(keras.layers.Dense, "call", call)


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


def without(regularizer):
    """A Dense layer that forgets its regularizer of this name."""
    real = keras.layers.Dense.build

    def build(self, input_shape):
        setattr(self, regularizer, None)
        real(self, input_shape)

    return mock.patch.object(keras.layers.Dense, "build", build)


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


def never_frozen():
    """Layers that do not take trainable = False."""
    real = keras.layers.Layer.trainable
    ignored = property(real.fget, lambda self, value: None)
    return mock.patch.object(keras.layers.Layer, "trainable", ignored)


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


def with_betas_swapped():
    real = keras.optimizers.Adam.__init__

    def init(self, *args, **kwargs):
        real(self, *args, **kwargs)
        self.beta_1, self.beta_2 = self.beta_2, self.beta_1

    return mock.patch.object(keras.optimizers.Adam, "__init__", init)


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


def weight_decay(before=None, gradient=None, after=None):
    """Another decay: of the weights before the step or after it, or of the gradient.

    Each function takes weight, decay, learning rate, and returns what is subtracted from
    the weight, or added to its gradient.
    """
    real = Optimizer._backend_update_step

    def update_step(self, grads, trainable_variables, learning_rate):
        def change(function, weight):
            decays = self.weight_decay is not None and self._use_weight_decay(weight)
            if function is None or not decays:
                return 0.0
            rate = ops.cast(learning_rate, "float32")
            return function(ops.convert_to_tensor(weight), self.weight_decay, rate)

        for weight in trainable_variables:
            weight.assign_sub(ops.zeros_like(weight) + change(before, weight))
        grads = [g + change(gradient, w) for g, w in zip(grads, trainable_variables)]
        real(self, grads, trainable_variables, learning_rate)
        for weight in trainable_variables:
            weight.assign_sub(ops.zeros_like(weight) + change(after, weight))

    return mock.patch.multiple(
        Optimizer,
        _apply_weight_decay=lambda self, variables: None,
        _backend_update_step=update_step,
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


def each_by_norm(grads, bound):
    return [g * bound / ops.maximum(norm(g), bound) for g in grads]


def all_by_norm(grads, bound):
    return [g * bound / ops.maximum(norm(*grads), bound) for g in grads]


MEANS = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")
CROSS_ENTROPIES = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
)

FAULTS = {
    "gradient: of the other sign": gradients(lambda g: -g),
    "gradient: doubled": gradients(lambda g: 2 * g),
    "gradient: off by 1e-5 of itself": gradients(lambda g: (1 + 1e-5) * g),
    "gradient: rounded to bfloat16": gradients(roundtrip("bfloat16")),
    "gradient of the kernel: reshaped, not transposed": backward(
        product=lambda x, w: (
            ops.matmul(x, ops.stop_gradient(w))
            + ops.matmul(ops.stop_gradient(x), ops.reshape(ops.transpose(w), w.shape))
        )
    ),
    "gradient of the kernel: first sample alone": backward(
        product=lambda x, w: (
            ops.matmul(x, ops.stop_gradient(w))
            + first_sample(x) * ops.matmul(ops.stop_gradient(x), w)
        )
    ),
    "gradient of the bias: first sample alone": backward(
        bias=lambda x, b: first_sample(x) * b
    ),
    "gradient of the bias: mean over the batch": backward(
        bias=lambda x, b: b / ops.cast(ops.shape(x)[0], b.dtype)
    ),
    "gradient of the bias: reversed": backward(bias=lambda x, b: ops.flip(b)),
    "gradient of the input: not sent back": dense(
        inputs=lambda x: gradient_times(0.0, x)
    ),
    "gradient of the input: kernel reversed": backward(
        product=lambda x, w: (
            ops.matmul(ops.stop_gradient(x), w)
            + ops.matmul(x, ops.stop_gradient(ops.flip(w, 1)))
        )
    ),
    "gradient of relu: 1 everywhere": activation_becomes(
        "relu", lambda z, y: ops.stop_gradient(y) + without_value(z)
    ),
    "gradient of relu: leaks": activation_becomes(
        "relu",
        lambda z, y: ops.stop_gradient(y) + without_value(ops.leaky_relu(z, 0.01)),
    ),
    "gradient of softmax: p (1 - p) alone": activation_becomes(
        "softmax",
        lambda z, y: (
            ops.stop_gradient(y) + without_value(ops.stop_gradient(y * (1 - y)) * z)
        ),
    ),
    "softmax: its logits are forgotten": activation_becomes(
        "softmax", lambda z, y: 1.0 * y
    ),
    "loss: sum over the batch": reduced("sum"),
    "loss: divided by the sum of the weights": reduced("mean_with_sample_weight"),
    "loss: sum over the units": loss_function(
        lambda loss, t, y: loss * y.shape[-1], *MEANS, "binary_crossentropy"
    ),
    "loss: mean over the batch before the units": over_the_batch(),
    "loss: sample weights ignored": ignoring_argument(
        keras.losses.Loss, "sample_weight", "__call__"
    ),
    "loss: sample weights moved by one sample": altered_argument(
        keras.losses.Loss,
        "sample_weight",
        lambda weights: None if weights is None else ops.roll(weights, 1),
        "__call__",
    ),
    "loss: reported after the step": reporting_the_loss_after(),
    "loss: batches of any size count the same": counting_all_batches_the_same(),
    "metrics: never reset": mock.patch.object(
        keras.Model, "reset_metrics", lambda self: None
    ),
    "metrics: sample weights ignored": ignoring_argument(
        keras.metrics.MeanMetricWrapper, "sample_weight", "update_state"
    ),
    "mean_squared_error: halved": loss_function(
        lambda loss, t, y: loss / 2, "mean_squared_error"
    ),
    "mean_absolute_error: a root mean square": loss_function(
        lambda loss, t, y: ops.sqrt(ops.mean((t - y) ** 2, -1)), "mean_absolute_error"
    ),
    "huber: delta doubled": loss_function(unchanged, "huber", delta=2.0),
    "log_cosh: log 2 left out": loss_function(
        lambda loss, t, y: loss + ops.log(2.0), "log_cosh"
    ),
    "cross-entropy: from_logits ignored": loss_function(
        unchanged, *CROSS_ENTROPIES, from_logits=False
    ),
    "cross-entropy: clipped at 1e-6": clipped_at(1e-6),
    "categorical_crossentropy: labels smoothed": loss_function(
        unchanged, "categorical_crossentropy", label_smoothing=1e-3
    ),
    "categorical_crossentropy: mean over the classes": loss_function(
        lambda loss, t, y: loss / y.shape[-1], "categorical_crossentropy"
    ),
    "categorical_crossentropy: p not divided by its sum": loss_function(
        lambda loss, t, y: loss - ops.log(ops.sum(ops.relu(y), -1)),
        "categorical_crossentropy",
    ),
    "sparse_categorical_crossentropy: labels off by one": altered_argument(
        LossFunction,
        "y_true",
        lambda t: ops.maximum(t - 1, 0) if len(t.shape) == 1 else t,
        "call",
    ),
    "binary_crossentropy: labels smoothed": loss_function(
        unchanged, "binary_crossentropy", label_smoothing=1e-3
    ),
    "binary_crossentropy: what is 0 left out": loss_function(
        lambda loss, t, y: loss * ops.mean(t, -1), "binary_crossentropy"
    ),
    "L1L2: without L1": altered_argument(keras.regularizers.L1L2, "l1", lambda l1: 0.0),
    "L1L2: L2 halved": altered_argument(
        keras.regularizers.L1L2, "l2", lambda l2: l2 / 2
    ),
    "L2: halved": altered_argument(keras.regularizers.L2, "l2", lambda l2: l2 / 2),
    "L2: no square": altered(keras.regularizers.L2, "__call__", ops.sqrt),
    "kernel_regularizer: ignored": without("kernel_regularizer"),
    "bias_regularizer: ignored": without("bias_regularizer"),
    "activity_regularizer: ignored": without("activity_regularizer"),
    "activity_regularizer: not divided by the batch": altered_argument(
        keras.layers.Layer, "loss", lambda loss: 8 * loss, "add_loss"
    ),
    "trainable: ignored": never_frozen(),
    "frozen layer: sends no gradient back": frozen_is_a_wall(),
    "frozen layer: its regularizers stay in the loss": regularizing_what_is_frozen(),
    "frozen layer: the one of its output is dropped": (
        dropping_losses_of_what_is_frozen()
    ),
    "learning rate: doubled": altered(
        Optimizer, "_get_current_learning_rate", lambda rate: 2 * rate
    ),
    "learning rate: always 0.01": altered(
        Optimizer, "_get_current_learning_rate", lambda rate: 0.01 + 0 * rate
    ),
    "learning rate: cannot be changed": learning_rate_stays(),
    "iterations: never counted": never_counting(),
    "averages: one for all weights of a shape": one_state_for_each_shape(),
    "SGD: momentum ignored": ignoring_argument(keras.optimizers.SGD, "momentum"),
    "SGD: Nesterov ignored": ignoring_argument(keras.optimizers.SGD, "nesterov"),
    "SGD: momentum applied twice": sgd(step=lambda mu, v, rate, g: mu * v - rate * g),
    "SGD: velocity of the other sign": sgd(
        velocity=lambda mu, v, rate, g: -mu * v - rate * g
    ),
    "SGD: gradient weighted by 1 - momentum": sgd(
        velocity=lambda mu, v, rate, g: mu * v - (1 - mu) * rate * g
    ),
    "SGD: learning rate in front of the velocity": sgd(
        velocity=lambda mu, v, rate, g: mu * v - g,
        step=lambda mu, v, rate, g: rate * v,
        ahead=lambda mu, v, rate, g: rate * (mu * v - g),
    ),
    "SGD: Nesterov without the gradient": sgd(ahead=lambda mu, v, rate, g: mu * v),
    "RMSprop: rho for 1 - rho": altered_argument(
        keras.optimizers.RMSprop, "rho", lambda rho: 1 - rho
    ),
    "RMSprop: epsilon outside the root": rmsprop(
        size=lambda v, old, epsilon: ops.sqrt(v) + epsilon
    ),
    "RMSprop: no root": rmsprop(size=lambda v, old, epsilon: v + epsilon),
    "RMSprop: root of the average before the step": rmsprop(
        size=lambda v, old, epsilon: ops.sqrt(old + epsilon)
    ),
    "RMSprop: sum in place of an average": rmsprop(
        average=lambda rho, v, g: v + (1 - rho) * g**2
    ),
    "Adam: betas swapped": with_betas_swapped(),
    "Adam: no bias correction": adam(correction=lambda first, second: 1.0),
    "Adam: first moment alone is corrected": adam(
        correction=lambda first, second: 1 / first
    ),
    "Adam: epsilon inside the root": adam(
        size=lambda v, epsilon, second: ops.sqrt(v + epsilon)
    ),
    "Adam: epsilon as in Algorithm 1": adam(
        size=lambda v, epsilon, second: ops.sqrt(v) + epsilon * ops.sqrt(second)
    ),
    "Adam: first moment not updated": adam(momentum=lambda beta, m, g: m),
    "Adam: first moment of the last gradient alone": adam(
        momentum=lambda beta, m, g: (1 - beta) * g
    ),
    "Adam: second moment not updated": adam(velocity=lambda beta, v, g: v),
    "Adam: second moment without the square": adam(
        velocity=lambda beta, v, g: beta * v + (1 - beta) * ops.abs(g)
    ),
    "Adam: steps counted from 0": adam(step=0),
    "Adam: steps counted from 2": adam(step=2),
    "weight decay: ignored": weight_decay(),
    "weight decay: not multiplied by the learning rate": weight_decay(
        before=lambda w, decay, rate: decay * w
    ),
    "weight decay: halved": weight_decay(
        before=lambda w, decay, rate: decay / 2 * rate * w
    ),
    "weight decay: added to the gradient": weight_decay(
        gradient=lambda w, decay, rate: decay * w
    ),
    "weight decay: after the step": weight_decay(
        after=lambda w, decay, rate: decay * rate * w
    ),
    "weight decay: of what is excluded, too": altered(
        Optimizer, "_use_weight_decay", lambda used: True
    ),
    "clipvalue: clips the norm": clipping("clipvalue", each_by_norm),
    "clipvalue: no lower bound": clipping(
        "clipvalue", lambda grads, bound: [ops.minimum(g, bound) for g in grads]
    ),
    "clipnorm: of all arrays together": clipping("clipnorm", all_by_norm),
    "clipnorm: sum of the absolute values": clipping(
        "clipnorm",
        lambda grads, bound: [
            g * bound / ops.maximum(ops.sum(ops.abs(g)), bound) for g in grads
        ],
    ),
    "clipnorm: scales up what is within the bound": clipping(
        "clipnorm", lambda grads, bound: [g * bound / norm(g) for g in grads]
    ),
    "global_clipnorm: of each array": clipping("global_clipnorm", each_by_norm),
    "global_clipnorm: sum of the norms": clipping(
        "global_clipnorm",
        lambda grads, bound: [
            g * bound / ops.maximum(sum(map(norm, grads)), bound) for g in grads
        ],
    ),
    "clipping: ignored": mock.patch.object(
        Optimizer, "_clip_gradients", lambda self, grads: grads
    ),
}

# Mutants that compute the same, (before, after), each with its reason.
COSTS = (
    "costs = {'mse': np.mean(error ** 2), 'output': output_l2 * np.sum(h ** 2) / batch,"
    " 'frozen output': frozen_output_l2 * np.sum(y ** 2) / batch,"
    " 'l1': l1 * np.sum(np.abs(kernel)), 'l2': l2 * np.sum(kernel ** 2), "
    "'l2 of b': l2_of_b * np.sum(bias ** 2)}"
)
ANY_ORDER = "a norm does not know the order"
FROM_ZERO = "in a first step, what it multiplies is zero"
MOMENTUM = "momentum = betas[0] * momentum + (1 - betas[0]) * gradient"
VELOCITY = "velocity = betas[1] * velocity + (1 - betas[1]) * gradient ** 2"
EQUIVALENT = {
    "plot_4_losses": {
        ("error = y - target", "error = target - y"): (
            "these losses do not know the sign"
        ),
    },
    "plot_5_frozen_and_regularized": {
        (COSTS, COSTS.replace("abs(kernel)", "abs(np.flip(kernel))")): ANY_ORDER,
        (COSTS, COSTS.replace("kernel ** 2", "np.flip(kernel) ** 2")): ANY_ORDER,
        (COSTS, COSTS.replace("bias ** 2", "np.flip(bias) ** 2")): ANY_ORDER,
    },
    "plot_8_weight_decay": {
        (MOMENTUM, MOMENTUM.replace("betas[0] *", "betas[1] *")): FROM_ZERO,
        (MOMENTUM, MOMENTUM.replace("betas[0] *", "betas[-1] *")): FROM_ZERO,
        (VELOCITY, VELOCITY.replace("betas[1] *", "betas[0] *")): FROM_ZERO,
    },
    "plot_hundred_steps": {
        (
            "weights = np.vstack([kernel, bias]).astype('float64')",
            "weights = np.vstack([kernel, bias]).astype('float16')",
        ): "it begins with integers, which float16 holds",
    },
    "plot_whole_network": {
        (
            "exponentials = np.exp(logits - np.max(logits, axis=1, keepdims=True))",
            "exponentials = np.exp(logits + np.max(logits, axis=1, keepdims=True))",
        ): "softmax does not know what is added to all logits",
        (
            "return (loss, [w + v for w, v in zip(weights, velocities)], velocities)",
            "return (loss, [w + v for w, v in zip(velocities, weights)], velocities)",
        ): "a sum does not know the order",
    },
}
