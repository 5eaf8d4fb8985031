"""Layers that keras.applications has beside keras.layers."""

from keras_by_hand.layers.activation import identity_layer
from keras_by_hand.models.layers.layer import DoesNothing, Layer, LayerTable


def layer_scale(x, gamma):
    """The LayerScale of Keras' ConvNeXt (Touvron et al., 2021)."""
    return x * gamma


def custom_scale_layer(inputs, *, scale):
    """The CustomScaleLayer of Keras' InceptionResNetV2."""
    return inputs[0] + inputs[1] * scale


APPLICATION_LAYERS: LayerTable = {
    "CustomScaleLayer": (custom_scale_layer, Layer),
    "LayerScale": (layer_scale, Layer),
    "StochasticDepth": (identity_layer, DoesNothing),
}
