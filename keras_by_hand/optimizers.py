"""Optimizers: one step of each, and what all of them share.

A step takes a weight, its gradient, and slots, which are what the optimizer
keeps for it, by Keras' names, or None at first. It returns the new weight and
slots.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.occurrences import Occurrences
from keras_by_hand.shapes import (
    as_array,
    as_arrays,
    as_gradient,
    as_gradients,
    as_slots,
    check_flags,
    check_functions,
    check_numbers,
    check_patterns,
    check_positive,
    check_shapes,
    check_sizes,
)

Slots = dict[str, np.ndarray]  # what an optimizer keeps for a weight
Gradient = ArrayLike | Occurrences


def dense_gradient(
    gradient: Gradient, change: Callable[[np.ndarray], np.ndarray] = np.copy
) -> np.ndarray:
    """A gradient as an array, with each entry changed, as by np.square.

    What Occurrences have for one row is changed first, and then adds up: so
    Keras squares gradients of embeddings. Returns the shape of the weight.

    Raises TypeError for a change that is no function.

    >>> gradient = Occurrences([[1, 2], [3, 4]], [1, 1], (3, 2))
    >>> dense_gradient(gradient, np.square)
    array([[ 0.,  0.],
           [10., 20.],
           [ 0.,  0.]])
    """
    check_functions(dense_gradient, change=change)
    if not isinstance(gradient, Occurrences):
        return change(np.asarray(gradient))
    values = change(np.asarray(gradient.values))
    total = np.zeros(gradient.shape, np.result_type(values, np.float16))
    np.add.at(total, np.asarray(gradient.rows), values)
    return total


def _zeros(w, *names):
    """The slots of a new optimizer."""
    return {name: np.zeros_like(w) for name in names}


def _through_float32(number: float) -> float:
    """What Keras casts to the dtype of a weight, TensorFlow rounds to float32
    first, even on its way to float64."""
    return float(np.float32(number))


def sgd(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None = None,
    learning_rate: float = 0.01,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> tuple[np.ndarray, Slots]:
    """One step of SGD (Sutskever et al., 2013, section 2).

    w and gradient have one shape; so has the slot momentum, which there is
    where the argument is not 0. Returns the new w and slots.

    Raises ValueError for other shapes and slots, and for a momentum that is not
    from 0 to 1.

    >>> w, slots = sgd([5, 5], [4, 0], learning_rate=0.5, momentum=0.5)
    >>> sgd(w, [4, 0], slots, learning_rate=0.5, momentum=0.5)
    (array([0., 5.]), {'momentum': array([-3.,  0.])})
    """
    w = as_array(sgd, w=w)
    gradient = as_gradient(sgd, w.shape, gradient=gradient)
    check_flags(sgd, nesterov=nesterov)
    check_numbers(sgd, learning_rate=learning_rate)
    check_numbers(sgd, 0, 1, momentum=momentum)
    new = _zeros(w, "momentum") if momentum else {}
    slots = as_slots(sgd, new, slots=slots)
    step = -learning_rate * dense_gradient(gradient)
    if not momentum:
        return w + step, {}
    momentum = _through_float32(momentum)
    velocity = momentum * (slots or new)["momentum"] + step
    w = w + (momentum * velocity + step if nesterov else velocity)
    return w, {"momentum": velocity}


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
    gradient: Gradient,
    slots: Slots | None = None,
    learning_rate: float = 0.001,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
    centered: bool = False,
) -> tuple[np.ndarray, Slots]:
    """One step of RMSprop (Keras documentation, RMSprop; Hinton, 2012).

    w and gradient have one shape; so have the slots velocity, momentum where
    the argument is above 0, and average_gradient where it is centered. Returns
    the new w and slots.

    Raises ValueError for other shapes and slots, and for a momentum below 0.

    >>> rmsprop([5], [4], rho=0.75)
    (array([4.998]), {'velocity': array([4.])})
    """
    w = as_array(rmsprop, w=w)
    gradient = as_gradient(rmsprop, w.shape, gradient=gradient)
    check_flags(rmsprop, centered=centered)
    check_numbers(rmsprop, 0, momentum=momentum)
    check_numbers(
        rmsprop, learning_rate=learning_rate, rho=rho, epsilon=epsilon
    )
    new = _zeros(w, "velocity")
    if momentum:
        new |= _zeros(w, "momentum")
    if centered:
        new |= _zeros(w, "average_gradient")
    slots = as_slots(rmsprop, new, slots=slots)
    slots, squares = dict(slots or new), dense_gradient(gradient, np.square)
    gradient = dense_gradient(gradient)
    v = slots["velocity"] = rho * slots["velocity"] + (1 - rho) * squares
    if centered:
        average = rho * slots["average_gradient"] + (1 - rho) * gradient
        slots["average_gradient"] = average
        v = v - average**2
    step = learning_rate * gradient / np.sqrt(v + epsilon)
    if momentum:
        step = slots["momentum"] = momentum * slots["momentum"] + step
    return w - step, slots


def adam(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    amsgrad: bool = False,
) -> tuple[np.ndarray, Slots]:
    """One step of Adam (Kingma and Ba, 2015, section 2, with epsilon hat).

    w and gradient have one shape; so have the slots momentum, velocity and,
    with amsgrad (Reddi et al., 2018), velocity_hat. t is the number of the
    step, from 1. Returns the new w and slots.

    Raises ValueError for other shapes and slots, for a t below 1, and for betas
    that are not from 0 to below 1.

    >>> w, slots = adam([5, 5], [4, -0.1], None, t=1)
    >>> w.round(4)
    array([4.999, 5.001])
    """
    w = as_array(adam, w=w)
    gradient = as_gradient(adam, w.shape, gradient=gradient)
    check_flags(adam, amsgrad=amsgrad)
    _check_rates(adam, t, learning_rate, beta_1, beta_2, epsilon)
    new = _zeros(w, "momentum", "velocity", *["velocity_hat"] * amsgrad)
    slots = as_slots(adam, new, slots=slots)
    slots, squares = dict(slots or new), dense_gradient(gradient, np.square)
    m = beta_1 * slots["momentum"] + (1 - beta_1) * dense_gradient(gradient)
    v = beta_2 * slots["velocity"] + (1 - beta_2) * squares
    slots["momentum"], slots["velocity"] = m, v
    if amsgrad:
        v = slots["velocity_hat"] = np.maximum(slots["velocity_hat"], v)
    beta_1, beta_2 = _through_float32(beta_1), _through_float32(beta_2)
    rate = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    return w - rate * m / (np.sqrt(v) + epsilon), slots


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

    Raises ValueError for other shapes, for a t below 1, and for betas that are
    not from 0 to below 1.

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
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.001,
    weight_decay: float = 0.004,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    amsgrad: bool = False,
) -> tuple[np.ndarray, Slots]:
    """One step of AdamW (Keras documentation; Loshchilov and Hutter, 2019).

    w and gradient have one shape, and the slots are those of adam. t is the
    number of the step, from 1. Returns the new w and slots.

    Raises ValueError as adam does.

    >>> w, slots = adamw([5], [0], None, t=1, weight_decay=2)
    >>> w  # 5 - 0.001 * 2 * 5
    array([4.99])
    """
    w = as_array(adamw, w=w)
    gradient = as_gradient(adamw, w.shape, gradient=gradient)
    _check_rates(adamw, t, learning_rate, beta_1, beta_2, epsilon)
    check_numbers(adamw, weight_decay=weight_decay)
    check_flags(adamw, amsgrad=amsgrad)
    new = _zeros(w, "momentum", "velocity", *["velocity_hat"] * amsgrad)
    slots = as_slots(adamw, new, slots=slots)
    w = w - learning_rate * _through_float32(weight_decay) * w
    options = learning_rate, beta_1, beta_2, epsilon, amsgrad
    return adam(w, gradient, slots or new, t, *options)


def adamax(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, Slots]:
    """One step of Adamax (Kingma and Ba, 2015, section 7.1).

    w and gradient have one shape; so have the slots momentum and norm. t is the
    number of the step, from 1. Returns the new w and slots.

    Raises ValueError as adam does.

    >>> w, slots = adamax([5], [4], None, t=1)
    >>> w.round(4), slots["norm"]
    (array([4.999]), array([4.]))
    """
    w = as_array(adamax, w=w)
    gradient = as_gradient(adamax, w.shape, gradient=gradient)
    _check_rates(adamax, t, learning_rate, beta_1, beta_2, epsilon)
    new = _zeros(w, "momentum", "norm")
    slots = as_slots(adamax, new, slots=slots)
    slots, sizes = slots or new, dense_gradient(gradient, np.abs)
    m = beta_1 * slots["momentum"] + (1 - beta_1) * dense_gradient(gradient)
    u = np.maximum(beta_2 * slots["norm"], sizes)
    correction = 1 - _through_float32(beta_1) ** t
    step = learning_rate * m / (correction * (u + epsilon))
    return w - step, {"momentum": m, "norm": u}


def nadam(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, Slots]:
    """One step of Nadam (Dozat, 2016, with the schedule of its momentum).

    w and gradient have one shape; so have the slots momentum and velocity. The
    slot u_product, a number, is that of all weights. t is the number of the
    step, from 1. Returns the new w and slots.

    Raises ValueError as adam does.

    >>> w, slots = nadam([5], [4], None, t=1)
    >>> w.round(4), slots["u_product"]
    (array([4.9989]), array(0.468))
    """
    w = as_array(nadam, w=w)
    gradient = as_gradient(nadam, w.shape, gradient=gradient)
    _check_rates(nadam, t, learning_rate, beta_1, beta_2, epsilon)
    new = _zeros(w, "momentum", "velocity") | {
        "u_product": np.ones_like(w, shape=())
    }
    slots = as_slots(nadam, new, slots=slots)
    slots, squares = slots or new, dense_gradient(gradient, np.square)
    gradient = dense_gradient(gradient)
    product = slots["u_product"] * (beta_1 * (1 - 0.5 * 0.96**t))
    # Keras casts these, and did not cast them in the product.
    beta_1, beta_2 = _through_float32(beta_1), _through_float32(beta_2)
    decay = _through_float32(0.96)
    m = beta_1 * slots["momentum"] + (1 - beta_1) * gradient
    v = beta_2 * slots["velocity"] + (1 - beta_2) * squares
    u = beta_1 * (1 - 0.5 * decay**t)
    next_u = beta_1 * (1 - 0.5 * decay ** (t + 1))
    ahead = next_u * m / (1 - product * next_u)
    ahead = ahead + (1 - u) * gradient / (1 - product)
    root = np.sqrt(v / (1 - beta_2**t))
    slots = {"momentum": m, "velocity": v, "u_product": np.asarray(product)}
    return w - learning_rate * ahead / (root + epsilon), slots


def lamb(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, Slots]:
    """One step of Lamb (You et al., 2020, Algorithm 2, without weight decay).

    w and gradient have one shape; so have the slots momentum and velocity. t is
    the number of the step, from 1. Returns the new w and slots.

    Raises ValueError as adam does.

    >>> w, slots = lamb([3, 4], [2, 2], None, t=1)  # 0.001 of the length of w
    >>> w.round(5)
    array([2.99646, 3.99646])
    """
    w = as_array(lamb, w=w)
    gradient = as_gradient(lamb, w.shape, gradient=gradient)
    _check_rates(lamb, t, learning_rate, beta_1, beta_2, epsilon)
    new = _zeros(w, "momentum", "velocity")
    slots = as_slots(lamb, new, slots=slots)
    slots, squares = slots or new, dense_gradient(gradient, np.square)
    m = beta_1 * slots["momentum"] + (1 - beta_1) * dense_gradient(gradient)
    v = beta_2 * slots["velocity"] + (1 - beta_2) * squares
    beta_1, beta_2 = _through_float32(beta_1), _through_float32(beta_2)
    root = np.sqrt(v / (1 - beta_2**t))
    update = m / (1 - beta_1**t) / (root + epsilon)
    lengths = np.sqrt(np.sum(w**2)), np.sqrt(np.sum(update**2))
    ratio = lengths[0] / lengths[1] if min(lengths) > 0 else 1
    slots = {"momentum": m, "velocity": v}
    return w - ratio * learning_rate * update, slots


def lion(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None = None,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.99,
) -> tuple[np.ndarray, Slots]:
    """One step of Lion (Chen et al., 2023, Algorithm 2).

    w and gradient have one shape; so has the slot momentum. Returns the new w
    and slots.

    Raises ValueError for other shapes and slots, and for a beta_1 that is not
    above 0 and at most 1.

    >>> w, slots = lion([5, 5], [4, -0.1])
    >>> w
    array([4.999, 5.001])
    """
    w = as_array(lion, w=w)
    gradient = as_gradient(lion, w.shape, gradient=gradient)
    check_numbers(lion, learning_rate=learning_rate, beta_2=beta_2)
    check_numbers(lion, 0, 1, beta_1=beta_1)
    check_positive(lion, beta_1=beta_1)
    new = _zeros(w, "momentum")
    slots = as_slots(lion, new, slots=slots)
    m, gradient = (slots or new)["momentum"], dense_gradient(gradient)
    beta_1, beta_2 = _through_float32(beta_1), _through_float32(beta_2)
    w = w - learning_rate * np.sign(beta_1 * m + (1 - beta_1) * gradient)
    return w, {"momentum": beta_2 * m + (1 - beta_2) * gradient}


def adagrad(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None = None,
    learning_rate: float = 0.001,
    initial_accumulator_value: float = 0.1,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, Slots]:
    """One step of Adagrad (Duchi et al., 2011).

    w and gradient have one shape; so has the slot accumulator, which begins at
    initial_accumulator_value. Returns the new w and slots.

    Raises ValueError for other shapes and slots, TypeError for what is no
    number.

    >>> adagrad([5], [4], initial_accumulator_value=9, epsilon=0)
    (array([4.9992]), {'accumulator': array([25.])})
    """
    w = as_array(adagrad, w=w)
    gradient = as_gradient(adagrad, w.shape, gradient=gradient)
    numbers = {"learning_rate": learning_rate, "epsilon": epsilon}
    check_numbers(
        adagrad, **numbers, initial_accumulator_value=initial_accumulator_value
    )
    first = _through_float32(initial_accumulator_value)
    new = {"accumulator": np.zeros_like(w) + first}
    slots = as_slots(adagrad, new, slots=slots)
    squares = dense_gradient(gradient, np.square)
    accumulator = (slots or new)["accumulator"] + squares
    step = (
        learning_rate
        * dense_gradient(gradient)
        / np.sqrt(accumulator + epsilon)
    )
    return w - step, {"accumulator": accumulator}


def adadelta(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None = None,
    learning_rate: float = 0.001,
    rho: float = 0.95,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, Slots]:
    """One step of Adadelta (Zeiler, 2012, Algorithm 1).

    w and gradient have one shape; so have the slots accumulated_grad and
    accumulated_delta_var. Returns the new w and slots.

    Raises ValueError for other shapes and slots, TypeError for what is no
    number.

    >>> w, slots = adadelta([5], [4], learning_rate=1, rho=0.75, epsilon=12)
    >>> w, slots["accumulated_grad"]  # 5 - 4 * sqrt(12) / sqrt(4 + 12)
    (array([1.53589838]), array([4.]))
    """
    w = as_array(adadelta, w=w)
    gradient = as_gradient(adadelta, w.shape, gradient=gradient)
    check_numbers(
        adadelta, learning_rate=learning_rate, rho=rho, epsilon=epsilon
    )
    new = _zeros(w, "accumulated_grad", "accumulated_delta_var")
    slots = as_slots(adadelta, new, slots=slots)
    slots, squares = slots or new, dense_gradient(gradient, np.square)
    grad = rho * slots["accumulated_grad"] + (1 - rho) * squares
    delta = slots["accumulated_delta_var"]
    ratio = np.sqrt(delta + epsilon) / np.sqrt(grad + epsilon)
    delta = rho * delta + (1 - rho) * ratio**2 * squares
    slots = {"accumulated_grad": grad, "accumulated_delta_var": delta}
    return w - learning_rate * ratio * dense_gradient(gradient), slots


def ftrl(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None = None,
    learning_rate: float = 0.001,
    learning_rate_power: float = -0.5,
    initial_accumulator_value: float = 0.1,
    l1_regularization_strength: float = 0.0,
    l2_regularization_strength: float = 0.0,
    l2_shrinkage_regularization_strength: float = 0.0,
    beta: float = 0.0,
) -> tuple[np.ndarray, Slots]:
    """One step of Ftrl (McMahan et al., 2013, Algorithm 1).

    w and gradient have one shape; so have the slots accumulator, which begins
    at initial_accumulator_value, and linear. Returns the new w and slots.

    Raises ValueError for other shapes and slots, for a learning_rate_power
    above 0, and for strengths and a first accumulator below 0.

    >>> w, slots = ftrl([0, 0], [4, -0.1], learning_rate=0.5)
    >>> w.round(4), slots["linear"]
    (array([-0.4984,  0.1508]), array([ 4. , -0.1]))
    """
    w = as_array(ftrl, w=w)
    gradient = as_gradient(ftrl, w.shape, gradient=gradient)
    _check_ftrl(
        learning_rate,
        learning_rate_power,
        beta,
        initial_accumulator_value=initial_accumulator_value,
        l1_regularization_strength=l1_regularization_strength,
        l2_regularization_strength=l2_regularization_strength,
        l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength,
    )
    first = _through_float32(initial_accumulator_value)
    new = {"accumulator": np.zeros_like(w) + first, "linear": np.zeros_like(w)}
    slots = as_slots(ftrl, new, slots=slots)
    slots, squares = slots or new, dense_gradient(gradient, np.square)
    shrinkage = 2 * l2_shrinkage_regularization_strength * w
    accumulator = slots["accumulator"] + squares
    root = accumulator**-learning_rate_power
    growth = root - slots["accumulator"] ** -learning_rate_power
    linear = slots["linear"] + dense_gradient(gradient) + shrinkage
    linear = linear - growth / learning_rate * w
    l1, l2 = l1_regularization_strength, l2_regularization_strength
    l2 = l2 + beta / (2 * learning_rate)
    left = np.clip(linear, -l1, l1) - linear
    slots = {"accumulator": accumulator, "linear": linear}
    return left / (root / learning_rate + 2 * l2), slots


def _check_ftrl(learning_rate, learning_rate_power, beta, **strengths):
    check_positive(ftrl, learning_rate=learning_rate)
    check_numbers(ftrl, beta=beta)
    check_numbers(ftrl, most=0, learning_rate_power=learning_rate_power)
    check_numbers(ftrl, 0, **strengths)


def adafactor(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.001,
    beta_2_decay: float = -0.8,
    epsilon_1: float = 1e-30,
    epsilon_2: float = 0.001,
    clip_threshold: float = 1.0,
    relative_step: bool = True,
) -> tuple[np.ndarray, Slots]:
    """One step of Adafactor (Shazeer and Stern, 2018, Algorithms 4 and 5).

    w and gradient have one shape. The slots r and c have it without its last
    axis and without the one before; the slot velocity has it. For less than two
    axes, r and c are 0. t is the number of the step, from 1. relative_step
    changes nothing: the rate is at most 1 / sqrt(t) in any case, as in Keras.
    Returns the new w and slots.

    Raises ValueError for other shapes and slots, and for a t below 1, TypeError
    for what is no number.

    >>> w, slots = adafactor([[5, 5]], [[4, 4]], None, t=1)
    >>> w, slots["r"], slots["c"]
    (array([[4.995, 4.995]]), array([16.]), array([16., 16.]))
    """
    w = as_array(adafactor, w=w)
    gradient = as_gradient(adafactor, w.shape, gradient=gradient)
    check_sizes(adafactor, t=t)
    check_flags(adafactor, relative_step=relative_step)
    check_numbers(
        adafactor,
        learning_rate=learning_rate,
        beta_2_decay=beta_2_decay,
        epsilon_1=epsilon_1,
        epsilon_2=epsilon_2,
        clip_threshold=clip_threshold,
    )
    new = {"r": np.zeros(()), "c": np.zeros(()), "velocity": np.zeros_like(w)}
    if np.ndim(w) >= 2:
        new["r"], new["c"] = (
            np.zeros_like(w[..., 0]),
            np.zeros_like(w[..., 0, :]),
        )
    slots = as_slots(adafactor, new, slots=slots)
    slots, beta_2 = slots or new, 1 - t**beta_2_decay
    squares = dense_gradient(gradient, np.square)
    r, c, v = slots.values()
    if w.ndim >= 2:
        r = beta_2 * r + (1 - beta_2) * np.mean(squares + epsilon_1, axis=-1)
        c = beta_2 * c + (1 - beta_2) * np.mean(squares + epsilon_1, axis=-2)
        share = r / np.mean(r, axis=-1, keepdims=True)
        v = share[..., np.newaxis] * c[..., np.newaxis, :]
    else:
        v = beta_2 * v + (1 - beta_2) * (squares + epsilon_1)
    rms = np.sqrt(np.mean(squares / v))
    least = _through_float32(epsilon_2)
    rate = min(learning_rate, t**-0.5) * max(least, np.sqrt(np.mean(w**2)))
    update = (
        dense_gradient(gradient) / np.sqrt(v) / max(1, rms / clip_threshold)
    )
    return w - rate * update, {"r": r, "c": c, "velocity": v}


def schedule_free_adamw(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.0025,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    warmup_steps: int = 0,
    weight_decay: float | None = None,
) -> tuple[np.ndarray, Slots]:
    """One step of ScheduleFreeAdamW (Defazio et al., 2024, Algorithm 1).

    w and gradient have one shape; so have the slots momentum, which begins as
    w before it decays, and velocity. t is the number of the step, from 1; in
    the first warmup_steps the learning rate grows. beta_1 changes nothing, as
    in Keras on TensorFlow, which takes the new momentum for the old one: so w
    is the mean of all momentums. Returns the new w and slots.

    Raises ValueError as adam does, and for warmup_steps below 0.

    >>> w, slots = schedule_free_adamw([5], [4], None, t=1)
    >>> w, slots["momentum"]
    (array([4.9975]), array([4.9975]))
    """
    w = as_array(schedule_free_adamw, w=w)
    gradient = as_gradient(schedule_free_adamw, w.shape, gradient=gradient)
    _check_rates(schedule_free_adamw, t, learning_rate, beta_1, beta_2, epsilon)
    check_numbers(schedule_free_adamw, weight_decay=weight_decay)
    check_sizes(schedule_free_adamw, least=0, warmup_steps=warmup_steps)
    new = {"momentum": np.asarray(w), "velocity": np.zeros_like(w)}
    slots = as_slots(schedule_free_adamw, new, slots=slots)
    if weight_decay is not None:
        w = w - learning_rate * _through_float32(weight_decay) * w
    slots, squares = slots or new, dense_gradient(gradient, np.square)
    beta_2, epsilon = _through_float32(beta_2), _through_float32(epsilon)
    v = beta_2 * slots["velocity"] + (1 - beta_2) * squares
    root = np.sqrt(v / (1 - beta_2**t))
    rate = learning_rate * min(1, t / max(1, warmup_steps))
    z = slots["momentum"] - rate * dense_gradient(gradient) / (root + epsilon)
    return w + (z - w) / t, {"momentum": z, "velocity": v}


def muon(
    w: ArrayLike,
    gradient: Gradient,
    slots: Slots | None,
    t: int,
    learning_rate: float = 0.001,
    adam_beta_1: float = 0.9,
    adam_beta_2: float = 0.999,
    adam_weight_decay: float | None = 0.004,
    epsilon: float = 1e-7,
    weight_decay: float | None = 0.004,
    exclude_layers: Sequence[str] | None = None,
    exclude_embeddings: bool = True,
    muon_a: float = 3.4445,
    muon_b: float = -4.775,
    muon_c: float = 2.0315,
    adam_lr_ratio: float = 1,
    momentum: float = 0.95,
    ns_steps: int = 5,
    nesterov: bool = True,
    rms_rate: float | None = 0.2,
    path: str = "",
) -> tuple[np.ndarray, Slots]:
    """One step of Muon (Jordan et al., 2024), which is AdamW for most weights.

    w and gradient have one shape; so have the slots momentum and, of AdamW,
    velocity. It is AdamW for all but two axes, and where path, as that of
    "dense/kernel", has "embedding" in it, or what exclude_layers lists. t is
    the number of the step, from 1. Returns the new w and slots.

    Raises ValueError for other shapes and slots, for a t or ns_steps below 1,
    and for betas that are not from 0 to below 1.

    >>> w, slots = muon([[1, 0], [0, 1]], [[3, 0], [0, 3]], None, t=1)
    >>> w.round(4)
    array([[0.9997, 0.    ],
           [0.    , 0.9997]])
    """
    w = as_array(muon, w=w)
    gradient = as_gradient(muon, w.shape, gradient=gradient)
    _check_betas(muon, adam_beta_1=adam_beta_1, adam_beta_2=adam_beta_2)
    check_sizes(muon, t=t, ns_steps=ns_steps)
    check_flags(muon, nesterov=nesterov, exclude_embeddings=exclude_embeddings)
    check_numbers(
        muon,
        learning_rate=learning_rate,
        adam_weight_decay=adam_weight_decay,
        epsilon=epsilon,
        weight_decay=weight_decay,
        muon_a=muon_a,
        muon_b=muon_b,
        muon_c=muon_c,
        adam_lr_ratio=adam_lr_ratio,
        momentum=momentum,
        rms_rate=rms_rate,
    )
    check_patterns(muon, exclude_layers=exclude_layers, path=path)
    excluded = [
        *(exclude_layers or ()),
        *["(?i)embedding"] * exclude_embeddings,
    ]
    is_adam = np.ndim(w) != 2 or any(re.search(part, path) for part in excluded)
    new = _zeros(w, "momentum", *["velocity"] * is_adam)
    slots = as_slots(muon, new, slots=slots)
    slots = slots or new
    decay = adam_weight_decay if is_adam else weight_decay
    if decay is not None:
        w = w - learning_rate * _through_float32(decay) * w
    if is_adam:
        rate = adam_lr_ratio * learning_rate
        return adam(
            w, gradient, slots, t, rate, adam_beta_1, adam_beta_2, epsilon
        )
    gradient = dense_gradient(gradient)
    m = momentum * slots["momentum"] + gradient
    update = gradient + momentum * m if nesterov else m
    update = newton_schulz(update, ns_steps, muon_a, muon_b, muon_c)
    if rms_rate is not None:
        update = rms_rate * float(np.sqrt(max(w.shape))) * update
    return w - learning_rate * update, {"momentum": m}


def newton_schulz(
    x: ArrayLike,
    ns_steps: int = 5,
    muon_a: float = 3.4445,
    muon_b: float = -4.775,
    muon_c: float = 2.0315,
) -> np.ndarray:
    """Bring all singular values near 1 (Jordan et al., 2024).

    x: (rows, columns). Returns the same shape.

    Raises ValueError for other shapes, and for ns_steps below 1.

    >>> newton_schulz([[4, 0], [0, 1]]).round(4)
    array([[0.7374, 0.    ],
           [0.    , 0.7429]])
    """
    x = as_array(newton_schulz, x=x)
    check_shapes(newton_schulz, x=(x, ("rows", "columns")))
    check_sizes(newton_schulz, ns_steps=ns_steps)
    check_numbers(newton_schulz, muon_a=muon_a, muon_b=muon_b, muon_c=muon_c)
    y = np.transpose(x) if np.shape(x)[0] > np.shape(x)[1] else np.asarray(x)
    y = y / (np.linalg.norm(y) + 1e-7)
    for _ in range(ns_steps):
        square = y @ y.T
        y = muon_a * y + (muon_b * square + muon_c * square @ square) @ y
    return y.T if y.shape != np.shape(x) else y


def order_slots(
    step: Callable[..., tuple[np.ndarray, Slots]], slots: Sequence[Slots]
) -> list[np.ndarray]:
    """The slots of all weights as a file has them, behind what all share.

    step: the optimizer's; slots: those of each weight. In a file stand the
    number of steps, the learning rate, the averages of weights, and accumulated
    gradients, if there are any, and then these.

    Raises TypeError for a step that is no function.

    >>> _, kernel = adam([5], [1], None, t=1, amsgrad=True)
    >>> _, bias = adam([5], [2], None, t=1, amsgrad=True)
    >>> [float(x[0].round(3)) for x in order_slots(adam, [kernel, bias])]
    [0.1, 0.001, 0.2, 0.004, 0.001, 0.004]
    """
    check_functions(order_slots, step=step)
    apart = {
        "adam": ["velocity_hat"],
        "adamw": ["velocity_hat"],
        "nadam": ["u_product"],
        "rmsprop": ["momentum", "average_gradient"],
    }.get(step.__name__, [])
    found = [
        array
        for of_weight in slots
        for name, array in of_weight.items()
        if name not in apart
    ]
    for name in apart:
        arrays = [of_weight[name] for of_weight in slots if name in of_weight]
        found += arrays[:1] if name == "u_product" else arrays
    return found


# -- What all optimizers share


def accumulate_gradient(
    gradient: Gradient,
    accumulator: ArrayLike,
    iterations: int,
    gradient_accumulation_steps: int,
) -> tuple[np.ndarray | None, np.ndarray]:
    """Add up gradients, and hand on their mean in each of so many calls.

    gradient and accumulator, which begins at 0, have one shape; iterations: of
    calls before. Returns the mean, or None where there is no step yet, and the
    accumulator. Steps count from iterations // gradient_accumulation_steps.

    Raises ValueError for other shapes, for iterations below 0, and for less
    than two steps.

    >>> mean, accumulator = accumulate_gradient([2], [0], 0, 2)
    >>> accumulate_gradient([4], accumulator, 1, 2)
    (array([3.]), array([0]))
    """
    accumulator = as_array(accumulate_gradient, accumulator=accumulator)
    gradient = as_gradient(
        accumulate_gradient, accumulator.shape, gradient=gradient
    )
    check_sizes(accumulate_gradient, least=0, iterations=iterations)
    check_sizes(
        accumulate_gradient,
        least=2,
        gradient_accumulation_steps=gradient_accumulation_steps,
    )
    total = accumulator + dense_gradient(gradient)
    if (iterations + 1) % gradient_accumulation_steps:
        return None, total
    return total / gradient_accumulation_steps, np.zeros_like(total)


def decay_weight(
    w: ArrayLike,
    learning_rate: float,
    weight_decay: float | None,
    path: str = "",
    var_names: Sequence[str] = (),
) -> np.ndarray:
    """Weight decay of any optimizer, before its step (Loshchilov and Hutter,
    2019).

    w: any shape. It stays as it is where one of var_names, which
    exclude_from_weight_decay was given, is found in its path: on TensorFlow, as
    "dense/kernel"; elsewhere, in its name alone. Returns the shape of w.

    Raises TypeError for what is no number, or no text.

    >>> decay_weight([8, 4], learning_rate=0.5, weight_decay=0.5)
    array([6., 3.])
    >>> decay_weight([8, 4], 0.5, 0.5, path="dense/bias", var_names=["bias"])
    array([8, 4])
    """
    w = as_array(decay_weight, w=w)
    check_numbers(
        decay_weight, learning_rate=learning_rate, weight_decay=weight_decay
    )
    check_patterns(decay_weight, path=path, var_names=var_names)
    is_excluded = any(re.search(name, path) for name in var_names)
    if weight_decay is None or is_excluded:
        return w
    return w - learning_rate * _through_float32(weight_decay) * w


def average_weight(
    w: ArrayLike,
    average: ArrayLike,
    iterations: int,
    ema_momentum: float = 0.99,
    ema_overwrite_frequency: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Move the average of a weight on, after its step (use_ema).

    w and average have one shape; iterations: of steps before. Each
    ema_overwrite_frequency-th step puts the average in the place of w, and so
    does the end of fit. Returns the new w and average.

    Raises ValueError for other shapes, for iterations below 0, for a momentum
    that is not from 0 to 1, and for a frequency below 1.

    >>> w, average = average_weight([8], [0], iterations=0)  # the first
    >>> average_weight([4], average, iterations=1, ema_momentum=0.75)
    (array([4]), array([7.]))
    """
    w, average = as_arrays(average_weight, w=w, average=average)
    _check_states(average_weight, w, average=average)
    check_sizes(average_weight, least=0, iterations=iterations)
    check_numbers(average_weight, 0, 1, ema_momentum=ema_momentum)
    if ema_overwrite_frequency is not None:
        check_sizes(
            average_weight, ema_overwrite_frequency=ema_overwrite_frequency
        )
    momentum = ema_momentum if iterations else 0
    average = momentum * average + (1 - momentum) * w
    often = ema_overwrite_frequency
    if often is not None and (iterations + 1) % often == 0:
        return average, average
    return w, average


def _check_states(function, w, **arrays):
    """All must have the shape of w."""
    shape = np.shape(w)
    check_shapes(function, **{name: (x, shape) for name, x in arrays.items()})


def _check_rates(function, t, learning_rate, beta_1, beta_2, epsilon):
    """Steps are counted from 1."""
    check_sizes(function, t=t)
    check_numbers(function, learning_rate=learning_rate, epsilon=epsilon)
    _check_betas(function, beta_1=beta_1, beta_2=beta_2)


def _check_betas(function, **betas):
    """Averages must forget."""
    for name, beta in betas.items():
        check_numbers(function, 0, **{name: beta})
        if beta >= 1:
            raise ValueError(
                f"{function.__name__}: {name} must be below 1, not {beta!r}"
            )


def _entries(gradient):
    """The numbers that are clipped: those of each occurrence by themselves."""
    return gradient.values if isinstance(gradient, Occurrences) else gradient


def _with_entries(gradient, entries):
    if isinstance(gradient, Occurrences):
        return Occurrences(entries, gradient.rows, gradient.shape)
    return entries


def clipvalue(
    gradients: Sequence[Gradient], bound: float
) -> list[np.ndarray | Occurrences]:
    """Clip each entry of a list of arrays (Keras documentation, Optimizer).

    Raises ValueError for a bound that is not above 0, TypeError for what is no
    list of arrays.

    >>> clipvalue([[3, -4], [1]], bound=2)
    [array([ 2, -2]), array([1])]
    """
    gradients = as_gradients(clipvalue, gradients=gradients)
    check_positive(clipvalue, bound=bound)
    return [
        _with_entries(g, np.clip(_entries(g), -bound, bound)) for g in gradients
    ]


def clipnorm(
    gradients: Sequence[Gradient], bound: float
) -> list[np.ndarray | Occurrences]:
    """Scale down each gradient of a list whose own norm is larger than bound.

    The norm of Occurrences is that of all their entries, before rows add up.

    Raises ValueError for a bound that is not above 0, TypeError for what is no
    list of arrays.

    >>> clipnorm([[30, -40], [1]], bound=5)
    [array([ 3., -4.]), array([1.])]
    """
    gradients = as_gradients(clipnorm, gradients=gradients)
    check_positive(clipnorm, bound=bound)
    clipped = []
    for g in gradients:
        entries = _entries(g)
        norm = float(np.linalg.norm(entries))
        clipped.append(_with_entries(g, entries * bound / max(norm, bound)))
    return clipped


def global_clipnorm(
    gradients: Sequence[Gradient], bound: float
) -> list[np.ndarray]:
    """Scale down all gradients of a list together (Pascanu et al., 2013).

    The norm of Occurrences is that of all their entries; then rows add up. All
    entries are NaN where any is not finite.

    Raises ValueError for a bound that is not above 0, TypeError for what is no
    list of arrays.

    >>> global_clipnorm([[30], [-40]], bound=5)
    [array([3.]), array([-4.])]
    """
    gradients = as_gradients(global_clipnorm, gradients=gradients)
    check_positive(global_clipnorm, bound=bound)
    norms = [np.linalg.norm(_entries(g)) for g in gradients]
    norm = float(np.linalg.norm(norms))
    factor = bound / max(norm, bound) if np.isfinite(norm) else np.nan
    return [factor * dense_gradient(g) for g in gradients]
