"""How a normalization that holds a layer is called in a model."""

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layer import Layer


class SpectralNormalization(Layer):
    """A SpectralNormalization: its layer has the normalized kernel already."""

    places = ("training",)
    reads = ("layer",)

    def prepare(self, build):
        told = self.config["layer"]
        self.layer = self.build_inside(
            build, told, self.weights.get("layer", {})
        )

    def inside(self):
        return [self.layer]

    def apply(self, x, mask=None):
        if x.dtype.kind != "f":  # Keras rounds what its layer returns to these
            raise CannotRun("whole numbers are not known here")
        return self.layer.apply(x)

    def mask_after(self, x, mask):
        return self.layer.mask_after(x, mask)
