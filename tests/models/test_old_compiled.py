"""What a model of older Keras was compiled with: Keras 3 loads it from the converted file,
and trains as before; what it no longer has is told."""

import keras
import numpy as np
import pytest
from keras import losses, metrics
from old_keras import write_old

from keras_by_hand import load_model
from keras_by_hand.models.converting import convert
from keras_by_hand.models.legacy import compiling

# Keras says so where an optimizer has no state in the file.
pytestmark = pytest.mark.filterwarnings("ignore:Skipping variable loading")

KERNEL = np.float32([[1, -1], [2, 0.5], [0, 3]])
ADAM = {"lr": 0.002, "beta_1": 0.8, "beta_2": 0.99, "decay": 0.0, "epsilon": None}
OLD = {"loss": "mse", "metrics": ["acc"], "optimizer_config": {"class_name": "Adam"}}
OLD["optimizer_config"]["config"] = ADAM


def compiled(folder, training, version="2.2.4"):
    """Return the notes of a model that was compiled so, and it as Keras 3 loads it."""
    config = {"name": "d", "batch_input_shape": [None, 3], "units": 2}
    weights = {"d": {"d/kernel:0": KERNEL, "d/bias:0": np.float32([0.5, -1])}}
    path = write_old(
        folder / "old.h5", [("Dense", config)], weights, version, training=training
    )
    notes = convert(path, folder / "new.keras", force=True)
    new = keras.models.load_model(folder / "new.keras")
    new.run_eagerly = True  # to be traced takes longer
    x = np.float32([[1, 2, 3], [4, 5, -6]])
    expected = load_model(path).predict(x)
    np.testing.assert_allclose(np.array(new(x)), expected, rtol=1e-5)
    return notes, new


STATE = (
    "it is compiled as before, but for the state of the optimizer, of which Keras warns"
)


def test_keras_3_loads_what_a_model_was_compiled_with(tmp_path):
    notes, new = compiled(tmp_path, OLD)
    assert notes == [STATE]
    assert (new.loss, type(new.optimizer)) == (
        "mean_squared_error",
        keras.optimizers.Adam,
    )
    found = new.optimizer.get_config()
    rate = found["learning_rate"]
    assert (np.float32(rate), found["beta_1"], found["beta_2"]) == (
        np.float32(0.002),
        0.8,
        0.99,
    )
    assert found["epsilon"] == 1e-7
    x, y = np.ones((2, 3)), np.zeros((2, 2))
    loss, accuracy = new.evaluate(x, y, verbose=0)
    np.testing.assert_allclose(loss, np.mean(np.array(new(x)) ** 2), rtol=1e-5)
    new.fit(x, y, verbose=0)
    assert new.evaluate(x, y, verbose=0)[0] < loss


def test_a_decay_of_keras_2_is_a_schedule(tmp_path):
    """It was lr / (1 + decay * iterations)."""
    sgd = {"lr": 0.5, "decay": 0.25, "momentum": 0.0, "nesterov": False}
    training = {**OLD, "optimizer_config": {"class_name": "SGD", "config": sgd}}
    _, new = compiled(tmp_path, training)
    x, y = np.float32([[1, 0, 0]]), np.zeros((1, 2), "float32")
    kernel, bias = KERNEL.astype("float64"), np.array([0.5, -1])
    for step in range(3):
        new.train_on_batch(x, y)
        slope = kernel[0] + bias  # of the mean of two squares
        rate = 0.5 / (1 + 0.25 * step)
        kernel[0] -= rate * slope
        bias -= rate * slope
    np.testing.assert_allclose(new.get_weights()[0], kernel, rtol=1e-5)


@pytest.mark.parametrize(
    "version, key",
    [("2.3.1", "global_clipnorm"), ("2.2.4-tf", "clipnorm"), ("2.15.0", "clipnorm")],
)
def test_clipnorm_was_of_all_gradients_before_tensorflow(version, key, tmp_path):
    clipping = {"class_name": "Adam", "config": {**ADAM, "clipnorm": 0.5}}
    _, new = compiled(tmp_path, {**OLD, "optimizer_config": clipping}, version)
    assert new.optimizer.get_config()[key] == 0.5


NEW_RMSPROP = {"name": "RMSprop", "learning_rate": 0.01, "rho": 0.8, "momentum": 0.0}
NEW_RMSPROP |= {"epsilon": 1e-5, "centered": False, "jit_compile": True}
NEW_RMSPROP |= {"weight_decay": None, "clipnorm": None, "is_legacy_optimizer": False}
SCHEDULE = {"class_name": "ExponentialDecay", "config": {"name": None}}
SCHEDULE["config"] |= {
    "initial_learning_rate": 0.1,
    "decay_steps": 3,
    "decay_rate": 0.5,
}
ENTROPY = {
    "name": "b",
    "reduction": "auto",
    "from_logits": True,
    "label_smoothing": 0.1,
}


def test_classes_of_keras_2_15(tmp_path):
    training = {
        "optimizer_config": {
            "class_name": "RMSprop",
            "config": {**NEW_RMSPROP, "learning_rate": SCHEDULE},
        },
        "loss": {"class_name": "BinaryCrossentropy", "config": ENTROPY | {"fn": "b"}},
        "metrics": [
            [
                {
                    "class_name": "MeanMetricWrapper",
                    "config": {"name": "accuracy", "fn": "binary_accuracy"},
                },
                {"class_name": "Precision", "config": {"name": "p", "top_k": 1}},
            ]
        ],
        "loss_weights": [3.0],
    }
    notes, new = compiled(tmp_path, training, "2.15.0")
    assert notes == [STATE]
    assert new.loss.get_config() == {
        **ENTROPY,
        "reduction": "sum_over_batch_size",
        "axis": -1,
    }
    schedule = new.optimizer.get_config()["learning_rate"]
    assert schedule["class_name"] == "ExponentialDecay"
    assert new.optimizer.epsilon == 1e-5
    found = new.evaluate(np.ones((2, 3)), np.ones((2, 2)), verbose=0, return_dict=True)
    assert set(found) == {"loss", "binary_accuracy", "p"}
    x, y = np.ones((2, 3)), np.ones((2, 2))
    expected = 3 * losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)(
        y, np.array(new(x))
    )
    np.testing.assert_allclose(found["loss"], expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["adam", "RMSprop"])
def test_an_optimizer_may_be_a_name(name, tmp_path):
    training = {"optimizer": name, "loss": "mae", "metrics": None}
    notes, new = compiled(tmp_path, training, "2.15.0")
    assert notes == [STATE]
    assert type(new.optimizer) is type(keras.optimizers.get(name))


def optimizer(name, **config):
    return {"optimizer_config": {"class_name": name, "config": {"lr": 0.1, **config}}}


@pytest.mark.drawn
@pytest.mark.parametrize(
    "change, said",
    [
        ({"loss": "my_loss"}, "its loss my_loss is not known to Keras 3"),
        ({"loss": {"class_name": "Mine", "config": {}}}, "its loss Mine is not known"),
        (
            optimizer("RMSprop", rho=0.9),
            "its optimizer RMSprop computed otherwise then",
        ),
        (optimizer("Nadam"), "its optimizer Nadam computed otherwise then"),
        (optimizer("Mine"), "its optimizer Mine is not known to Keras 3"),
        (optimizer("SGD", odd=1), "odd of its optimizer is not known to Keras 3"),
        (optimizer("SGD", clipnorm=1.0, clipvalue=1.0), "clips in two ways"),
        (optimizer("SGD", lr={"class_name": "Mine"}), "its schedule is not known"),
        ({"sample_weight_mode": "temporal"}, "sample_weight_mode is not known"),
        ({"optimizer_config": "mine"}, "its optimizer mine is not known"),
        ({"optimizer_config": 5}, "is damaged"),
        ({"optimizer_config": None}, "is damaged"),
    ],
)
def test_what_keras_3_does_not_have_is_told(change, said, tmp_path):
    [note], new = compiled(tmp_path, {**OLD, **change})
    assert note.startswith("it is not compiled: ") and said in note
    assert not new.compiled


def test_metrics_that_keras_3_does_not_have_are_left_out(tmp_path):
    training = {**OLD, "metrics": ["mine", "mae"], "weighted_metrics": None}
    notes, new = compiled(tmp_path, training)
    assert notes == [f"{STATE}, metric mine"]
    found = new.evaluate(np.ones((2, 3)), np.ones((2, 2)), verbose=0, return_dict=True)
    assert set(found) == {"loss", "mean_absolute_error"}


def test_all_names_are_those_of_keras_3():
    for name in compiling.LOSSES:
        assert callable(losses.get(name))
    for name in compiling.ACCURACIES:
        assert name in ("accuracy", "crossentropy") or callable(metrics.get(name))
    for kind in compiling.LOSS_CLASSES:
        assert issubclass(getattr(losses, kind), losses.Loss)
    for kind in compiling.METRIC_CLASSES:
        assert issubclass(getattr(metrics, kind), metrics.Metric)
    for kind in compiling.SCHEDULES:
        assert hasattr(keras.optimizers.schedules, kind)
    for kind, keys in compiling.OPTIMIZERS.items():
        config = getattr(keras.optimizers, kind)().get_config()
        assert {*keys.split(), *compiling.OF_ALL_OPTIMIZERS} <= config.keys()


def test_a_regularizer_of_keras_1_is_told(tmp_path):
    config = {"name": "d", "batch_input_shape": [None, 3], "output_dim": 2}
    config |= {"W_regularizer": {"name": "WeightRegularizer", "l2": 0.1}}
    weights = {"d": {"d_W": KERNEL, "d_b": np.float32([0.5, -1])}}
    path = write_old(tmp_path / "old.h5", [("Dense", config)], weights)
    [note] = convert(path, tmp_path / "new.keras")
    assert note.startswith("layer d: its W_regularizer is left out")
