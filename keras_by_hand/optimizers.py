"""Optimizers: one step of each, and what is done to the gradients before."""

import numpy as np


def sgd(
    w, gradient, velocity, learning_rate=0.01, momentum=0.0, nesterov=False
):
    """One step of SGD (Sutskever et al., 2013, section 2).

    w, gradient and velocity, which begins at 0, have one shape. Returns the new
    w and the new velocity.
    """
    velocity = momentum * velocity - learning_rate * gradient
    if nesterov:
        return w + momentum * velocity - learning_rate * gradient, velocity
    return w + velocity, velocity


def nesterov(w, gradient, velocity, learning_rate=0.01, momentum=0.0):
    """One step of Nesterov's method (Sutskever et al., 2013, section 2).

    w: any shape; gradient: a function of w; velocity: begins at 0, in the shape
    of w. Returns the new w and velocity. Keras stores w + momentum * velocity.
    """
    ahead = w + momentum * velocity
    velocity = momentum * velocity - learning_rate * gradient(ahead)
    return w + velocity, velocity


def rmsprop(
    w, gradient, v, m, a,
    learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False,
):  # fmt: skip
    """One step of RMSprop (Keras documentation, RMSprop; Hinton, 2012).

    w, gradient, and the states v, m and a, which begin at 0, have one shape.
    Returns the new w, v, m and a.
    """
    v = rho * v + (1 - rho) * gradient**2
    a = rho * a + (1 - rho) * gradient
    variance = v - a**2 if centered else v
    m = momentum * m + learning_rate * gradient / np.sqrt(variance + epsilon)
    return w - m, v, m, a


def adam(
    w, gradient, m, v, t,
    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of Adam (Kingma and Ba, 2015, section 2, with epsilon hat).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.
    """
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    rate = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


def adam_of_pytorch(
    w, gradient, m, v, t,
    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8,
):  # fmt: skip
    """One step of PyTorch's Adam (Kingma and Ba, 2015, Algorithm 1).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.
    """
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    corrected_m = m / (1 - beta_1**t)
    corrected_v = v / (1 - beta_2**t)
    step = learning_rate * corrected_m / (np.sqrt(corrected_v) + epsilon)
    return w - step, m, v


def adamw(
    w, gradient, m, v, t, learning_rate=0.001, weight_decay=0.004,
    beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of AdamW (Keras documentation; Loshchilov and Hutter, 2019).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.
    """
    w = w - learning_rate * weight_decay * w
    return adam(w, gradient, m, v, t, learning_rate, beta_1, beta_2, epsilon)


def clipvalue(gradients, bound):
    """Clip each entry of a list of arrays (Keras documentation, Optimizer)."""
    return [np.clip(g, -bound, bound) for g in gradients]


def clipnorm(gradients, bound):
    """Scale down each array of a list whose own norm is larger than bound."""
    return [g * (bound / max(bound, np.linalg.norm(g))) for g in gradients]


def global_clipnorm(gradients, bound):
    """Scale down all arrays of a list together (Pascanu et al., 2013)."""
    global_norm = np.linalg.norm([np.linalg.norm(g) for g in gradients])
    return [g * (bound / max(bound, global_norm)) for g in gradients]


def loss_scale_step(
    weights, gradient, scale, finite_steps,
    learning_rate=0.01, dynamic_growth_steps=2000,
):  # fmt: skip
    """One step of SGD with loss scaling (keras.optimizers.LossScaleOptimizer).

    gradient: of the scaled loss, of the shape of weights. The scale begins as
    2**15 and finite_steps as 0. Returns the new weights, scale, finite_steps.
    """
    if not np.all(np.isfinite(gradient)):
        return weights, scale / 2, 0
    weights = weights - learning_rate * gradient / scale
    if finite_steps + 1 == dynamic_growth_steps:
        return weights, 2 * scale, 0
    return weights, scale, finite_steps + 1
