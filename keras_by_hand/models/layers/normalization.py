"""How a normalization that holds a layer is called in a model."""

from keras_by_hand.models.layers.layer import Layer
from keras_by_hand.models.tensors import check_fractions


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
