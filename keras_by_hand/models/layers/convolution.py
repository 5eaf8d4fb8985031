"""How convolutions are called in a model."""

from keras_by_hand.layers.convolution import (
    conv1d,
    conv1d_transpose,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    depthwise_conv1d,
    depthwise_conv2d,
    separable_conv1d,
    separable_conv2d,
)
from keras_by_hand.models.layers.layer import Layer, LayerTable
from keras_by_hand.models.notes import BIAS


class Convolution(Layer):
    """A convolution of any kind, whose bias TensorFlow may misplace."""

    def apply(self, x, mask=None):
        y = super().apply(x)
        first = self.config.get("data_format") == "channels_first"
        if first and "bias" in self.arrays and y.shape[-1] == y.shape[1]:
            self.note(BIAS.format("the bias"))
        return y


CONVOLUTION_LAYERS: LayerTable = {
    "Conv1D": (conv1d, Convolution),
    "Conv1DTranspose": (conv1d_transpose, Convolution),
    "Conv2D": (conv2d, Convolution),
    "Conv2DTranspose": (conv2d_transpose, Convolution),
    "Conv3D": (conv3d, Convolution),
    "Conv3DTranspose": (conv3d_transpose, Convolution),
    "DepthwiseConv1D": (depthwise_conv1d, Convolution),
    "DepthwiseConv2D": (depthwise_conv2d, Convolution),
    "SeparableConv1D": (separable_conv1d, Convolution),
    "SeparableConv2D": (separable_conv2d, Convolution),
}
