"""How pooling layers are called in a model."""

from keras_by_hand.layers.pooling import (
    adaptive_average_pooling1d,
    adaptive_average_pooling2d,
    adaptive_average_pooling3d,
    adaptive_max_pooling1d,
    adaptive_max_pooling2d,
    adaptive_max_pooling3d,
    average_pooling1d,
    average_pooling2d,
    average_pooling3d,
    global_average_pooling1d,
    global_average_pooling2d,
    global_average_pooling3d,
    global_max_pooling1d,
    global_max_pooling2d,
    global_max_pooling3d,
    max_pooling1d,
    max_pooling2d,
    max_pooling3d,
)
from keras_by_hand.models.layers.layer import Layer, LayerTable, TakesMask


class KeepsDtype(Layer):
    """A layer whose function makes floats of whole numbers, and Keras not."""

    def apply(self, x, mask=None):
        y = self.function(x, **self.options)
        return y.astype(x.dtype, copy=False)


POOLING_LAYERS: LayerTable = {
    "AdaptiveAveragePooling1D": (adaptive_average_pooling1d, Layer),
    "AdaptiveAveragePooling2D": (adaptive_average_pooling2d, Layer),
    "AdaptiveAveragePooling3D": (adaptive_average_pooling3d, Layer),
    "AdaptiveMaxPooling1D": (adaptive_max_pooling1d, Layer),
    "AdaptiveMaxPooling2D": (adaptive_max_pooling2d, Layer),
    "AdaptiveMaxPooling3D": (adaptive_max_pooling3d, Layer),
    "AveragePooling1D": (average_pooling1d, Layer),
    "AveragePooling2D": (average_pooling2d, Layer),
    "AveragePooling3D": (average_pooling3d, Layer),
    "GlobalAveragePooling1D": (global_average_pooling1d, TakesMask),
    "GlobalAveragePooling2D": (global_average_pooling2d, Layer),
    "GlobalAveragePooling3D": (global_average_pooling3d, Layer),
    "GlobalMaxPooling1D": (global_max_pooling1d, Layer),
    "GlobalMaxPooling2D": (global_max_pooling2d, Layer),
    "GlobalMaxPooling3D": (global_max_pooling3d, Layer),
    "MaxPooling1D": (max_pooling1d, KeepsDtype),
    "MaxPooling2D": (max_pooling2d, KeepsDtype),
    "MaxPooling3D": (max_pooling3d, KeepsDtype),
}
