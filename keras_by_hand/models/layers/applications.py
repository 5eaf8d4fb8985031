"""Layers that keras.applications has beside keras.layers."""


def layer_scale(x, gamma):
    """The LayerScale of Keras' ConvNeXt (Touvron et al., 2021)."""
    return x * gamma


def custom_scale_layer(inputs, *, scale):
    """The CustomScaleLayer of Keras' InceptionResNetV2."""
    return inputs[0] + inputs[1] * scale
