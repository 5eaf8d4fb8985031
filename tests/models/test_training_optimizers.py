"""Optimizers as fit applies them, against those of Keras: the weights after each of nine
steps, and what is written of them to a file."""

import io
import json
import os
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_by_hand.models.archives import identify_file
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.files import read_file, read_optimizer
from keras_by_hand.models.load import load_model
from keras_by_hand.models.saving import write_keras
from keras_by_hand.models.training.optimizing import STEP_OF_WEIGHT, Optimizer
from keras_by_hand.occurrences import Occurrences

pytestmark = pytest.mark.filterwarnings("ignore:Gradients do not exist")
PATHS = "dense/kernel", "table/embeddings", "dense/bias"
SHAPES = (3, 4), (5, 2), (4,)
ROWS = [3, 1, 1]  # of the table: the tokens that occur, one of them twice
NUMBER, SAVED_AFTER = 9, 4
TOLERANCES = {"float32": 1e-4, "float64": 1e-9}
SCHEDULES = {
    "ExponentialDecay": {"decay_steps": 3, "decay_rate": 0.7, "staircase": True},
    "InverseTimeDecay": {"decay_steps": 7, "decay_rate": 0.7},
    "PolynomialDecay": {"decay_steps": 7, "power": 0.6},
    "CosineDecay": {"decay_steps": 7, "alpha": 0.1},
    "CosineDecayRestarts": {"first_decay_steps": 3, "t_mul": 1.4, "m_mul": 0.7},
}
RATE = "initial_learning_rate"
SAVED_SCHEDULES = [
    *({"class_name": n, "config": {RATE: 0.07, **c}} for n, c in SCHEDULES.items()),
    {
        "class_name": "CosineDecay",
        "config": {RATE: 0.01, "decay_steps": 5}
        | {"warmup_target": 0.1, "warmup_steps": 3},
    },
    {
        "class_name": "PolynomialDecay",
        "config": {RATE: 0.07, "decay_steps": 3, "cycle": True},
    },
    {
        "class_name": "PiecewiseConstantDecay",
        "config": {"boundaries": [2, 5], "values": [0.1, 0.3, 0.07]},
    },
]
# Another value for each key of a config, and what it needs to count.
OTHERS = {
    "learning_rate": 0.07,
    "weight_decay": 0.3,
    "clipnorm": 0.7,
    "global_clipnorm": 0.7,
    "clipvalue": 0.3,
    "use_ema": True,
    "ema_momentum": 0.7,
    "ema_overwrite_frequency": 2,
    "loss_scale_factor": 3.0,
    "gradient_accumulation_steps": 2,
    "adam_beta_1": 0.7,
    "adam_beta_2": 0.7,
    "adam_lr_ratio": 0.3,
    "adam_weight_decay": 0.3,
    "amsgrad": True,
    "beta": 0.3,
    "beta_1": 0.7,
    "beta_2": 0.7,
    "beta_2_decay": -0.3,
    "centered": True,
    "clip_threshold": 0.3,
    "epsilon": 0.3,
    "epsilon_1": 0.3,
    "epsilon_2": 2.1,
    "exclude_embeddings": False,
    "exclude_layers": ["dense"],
    "initial_accumulator_value": 0.3,
    "l1_regularization_strength": 0.3,
    "l2_regularization_strength": 0.3,
    "l2_shrinkage_regularization_strength": 0.3,
    "learning_rate_power": -0.7,
    "momentum": 0.7,
    "muon_a": 3.3,
    "muon_b": -4.3,
    "muon_c": 2.3,
    "nesterov": True,
    ("Muon", "nesterov"): False,
    "ns_steps": 3,
    "relative_step": False,
    "rho": 0.7,
    "rms_rate": 0.3,
    "warmup_steps": 6,
}
NEEDS = {
    "amsgrad": {"beta_2": 0.3},
    "ema_momentum": {"use_ema": True},
    "ema_overwrite_frequency": {"use_ema": True},
    ("SGD", "nesterov"): {"momentum": 0.7},
}
WITHOUT_EFFECT = {
    ("Adafactor", "loss_scale_factor"),
    ("Adafactor", "relative_step"),
    ("Lion", "loss_scale_factor"),
    ("ScheduleFreeAdamW", "beta_1"),
}
COMBINED = {
    "defaults": {},
    "averaged": {"clipnorm": 0.7, "use_ema": True, "ema_overwrite_frequency": 5},
    "accumulated": {
        "gradient_accumulation_steps": 2,
        "global_clipnorm": 0.7,
        "use_ema": True,
        "ema_momentum": 0.7,
        "ema_overwrite_frequency": 2,
    },
    "clipped": {"clipvalue": 0.3, "weight_decay": 0.3, "learning_rate": 0.07},
}


def of_keras(kind, **config):
    return getattr(keras.optimizers, kind)(**config)


def saved(told):
    """As a file has it."""
    return json.loads(json.dumps(keras.optimizers.serialize(told)))


def drawn(dtype, number=NUMBER, missing=True):
    """Weights, and gradients of each step: of the table, those of each occurrence."""
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    shapes = SHAPES[0], (len(ROWS), SHAPES[1][1]), SHAPES[2]
    steps = [
        [rng.normal(size=shape).astype(dtype) / (1 + n) for shape in shapes]
        for n in range(number)
    ]
    if missing:  # the loss does not depend on these
        steps[2][2] = steps[5][1] = steps[7][0] = None
    return weights, steps


def for_keras(gradients, dense=False):
    found = [None if g is None else tf.constant(g) for g in gradients]
    if found[1] is not None:
        found[1] = tf.IndexedSlices(found[1], tf.constant(ROWS), tf.constant(SHAPES[1]))
        found[1] = tf.convert_to_tensor(found[1]) if dense else found[1]
    return found


def by_hand(gradients, dense=False):
    kernel, table, bias = gradients
    if table is not None:
        values, table = table, Occurrences(table, ROWS, SHAPES[1])
        if dense:
            table = np.zeros(SHAPES[1], values.dtype)
            np.add.at(table, ROWS, values)
    return [kernel, table, bias]


def variables_of(weights):
    found = []
    for path, w in zip(PATHS, weights):
        scope, name = path.split("/")
        with keras.name_scope(scope):
            found.append(keras.Variable(w, dtype=w.dtype, name=name))
    return found


def steps_of_keras(told, weights, steps, dense=False, apply=None):
    """The weights after each step, and the state after SAVED_AFTER of them."""
    variables, found, state = variables_of(weights), [], None
    told.build(variables)
    for n, gradients in enumerate(steps, 1):
        (apply or told.apply)(for_keras(gradients, dense))
        found.append([variable.numpy() for variable in variables])
        if n == SAVED_AFTER:
            state = [variable.numpy() for variable in told.variables]
    return found, state


def steps_by_hand(own, weights, steps, dense=False):
    found = []
    for gradients in steps:
        weights = own.apply(weights, by_hand(gradients, dense))
        found.append(weights)
    return found


def check(found, wanted, tolerance):
    assert len(found) == len(wanted)
    for ours, theirs in zip(found, wanted):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        atol = tolerance * np.max(np.abs(theirs), initial=0)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


def check_run(told, dtype, floatx=None, dense=False):
    """Compare nine steps, the state after some of them, and how each goes on from it."""
    floatx, tolerance = floatx or dtype, TOLERANCES[dtype]
    weights, steps = drawn(dtype)
    config = saved(told)
    own = Optimizer(config, PATHS, weights, floatx=floatx)
    check(own.variables(), [v.numpy() for v in built(told, weights)], tolerance)
    wanted, state = steps_of_keras(told, weights, steps, dense)
    found = steps_by_hand(own, weights, steps[:SAVED_AFTER], dense)
    check(own.variables(), state, tolerance)
    found += steps_by_hand(own, found[-1], steps[SAVED_AFTER:], dense)
    for ours, theirs in zip(found, wanted):
        check(ours, theirs, tolerance)
    again = Optimizer(config, PATHS, weights, state, floatx)
    later = steps_by_hand(again, wanted[SAVED_AFTER - 1], steps[SAVED_AFTER:], dense)
    check(later[-1], wanted[-1], tolerance)
    check(again.variables(), [v.numpy() for v in told.variables], tolerance)
    check(own.finish(found[-1]), finished(told, wanted[-1]), tolerance)


def built(told, weights):
    """The variables of an optimizer like this one that has done nothing."""
    fresh = type(told).from_config(told.get_config())
    fresh.build(variables_of(weights))
    return fresh.variables


def finished(told, weights):
    variables = told._trainable_variables
    told.finalize_variable_values(variables)
    return [np.array(variable) for variable in variables]


@pytest.fixture
def float64():
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


def test_no_optimizer_of_keras_is_missing():
    wrappers = "Optimizer LossScaleOptimizer MultiOptimizer OptimizerMap".split()
    found = {name for name, x in vars(keras.optimizers).items() if isinstance(x, type)}
    assert found - {*wrappers} == STEP_OF_WEIGHT.keys()


@pytest.mark.drawn
@pytest.mark.parametrize("combined", COMBINED)
@pytest.mark.parametrize("kind", STEP_OF_WEIGHT)
def test_it_steps_as_keras_does_in_float64(kind, combined, float64):
    check_run(of_keras(kind, **COMBINED[combined]), "float64")


@pytest.mark.drawn
@pytest.mark.parametrize("kind", STEP_OF_WEIGHT)
def test_it_steps_as_keras_does_in_float32(kind):
    check_run(of_keras(kind, **COMBINED["averaged"]), "float32")


@pytest.mark.drawn
@pytest.mark.parametrize("kind", [kind for kind in STEP_OF_WEIGHT if kind != "Muon"])
def test_weights_of_float64_while_floatx_is_float32(kind):
    check_run(of_keras(kind), "float64", floatx="float32")


def test_a_scale_of_the_loss(float64):
    told = of_keras("Adam", loss_scale_factor=3.0)
    check_run(told, "float64", dense=True)
    weights, steps = drawn("float64")
    own = Optimizer(saved(told), PATHS, weights)
    assert own.scale_loss(2.0) == told.scale_loss(2.0) == 6
    with pytest.raises(CannotRun, match="loss_scale_factor"):
        own.apply(weights, by_hand(steps[0]))


def changed(kind, key):
    """What is told first, and with another value for a key."""
    needs = NEEDS.get(key, NEEDS.get((kind, key), {}))
    return needs, needs | {key: OTHERS.get((kind, key), OTHERS[key])}


@pytest.mark.drawn
@pytest.mark.parametrize("kind", STEP_OF_WEIGHT)
def test_each_key_of_its_own_is_that_of_keras(kind, float64):
    weights, steps = drawn("float64", 3, missing=False)
    shared = keras.optimizers.Optimizer(0.1).get_config()
    for key in of_keras(kind).get_config().keys() - shared.keys() - {"name"}:
        told = of_keras(kind, **changed(kind, key)[1])
        own = Optimizer(saved(told), PATHS, weights, floatx="float64")
        found = steps_by_hand(own, weights, steps)
        wanted, _ = steps_of_keras(told, weights, steps)
        check(found[-1], wanted[-1], 1e-9)


@pytest.mark.parametrize("kind", STEP_OF_WEIGHT)
def test_each_key_of_a_config_counts(kind):
    weights, steps = drawn("float64")
    for key in of_keras(kind).get_config().keys() - {"name"}:
        ends = []
        for config in changed(kind, key):
            told = {"module": "keras.optimizers", "class_name": kind, "config": config}
            own = Optimizer(told, PATHS, weights, floatx="float64")
            *_, last = steps_by_hand(own, weights, steps, key == "loss_scale_factor")
            ends.append(own.finish(last))
        is_same = all(map(np.allclose, *ends, [1e-12] * 3, [1e-12] * 3))
        assert is_same == ((kind, key) in WITHOUT_EFFECT), key


# -- Schedules, and the learning rate


@pytest.mark.parametrize(
    "schedule, every",
    [*((saved, None) for saved in SAVED_SCHEDULES), (SAVED_SCHEDULES[3], 2)],
)
def test_a_schedule_is_that_of_fit(schedule, every, float64):
    """In the graph of fit TensorFlow multiplies where it divides outside."""
    rate = keras.optimizers.schedules.deserialize(schedule)
    told = of_keras("SGD", learning_rate=rate, gradient_accumulation_steps=every)
    weights, steps = drawn("float64", missing=False)
    own = Optimizer(saved(told), PATHS, weights, floatx="float64")
    found = steps_by_hand(own, weights, steps)
    apply = tf.function(lambda gradients: told.apply(gradients))
    wanted, _ = steps_of_keras(told, weights, steps, apply=apply)
    for ours, theirs in zip(found, wanted):
        check(ours, theirs, 1e-9)
    check(own.variables(), [v.numpy() for v in told.variables], 0)
    np.testing.assert_allclose(own.learning_rate, told.learning_rate, rtol=1e-6)
    assert own.iterations == told.iterations
    with pytest.raises(CannotRun, match="schedule"):
        own.learning_rate = 0.5
    assert own.describe()["config"]["learning_rate"] == saved(rate_of(told))


def rate_of(told):
    return told._learning_rate


@pytest.mark.parametrize("kind", STEP_OF_WEIGHT)
def test_a_learning_rate_is_set_and_described(kind):
    told = of_keras(kind)
    weights, _ = drawn("float32")
    own = Optimizer(kind.upper() if kind != "Lamb" else saved(told), PATHS, weights)
    for rate in (None, 0.3):
        if rate:
            own.learning_rate = told.learning_rate = rate
        assert own.learning_rate == float(told.learning_rate)
        again = keras.saving.deserialize_keras_object(own.describe())
        names = {"name": told.name}
        assert again.get_config() | names == told.get_config() | names


# -- Files


def model_of_keras(path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Embedding(5, 2), keras.layers.Flatten()]
        + [keras.layers.Dense(2)]
    )
    model.compile(of_keras("Nadam", use_ema=True, ema_momentum=0.7), "mse")
    model.fit(np.array([[0, 1, 1], [4, 2, 3]]), np.ones((2, 2)), verbose=0)
    model.save(path)
    return model


def test_the_state_goes_through_files_in_both_directions(tmp_path):
    model = model_of_keras(tmp_path / "model.keras")
    loaded, told = load_model(tmp_path / "model.keras"), model.optimizer
    state = loaded.read_state()
    check(state, [v.numpy() for v in told.variables], 0)
    found = read_file(tmp_path / "model.keras")
    paths = [variable.path for variable in model.trainable_variables]
    weights = [variable.numpy() for variable in model.trainable_variables]
    compiled = found.config["compile_config"]
    own = Optimizer(compiled["optimizer"], paths, weights, state)
    rng = np.random.default_rng(5)
    gradients = [rng.normal(size=w.shape).astype("float32") for w in weights]
    wanted = own.apply(weights, gradients)
    told.apply(for_each(gradients), model.trainable_variables)
    check(wanted, [v.numpy() for v in model.trainable_variables], 1e-4)

    config = {**found.config, "compile_config": {**compiled}}
    config["compile_config"]["optimizer"] = own.describe()
    groups = {**found.weights, "optimizer": {"vars": own.variables()}}
    with open(tmp_path / "again.keras", "wb") as file:
        write_keras(file, config, groups)
    again = keras.saving.load_model(tmp_path / "again.keras").optimizer
    check(own.variables(), [v.numpy() for v in again.variables], 0)
    own.apply(wanted, gradients)
    again.apply(for_each(gradients), variables_like(wanted, again))
    check(own.variables(), [v.numpy() for v in again.variables], 1e-4)


def for_each(gradients):
    return list(map(tf.constant, gradients))


def variables_like(weights, told):
    for variable, w in zip(told._trainable_variables, weights):
        variable.assign(w)
    return told._trainable_variables


def test_a_file_that_was_written_since_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    loaded = load_model(path)
    assert loaded.read_state() == []
    os.utime(path, (0, 0))
    with pytest.raises(CannotRun, match="written anew.*load it again"):
        loaded.read_state()


def of_link(file):
    file["optimizer"] = h5py.SoftLink("/layers")


def of_array(file):
    file["optimizer"] = np.zeros(3)


def of_vars_that_are_an_array(file):
    file["optimizer/vars"] = np.zeros(3)


def of_missing_number(file):
    file["optimizer/vars/1"] = np.zeros(3)


def of_itself(file):
    file["optimizer/vars/0"] = np.zeros(3)
    file["optimizer/inner"] = file["optimizer"]


def of_claims(file):
    file.create_dataset("optimizer/vars/0", (2**40,))


def of_texts(file):
    file["optimizer/vars/0"] = "text"


@pytest.mark.parametrize(
    "damage, said",
    [
        (of_link, "no group"),
        (of_array, "no group"),
        (of_vars_that_are_an_array, "have no numbers"),
        (of_missing_number, "are numbered 1"),
        (of_itself, "have another name"),
        (of_claims, "too large"),
        (of_texts, "no dtype of weights"),
    ],
)
def test_a_damaged_optimizer_is_refused(damage, said, tmp_path):
    path, held = tmp_path / "model.keras", io.BytesIO()
    with h5py.File(held, "w") as file:
        damage(file)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", held.getvalue())
    with pytest.raises(CannotRun, match=f"{path}.*{said}"):
        read_optimizer(path, identify_file(path))


# -- What is refused


def told(kind="Adam", module="keras.optimizers", **config):
    return {"module": module, "class_name": kind, "config": config}


def of_schedule(kind, **config):
    return told(learning_rate=told(kind, "keras.optimizers.schedules", **config))


REFUSED = [
    ("lamb", "optimizer 'lamb' is not known"),
    ("mine", "optimizer 'mine' is not known"),
    (None, "None tells of no optimizer"),
    ({"class_name": "Adam"}, "tells of no optimizer"),
    (told("LossScaleOptimizer"), "Keras' LossScaleOptimizer, which is not known"),
    (told("MultiOptimizer"), "Keras' MultiOptimizer, which is not known"),
    (told("Adam", "mine"), "your own Adam, which is not known"),
    (told(["Adam"]), r"\['Adam'\], which is not known"),
    (told(jit_compile=True), "Adam has 'jit_compile', which is not known"),
    (told("SGD", beta_1=0.5), "SGD has 'beta_1', which is not known"),
    (told(learning_rate=1), "learning_rate must be a float, not 1"),
    (told(clipnorm=1.0, clipvalue=1.0), "clips in two ways"),
    (told(clipnorm="1"), "clipnorm must be a number"),
    (told(use_ema=1), "use_ema must be true or false"),
    (told(use_ema=True, ema_momentum=2.0), "ema_momentum must be"),
    (told(use_ema=True, ema_overwrite_frequency=-1), "ema_overwrite_frequency must"),
    (told(gradient_accumulation_steps=1), "gradient_accumulation_steps must"),
    (told(weight_decay="0.1"), "weight_decay must be a number"),
    (told(loss_scale_factor="2"), "loss_scale_factor must be a number"),
    (told(beta_1=1.5), "beta_1 must be below 1"),
    (told("AdamW", weight_decay=None), "weight_decay must be a number"),
    (of_schedule("Mine"), "schedule Mine is not known"),
    (of_schedule(["Mine"]), "is not known"),
    (of_schedule("CosineDecay"), "missing"),
    (of_schedule("CosineDecay", step=3), "CosineDecay has 'step', which is not known"),
    (
        of_schedule("CosineDecay", power=3),
        "CosineDecay has 'power', which is not known",
    ),
]


@pytest.mark.parametrize("saved, said", REFUSED)
def test_what_is_not_known_is_refused_by_name(saved, said):
    with pytest.raises(CannotRun, match=said):
        Optimizer(saved, PATHS, drawn("float32")[0])


DECAY = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)


@pytest.mark.parametrize("floatx, rate", [("float32", 0.1), ("float64", DECAY)])
def test_keras_fails_where_muon_is_refused(floatx, rate, request):
    if floatx == "float64":
        request.getfixturevalue("float64")
    muon = of_keras("Muon", learning_rate=rate)
    weights, steps = drawn("float64")
    with pytest.raises(CannotRun, match="Keras cannot train weights"):
        Optimizer(saved(muon), PATHS, weights, floatx=floatx)
    with pytest.raises(tf.errors.InvalidArgumentError):
        steps_of_keras(muon, weights, steps[:1])


def test_weights_of_two_dtypes_are_refused():
    arrays = np.zeros(3, "float32"), np.zeros(3, "float64")
    with pytest.raises(CannotRun, match="not float32 and float64"):
        Optimizer("sgd", PATHS, arrays)


def test_a_loss_that_depends_on_nothing_is_refused():
    weights, _ = drawn("float32")
    with pytest.raises(CannotRun, match="depends on none"):
        Optimizer("sgd", PATHS, weights).apply(weights, [None] * 3)
    assert Optimizer("sgd", [], []).apply([], []) == []


@pytest.mark.filterwarnings("ignore:Skipping variable loading")
def test_a_state_of_another_length_is_left_out_and_of_other_shapes_refused():
    weights, _ = drawn("float32")
    state = Optimizer("sgd", PATHS, weights).variables()
    state[0] += 5
    state[1] += 0.5
    again = Optimizer("sgd", PATHS, weights, state)
    assert (again.iterations, again.learning_rate) == (5, float(state[1]))
    assert Optimizer("sgd", PATHS, weights, [*state, state[0]]).iterations == 0
    own, keras_own = Optimizer("adam", PATHS, weights, state), of_keras("Adam")
    keras_own.build(variables_of(weights))
    keras_own.load_own_variables({str(n): array for n, array in enumerate(state)})
    assert own.iterations == keras_own.iterations.numpy() == 0
    with pytest.raises(CannotRun, match="begins at random"):
        Optimizer("schedulefreeadamw", PATHS, weights, state)
    state[1] = np.zeros(2, "float32")
    with pytest.raises(CannotRun, match=r"float32 of the shape \(2,\), not float32"):
        Optimizer("sgd", PATHS, weights, state)
    state[:] = np.float32(5), np.float32(0.1)
    with pytest.raises(CannotRun, match="not int64"):
        Optimizer("sgd", PATHS, weights, state)
