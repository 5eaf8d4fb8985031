"""Layers that keras.applications has beside keras.layers."""

from keras_by_hand.layers.activation import identity_layer
from keras_by_hand.models.layers.layer import DoesNothing, Layer, LayerTable


def layer_scale(x, gamma):
    """The LayerScale of Keras' ConvNeXt (Touvron et al., 2021)."""
    return x * gamma


def custom_scale_layer(inputs, *, scale):
    """The CustomScaleLayer of Keras' InceptionResNetV2."""
    return inputs[0] + inputs[1] * scale


class StochasticDepth(DoesNothing):
    """The StochasticDepth of Keras' ConvNeXt, which drops samples."""

    def why_not_trained(self):
        rate = self.config.get("drop_path_rate")
        return "what it draws is not known here" if rate else None


APPLICATION_LAYERS: LayerTable = {
    "CustomScaleLayer": (custom_scale_layer, Layer),
    "LayerScale": (layer_scale, Layer),
    "StochasticDepth": (identity_layer, StochasticDepth),
}
