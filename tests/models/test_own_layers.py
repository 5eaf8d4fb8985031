"""Layers of classes of a user's own, and models of such: computed by the functions, or
as the classes of Keras, that the user names."""

import keras
import numpy as np
import pytest
from drawing import draw_weights
from keras import layers, ops

import keras_by_hand as by_hand
from keras_by_hand.models.layers.own import weights_inside

rng = np.random.default_rng(313)


@keras.saving.register_keras_serializable("pack")
class Shift(layers.Layer):
    """A scaled input, and an offset that is learned."""

    def __init__(self, scale=2, activation="tanh", **others):
        super().__init__(**others)
        self.scale, self.activation = scale, activation

    def build(self, shape):
        self.gain = self.add_weight(shape=shape[-1:], initializer="ones")
        self.offset = self.add_weight(shape=shape[-1:], initializer="ones")

    def call(self, x, other=None, training=False):
        x = x if other is None else x - other
        y = self.scale * x * self.gain + self.offset
        return keras.activations.get(self.activation)(y)

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {
            **super().get_config(),
            "scale": self.scale,
            "activation": self.activation,
        }


def shift(x, gain, offset, *, scale, activation):
    return activation(scale * x * gain + offset)


def shift_of_two(x, other, gain, offset, *, scale, activation):
    return shift(x - other, gain, offset, scale=scale, activation=activation)


@keras.saving.register_keras_serializable("pack")
class Block(layers.Layer):
    """Layers in a layer."""

    def build(self, shape):
        self.first, self.second = layers.Dense(8), layers.Dense(shape[-1])
        self.norms = [layers.LayerNormalization(), layers.LayerNormalization()]
        self.drop = layers.Dropout(0.5)
        for layer in (self.first, self.drop, *self.norms):
            layer.build(shape)
        self.second.build((*shape[:-1], 8))

    def call(self, x, training=False):
        y = self.second(ops.relu(self.first(self.norms[0](x))))
        return self.norms[1](x + self.drop(y, training=training))


def block(x, *, first, second, norms):
    normalize = by_hand.layer_normalization
    y = normalize(x, *norms["layer_normalization"])
    y = by_hand.dense(by_hand.relu(by_hand.dense(y, *first)), *second)
    return normalize(x + y, *norms["layer_normalization_1"])


@keras.saving.register_keras_serializable("pack")
class KeepsMasks(layers.Layer):
    """A layer that leaves masked steps out of a mean, and hands the mask on."""

    def __init__(self, **others):
        super().__init__(**others)
        self.supports_masking = True

    def call(self, x, mask=None):
        kept = ops.cast(mask, x.dtype)[..., None]
        return x - ops.sum(x * kept, axis=1, keepdims=True) / ops.sum(
            kept, axis=1, keepdims=True
        )


def keeps_masks(x, *, mask):
    kept = mask[..., np.newaxis].astype(x.dtype)
    mean = (x * kept).sum(axis=1, keepdims=True) / kept.sum(axis=1, keepdims=True)
    return x - mean, mask


@keras.saving.register_keras_serializable("pack")
class Mix(layers.Layer):
    """A layer that takes a list, and the masks of what is in it."""

    def build(self, shapes):
        self.share = self.add_weight(shape=shapes[0][-1:], initializer="ones")

    def call(self, inputs, mask=None):
        first, second = inputs
        if mask is not None and mask[0] is not None:
            first = first * ops.cast(mask[0], first.dtype)[..., None]
        return self.share * first + second


def mix(inputs, share):
    first, second = inputs
    return share * first + second


def mix_with_masks(inputs, share, *, mask):
    first, second = inputs
    if mask is not None:
        assert mask[1] is None
        first = first * mask[0][..., np.newaxis].astype(first.dtype)
    return mix([first, second], share), None


@keras.saving.register_keras_serializable("pack")
class Graph(keras.Model):
    """A functional model whose class is the user's."""


@keras.saving.register_keras_serializable("pack")
class Wide(layers.Dense):
    """A Dense under another name."""


@keras.saving.register_keras_serializable("pack")
class Loose(keras.Model):
    """A model whose graph is in its code alone."""

    def __init__(self, **others):
        super().__init__(**others)
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def numbers(*shape):
    return rng.normal(size=shape).astype("float32")


def own_layer():
    x = keras.Input((4, 3))
    y = Shift(activation="relu")(layers.Dense(5)(x), training=False)
    return keras.Model(x, layers.TimeDistributed(Shift(3))(y)), numbers(40, 4, 3)


def two_inputs():
    x, other = keras.Input((3,)), keras.Input((3,))
    return keras.Model([x, other], Shift()(x, other)), [numbers(2, 3), numbers(2, 3)]


def a_list():
    x, other = keras.Input((4, 3)), keras.Input((4, 3))
    return keras.Model([x, other], Mix()([x, other])), [
        numbers(2, 4, 3),
        numbers(2, 4, 3),
    ]


def a_list_with_a_mask():
    x, other = keras.Input((4, 3)), keras.Input((4, 3))
    steps = numbers(2, 4, 3)
    steps[:, 2:] = 0
    y = Mix()([layers.Dense(3)(layers.Masking()(x)), other])
    return keras.Model([x, other], y), [steps, numbers(2, 4, 3)]


def layers_in_a_layer():
    return keras.Sequential([keras.Input((4, 3)), Block()]), numbers(2, 4, 3)


def a_layer_that_casts_nothing():
    return keras.Sequential([keras.Input((4, 3)), Block(autocast=False)]), None


def a_mask():
    words = layers.Embedding(9, 3, mask_zero=True, embeddings_initializer="normal")
    model = [keras.Input((5,), dtype="int32"), words, KeepsMasks(), layers.GRU(2)]
    tokens = np.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]], "int32")
    return keras.Sequential(model), tokens


def a_class_of_a_graph():
    x = keras.Input((3,))
    inner = Graph(x, layers.Dense(2)(Wide(4)(x)))
    y = keras.Input((3,))
    return Graph(y, [inner(y), inner(y + 1)]), numbers(2, 3)


MODELS = {
    own_layer: {"Shift": shift},
    two_inputs: {"pack>Shift": shift_of_two},
    a_list: {"Mix": mix},
    a_list_with_a_mask: {"Mix": mix_with_masks},
    layers_in_a_layer: {"Block": block},
    a_mask: {"KeepsMasks": keeps_masks},
    a_class_of_a_graph: {"Graph": "Functional", "Wide": "Dense"},
}


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_a_model_with_classes_of_its_own_predicts_as_keras_does(make, tmp_path):
    keras.utils.set_random_seed(313)
    model, x = make()
    draw_weights(model, rng)
    model.save(tmp_path / "model.keras")
    expected = keras.tree.flatten(model.predict(x, verbose=0))
    read = by_hand.load_model(tmp_path / "model.keras", layers=MODELS[make])
    for y, of_keras in zip(keras.tree.flatten(read.predict(x)), expected, strict=True):
        assert y.dtype == of_keras.dtype
        np.testing.assert_allclose(y, of_keras, rtol=1e-5, atol=1e-5)


def raises(x, gain, offset, *, scale, activation):
    raise LookupError("no such table\nat all")


def takes_one(x, gain, *, scale, activation):
    return x


def takes_no_scale(x, gain, offset, *, activation):
    return x


def takes_no_second(x, *, first, norms):
    return x


def takes_no_mask(x):
    return x


REFUSED = [
    (own_layer, {}, r"\(Shift\): a class of your own, .*layers={'Shift': function}"),
    (own_layer, {"other>Shift": shift}, r"\(Shift\): a class of your own"),
    (own_layer, {"Shift": raises}, "its function raises: LookupError: no such table$"),
    (own_layer, {"Shift": takes_one}, "its function takes_one: TypeError: takes_one"),
    (
        own_layer,
        {"Shift": takes_no_scale},
        "its config has 'scale', which its function",
    ),
    (own_layer, {"Shift": min}, "its function has no signature"),
    (own_layer, {"Shift": "Shift"}, "no function of this file computes it"),
    (own_layer, {"Shift": "Functional"}, "the file does not tell which layers it has"),
    (layers_in_a_layer, {"Block": takes_no_second}, "unexpected keyword .*'second'"),
    (a_layer_that_casts_nothing, {"Block": block}, "autocast=False is not known here"),
    (
        a_mask,
        {"KeepsMasks": takes_no_mask},
        "a mask reaches it, but its function has no",
    ),
    (
        a_list_with_a_mask,
        {"Mix": mix},
        "a mask reaches it, but its function has no argument mask",
    ),
    (a_class_of_a_graph, {}, "layers={'Graph': 'Functional'} runs these"),
    (a_class_of_a_graph, {"Graph": "Functional"}, r"\(Wide\): a class of your own"),
]


@pytest.mark.parametrize("make, own, told", REFUSED, ids=[told for *_, told in REFUSED])
def test_what_does_not_fit_is_told(make, own, told, tmp_path):
    model, x = make()
    model.save(tmp_path / "model.keras")
    with pytest.raises(by_hand.CannotRun, match=told):
        by_hand.load_model(tmp_path / "model.keras", layers=own).predict(x)


def test_a_model_whose_graph_is_in_its_code_is_refused(tmp_path):
    model = Loose()
    model(numbers(2, 3))
    model.save(tmp_path / "model.keras")
    with pytest.raises(
        by_hand.CannotRun, match="a Loose: only its code knows .* build"
    ):
        by_hand.load_model(tmp_path / "model.keras")
    with pytest.raises(by_hand.CannotRun, match="does not tell which layers it has"):
        by_hand.load_model(tmp_path / "model.keras", layers={"Loose": "Functional"})


def test_the_state_of_a_dropout_that_older_files_have_is_no_weight():
    of_dropout = {"vars": [], "seed_generator": {"vars": [np.array([0, 1])]}}
    kernel = np.float32([[1, 2]])
    weights = {"vars": [], "drop": of_dropout, "dense": {"vars": [kernel]}}
    assert weights_inside(weights, "float32") == {"dense": [kernel]}
