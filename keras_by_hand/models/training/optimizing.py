"""Optimizers as fit applies them: to all weights of a model at once."""

from numbers import Real

import numpy as np

from keras_by_hand.models.checks import parameters_of
from keras_by_hand.models.config import is_of_keras, of_class, snake_case
from keras_by_hand.models.errors import CannotRun, refusing
from keras_by_hand.occurrences import Occurrences
from keras_by_hand.optimizers import (
    accumulate_gradient,
    adadelta,
    adafactor,
    adagrad,
    adam,
    adamax,
    adamw,
    average_weight,
    clipnorm,
    clipvalue,
    decay_weight,
    ftrl,
    global_clipnorm,
    lamb,
    lion,
    muon,
    nadam,
    order_slots,
    rmsprop,
    schedule_free_adamw,
    sgd,
)
from keras_by_hand.schedules import (
    cosine_decay,
    cosine_decay_restarts,
    exponential_decay,
    inverse_time_decay,
    piecewise_constant_decay,
    polynomial_decay,
)

STEP_OF_WEIGHT = {  # of one weight, by Keras' classes
    "Adadelta": adadelta,
    "Adafactor": adafactor,
    "Adagrad": adagrad,
    "Adam": adam,
    "AdamW": adamw,
    "Adamax": adamax,
    "Ftrl": ftrl,
    "Lamb": lamb,
    "Lion": lion,
    "Muon": muon,
    "Nadam": nadam,
    "RMSprop": rmsprop,
    "SGD": sgd,
    "ScheduleFreeAdamW": schedule_free_adamw,
}
OF_A_CALL = {"w", "gradient", "slots", "t", "path", "step"}  # no options
OF_EACH_OPTIMIZER = {  # with Keras' defaults
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
CLIPPING = {
    "clipnorm": clipnorm,
    "global_clipnorm": global_clipnorm,
    "clipvalue": clipvalue,
}
SCHEDULE_FUNCTIONS = {
    "CosineDecay": cosine_decay,
    "CosineDecayRestarts": cosine_decay_restarts,
    "ExponentialDecay": exponential_decay,
    "InverseTimeDecay": inverse_time_decay,
    "PiecewiseConstantDecay": piecewise_constant_decay,
    "PolynomialDecay": polynomial_decay,
}


class Optimizer:
    """An optimizer of Keras, made of what a file was compiled with.

    saved: its config as compile_config has it, or its name, such as "adam";
    paths: those of the trainable weights in Keras, such as "dense/kernel";
    arrays: their values; state: the arrays of optimizer/vars in a file, in its
    order, or None for a new optimizer; floatx: keras.config.floatx().

    As in Keras, a state that has not as many arrays as the optimizer is left
    out, and it begins anew. Raises CannotRun for whatever is not known here.
    """

    def __init__(self, saved, paths, arrays, state=None, floatx="float32"):
        self.kind, given = _kind_and_config(saved)
        self.step, self.paths = STEP_OF_WEIGHT[self.kind], paths
        self.config = _with_defaults(self.kind, self.step, given)
        self.schedule, rate = None, self.config["learning_rate"]
        if isinstance(rate, dict):
            self.schedule = _schedule_of(rate)
        elif not isinstance(rate, float):
            raise CannotRun(f"learning_rate must be a float, not {rate!r}")
        self.rate = None if self.schedule else np.dtype(floatx).type(rate)
        self.calls = 0  # of apply
        _check_dtypes(self.kind, arrays, floatx, self.schedule)
        _check_shared_options(self.config)
        self.averages = [np.zeros_like(w) for w in arrays]
        self.accumulators = [np.zeros_like(w) for w in arrays]
        self.slots = [self._first_slots(*pair) for pair in zip(arrays, paths)]
        # What comes last in a file: weights, by number, and slots, by name.
        of_slot = {
            id(slot): (n, name)
            for n, slots in enumerate(self.slots)
            for name, slot in slots.items()
        }
        ordered = order_slots(self.step, self.slots)
        self.order = [(*of_slot[id(slot)], slot.dtype) for slot in ordered]
        if state is not None:
            self._take(state)

    @property
    def learning_rate(self):
        """A float: that of the next step, where it is a schedule's."""
        if self.schedule:
            rate, options = self.schedule
            return refusing(rate)(self.calls, **options)
        return float(self.rate)

    @learning_rate.setter
    def learning_rate(self, rate):
        if self.schedule:
            raise CannotRun(
                "the learning rate is a schedule's, and cannot be set: compile "
                "the model with a number"
            )
        self.rate = self.rate.dtype.type(rate)

    @property
    def iterations(self):
        """How many steps there were; accumulated gradients make one."""
        return self.calls // (self.config["gradient_accumulation_steps"] or 1)

    def scale_loss(self, loss):
        """Return the loss, or what it sends back, as apply divides its
        gradients."""
        scale = self.config["loss_scale_factor"]
        return loss if scale is None else loss * scale

    def apply(self, arrays, gradients):
        """Return the new values of the weights. Constraints come after it, of
        those that have a gradient.

        gradients: for each weight an array, Occurrences or None, where the loss
        does not depend on it: it stays as it is, without decay. Raises
        CannotRun.
        """
        arrays = list(arrays)
        if not arrays:
            return arrays
        if all(gradient is None for gradient in gradients):
            raise CannotRun("the loss depends on none of the trainable weights")
        with np.errstate(
            all="ignore"
        ):  # what grows without end grows, as there
            gradients = self._accumulate(self._unscale(gradients))
            if gradients is not None:
                arrays = self._step_all(arrays, self._clip(gradients))
            if self.config["use_ema"]:
                arrays = self._average(arrays)
        self.calls += 1
        return arrays

    def finish(self, arrays):
        """Return the values of the weights at the end of fit."""
        return list(self.averages) if self.config["use_ema"] else list(arrays)

    def remember(self):
        """Return what apply changes."""
        slots = [dict(of_weight) for of_weight in self.slots]
        held = [*self.averages], [*self.accumulators], slots
        return self.calls, self.rate, *held

    def restore(self, remembered):
        """Let it be as it was remembered."""
        self.calls, self.rate, *held = remembered
        self.averages, self.accumulators, self.slots = held

    def variables(self):
        """Return the arrays of optimizer/vars, in the order of a file."""
        found = [np.asarray(self.calls, "int64")]
        if not self.schedule:
            found.append(np.asarray(self.rate))
        if self.config["use_ema"]:
            found += self.averages
        if self.config["gradient_accumulation_steps"]:
            found += self.accumulators
        return found + [
            np.asarray(self.slots[n][name], dtype)
            for n, name, dtype in self.order
        ]

    def describe(self):
        """Return what compile_config has of it: as in Keras, with the learning
        rate of now, where that is no schedule's."""
        rate = self.config["learning_rate"]
        rate = rate if self.schedule else self.learning_rate
        config = {**self.config, "learning_rate": rate}
        return of_class("keras.optimizers", self.kind, config)

    def _take(self, state):
        """Go on from the state of a file."""
        own = self.variables()
        if len(state) != len(own):
            if self.step is schedule_free_adamw:
                raise CannotRun(
                    "the file has no state of its ScheduleFreeAdamW, which "
                    "Keras then begins at random: compile the model anew"
                )
            return
        for found, mine in zip(state, own):
            if found.shape != mine.shape or found.dtype.kind != mine.dtype.kind:
                raise CannotRun(
                    f"the optimizer of the file has {found.dtype} of the shape "
                    f"{found.shape}, not {mine.dtype} of {mine.shape}"
                )
        cast = [
            found.astype(mine.dtype, copy=False)
            for found, mine in zip(state, own)
        ]
        self.calls = int(cast.pop(0))
        if not self.schedule:
            self.rate = cast.pop(0)[()]
        if self.config["use_ema"]:
            self.averages, cast = _split_state(cast, len(self.slots))
        if self.config["gradient_accumulation_steps"]:
            self.accumulators, cast = _split_state(cast, len(self.slots))
        for (n, name, _), array in zip(self.order, cast):
            self.slots[n][name] = array
        self._share(0)

    def _share(self, n):
        """Give all weights what the n-th has of slots that are of all."""
        if self.step is nadam:
            for slots in self.slots:
                slots["u_product"] = self.slots[n]["u_product"]

    def _first_slots(self, w, path):
        """Return what a new optimizer keeps for a weight; a step tells what."""
        with np.errstate(all="ignore"):
            rate, gradient = self.learning_rate, np.zeros_like(w)
            _, after = self._run_step(w, gradient, None, path, rate)
        slots = {name: np.zeros_like(array) for name, array in after.items()}
        if "accumulator" in after:  # 0 changed nothing of it
            slots["accumulator"] = after["accumulator"]
        if self.step is nadam:
            slots["u_product"] = np.ones_like(w, shape=())
        if self.step is schedule_free_adamw:
            slots["momentum"] = np.array(w)
        if self.step is adafactor and w.ndim < 2:  # never used
            slots |= {name: np.zeros((), "int32") for name in "rc"}
        return slots

    def _run_step(self, w, gradient, slots, path, rate):
        """Return the new value of a weight, and slots."""
        told = {**self.config, "learning_rate": rate}
        told |= {"t": self.iterations + 1, "path": path}
        known = parameters_of(self.step)
        options = {name: told[name] for name in known if name in told}
        return refusing(self.step)(w, gradient, slots=slots, **options)

    def _unscale(self, gradients):
        scale = self.config["loss_scale_factor"]
        if scale is None:
            return gradients
        if any(isinstance(gradient, Occurrences) for gradient in gradients):
            raise CannotRun(
                "Keras cannot divide the gradient of an Embedding by the "
                "loss_scale_factor: compile the model without it"
            )
        return [None if g is None else g / scale for g in gradients]

    def _accumulate(self, gradients):
        """Return the gradients of a step, or None where there is none yet."""
        every = self.config["gradient_accumulation_steps"]
        if not every:
            return gradients
        means = []
        for n, gradient in enumerate(gradients):
            mean, held = None, self.accumulators[n]
            if gradient is not None:
                mean, held = refusing(accumulate_gradient)(
                    gradient, held, self.calls, every
                )
            means.append(mean)
            self.accumulators[n] = held
        if (self.calls + 1) % every:
            return None
        self.accumulators = [np.zeros_like(a) for a in self.accumulators]
        return means

    def _clip(self, gradients):
        """Return what is left of gradients where they are clipped."""
        for name, clip in CLIPPING.items():
            if (self.config[name] or 0) > 0:
                there = [g for g in gradients if g is not None]
                clipped = iter(refusing(clip)(there, self.config[name]))
                return [None if g is None else next(clipped) for g in gradients]
        return gradients

    def _step_all(self, arrays, gradients):
        """Return the weights after a step."""
        rate, decay = self.learning_rate, self.config["weight_decay"]
        if "weight_decay" in parameters_of(self.step):  # of its own
            decay = None
        stepped = [n for n, g in enumerate(gradients) if g is not None]
        for n in stepped:
            w = decay_weight(arrays[n], rate, decay)
            arrays[n], self.slots[n] = self._run_step(
                w, gradients[n], self.slots[n], self.paths[n], rate
            )
        self._share(stepped[0])
        return arrays

    def _average(self, arrays):
        """Return the weights after their averages moved."""
        momentum = self.config["ema_momentum"]
        often = self.config["ema_overwrite_frequency"] or None
        pairs = [
            average_weight(w, average, self.iterations, momentum, often)
            for w, average in zip(arrays, self.averages)
        ]
        self.averages = [average for _, average in pairs]
        return [w for w, _ in pairs]


def _split_state(arrays, number):
    return arrays[:number], arrays[number:]


def _kind_and_config(saved):
    """Return the class in Keras of a saved optimizer, and its config."""
    if isinstance(saved, str):
        for kind in STEP_OF_WEIGHT:
            # Keras has no name for Lamb
            if kind.lower() == saved.lower() and kind != "Lamb":
                return kind, {}
        raise CannotRun(f"the optimizer {saved!r} is not known here")
    if not isinstance(saved, dict) or not isinstance(saved.get("config"), dict):
        raise CannotRun(f"{saved!r} tells of no optimizer")
    kind = saved.get("class_name")
    if kind not in [*STEP_OF_WEIGHT] or not is_of_keras(saved):
        what = "Keras'" if is_of_keras(saved) else "your own"
        raise CannotRun(
            f"the optimizer is {what} {kind}, which is not known here"
        )
    return kind, saved["config"]


def _options_of(function):
    """Return the options of a step, or a schedule, with their defaults."""
    parameters = parameters_of(function).values()
    return {p.name: p.default for p in parameters if p.name not in OF_A_CALL}


def _with_defaults(kind, step, given):
    """Return the whole config of an optimizer."""
    defaults = {
        "name": snake_case(kind),
        **OF_EACH_OPTIMIZER,
        **_options_of(step),
    }
    for key in given.keys() - defaults.keys():
        raise CannotRun(
            f"the optimizer {kind} has {key!r}, which is not known here"
        )
    return {**defaults, **given}


def _schedule_of(saved):
    """Return the function of a saved schedule, and its options."""
    kind, config = saved.get("class_name"), saved.get("config")
    if kind not in [*SCHEDULE_FUNCTIONS] or not is_of_keras(saved):
        raise CannotRun(f"the schedule {kind} is not known here")
    if not isinstance(config, dict):
        raise CannotRun(f"the schedule {kind} has no config")
    options = {key: value for key, value in config.items() if key != "name"}
    for key in options.keys() - _options_of(SCHEDULE_FUNCTIONS[kind]).keys():
        raise CannotRun(
            f"the schedule {kind} has {key!r}, which is not known here"
        )
    refusing(SCHEDULE_FUNCTIONS[kind])(
        0, **options
    )  # now, and not within an epoch
    return SCHEDULE_FUNCTIONS[kind], options


def _check_dtypes(kind, arrays, floatx, schedule):
    """Keras must be able to compute with weights of these dtypes."""
    dtypes = {array.dtype.name for array in arrays}
    if len(dtypes) > 1 or dtypes - {"float32", "float64"}:
        raise CannotRun(
            "trainable weights must be all float32 or all float64, not "
            f"{' and '.join(sorted(dtypes))}"
        )
    is_mixed = "float64" in dtypes and (floatx == "float32" or schedule)
    if kind == "Muon" and is_mixed:
        why = "by a schedule" if schedule else "while its floatx is float32"
        raise CannotRun(f"Keras cannot train weights of float64 by Muon {why}")


def _check_shared_options(config):
    """The options that all optimizers have must be such as Keras takes."""
    if not isinstance(config["use_ema"], bool):
        raise CannotRun(
            f"use_ema must be true or false, not {config['use_ema']!r}"
        )
    numbers = [*CLIPPING, "loss_scale_factor", "gradient_accumulation_steps"]
    for name in numbers:
        value = config[name]
        if value is not None and not isinstance(value, Real):
            raise CannotRun(f"{name} must be a number, not {value!r}")
    if sum(config[name] is not None for name in CLIPPING) > 1:
        raise CannotRun("the optimizer clips in two ways, which Keras refuses")
    tiny, every = np.zeros(1), config["gradient_accumulation_steps"]
    refusing(decay_weight)(tiny, 1.0, config["weight_decay"])
    if every:
        refusing(accumulate_gradient)(tiny, tiny, 0, every)
    if config["use_ema"]:
        often = config["ema_overwrite_frequency"] or None
        refusing(average_weight)(tiny, tiny, 0, config["ema_momentum"], often)
