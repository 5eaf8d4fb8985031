"""How normalizations are called in a model."""

from keras_by_hand.layers.normalization import (
    batch_normalization,
    group_normalization,
    layer_normalization,
    rms_normalization,
    spectral_normalization,
    unit_normalization,
)
from keras_by_hand.models.layers.layer import KeepsMask, Layer, LayerTable
from keras_by_hand.models.tensors import check_fractions


class OfFractions(Layer):
    """A layer that Keras computes among whole numbers if it is given these."""

    def apply(self, x, mask=None):
        check_fractions(x)
        return super().apply(x)


class OfFractionsKeepsMask(OfFractions, KeepsMask):
    """The same, with a mask."""


class SpectralNormalization(Layer):
    """A SpectralNormalization: its layer has the normalized kernel already."""

    places = ("training",)
    reads = ("layer",)

    def prepare(self, build):
        weights = self.weights.get("layer", {})
        self.layer = self.build_inside(build, self.config["layer"], weights)

        arrays = self.list_weights()  # the first is the kernel of its layer
        self.arrays = {"vector_u": arrays[-1]} if arrays else {}

    def inside(self):
        return [self.layer]

    def apply(self, x, mask=None):
        check_fractions(x)  # to whole numbers Keras rounds what it returns
        return self.layer.apply(x)

    def mask_after(self, x, mask):
        return self.layer.mask_after(x, mask)


NORMALIZATION_LAYERS: LayerTable = {
    "BatchNormalization": (batch_normalization, KeepsMask),
    "GroupNormalization": (group_normalization, OfFractionsKeepsMask),
    "LayerNormalization": (layer_normalization, OfFractionsKeepsMask),
    "RMSNormalization": (rms_normalization, OfFractions),
    "SpectralNormalization": (spectral_normalization, SpectralNormalization),
    "UnitNormalization": (unit_normalization, OfFractionsKeepsMask),
}
