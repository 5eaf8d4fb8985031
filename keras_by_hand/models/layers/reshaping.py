"""How reshaping layers are called in a model."""

from keras_by_hand.layers.reshaping import (
    cropping1d,
    cropping2d,
    cropping3d,
    flatten,
    permute,
    repeat_vector,
    reshape,
    up_sampling1d,
    up_sampling2d,
    up_sampling3d,
    zero_padding1d,
    zero_padding2d,
    zero_padding3d,
)
from keras_by_hand.models.layers.layer import Layer, LayerTable
from keras_by_hand.models.layers.preprocessing import rounded_as


class UpSampling2D(Layer):
    """An UpSampling2D, which rounds among whole numbers."""

    def apply(self, x, mask=None):
        y = self.function(x, **self.options)
        if self.config.get("interpolation", "nearest") == "nearest":
            return y.astype(x.dtype, copy=False)
        return rounded_as(x, y)


RESHAPING_LAYERS: LayerTable = {
    "Cropping1D": (cropping1d, Layer),
    "Cropping2D": (cropping2d, Layer),
    "Cropping3D": (cropping3d, Layer),
    "Flatten": (flatten, Layer),
    "Permute": (permute, Layer),
    "RepeatVector": (repeat_vector, Layer),
    "Reshape": (reshape, Layer),
    "UpSampling1D": (up_sampling1d, Layer),
    "UpSampling2D": (up_sampling2d, UpSampling2D),
    "UpSampling3D": (up_sampling3d, Layer),
    "ZeroPadding1D": (zero_padding1d, Layer),
    "ZeroPadding2D": (zero_padding2d, Layer),
    "ZeroPadding3D": (zero_padding3d, Layer),
}
