"""Optimizers: one step of each, and what is done to the gradients before."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_arrays,
    as_list,
    check_flags,
    check_functions,
    check_numbers,
    check_positive,
    check_shapes,
    check_sizes,
)


def sgd(
    w: ArrayLike,
    gradient: ArrayLike,
    velocity: ArrayLike,
    learning_rate: float = 0.01,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of SGD (Sutskever et al., 2013, section 2).

    w, gradient and velocity, which begins at 0, have one shape. Returns the new
    w and the new velocity.

    Raises ValueError for other shapes, and for a momentum that is not from 0 to
    1.

    >>> w, velocity = sgd([5, 5], [4, 0], [0, 0], learning_rate=0.5)
    >>> sgd(w, [4, 0], velocity, learning_rate=0.5, momentum=0.5)
    (array([0., 5.]), array([-3.,  0.]))
    """
    w, gradient, velocity = as_arrays(
        sgd, w=w, gradient=gradient, velocity=velocity
    )
    check_flags(sgd, nesterov=nesterov)
    _check_states(sgd, w, gradient=gradient, velocity=velocity)
    check_numbers(sgd, learning_rate=learning_rate)
    check_numbers(sgd, 0, 1, momentum=momentum)
    velocity = momentum * velocity - learning_rate * gradient
    if nesterov:
        return w + momentum * velocity - learning_rate * gradient, velocity
    return w + velocity, velocity


def nesterov(
    w: ArrayLike,
    gradient: Callable[[np.ndarray], np.ndarray],
    velocity: ArrayLike,
    learning_rate: float = 0.01,
    momentum: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of Nesterov's method (Sutskever et al., 2013, section 2).

    w: any shape; gradient: a function of w; velocity: begins at 0, in the shape
    of w. Returns the new w and velocity. Keras stores w + momentum * velocity.

    Raises ValueError for other shapes, and for a momentum that is not from 0 to
    1, TypeError for a gradient that is no function.

    >>> def slope(w):
    ...     return 2 * w
    >>> nesterov([5, 0], slope, velocity=[-2, 0], learning_rate=0.5, momentum=1)
    (array([0., 0.]), array([-5.,  0.]))
    """
    w, velocity = as_arrays(nesterov, w=w, velocity=velocity)
    check_functions(nesterov, gradient=gradient)
    _check_states(nesterov, w, velocity=velocity)
    check_numbers(nesterov, learning_rate=learning_rate)
    check_numbers(nesterov, 0, 1, momentum=momentum)
    ahead = w + momentum * velocity
    velocity = momentum * velocity - learning_rate * gradient(ahead)
    return w + velocity, velocity


def rmsprop(
    w: ArrayLike,
    gradient: ArrayLike,
    v: ArrayLike,
    m: ArrayLike,
    a: ArrayLike,
    learning_rate: float = 0.001,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
    centered: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One step of RMSprop (Keras documentation, RMSprop; Hinton, 2012).

    w, gradient, and the states v, m and a, which begin at 0, have one shape.
    Returns the new w, v, m and a.

    Raises ValueError for other shapes, and for a momentum below 0.

    >>> w, v, m, a = rmsprop([5], [4], [0], [0], [0], rho=0.75)
    >>> w, v
    (array([4.998]), array([4.]))
    """
    w, gradient, v, m, a = as_arrays(
        rmsprop, w=w, gradient=gradient, v=v, m=m, a=a
    )
    check_flags(rmsprop, centered=centered)
    _check_states(rmsprop, w, gradient=gradient, v=v, m=m, a=a)
    check_numbers(rmsprop, 0, momentum=momentum)
    check_numbers(
        rmsprop, learning_rate=learning_rate, rho=rho, epsilon=epsilon
    )
    v = rho * v + (1 - rho) * gradient**2
    a = rho * a + (1 - rho) * gradient
    variance = v - a**2 if centered else v
    m = momentum * m + learning_rate * gradient / np.sqrt(variance + epsilon)
    return w - m, v, m, a


def adam(
    w: ArrayLike,
    gradient: ArrayLike,
    m: ArrayLike,
    v: ArrayLike,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Adam (Kingma and Ba, 2015, section 2, with epsilon hat).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.

    Raises ValueError for other shapes, for a t below 1, and for betas that are
    not from 0 to below 1.

    >>> w, m, v = adam([5, 5], [4, -0.1], m=[0, 0], v=[0, 0], t=1)
    >>> w.round(4)
    array([4.999, 5.001])
    """
    w, gradient, m, v = as_arrays(adam, w=w, gradient=gradient, m=m, v=v)
    _check_states(adam, w, gradient=gradient, m=m, v=v)
    _check_rates(adam, t, learning_rate, beta_1, beta_2, epsilon)
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    rate = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


def adam_of_pytorch(
    w: ArrayLike,
    gradient: ArrayLike,
    m: ArrayLike,
    v: ArrayLike,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of PyTorch's Adam (Kingma and Ba, 2015, Algorithm 1).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.

    Raises ValueError as adam does.

    >>> w, m, v = adam_of_pytorch([5], [1e-8], m=[0], v=[0], t=1)
    >>> w  # half a step, as the gradient is as large as epsilon
    array([4.9995])
    """
    w, gradient, m, v = as_arrays(
        adam_of_pytorch, w=w, gradient=gradient, m=m, v=v
    )
    _check_states(adam_of_pytorch, w, gradient=gradient, m=m, v=v)
    _check_rates(adam_of_pytorch, t, learning_rate, beta_1, beta_2, epsilon)
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    corrected_m = m / (1 - beta_1**t)
    corrected_v = v / (1 - beta_2**t)
    step = learning_rate * corrected_m / (np.sqrt(corrected_v) + epsilon)
    return w - step, m, v


def adamw(
    w: ArrayLike,
    gradient: ArrayLike,
    m: ArrayLike,
    v: ArrayLike,
    t: int,
    learning_rate: float = 0.001,
    weight_decay: float = 0.004,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of AdamW (Keras documentation; Loshchilov and Hutter, 2019).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.

    Raises ValueError as adam does.

    >>> w, m, v = adamw([5], [0], m=[0], v=[0], t=1, weight_decay=2)
    >>> w  # 5 - 0.001 * 2 * 5
    array([4.99])
    """
    w, gradient, m, v = as_arrays(adamw, w=w, gradient=gradient, m=m, v=v)
    _check_states(adamw, w, gradient=gradient, m=m, v=v)
    _check_rates(adamw, t, learning_rate, beta_1, beta_2, epsilon)
    check_numbers(adamw, weight_decay=weight_decay)
    w = w - learning_rate * weight_decay * w
    return adam(w, gradient, m, v, t, learning_rate, beta_1, beta_2, epsilon)


def _check_states(function, w, **arrays):
    """All must have the shape of w."""
    shape = np.shape(w)
    check_shapes(function, **{name: (x, shape) for name, x in arrays.items()})


def _check_rates(function, t, learning_rate, beta_1, beta_2, epsilon):
    """Steps are counted from 1, and averages must forget."""
    check_sizes(function, t=t)
    check_numbers(function, learning_rate=learning_rate, epsilon=epsilon)
    for name, beta in {"beta_1": beta_1, "beta_2": beta_2}.items():
        check_numbers(function, 0, **{name: beta})
        if beta >= 1:
            raise ValueError(
                f"{function.__name__}: {name} must be below 1, not {beta!r}"
            )


def clipvalue(gradients: Sequence[ArrayLike], bound: float) -> list[np.ndarray]:
    """Clip each entry of a list of arrays (Keras documentation, Optimizer).

    Raises ValueError for a bound that is not above 0, TypeError for what is no
    list of arrays.

    >>> clipvalue([[3, -4], [1]], bound=2)
    [array([ 2, -2]), array([1])]
    """
    gradients = as_list(clipvalue, gradients=gradients)
    check_positive(clipvalue, bound=bound)
    return [np.clip(g, -bound, bound) for g in gradients]


def clipnorm(gradients: Sequence[ArrayLike], bound: float) -> list[np.ndarray]:
    """Scale down each array of a list whose own norm is larger than bound.

    Raises ValueError for a bound that is not above 0, TypeError for what is no
    list of arrays.

    >>> clipnorm([[30, -40], [1]], bound=5)
    [array([ 3., -4.]), array([1.])]
    """
    gradients = as_list(clipnorm, gradients=gradients)
    check_positive(clipnorm, bound=bound)
    return [g * bound / max(bound, float(np.linalg.norm(g))) for g in gradients]


def global_clipnorm(
    gradients: Sequence[ArrayLike], bound: float
) -> list[np.ndarray]:
    """Scale down all arrays of a list together (Pascanu et al., 2013).

    Raises ValueError for a bound that is not above 0, TypeError for what is no
    list of arrays.

    >>> global_clipnorm([[30], [-40]], bound=5)
    [array([3.]), array([-4.])]
    """
    gradients = as_list(global_clipnorm, gradients=gradients)
    check_positive(global_clipnorm, bound=bound)
    global_norm = float(np.linalg.norm([np.linalg.norm(g) for g in gradients]))
    return [g * bound / max(bound, global_norm) for g in gradients]


def loss_scale_step(
    weights: ArrayLike,
    gradient: ArrayLike,
    scale: float,
    finite_steps: int,
    learning_rate: float = 0.01,
    dynamic_growth_steps: int = 2000,
) -> tuple[np.ndarray, float, int]:
    """One step of SGD with loss scaling (keras.optimizers.LossScaleOptimizer).

    gradient: of the scaled loss, of the shape of weights. The scale begins as
    2**15 and finite_steps as 0. Returns the new weights, scale, finite_steps.

    Raises ValueError for other shapes, for a scale that is not above 0, and for
    numbers of steps below 0 and 1.

    >>> loss_scale_step([5], [np.inf], scale=8, finite_steps=3)
    (array([5]), 4.0, 0)
    >>> loss_scale_step([5], [8], scale=8, finite_steps=3, learning_rate=1)
    (array([4.]), 8, 4)
    """
    weights, gradient = as_arrays(
        loss_scale_step, weights=weights, gradient=gradient
    )
    _check_states(loss_scale_step, weights, gradient=gradient)
    check_positive(loss_scale_step, scale=scale)
    check_numbers(loss_scale_step, learning_rate=learning_rate)
    check_sizes(loss_scale_step, 1, 0, finite_steps=finite_steps)
    check_sizes(loss_scale_step, dynamic_growth_steps=dynamic_growth_steps)
    if not np.all(np.isfinite(gradient)):
        return weights, scale / 2, 0
    weights = weights - learning_rate * gradient / scale
    if finite_steps + 1 == dynamic_growth_steps:
        return weights, 2 * scale, 0
    return weights, scale, finite_steps + 1
