"""Arguments that change no answer of a layer's one call when it predicts: what they do
change is checked by the kind of argument that they are, which their names tell.
"""

import keras
import numpy as np
from library.engine.answers import differ, record, tolerance_of
from library.engine.runner import prepare_layer
from library.engine.subjects import LayerSubject

import keras_by_hand as by_hand
from keras_by_hand.models.files import CannotRun

VALUE = 0.4375  # which no initializer draws


def weights_of(layer):
    return [keras.ops.convert_to_numpy(weight) for weight in layer.weights]


def same(subject, case, *answers):
    return differ(*answers, tolerance_of(subject.name, case)) is None


def answer_to(subject, case):
    """What Keras answered when the case was recorded."""
    recorded = record(subject.name)
    return next(each.answer for each in recorded if each.case is case)


def in_training(subject, case, **config):
    layer = subject.build(case, **config)
    return subject.answer_of(layer, case, training=True)


def fills_a_weight(subject, name, case):
    constant = keras.initializers.Constant(VALUE)
    layer = subject.build(case.but(weights={}), **{name: constant})
    return any(np.any(weight == VALUE) for weight in weights_of(layer))


def penalizes_a_weight(subject, name, case):
    layer = subject.build(case, **{name: keras.regularizers.L2(0.5)})
    penalties = [by_hand.l2(weight, 0.5) for weight in case.weights.values()]
    found = [np.isclose(float(loss), penalties).any() for loss in layer.losses]
    return bool(found) and all(found)


def penalizes_the_output(subject, name, case):
    """All that the layer returns, for each sample, and nothing else."""
    layer = subject.build(case, **{name: keras.regularizers.L2(0.5)})
    answers = subject.answer_of(layer, case)
    penalties = [by_hand.l2(y, 0.5) / len(y) for y in answers]
    return np.isclose(sum(map(float, layer.losses)), sum(penalties))


def constrains_a_weight(subject, name, case):
    layer = subject.build(case, **{name: "non_neg"})
    constrained = [w for w in layer.weights if w.constraint is not None]
    return bool(constrained) and all(
        np.array_equal(w.constraint(w), by_hand.non_neg(np.asarray(w)))
        for w in constrained
    )


def rising(shape, dtype=None):
    """An initializer whose numbers all differ, and depend on the shape."""
    return np.linspace(2, 3, np.prod(shape), dtype=dtype).reshape(shape)


def fills_the_bias(subject, name, case):
    """That of the forget gate with ones; the initializer fills what stands before it and
    behind it, each by itself."""
    if not case.config.get("use_bias", True):
        return False
    bias, plain = [
        weights_of(
            subject.build(case.but(weights={}), bias_initializer=rising, **{name: told})
        )[-1]
        for told in (True, False)
    ]
    units = bias.size // 4
    parts = [rising([units]), np.ones(units), rising([2 * units])]
    expected = [np.concatenate(parts), rising([4 * units])]
    return np.allclose([bias, plain], expected)


def drops_in_training(subject, name, case):
    answers = [
        in_training(subject, case, **{name: rate, "seed": 1}) for rate in (0, 0.5)
    ]
    return not same(subject, case, *answers)


def chooses_what_is_dropped(subject, name, case):
    answers = [in_training(subject, case, dropout=0.5, seed=seed) for seed in (1, 2)]
    return not same(subject, case, *answers)


def moves_the_statistics(subject, name, case):
    after = []
    for momentum in (0.25, 0.75):
        layer = subject.build(case, **{name: momentum})
        subject.answer_of(layer, case, training=True)
        after.append(weights_of(layer))
    return not same(subject, case, *after)


def keeps_its_state(subject, name, case):
    """A second call goes on where the first one ended, unless the state is reset."""
    layer = subject.build(case, **{name: True})
    first, second = [subject.answer_of(layer, case) for _ in range(2)]
    layer.reset_state()
    again = subject.answer_of(layer, case)
    if same(subject, case, first, second) or not same(subject, case, first, again):
        return False
    other = subject.build(case, return_state=True)
    _, *states = subject.answer_of(other, case)
    y, *_ = subject.answer_of(other, case, initial_state=states)
    return same(subject, case, second, [y])


def sets_the_weights(subject, name, case):
    weights = list(case.weights.values())
    layer = subject.build(case.but(weights={}), **{name: weights})
    return all(map(np.array_equal, weights_of(layer), weights))


def adds_weights(subject, name, case):
    layer = subject.build(case.but(weights={}), **{name: 2})
    return len(layer.weights) == len(case.weights) + 2


def scales_what_lora_adds(subject, name, case):
    answers = []
    for alpha in (1, 4):
        layer = subject.build(case.but(weights={}), lora_rank=2, lora_alpha=alpha)
        layer.set_weights([np.ones(weight.shape) for weight in layer.weights])
        answers.append(subject.answer_of(layer, case))
    return not same(subject, case, *answers)


def changes_nothing(subject, name, case):
    """Another value gives the same answer."""
    other = {"use_cudnn": False, "flash_attention": False}.get(name, True)
    layer = subject.build(case, **{name: other})
    answer = subject.answer_of(layer, case)
    return same(subject, case, answer, answer_to(subject, case))


def changes_no_training(subject, name, case):
    """On one device."""
    answers = [in_training(subject, case, **{name: told}) for told in (False, True)]
    return same(subject, case, *answers)


def is_no_training(subject, name, case):
    layer = subject.build(case)
    answer = subject.answer_of(layer, case, **{name: False})
    return same(subject, case, answer, answer_to(subject, case))


def names_the_layer(subject, name, case):
    return subject.build(case, **{name: "another"}).name == "another"


def sets_the_dtype(subject, name, case):
    config = {**case.config, name: "float32"}
    return subject.target(**config).dtype_policy.name == "float32"


def is_refused(subject, name, case):
    """The library says in one line that it does not compute this."""
    told = case.but(config={**case.config, name: True})
    try:
        prepare_layer(subject.name, subject.build(case), told)
    except CannotRun:
        return True
    return False


KINDS = {  # by their names, or the ends of these
    "activity_regularizer": penalizes_the_output,
    "_initializer": fills_a_weight,
    "_regularizer": penalizes_a_weight,
    "_constraint": constrains_a_weight,
    "unit_forget_bias": fills_the_bias,
    "dropout": drops_in_training,
    "recurrent_dropout": drops_in_training,
    "seed": chooses_what_is_dropped,
    "momentum": moves_the_statistics,
    "stateful": keeps_its_state,
    "weights": sets_the_weights,
    "lora_rank": adds_weights,
    "lora_alpha": scales_what_lora_adds,
    "unroll": changes_nothing,
    "use_cudnn": changes_nothing,
    "flash_attention": changes_nothing,
    "synchronized": changes_no_training,
    "training": is_no_training,
    "name": names_the_layer,
    "dtype": sets_the_dtype,
    "renorm": is_refused,
}


def find(subject, name):
    """Return the check of an argument, or None where it must change an answer."""
    if not isinstance(subject, LayerSubject):
        return None
    ends = [end for end in KINDS if end.startswith("_") and name.endswith(end)]
    return KINDS.get(name) or (KINDS[ends[0]] if ends else None)


def arguments_by_kind(subject):
    """Return {argument, or keyword of the call: its check}."""
    names = [
        name
        for signature in (subject.signature, subject.of_call)
        for name, parameter in signature.parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    names = [name for name in names if name not in subject.skipped(())]
    found = {name: find(subject, name) for name in names}
    return {name: check for name, check in found.items() if check}


def holds(subject, name, check):
    """Whether a case shows what the argument does: not each has a bias. One that changes
    nothing must do so in all cases."""
    cases = [recorded.case for recorded in record(subject.name)]
    if check is changes_nothing:
        return all(check(subject, name, case) for case in cases)
    return any(check(subject, name, case) for case in cases)
