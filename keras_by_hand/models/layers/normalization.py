"""How normalizations are called in a model."""

import numpy as np

from keras_by_hand.layers.normalization import (
    batch_moments,
    batch_normalization,
    group_normalization,
    layer_normalization,
    moving_average,
    rms_normalization,
    spectral_normalization,
    unit_normalization,
)
from keras_by_hand.models.layers.layer import KeepsMask, Layer, LayerTable
from keras_by_hand.models.tensors import check_fractions, in_dtype
from keras_by_hand.tracing.tape import Traced, plain


class OfFractions(Layer):
    """A layer that Keras computes among whole numbers if it is given these."""

    def apply(self, x, mask=None):
        check_fractions(x)
        return super().apply(x)


class OfFractionsKeepsMask(OfFractions, KeepsMask):
    """The same, with a mask."""


class BatchNormalization(KeepsMask):
    """A BatchNormalization: in training, the statistics are those of the batch,
    and the moving ones follow at once. One that is frozen predicts."""

    def apply(self, x, mask=None):
        if not self.trains or not self.config.get("trainable", True):
            return super().apply(x)
        x = in_dtype(x, self.dtype, "iuf")
        axis = self.options.get("axis", -1)
        mean, variance = batch_moments(np.moveaxis(x, axis, -1), mask)
        of_batch = {"moving_mean": mean, "moving_variance": variance}
        momentum = self.config.get("momentum", 0.99)
        y = self.function(x, **{**self.arrays, **of_batch}, **self.options)
        for name, new in of_batch.items():
            old = plain(self.arrays[name])
            moved = moving_average(old, plain(new), momentum)
            self.arrays[name] = moved.astype(old.dtype)
        return y


class SpectralNormalization(Layer):
    """A SpectralNormalization: its layer has the normalized kernel already, and
    gets a new one in training."""

    places = ("training",)
    reads = ("layer",)

    def prepare(self, build):
        weights = self.weights.get("layer", {})
        self.layer = self.build_inside(build, self.config["layer"], weights)

        arrays = self.list_weights()  # the first is the kernel of its layer
        self.arrays = {"vector_u": arrays[-1]} if arrays else {}

    def inside(self):
        return [self.layer]

    def normalize(self):
        """Give the layer a new kernel, on which the gradient is taken."""
        arrays = self.layer.arrays
        name = "kernel" if "kernel" in arrays else "embeddings"
        iterations = self.config.get("power_iterations", 1)
        kernel, vector_u = spectral_normalization(
            plain(arrays[name]),
            plain(self.arrays["vector_u"]),
            power_iterations=iterations,
        )
        self.arrays["vector_u"] = vector_u
        if isinstance(arrays[name], Traced):
            arrays[name].value = kernel  # at the same place of the tape
        else:
            arrays[name] = kernel

    def apply(self, x, mask=None):
        if self.trains:
            self.normalize()
        check_fractions(x)  # to whole numbers Keras rounds what it returns
        return self.layer.apply(x)

    def mask_after(self, x, mask):
        return self.layer.mask_after(x, mask)


NORMALIZATION_LAYERS: LayerTable = {
    "BatchNormalization": (batch_normalization, BatchNormalization),
    "GroupNormalization": (group_normalization, OfFractionsKeepsMask),
    "LayerNormalization": (layer_normalization, OfFractionsKeepsMask),
    "RMSNormalization": (rms_normalization, OfFractions),
    "SpectralNormalization": (spectral_normalization, SpectralNormalization),
    "UnitNormalization": (unit_normalization, OfFractionsKeepsMask),
}
