"""Cases of optimizers: the weights after each of some steps."""

import inspect

import by_hand
import keras
import numpy as np
import tensorflow as tf
from library.engine.cases import FLOAT32, FLOAT64, ROUNDED_CONSTANTS, Case
from library.engine.subjects import as_tensor, function

from keras_by_hand.occurrences import Occurrences

STEPS = 3  # each of two gradients, where they are accumulated
PATHS = "dense/kernel", "table/embeddings", "dense/bias"
SHAPES = (3, 4), (5, 2), (4,)
ROWS = [3, 1, 1]  # of the table: the tokens that occur, one of them twice
BETAS = [0.3, 0.5, 0.7]
IN_FLOAT32 = [0.25, 0.5, 0.75]  # where Keras' rounding of them is not the subject
CLIPS = {"clipnorm": 1.5, "clipvalue": 0.75, "global_clipnorm": 2.5}
TOLERANCES = {"float32": FLOAT32, "float64": FLOAT64}
ROUNDED_BETAS = 7e-6  # of 1 - 0.999, and of its root half of that
SHARED = {
    "weight_decay": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


def steps_of_keras(optimizer, dtype):
    """A function of weights and of their gradients, with an axis of steps; the table's is
    that of each occurrence of a token. It returns the weights after each step, and what a
    file has of the optimizer in the end."""

    def run(weights, gradients, var_names=(), **config):
        variables = []
        for path, w in zip(PATHS, weights):
            scope, name = path.split("/")
            with keras.name_scope(scope):
                variables.append(keras.Variable(w, dtype=dtype, name=name))
        told, found = optimizer(**config), []
        told.exclude_from_weight_decay(var_names=var_names)
        for of_step in zip(*gradients):
            kernel, values, bias = [as_tensor(g.astype(dtype)) for g in of_step]
            table = tf.IndexedSlices(values, as_tensor(ROWS), SHAPES[1])
            if "loss_scale_factor" in config:  # Keras cannot divide occurrences
                table = tf.convert_to_tensor(table)
            told.apply([kernel, table, bias], variables)
            found.append([np.array(variable) for variable in variables])
        return [found, [np.array(v, "float64") for v in told.variables]]

    return run


def steps_by_hand(step):
    """The same with a function of the library for one step of one weight."""
    known = inspect.signature(step).parameters

    def run(weights, gradients, var_names=(), **config):
        clips = {name: config.pop(name) for name in CLIPS if name in config}
        shared = {
            name: config.pop(name, default)
            for name, default in SHARED.items()
            if name not in known
        }
        rate = config.get("learning_rate", known["learning_rate"].default)
        scale, every = (
            shared["loss_scale_factor"],
            shared["gradient_accumulation_steps"],
        )
        averages = accumulators = [np.zeros_like(w) for w in weights]
        slots, found = [None] * len(weights), []
        for number, (kernel, values, bias) in enumerate(zip(*gradients)):
            of_step = [kernel, Occurrences(values, ROWS, SHAPES[1]), bias]
            t = number // (every or 1) + 1
            if scale:
                of_step = [by_hand.dense_gradient(g) / scale for g in of_step]
            if every:
                pairs = [
                    by_hand.accumulate_gradient(gradient, accumulator, number, every)
                    for gradient, accumulator in zip(of_step, accumulators)
                ]
                of_step, accumulators = zip(*pairs)
            if of_step[0] is not None:
                for name, bound in clips.items():
                    of_step = getattr(by_hand, name)(of_step, bound)
                pairs = []
                for w, gradient, held, path in zip(weights, of_step, slots, PATHS):
                    if "weight_decay" in shared:
                        decay = shared["weight_decay"]
                        w = by_hand.decay_weight(w, rate, decay, path, var_names)
                    told = {
                        n: v for n, v in {"t": t, "path": path}.items() if n in known
                    }
                    pairs.append(step(w, gradient, held, **told, **config))
                weights, slots = zip(*pairs)
            if shared["use_ema"]:
                options = shared["ema_momentum"], shared["ema_overwrite_frequency"]
                pairs = [
                    by_hand.average_weight(w, average, t - 1, *options)
                    for w, average in zip(weights, averages)
                ]
                weights, averages = zip(*pairs)
            found.append([*weights])
        told = [np.float64(len(gradients[0])), np.float64(np.float32(rate))]
        told += [*averages] * shared["use_ema"] + [*accumulators] * bool(every)
        return [found, [*told, *map(np.float64, by_hand.order_slots(step, slots))]]

    return run


def optimizer(name, rounded, by_name=None, number=8, dtype="float64", **pools):
    """Draw for an optimizer. rounded: other values in the place of defaults, with a
    learning rate that float32, in which Keras keeps it, holds; number: of cases; pools:
    the values of other arguments."""
    target = getattr(keras.optimizers, name)
    step = getattr(by_hand, by_name or name.lower())
    has_decay = "weight_decay" in inspect.signature(step).parameters

    def generator(draw):
        shapes = SHAPES[0], (len(ROWS), 2), SHAPES[2]
        config = draw.some(loss_scale_factor=[4.0], gradient_accumulation_steps=[2])
        steps = STEPS * config.get("gradient_accumulation_steps", 1)
        weights = [draw.normal(*s) for s in SHAPES]
        size = 3 if draw.number else 1  # with float32 constants, less is lost
        gradients = [size * draw.normal(steps, *s) for s in shapes]
        if not draw.number:
            tolerance = max(ROUNDED_CONSTANTS, TOLERANCES[dtype])
            return Case({}, (weights, gradients), tolerance=tolerance)
        config |= {**rounded, **draw.some(**pools)}
        if clip := draw.one_of(None, *CLIPS):
            config[clip] = CLIPS[clip]
        if draw.flag():
            config |= {"use_ema": True, "ema_momentum": draw.one_of(0.5, 0.75)}
            config |= draw.some(ema_overwrite_frequency=[2, 3])
        if not has_decay and draw.flag():
            config |= {"weight_decay": 0.6}
            config |= draw.some(var_names=[["bias"], ["bias", "kernel"]])
        return Case(config, (weights, gradients))

    pair = steps_of_keras(target, dtype), steps_by_hand(step)
    options = {"target": target, "number": number, "tolerance": TOLERANCES[dtype]}
    function(*pair, name, **options)(generator)


RATE, EPSILON = {"learning_rate": [0.5]}, {"epsilon": [0.6]}
MOMENTS = {"learning_rate": 0.25, "beta_1": 0.55, "beta_2": 0.8, "epsilon": 0.15}
OF_MOMENTS = {"beta_1": BETAS, "beta_2": BETAS, **EPSILON, **RATE}
OF_ADAM = {**OF_MOMENTS, "amsgrad": [True]}
NO_EPSILON = {"learning_rate": 0.25, "epsilon": 0.15}
optimizer("SGD", {"learning_rate": 0.25}, **RATE, momentum=BETAS, nesterov=[True])
optimizer(
    "RMSprop",
    {**NO_EPSILON, "rho": 0.875},
    **RATE,
    rho=[0.5, 0.75],
    momentum=BETAS,
    **EPSILON,
    centered=[True],
)
optimizer("Adam", MOMENTS, **OF_ADAM)
optimizer("AdamW", MOMENTS | {"weight_decay": 0.6}, weight_decay=[0.3], **OF_ADAM)
optimizer("Adamax", MOMENTS, **OF_MOMENTS)
optimizer("Nadam", MOMENTS, **OF_MOMENTS)
optimizer("Lamb", MOMENTS, **OF_MOMENTS)
optimizer(
    "Lion",
    {"learning_rate": 0.25, "beta_1": 0.55, "beta_2": 0.8},
    **RATE,
    beta_1=[0.3, 1.0],
    beta_2=BETAS,
)
optimizer(
    "Adagrad",
    {**NO_EPSILON, "initial_accumulator_value": 0.15},
    **RATE,
    initial_accumulator_value=[0.5, 0.0],
    **EPSILON,
)
optimizer("Adadelta", {**NO_EPSILON, "rho": 0.75}, **RATE, rho=BETAS, **EPSILON)
optimizer(
    "Ftrl",
    {"learning_rate": 0.25, "initial_accumulator_value": 0.15},
    number=12,
    **RATE,
    learning_rate_power=[-0.25, -1.0],
    initial_accumulator_value=[0.5, 2.0],
    l1_regularization_strength=[0.5, 1.5],
    l2_regularization_strength=[0.5, 1.5],
    l2_shrinkage_regularization_strength=[0.25, 0.5],
    beta=[0.5, 1.0],
)
optimizer(
    "Adafactor",
    {"learning_rate": 0.25, "beta_2_decay": -0.6, "epsilon_2": 0.15},
    learning_rate=[0.5, 1.0],
    beta_2_decay=[-0.25, -0.75],
    epsilon_1=[0.5, 1.0],
    epsilon_2=[2.1, 4.0],
    clip_threshold=[0.25, 0.5],
    relative_step=[False],
)
optimizer(
    "ScheduleFreeAdamW",
    MOMENTS,
    "schedule_free_adamw",
    **OF_MOMENTS,
    warmup_steps=[2, 4],
    weight_decay=[0.3, 0.6],
)
optimizer(
    "Muon",  # in float64 Keras multiplies it by a root of float32, and fails
    {
        "learning_rate": 0.25,
        "adam_beta_1": 0.5,
        "adam_beta_2": 0.75,
        "adam_weight_decay": 0.25,
        "epsilon": 0.125,
        "weight_decay": 0.5,
    },
    number=16,
    dtype="float32",
    **RATE,
    adam_beta_1=BETAS,
    adam_beta_2=BETAS,
    adam_weight_decay=[0.125, None],
    **EPSILON,
    weight_decay=[0.25, None],
    exclude_layers=[["dense"], ["attention", "table"]],
    exclude_embeddings=[False],
    muon_a=[3.25],
    muon_b=[-5.0],
    muon_c=[1.75],
    adam_lr_ratio=[0.5, 2.0],
    momentum=BETAS,
    ns_steps=[1, 3],
    nesterov=[False],
    rms_rate=[0.5, None],
)


# -- What clips gradients


def clip_of_keras(name):
    def run(gradients, bound):
        told = keras.optimizers.SGD(**{name: bound})
        return told._clip_gradients(list(map(as_tensor, gradients)))

    return run


def clip(draw):
    gradients = [draw.normal(3, 4), draw.normal(5)]
    gradients[0][1, 2] = draw.one_of(0.5, np.nan, np.inf)
    return Case({"bound": draw.one_of(1.5, 0.75, 9.0)}, (gradients,))


for name in CLIPS:
    function(clip_of_keras(name), getattr(by_hand, name), number=6)(clip)


@function(
    lambda x, ns_steps=5, **config: keras.optimizers.Muon(
        **config
    ).zeropower_via_newtonschulz5(as_tensor(x), ns_steps),
    by_hand.newton_schulz,
)
def newton_schulz(draw):
    config = draw.some(ns_steps=[1, 3], muon_a=[3.25], muon_b=[-5.0], muon_c=[1.75])
    size = 1e-6 if draw.number % 2 else 1
    return Case(config, (size * draw.normal(*draw.one_of((3, 4), (5, 2))),))


# -- Steps of other kinds


def parabola(w):
    return np.linspace(0.5, 2, w.size).reshape(w.shape) * (w - 1)


def nesterov_of_keras(w, learning_rate=0.01, momentum=0.0):
    """What Keras stores is ahead of the weights, where it takes the gradient."""
    sgd = keras.optimizers.SGD(learning_rate, momentum, nesterov=True)
    variable, found = keras.Variable(w, dtype="float64"), []
    for _ in range(3):
        sgd.apply([as_tensor(parabola(np.array(variable)))], [variable])
        found.append(np.array(variable))
    return found


def nesterov_by_hand(w, **config):
    velocity, found = np.zeros_like(w), []
    for _ in range(3):
        w, velocity = by_hand.nesterov(w, parabola, velocity, **config)
        found.append(w + config.get("momentum", 0) * velocity)
    return found


@function(nesterov_of_keras, nesterov_by_hand, name="nesterov")
def nesterov(draw):
    config = draw.some(learning_rate=[0.25, 0.5], momentum=IN_FLOAT32)
    tolerance = FLOAT64 if "learning_rate" in config else ROUNDED_CONSTANTS
    return Case(config, (draw.normal(3, 4),), tolerance=tolerance)


def adam_with_another_epsilon(w, gradient, m, v, t, epsilon=1e-8, **config):
    """Keras' Adam adds epsilon before v is corrected, PyTorch's behind that."""
    correction = np.sqrt(1 - config.get("beta_2", 0.999) ** t)
    slots, epsilon = {"momentum": m, "velocity": v}, float(epsilon * correction)
    w, slots = by_hand.adam(w, gradient, slots, t, epsilon=epsilon, **config)
    return [w, *slots.values()]


@function(adam_with_another_epsilon, by_hand.adam_of_pytorch)
def adam_of_pytorch(draw):
    w, gradient, m = draw.normal(3, 4), draw.normal(3, 4), draw.normal(3, 4)
    of_float32 = {"beta_1": IN_FLOAT32, "beta_2": IN_FLOAT32}
    config = {"t": draw.int(1, 9), **draw.some(**OF_MOMENTS | of_float32)}
    if draw.number:
        config = {"beta_1": 0.625, "beta_2": 0.875, **config}
        return Case(config, (w, gradient, m, draw.positive(3, 4)))
    inputs = w, 1e-9 * gradient, m, 1e-12 * draw.positive(3, 4)
    return Case(config, inputs, tolerance=ROUNDED_BETAS)
