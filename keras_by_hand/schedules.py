"""Schedules: learning rates step by step, and what callbacks decide by numbers.

A schedule is a function of the step, counted from 0. Keras gives it small steps
where gradients are accumulated. It is computed in float32, as in fit, where
TensorFlow multiplies by 1 / decay_steps, rounded, and does not divide: a stair
of a schedule may begin a step later.
"""

from collections.abc import Sequence
from numbers import Integral
from typing import Literal, NamedTuple

import numpy as np

from keras_by_hand.shapes import (
    as_array,
    as_option,
    check_flags,
    check_numbers,
    check_positive,
    check_shapes,
    check_sizes,
)


def _in_float32(number, *others):
    """An array of each, of length 1: where it meets one of Python's numbers,
    NumPy stays in float32."""
    return [np.float32([n]) for n in (number, *others)]


def _round_once(function, *arrays):
    """A function of arrays of float32, rounded to it only in the end, as C
    does; NumPy's own, in float32, may be off by more."""
    return np.float32(function(*map(np.float64, arrays)))


def exponential_decay(
    step: int,
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
) -> float:
    """Multiply the rate by decay_rate in each decay_steps (Keras documentation,
    ExponentialDecay). With staircase, only at their end.

    Raises ValueError for a step below 0, and for decay_steps that are not above
    0.

    >>> exponential_decay(6, 8.0, decay_steps=3, decay_rate=0.5)
    2.0
    """
    _check_decay(
        exponential_decay,
        step,
        decay_steps,
        initial_learning_rate,
        decay_rate=decay_rate,
    )
    check_flags(exponential_decay, staircase=staircase)
    step, rate, decay_steps, decay_rate = _in_float32(
        step, initial_learning_rate, decay_steps, decay_rate
    )
    part = step * (1 / decay_steps)
    if staircase:
        part = np.floor(part)
    return float((rate * _round_once(np.power, decay_rate, part))[0])


def inverse_time_decay(
    step: int,
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
) -> float:
    """Divide the rate by 1 + decay_rate * step / decay_steps (Keras
    documentation, InverseTimeDecay). With staircase, by whole parts only.

    Raises ValueError for a step below 0, and for decay_steps that are not above
    0.

    >>> inverse_time_decay(6, 8.0, decay_steps=3, decay_rate=0.5)
    4.0
    """
    _check_decay(
        inverse_time_decay,
        step,
        decay_steps,
        initial_learning_rate,
        decay_rate=decay_rate,
    )
    check_flags(inverse_time_decay, staircase=staircase)
    step, rate, decay_steps, decay_rate = _in_float32(
        step, initial_learning_rate, decay_steps, decay_rate
    )
    part = step * (1 / decay_steps)
    if staircase:
        part = np.floor(part)
    return float((rate / (1 + decay_rate * part))[0])


def polynomial_decay(
    step: int,
    initial_learning_rate: float,
    decay_steps: float,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
) -> float:
    """Go to end_learning_rate in decay_steps, by a power of what is left (Keras
    documentation, PolynomialDecay). With cycle, begin again, and go on longer.

    Raises ValueError for a step below 0, and for decay_steps that are not above
    0.

    >>> polynomial_decay(3, 8.0, decay_steps=4, end_learning_rate=4.0)
    5.0
    >>> polynomial_decay(6, 8.0, 4, end_learning_rate=4.0, cycle=True)  # of 8
    5.0
    """
    check_flags(polynomial_decay, cycle=cycle)
    _check_decay(
        polynomial_decay,
        step,
        decay_steps,
        initial_learning_rate,
        end_learning_rate=end_learning_rate,
        power=power,
    )
    step, decay_steps, rate, end, power = _in_float32(
        step, decay_steps, initial_learning_rate, end_learning_rate, power
    )
    if cycle:
        decays = np.maximum(1, np.ceil(step * (1 / decay_steps)))
        left = 1 - step / (decay_steps * decays)
    else:
        left = 1 - np.minimum(step, decay_steps) * (1 / decay_steps)
    return float(((rate - end) * _round_once(np.power, left, power) + end)[0])


def piecewise_constant_decay(
    step: int, boundaries: Sequence[float], values: Sequence[float]
) -> float:
    """The first value up to the first boundary, itself included; then the
    second, and so on (Keras documentation, PiecewiseConstantDecay).

    Keras leaves out the fractions of boundaries.

    Raises ValueError for a step below 0, boundaries that do not grow, and for
    another number of values than one more than there are boundaries.

    >>> [piecewise_constant_decay(n, [1, 2], [8, 4, 2]) for n in range(4)]
    [8.0, 8.0, 4.0, 2.0]
    """
    check_sizes(piecewise_constant_decay, least=0, step=step)
    _check_pieces(boundaries, values)
    passed = sum(step > int(boundary) for boundary in boundaries)
    return float(np.float32(values[passed]))


def cosine_decay(
    step: int,
    initial_learning_rate: float,
    decay_steps: float,
    alpha: float = 0.0,
    warmup_target: float | None = None,
    warmup_steps: int = 0,
) -> float:
    """Half a cosine, down to alpha times the rate, in decay_steps (Loshchilov
    and Hutter, 2017). If there is a warmup_target, the rate grows to it first,
    in warmup_steps.

    Raises ValueError for a step or warmup_steps below 0, and for decay_steps
    that are not above 0.

    >>> round(cosine_decay(2, 8.0, decay_steps=4), 5)
    4.0
    >>> cosine_decay(1, 0.0, 4, warmup_target=8.0, warmup_steps=2)
    4.0
    """
    _check_decay(
        cosine_decay, step, decay_steps, initial_learning_rate, alpha=alpha
    )
    check_sizes(cosine_decay, least=0, warmup_steps=warmup_steps)
    check_numbers(cosine_decay, warmup_target=warmup_target)
    step, rate, decay_steps, warmup_steps = _in_float32(
        step, initial_learning_rate, decay_steps, warmup_steps
    )
    if warmup_target is None:
        part = np.minimum(step, decay_steps) * (1 / decay_steps)
    else:  # within a condition, TensorFlow divides
        target = np.float32(warmup_target)
        if step < warmup_steps:
            return float(((target - rate) * (step / warmup_steps) + rate)[0])
        step = np.minimum(step, decay_steps + warmup_steps) - warmup_steps
        part, rate = step / decay_steps, target
    cosine = (1 + _round_once(np.cos, np.float32(np.pi) * part)) / 2
    return float((rate * ((1 - alpha) * cosine + alpha))[0])


def cosine_decay_restarts(
    step: int,
    initial_learning_rate: float,
    first_decay_steps: float,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
) -> float:
    """Half cosines, each t_mul times as long and m_mul times as high as the one
    before (Loshchilov and Hutter, 2017, SGDR).

    At the step of a restart, the rounding of float32 decides whether it belongs
    to the cosine before.

    Raises ValueError for a step below 0, for first_decay_steps that are not
    above 0, and for a t_mul below 1.

    >>> rates = [cosine_decay_restarts(n, 8.0, 2, m_mul=0.5) for n in range(5)]
    >>> [round(rate, 5) for rate in rates]
    [8.0, 4.0, 4.0, 3.41421, 2.0]
    """
    check_numbers(cosine_decay_restarts, 1, t_mul=t_mul)
    _check_decay(
        cosine_decay_restarts,
        step,
        first_decay_steps,
        initial_learning_rate,
        m_mul=m_mul,
        alpha=alpha,
    )
    step, rate, first_decay_steps, t_mul, m_mul, alpha = _in_float32(
        step, initial_learning_rate, first_decay_steps, t_mul, m_mul, alpha
    )
    part = step * (1 / first_decay_steps)
    if t_mul == 1:
        restarts, part = np.floor(part), part % 1
    else:  # the lengths of the cosines are those of a geometric series
        log = _round_once(np.log, 1 - part * (1 - t_mul))
        restarts = np.floor(log / _round_once(np.log, t_mul))
        length = _round_once(np.power, t_mul, restarts)
        part = (part - (1 - length) * (1 / (1 - t_mul))) / length
    cosine = (1 + _round_once(np.cos, np.float32(np.pi) * part)) / 2
    cosine = _round_once(np.power, m_mul, restarts) * cosine
    return float((rate * ((1 - alpha) * cosine + alpha))[0])


def _check_decay(function, step, decay_steps, initial_learning_rate, **numbers):
    """Of a rate that is a whole number, Keras would compute a whole number."""
    check_sizes(function, least=0, step=step)
    check_positive(function, decay_steps=decay_steps)
    check_numbers(
        function, initial_learning_rate=initial_learning_rate, **numbers
    )
    if isinstance(initial_learning_rate, Integral):
        raise TypeError(
            f"{function.__name__}: initial_learning_rate must be a float, "
            f"not {initial_learning_rate!r}"
        )


def _check_pieces(boundaries, values):
    function = piecewise_constant_decay
    arrays = {"boundaries": boundaries, "values": values}
    for name, numbers in arrays.items():
        array = as_array(function, **{name: numbers})
        length = len(boundaries) + 1 if name == "values" else name
        check_shapes(function, **{name: (array, (length,))})
    if np.any(np.diff(boundaries) <= 0):
        raise ValueError(
            f"{function.__name__}: boundaries must grow, not {boundaries!r}"
        )


# -- Callbacks


class EarlyStop(NamedTuple):
    """The epoch, from 0, after which training ends, or None, and the epoch
    whose weights are the best."""

    stopped_epoch: int | None
    best_epoch: int


Mode = Literal["min", "max"]


def _is_improvement(value, best, min_delta, mode):
    """Keras compares in float32."""
    if best is None:
        return True
    if mode == "min":
        return np.float32(value + abs(min_delta)) < np.float32(best)
    return np.float32(value - abs(min_delta)) > np.float32(best)


def early_stopping(
    history: Sequence[float],
    min_delta: float = 0,
    patience: int = 0,
    mode: Mode = "min",
    baseline: float | None = None,
    start_from_epoch: int = 0,
) -> EarlyStop:
    """When training stops (keras.callbacks.EarlyStopping).

    history: the value that is watched, after each epoch. It stops when none of
    the last patience values was better than the best one by more than
    min_delta, nor better than the baseline; after the first epoch never.
    mode="auto" of Keras is "min" for losses.

    Raises ValueError for other options, and for numbers of epochs below 0.

    >>> early_stopping([4, 2, 3, 3, 1], patience=2)
    EarlyStop(stopped_epoch=3, best_epoch=1)
    """
    mode = as_option(early_stopping, mode=mode)
    check_sizes(
        early_stopping,
        least=0,
        patience=patience,
        start_from_epoch=start_from_epoch,
    )
    check_numbers(early_stopping, min_delta=min_delta, baseline=baseline)
    _check_history(early_stopping, history)
    best, best_epoch, wait = None, 0, 0
    for epoch, value in enumerate(history):
        if epoch < start_from_epoch:
            continue
        wait += 1
        if _is_improvement(value, best, min_delta, mode):
            best, best_epoch = value, epoch
            if _is_improvement(value, baseline, min_delta, mode):
                wait = 0
        elif wait >= patience and epoch > 0:
            return EarlyStop(epoch, best_epoch)
    return EarlyStop(None, best_epoch)


def reduce_lr_on_plateau(
    history: Sequence[float],
    learning_rate: float,
    factor: float = 0.1,
    patience: int = 10,
    mode: Mode = "min",
    min_delta: float = 0.0001,
    cooldown: int = 0,
    min_lr: float = 0.0,
) -> list[float]:
    """The learning rate after each epoch (keras.callbacks.ReduceLROnPlateau).

    history: the value that is watched, after each epoch. When none of the last
    patience values was better than the best one by more than min_delta, the
    rate is multiplied by factor, but not below min_lr; then it waits for
    cooldown epochs. mode="auto" of Keras is "min" for losses. Keras keeps the
    rate in float32.

    Raises ValueError for other options, for a factor that is not below 1, and
    for numbers of epochs below 0.

    >>> reduce_lr_on_plateau([4, 2, 2, 2, 1], 8.0, factor=0.5, patience=2)
    [8.0, 8.0, 8.0, 4.0, 4.0]
    """
    mode = as_option(reduce_lr_on_plateau, mode=mode)
    check_sizes(
        reduce_lr_on_plateau, least=0, patience=patience, cooldown=cooldown
    )
    check_numbers(
        reduce_lr_on_plateau,
        learning_rate=learning_rate,
        min_delta=min_delta,
        min_lr=min_lr,
    )
    _check_factor(factor)
    _check_history(reduce_lr_on_plateau, history)
    best, wait, cooling, rates = None, 0, 0, []
    for value in history:
        if cooling:
            cooling, wait = cooling - 1, 0
        if _is_improvement(value, best, min_delta, mode):
            best, wait = value, 0
        elif not cooling:
            wait += 1
            if wait >= patience and learning_rate > min_lr:
                learning_rate = max(learning_rate * factor, min_lr)
                cooling, wait = cooldown, 0
        rates.append(float(learning_rate))
    return rates


def _check_history(function, history):
    array = as_array(function, history=history)
    check_shapes(function, history=(array, ("epochs",)))


def _check_factor(factor):
    check_numbers(reduce_lr_on_plateau, factor=factor)
    if factor >= 1:
        raise ValueError(
            f"reduce_lr_on_plateau: factor must be below 1, not {factor!r}"
        )
