"""Cases of schedules, in float32, in which Keras computes them, and of callbacks."""

import keras
import numpy as np
import tensorflow as tf
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import function

from keras_by_hand import schedules

STEPS = 0, 3, 5, 7, 11, 17, 26, 50


def schedule(name, by_hand, *required, **pools):
    """Draw for a schedule of Keras: its arguments, and a step. In fit Keras computes it
    in a graph, as here: there TensorFlow multiplies, where else it divides."""
    target = getattr(keras.optimizers.schedules, name)

    def of_keras(step, **config):
        return np.float64(tf.function(target(**config))(tf.constant(step)))

    def compute(step, **config):
        return np.float64(by_hand(step, **config))

    def generator(draw):
        config = {key: draw.one_of(*values) for key, values in required}
        config |= draw.some(**pools)
        if "warmup_steps" in config:
            config.setdefault("warmup_target", 1.5)
        return Case(config, (draw.one_of(*STEPS),))

    options = {"target": target, "tolerance": FLOAT32, "number": 24}
    function(of_keras, compute, name, **options)(generator)


RATE = "initial_learning_rate", (0.5, 0.25, 1.0)
DECAY = RATE, ("decay_steps", (20, 6)), ("decay_rate", (0.5, 0.75))
schedule("ExponentialDecay", schedules.exponential_decay, *DECAY, staircase=[True])
schedule("InverseTimeDecay", schedules.inverse_time_decay, *DECAY, staircase=[True])
schedule(
    "PolynomialDecay",
    schedules.polynomial_decay,
    *DECAY[:2],
    end_learning_rate=[0.125],
    power=[2.0, 0.5],
    cycle=[True],
)
schedule(
    "PiecewiseConstantDecay",
    schedules.piecewise_constant_decay,
    ("boundaries", ([5, 17], [3.5, 11], [7, 8])),
    ("values", ([0.5, 0.25, 0.125], [1.0, 0.5, 2.0])),
)
schedule(
    "CosineDecay",
    schedules.cosine_decay,
    *DECAY[:2],
    alpha=[0.25, 0.5],
    warmup_target=[2.0, 1.0],
    warmup_steps=[4, 12],
)
schedule(
    "CosineDecayRestarts",
    schedules.cosine_decay_restarts,
    RATE,
    ("first_decay_steps", (6, 10)),
    t_mul=[1.0, 1.7],
    m_mul=[0.5, 0.75],
    alpha=[0.25, 0.5],
)


# -- Callbacks


class Trained:
    """What callbacks know of a model."""

    metrics = ()

    def __init__(self, learning_rate=0.5):
        self.optimizer = keras.optimizers.SGD(learning_rate)
        self.epoch, self.stop_training = 0, False
        self.restored = None

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.restored = weights


def run(callback, model, history, monitor="val_loss"):
    """The learning rate after each epoch, until training stops."""
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for model.epoch, value in enumerate(history):
        callback.on_epoch_end(model.epoch, {monitor: float(value)})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end()
    return rates


def stopped_of_keras(history, **config):
    model = Trained()
    told = keras.callbacks.EarlyStopping(restore_best_weights=True, **config)
    epochs = len(run(told, model, history))
    stopped = epochs - 1 if model.stop_training else -1
    return np.float64([stopped, model.restored or 0])


def stopped_by_hand(history, **config):
    stopped, best = schedules.early_stopping(history, **config)
    return np.float64([-1 if stopped is None else stopped, best])


CALLBACK = {"mode": ["max", "min"], "min_delta": [0.25, -0.5]}


def history_of(draw):
    return np.round(4 * np.cumsum(draw.normal(12))) / 4


@function(
    stopped_of_keras,
    stopped_by_hand,
    "EarlyStopping",
    target=keras.callbacks.EarlyStopping,
    number=24,
)
def early_stopping(draw):
    config = draw.some(
        patience=[2, 20], baseline=[2.0, -2.0], start_from_epoch=[3, 4], **CALLBACK
    )
    return Case(config, (history_of(draw),))


def rates_of_keras(history, learning_rate=0.5, **config):
    told = keras.callbacks.ReduceLROnPlateau(**config)
    return np.float64(run(told, Trained(learning_rate), history))


def rates_by_hand(history, learning_rate=0.5, **config):
    return np.float64(schedules.reduce_lr_on_plateau(history, learning_rate, **config))


@function(
    rates_of_keras,
    rates_by_hand,
    "ReduceLROnPlateau",
    target=keras.callbacks.ReduceLROnPlateau,
    number=24,
    tolerance=FLOAT32,
)
def reduce_lr_on_plateau(draw):
    config = draw.some(
        factor=[0.5, 0.75], cooldown=[1, 3], min_lr=[0.125, 0.375], **CALLBACK
    )
    config |= {"patience": draw.one_of(1, 2, 3)} if draw.number else {}
    return Case(config, (history_of(draw),))
