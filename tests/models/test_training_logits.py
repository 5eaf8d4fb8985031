"""Crossentropies of saturated outputs: Keras computes them from the logits, where it knows
these, and clips probabilities elsewhere. In float32, 100 and 16 are far apart.
"""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_by_hand import load_model

RNG = np.random.default_rng(313)
X = RNG.normal(size=(12, 4, 3)).astype("float32")
FACTOR = 60.0  # of logits


def wide(units, activation=None, kind=layers.Dense, **options):
    initializer = keras.initializers.RandomNormal(stddev=FACTOR, seed=5)
    return kind(units, activation=activation, kernel_initializer=initializer, **options)


def flat(x):
    return layers.Flatten()(x)


ENDS = {  # outputs of 3 classes, or of 1
    "dense": lambda x: wide(3, "softmax")(flat(x)),
    "sigmoid": lambda x: wide(1, "sigmoid")(flat(x)),
    "einsum": lambda x: layers.EinsumDense("ab,bc->ac", 3, activation="softmax")(
        flat(x) * FACTOR
    ),
    "activation": lambda x: layers.Activation("softmax")(wide(3)(flat(x))),
    "softmax": lambda x: layers.Softmax()(wide(3)(flat(x))),
    "operator": lambda x: ops.softmax(wide(3)(flat(x))),
    "sigmoid operator": lambda x: ops.sigmoid(wide(1)(flat(x))),
    "convolution": lambda x: wide(3, "softmax", layers.Conv1D, kernel_size=2)(x),
    "dropout behind": lambda x: layers.Dropout(0.0)(wide(3, "softmax")(flat(x))),
    "steps": lambda x: layers.TimeDistributed(wide(3, "softmax"))(x),
    "reshaped": lambda x: layers.Reshape((3,))(wide(3, "softmax")(flat(x))),
    "recurrent": lambda x: layers.SimpleRNN(3, activation="softmax")(x * FACTOR),
    "a model inside": lambda x: keras.Sequential(
        [keras.Input((12,)), wide(3, "softmax")]
    )(flat(x)),
}


@pytest.mark.drawn
@pytest.mark.parametrize("end", ENDS)
def test_a_loss_is_of_logits_where_keras_knows_them(end, tmp_path):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(313)
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, ENDS[end](inputs))
    shape = model.output_shape[1:-1]
    is_binary = model.output_shape[-1] == 1
    y = RNG.integers(2 if is_binary else 3, size=(12, *shape, 1))
    loss = "binary_crossentropy" if is_binary else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(1e-4), loss, metrics=[loss])
    path = tmp_path / "model.keras"
    model.save(path)
    read = load_model(path)
    read.compile("sgd", "mean_squared_error")  # what a model was once compiled with
    read.evaluate(X, np.zeros((12, *model.output_shape[1:])))
    read.compile(("SGD", {"learning_rate": 1e-4}), loss, metrics=[loss])
    options = {"batch_size": 12, "epochs": 2, "shuffle": False}
    for found, expected in (
        (read.evaluate(X, y), model.evaluate(X, y, verbose=0, return_dict=True)),
        (
            read.fit(X, y, **options).history,
            model.fit(X, y, verbose=0, **options).history,
        ),
    ):
        assert list(found) == list(expected)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], 1e-4)
