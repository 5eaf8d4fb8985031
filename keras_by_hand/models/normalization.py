"""How a normalization that holds a layer is called in a model."""

from keras_by_hand.models.layer import Layer


class SpectralNormalization(Layer):
    """A SpectralNormalization: its layer has the normalized kernel already."""

    places = ("training",)

    def prepare(self, build):
        told = self.config["layer"]
        self.layer = build(told, self.weights.get("layer", {}))

    def apply(self, x, mask=None):
        return self.layer.apply(x)

    def mask_after(self, x, mask):
        return self.layer.mask_after(x, mask)
