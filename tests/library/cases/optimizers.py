"""Cases of optimizers: the weights after each of some steps."""

import by_hand
import keras
import numpy as np
from library.engine.cases import FLOAT32, FLOAT64, ROUNDED_CONSTANTS, Case
from library.engine.subjects import as_tensor, function

STEPS = 3
SHAPES = (3, 4), (2, 5)  # of weights
BETAS = [0.25, 0.5, 0.75]
CLIPS = {"clipnorm": 1.5, "clipvalue": 0.75, "global_clipnorm": 2.5}
STATES = {"sgd": 1, "rmsprop": 3, "adam": 2, "adamw": 2}


def steps_of_keras(optimizer):
    """A function of weights and of lists of their gradients, one a step."""

    def run(weights, *gradients, **config):
        variables = [keras.Variable(w, dtype="float64") for w in weights]
        told, found = optimizer(**config), []
        for of_step in gradients:
            told.apply(list(map(as_tensor, of_step)), variables)
            found.append([np.array(variable) for variable in variables])
        return found

    return run


def steps_by_hand(step):
    """The same with a function of the library for one step of one weight."""

    def run(weights, *gradients, **config):
        clips = {name: config.pop(name) for name in CLIPS if name in config}
        states = [[np.zeros_like(w)] * STATES[step.__name__] for w in weights]
        found = []
        for number, of_step in enumerate(gradients, 1):
            for name, bound in clips.items():
                of_step = getattr(by_hand, name)(of_step, bound)
            if step.__name__.startswith("adam"):
                states = [[*state, number] for state in states]
            new = [
                step(w, gradient, *state, **config)
                for w, gradient, state in zip(weights, of_step, states)
            ]
            weights = [w for w, *_ in new]
            states = [state for _, *state in new]
            found.append(weights)
        return found

    return run


def optimizer(name, rounded, **pools):
    """Draw for an optimizer. rounded: other values in the place of defaults that float32,
    in which Keras keeps them, does not hold; pools: those of other arguments."""
    target = getattr(keras.optimizers, name)

    def generator(draw):
        arrays = [[draw.normal(*s) for s in SHAPES] for _ in range(STEPS + 1)]
        if not draw.number:
            return Case({}, tuple(arrays), tolerance=ROUNDED_CONSTANTS)
        clip = draw.one_of(None, *CLIPS)
        clips = {clip: CLIPS[clip]} if clip else {}
        return Case({**rounded, **draw.some(**pools), **clips}, tuple(arrays))

    function(
        steps_of_keras(target),
        steps_by_hand(getattr(by_hand, name.lower())),
        name=name,
        target=target,
    )(generator)


MOMENTS = {"learning_rate": 0.25, "beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.125}
OF_MOMENTS = {
    "beta_1": BETAS,
    "beta_2": BETAS,
    "epsilon": [0.5],
    "learning_rate": [0.5],
}
OF_RMSPROP = {"rho": BETAS, "momentum": BETAS, "epsilon": [0.5], "centered": [True]}
optimizer(
    "SGD",
    {"learning_rate": 0.25},
    learning_rate=[0.5],
    momentum=BETAS,
    nesterov=[True],
)
optimizer(
    "RMSprop",
    {"learning_rate": 0.25, "rho": 0.875, "epsilon": 0.125},
    learning_rate=[0.5],
    **OF_RMSPROP,
)
optimizer("Adam", MOMENTS, **OF_MOMENTS)
optimizer("AdamW", MOMENTS | {"weight_decay": 0.5}, weight_decay=[0.25], **OF_MOMENTS)


# -- Steps of other kinds


def parabola(w):
    return np.linspace(0.5, 2, w.size).reshape(w.shape) * (w - 1)


def nesterov_of_keras(w, learning_rate=0.01, momentum=0.0):
    """What Keras stores is ahead of the weights, where it takes the gradient."""
    sgd = keras.optimizers.SGD(learning_rate, momentum, nesterov=True)
    variable, found = keras.Variable(w, dtype="float64"), []
    for _ in range(STEPS):
        sgd.apply([as_tensor(parabola(np.array(variable)))], [variable])
        found.append(np.array(variable))
    return found


def nesterov_by_hand(w, **config):
    velocity, found = np.zeros_like(w), []
    for _ in range(STEPS):
        w, velocity = by_hand.nesterov(w, parabola, velocity, **config)
        found.append(w + config.get("momentum", 0) * velocity)
    return found


@function(nesterov_of_keras, nesterov_by_hand, name="nesterov")
def nesterov(draw):
    config = draw.some(learning_rate=[0.25, 0.5], momentum=BETAS)
    tolerance = FLOAT64 if "learning_rate" in config else ROUNDED_CONSTANTS
    return Case(config, (draw.normal(3, 4),), tolerance=tolerance)


def adam_with_another_epsilon(w, gradient, m, v, t, epsilon=1e-8, **config):
    """Keras' Adam adds epsilon before v is corrected, PyTorch's behind that."""
    correction = np.sqrt(1 - config.get("beta_2", 0.999) ** t)
    return by_hand.adam(w, gradient, m, v, t, epsilon=epsilon * correction, **config)


@function(adam_with_another_epsilon, by_hand.adam_of_pytorch)
def adam_of_pytorch(draw):
    w, gradient, m = draw.normal(3, 4), draw.normal(3, 4), draw.normal(3, 4)
    config = draw.some(**OF_MOMENTS)
    v = 1e-12 * draw.positive(3, 4) if not draw.number else draw.positive(3, 4)
    gradient = 1e-9 * gradient if not draw.number else gradient
    return Case({"t": draw.int(1, 9), **config}, (w, gradient, m, v))


def loss_scale_step_of_keras(
    weights,
    gradient,
    scale,
    finite_steps,
    learning_rate=0.01,
    dynamic_growth_steps=2000,
):
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(learning_rate), scale, dynamic_growth_steps
    )
    variable = keras.Variable(weights, dtype="float64")
    optimizer.build([variable])
    optimizer.step_counter.assign(finite_steps)
    optimizer.apply([as_tensor(gradient)])
    state = optimizer.dynamic_scale, optimizer.step_counter
    return [variable.value, *[np.float64(np.array(number)) for number in state]]


def loss_scale_step(weights, gradient, scale, finite_steps, **config):
    new, *state = by_hand.loss_scale_step(
        weights, gradient, scale, finite_steps, **config
    )
    return [new, *map(np.float64, state)]


@function(loss_scale_step_of_keras, loss_scale_step, tolerance=FLOAT32, number=24)
def one_loss_scale_step(draw):
    gradient = draw.normal(3, 4) * 1000
    gradient[0, 0] = draw.one_of(1, np.inf, 2, np.nan)
    config = {
        "scale": draw.one_of(2.0**10, 2.0**4),
    }
    config |= draw.some(learning_rate=[0.25, 0.5], dynamic_growth_steps=[3, 1, 5])
    growth = config.get("dynamic_growth_steps", 2000)
    config["finite_steps"] = max(0, growth - draw.one_of(1, 2, 9))
    return Case(config, (draw.normal(3, 4), gradient))
